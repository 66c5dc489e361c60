/** Checks of `checkReset` and `checkSyn`: who may end a connection, and who only thinks he may (RFC 5961 §3, §4). */
import type { TcpState } from "../../../stack/contract/tcb.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { expectStep, places, segmentFor, SYNCHRONIZED, tcbIn, withNoise } from "./bench.ts";
import { opposite } from "./wire.ts";

/** States in which a RST is an unwelcome end: the application learns of it. */
const TOLD: readonly TcpState[] = ["ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT"];

const RESET_CHALLENGED = opposite("a RST in the window, not at its beginning, gets a challenge ACK (see reset/in-window).", ["checkReset"]);
const GOES_ON = opposite("a segment without RST goes on to the next step.", ["checkReset"]);
const SYN_CHALLENGED = opposite("a SYN gets a challenge ACK (see syn/challenged).", ["checkSyn"]);

export const reset: Readonly<Record<string, CheckSpec>> = {
  "exact": {
    title: "a RST with exactly rcvNxt resets the connection",
    kind: "table",
    weight: 2,
    covers: ["R5961-3.2a", "MUST-12"],
    look: ["checkReset"],
    why:
      "The peer has no connection any more, and says so. Its number is exactly the next one, which is hard to guess (RFC 5961 §3.2). The application must learn that this was " +
      "no ordinary end (MUST-12).",
    hints: [
      "Two effects: what happens to the state, and what the application is told.",
      'effects.event("reset received") and effects.fail("reset").',
      'tcb.rcvNxt === segment.seq: both effects. Whatever the number: "drop".',
    ],
    run: async (t) => {
      for (const place of places(t.random)) {
        const tcb = tcbIn(t.random.pick(TOLD), place);
        const segment = withNoise(t.random, segmentFor(tcb, { flags: t.random.pick(["RST", "RST ACK"]) }));
        const effects = ['event("reset received")', 'fail("reset")'];
        await expectStep(t, "checkReset", tcb, segment, { verdict: "drop", effects });
      }
    },
  },

  "in-window": {
    title: "a RST elsewhere in the window gets a challenge ACK",
    kind: "table",
    weight: 2,
    covers: ["R5961-3.2b"],
    look: ["checkReset"],
    why:
      "With a window of 64 KiB, one RST in 65,536 hits it by chance: easy to try. So only the exact number is believed. A peer that really reset will answer our ACK with a RST " +
      "that has it (RFC 5961 §3.2).",
    hints: [
      "checkSequence has let it through: it lies in the window. What is different from an exact one?",
      "Its number is not rcvNxt. Ask the peer, by effects.challenge().",
      'challenge(), not acknowledge("now"): the host counts challenges, and sends only so many.',
    ],
    run: async (t) => {
      for (const place of places(t.random)) {
        for (const at of [1, t.random.int(2, 3998), 3999]) {
          const tcb = tcbIn(t.random.pick(SYNCHRONIZED.filter((state) => state !== "TIME-WAIT")), place);
          const segment = withNoise(t.random, segmentFor(tcb, { flags: t.random.pick(["RST", "RST ACK"]), at }));
          await expectStep(t, "checkReset", tcb, segment, { verdict: "drop", effects: ["challenge()"] });
        }
      }
    },
  },

  "refused": {
    title: "a RST for our SYN in SYN-RECEIVED means refused",
    kind: "table",
    covers: ["MUST-11", "R5961-3.2a"],
    look: ["checkReset"],
    why:
      "In SYN-RECEIVED it matters who began. If we called, the application waits and hears that it was refused. If a peer called, no application knows of the connection yet: nobody was " +
      "refused, and the listening socket goes on (RFC 9293 §3.10.7.4, MUST-11).",
    hints: [
      "Which field remembers who sent the first SYN?",
      'tcb.passive: the peer. In SYN-RECEIVED, and not passive: "refused".',
      'effects.fail(refused ? "refused" : "reset").',
    ],
    run: async (t) => {
      for (const place of places(t.random)) {
        const ours = tcbIn("SYN-RECEIVED", place, { passive: false });
        const event = 'event("reset received")';
        const reset = segmentFor(ours, { flags: t.random.pick(["RST", "RST ACK"]) });
        await expectStep(t, "checkReset", ours, reset, { verdict: "drop", effects: [event, 'fail("refused")'] });
        const theirs = tcbIn("SYN-RECEIVED", place, { passive: true });
        await expectStep(t, "checkReset", theirs, reset, { verdict: "drop", effects: [event], also: ['fail("reset")'] });
        const open = tcbIn("ESTABLISHED", place, { passive: false });
        await expectStep(t, "checkReset", open, reset, { verdict: "drop", effects: [event, 'fail("reset")'] });
      }
    },
  },

  "time-wait": {
    title: "a RST does not end TIME-WAIT",
    kind: "table",
    weight: 2,
    covers: ["1337"],
    look: ["checkReset"],
    why:
      "TIME-WAIT guards the next connection between the same ports against old segments of this one. An old RST that ended it early would open exactly the door that it keeps shut " +
      "(RFC 1337, its fix F1).",
    hints: [
      "What is lost when TIME-WAIT goes on, and what when it ends too early?",
      "Nothing, and perhaps the next connection. So the RST is dropped, and nothing happens.",
      'In TIME-WAIT: return "drop" before anything else is looked at.',
    ],
    run: async (t) => {
      for (const place of places(t.random)) {
        const tcb = tcbIn("TIME-WAIT", place);
        const flags = t.random.pick(["RST", "RST ACK"]);
        await expectStep(t, "checkReset", { ...tcb }, segmentFor(tcb, { flags }), { verdict: "drop" });
        const elsewhere = segmentFor(tcb, { flags, at: t.random.int(1, 3999) });
        await expectStep(t, "checkReset", { ...tcb }, elsewhere, { verdict: "drop", also: ["challenge()"] });
        await t.about(GOES_ON, () => expectStep(t, "checkReset", { ...tcb }, segmentFor(tcb, { flags: "ACK" }), { verdict: "continue" }));
      }
    },
  },

  "others-pass": {
    title: "a segment without RST goes on to the next step",
    kind: "table",
    covers: ["SM-4"],
    look: ["checkReset"],
    why: "Each step looks at one thing. What a segment without RST brings is for the steps behind this one (RFC 9293 §3.10.7.4).",
    hints: [
      "What does this step do with a segment that is no RST?",
      '"continue", and nothing else.',
      "`(segment.flags & RST) === 0`. Flags are several at once: ask for a bit with `&`, never with `===`.",
    ],
    run: async (t) => {
      for (const place of places(t.random)) {
        const tcb = tcbIn(t.random.pick(SYNCHRONIZED), place);
        for (const flags of ["ACK", "FIN ACK", "SYN", "ACK PSH URG"]) {
          await expectStep(t, "checkReset", { ...tcb }, segmentFor(tcb, { flags }), { verdict: "continue" });
        }
        if (tcb.state === "TIME-WAIT") continue;
        const segment = withNoise(t.random, segmentFor(tcb, { flags: "RST", at: 5 }));
        const wanted = { verdict: "drop", effects: ["challenge()"] } as const;
        await t.about(RESET_CHALLENGED, () => expectStep(t, "checkReset", tcb, segment, wanted));
      }
    },
  },
};

