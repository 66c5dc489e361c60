/** Checks of what an ICMP error means for a socket (RFC 1122 §4.1.3.3). */
import type { CheckSpec } from "../../../tools/harness/suite.ts";

/** The topic of an error that a connected socket must hear, behind those that nobody hears. */
const HEARD = {
  why:
    "What is no failure said nothing, as it should be. But this one is about what a connected socket has sent, and its program must hear of it.",
  look: ["failureOf"],
};

export const failure: Readonly<Record<string, CheckSpec>> = {
  "refused": {
    title: "port and protocol unreachable say that nobody is there",
    kind: "table",
    weight: 2,
    covers: ["UDP-4"],
    look: ["failureOf"],
    why:
      "Nobody answers a datagram for a port that nobody has, but its host may say so by ICMP (RFC 792, type 3). A program that is never told " +
      "waits for ever.",
    hints: [
      "ICMP's type 3 says that something does not get there, and its code why.",
      "Code 3 is the port, code 2 the protocol: in both cases the host is there, and nobody wants it.",
      'For type 3 a switch over the code; 2 and 3 are "refused".',
    ],
    run: async (t) => {
      for (const code of [2, 3]) t.equal(await t.datagrams.failureOf(3, code, true), "refused", `type 3, code ${code}, connected`);
      const why = "Code 1 is no way to the host: nobody has refused anything. Only the port (3) and the protocol (2) are “refused”.";
      await t.about(
        { why, look: ["failureOf"] },
        async () => t.equal(await t.datagrams.failureOf(3, 1, true), "unreachable", "type 3, code 1, connected"),
      );
    },
  },

  "too-long": {
    title: "fragmentation needed means: too long",
    kind: "table",
    covers: ["UDP-4"],
    look: ["failureOf"],
    why: "A datagram that may not be cut came to a link that it does not fit (RFC 1191). A program can help that: it sends less in one.",
    hints: [
      "Which code of type 3 does a router send that may not cut?",
      "Code 4, fragmentation needed and DF set.",
      'A case of its own in the switch: "too long".',
    ],
    run: async (t) => {
      t.equal(await t.datagrams.failureOf(3, 4, true), "too long", "type 3, code 4, connected");
      const why =
        "Code 4 is the one that speaks of length. The codes behind it, source route failed (5) and more, say that there is no way there: failure/unreachable.";
      await t.about(
        { why, look: ["failureOf"] },
        async () => t.equal(await t.datagrams.failureOf(3, 5, true), "unreachable", "type 3, code 5, connected"),
      );
    },
  },

  "unreachable": {
    title: "every other code of type 3 says: no way there",
    kind: "table",
    covers: ["UDP-4"],
    look: ["failureOf"],
    why:
      "Net, host, forbidden by a firewall, and what later RFCs have added: to a program all of it is the same, and a code that nobody knew " +
      "when this was written is one more of them (RFC 1122 §3.2.2.1).",
    hints: [
      "What do you do with a code that you don't know?",
      "It is still type 3: the datagram did not get there.",
      '`default` of the switch: "unreachable".',
    ],
    run: async (t) => {
      for (const code of [0, 1, 5, 6, 7, 9, 10, 13, t.random.int(16, 255)]) {
        t.equal(await t.datagrams.failureOf(3, code, true), "unreachable", `type 3, code ${code}, connected`);
      }
    },
  },

  "on-its-way": {
    title: "what is no type 3 is no failure",
    kind: "table",
    covers: ["UDP-4"],
    look: ["failureOf"],
    why:
      "Time exceeded (11) and parameter problem (12) say nothing about whether somebody is there; redirect (5) and source quench (4) are IP's " +
      "affair. Linux tells such errors only to programs that ask for all of them (IP_RECVERR).",
    hints: [
      "Does your switch look at the type before the code?",
      "Code 1 of type 11 is no host unreachable.",
      "Any type but 3: undefined, connected or not.",
    ],
    run: async (t) => {
      for (const [type, code] of [[11, 0], [11, 1], [12, 0], [4, 0], [5, 1], [0, 3]] as const) {
        t.equal(await t.datagrams.failureOf(type, code, true), undefined, `type ${type}, code ${code}, connected`);
      }
      await t.about(HEARD, async () => t.equal(await t.datagrams.failureOf(3, 1, true), "unreachable", "type 3, code 1, connected"));
    },
  },

  "not-connected": {
    title: "a socket that is not connected is told nothing",
    kind: "table",
    weight: 2,
    covers: ["UDP-4"],
    look: ["failureOf"],
    why:
      "It may have written to a hundred. An error in its next call could be about any of them, and would be taken for one about the last: a " +
      "server would give up a client because another one has gone.",
    hints: [
      "What does the third argument say?",
      "Whether the socket has one peer. Only then does it know whom the error is about.",
      "Not connected: undefined, before anything else.",
    ],
    run: async (t) => {
      for (const code of [0, 1, 2, 3, 4, 13]) {
        t.equal(await t.datagrams.failureOf(3, code, false), undefined, `type 3, code ${code}, not connected`);
      }
      await t.about(HEARD, async () => t.equal(await t.datagrams.failureOf(3, 3, true), "refused", "type 3, code 3, connected"));
    },
  },
};