export const syn: Readonly<Record<string, CheckSpec>> = {
  "challenged": {
    title: "a SYN on an open connection gets a challenge ACK",
    kind: "table",
    weight: 2,
    covers: ["R5961-4.2"],
    look: ["checkSyn"],
    why:
      "A SYN here is an old duplicate, an attack, or a peer that was switched off and on and begins anew. The ACK sorts them: a peer that has begun anew does not know the number in it, " +
      "and answers with the right RST (RFC 5961 §4.2).",
    hints: [
      "RFC 793 reset the connection here. What was wrong with that?",
      "Anybody could end a connection with one forged SYN. Now it is a question instead: effects.challenge().",
      'The SYN bit set: challenge() and "drop", whatever the number.',
    ],
    run: async (t) => {
      for (const place of places(t.random)) {
        for (const flags of ["SYN", "SYN ACK"]) {
          const tcb = tcbIn(t.random.pick(SYNCHRONIZED), place);
          const segment = withNoise(t.random, segmentFor(tcb, { flags, at: t.random.pick([0, 1, t.random.int(2, 3999)]) }));
          await expectStep(t, "checkSyn", tcb, segment, { verdict: "drop", effects: ["challenge()"] });
        }
      }
    },
  },

  "others-pass": {
    title: "a segment without SYN goes on to the next step",
    kind: "table",
    covers: ["SM-4"],
    look: ["checkSyn"],
    why: "Nearly every segment has no SYN, and nothing happens to it here (RFC 9293 §3.10.7.4, fourth step).",
    hints: [
      "What does this step do with an ordinary segment?",
      '"continue", and nothing else.',
      "One bit: `segment.flags & SYN`.",
    ],
    run: async (t) => {
      for (const place of places(t.random)) {
        for (const flags of ["ACK", "FIN ACK", "ACK PSH URG"]) {
          const tcb = tcbIn(t.random.pick(SYNCHRONIZED), place);
          await expectStep(t, "checkSyn", tcb, withNoise(t.random, segmentFor(tcb, { flags, textLength: 5 })), { verdict: "continue" });
        }
        const tcb = tcbIn("ESTABLISHED", place);
        const wanted = { verdict: "drop", effects: ["challenge()"] } as const;
        await t.about(SYN_CHALLENGED, () => expectStep(t, "checkSyn", tcb, segmentFor(tcb, { flags: "SYN" }), wanted));
      }
    },
  },

  "half-open": {
    title: "a SYN in SYN-RECEIVED goes no further either",
    kind: "table",
    covers: ["R5961-4.2", "SM-4"],
    look: ["checkSyn"],
    why:
      "A SYN with another number, while the handshake is not over, is of a peer that begins anew: without an answer it would wait for nothing. A challenge ACK makes it send the RST that ends the half-open " +
      "connection; ending it at once is legal too, where a peer began it (RFC 9293 §3.10.7.4, fourth step).",
    hints: [
      "Is SYN-RECEIVED an exception?",
      "Not in our contract: a challenge, and drop. (Only a SYN *with ACK* may pass there: see “When two SYNs cross”.)",
      "No look at tcb.state at all.",
    ],
    run: async (t) => {
      for (const place of places(t.random)) {
        for (const at of [0, 1, t.random.int(2, 3999)]) {
          const tcb = tcbIn("SYN-RECEIVED", place);
          const effects = [["challenge()", 'event("reset received")']];
          const segment = withNoise(t.random, segmentFor(tcb, { flags: "SYN", at }));
          await expectStep(t, "checkSyn", tcb, segment, { verdict: "drop", effects, also: ['fail("reset")'] });
        }
      }
    },
  },
};
