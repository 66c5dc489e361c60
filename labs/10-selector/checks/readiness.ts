/** Checks of readinessOf. */
import { ACCEPT, CONNECT, READ, WRITE } from "../../../stack/wire/readiness.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { expectReadiness, FAILURES } from "./bench.ts";

export const readiness: Readonly<Record<string, CheckSpec>> = {
  "accept": {
    title: "who listens is ready while somebody waits",
    kind: "table",
    covers: ["SEL-1"],
    look: ["readinessOf"],
    why:
      "A listening socket has no bytes, and never will: the one thing that can be done with it is to accept. One who waits, or twenty, makes no difference.",
    hints: [
      "Which of the facts says anything about a listening channel?",
      "`waiting`: how many connections its accept queue holds.",
      "ACCEPT when that is more than 0, and nothing else ever.",
    ],
    run: async (t) => {
      await expectReadiness(t, { role: "listening" }, 0);
      await expectReadiness(t, { role: "listening", waiting: 1 }, ACCEPT);
      await expectReadiness(t, { role: "listening", waiting: t.random.int(2, 99) }, ACCEPT);
    },
  },

  "connecting": {
    title: "a channel that still connects is ready for nothing",
    kind: "table",
    covers: ["SEL-1"],
    look: ["readinessOf"],
    why: "The SYN is on its way. Reading, writing and asking how it went would all be answered by EAGAIN.",
    hints: [
      "What could a program do with it now?",
      "Nothing: neither is it connected, nor has it failed.",
      "0, whatever the other facts are, unless it broke.",
    ],
    run: async (t) => {
      await expectReadiness(t, { role: "connecting" }, 0);
    },
  },

  "connected": {
    title: "a connection says that the attempt is over",
    kind: "table",
    covers: ["SEL-1"],
    look: ["readinessOf"],
    why:
      "CONNECT says that the attempt came to its end, and that stays so as long as there is the connection. A program that goes on waiting for CONNECT is told for ever: it drops that interest when it was told once.",
    hints: [
      'A channel in the role of "connected": did the attempt come to an end?',
      "Yes, well; so CONNECT is always among what it is ready for.",
      "Begin with CONNECT, and add READ and WRITE as the other facts say.",
    ],
    run: async (t) => {
      await expectReadiness(t, {}, CONNECT);
      await expectReadiness(t, { readable: t.random.int(1, 999), room: t.random.int(1, 999) }, CONNECT | READ | WRITE);
    },
  },

  "read": {
    title: "bytes make a connection ready for reading",
    kind: "table",
    covers: ["SEL-1"],
    look: ["readinessOf"],
    why: "One byte is enough: a read would not wait, it would give that byte.",
    hints: [
      "What would a read answer now?",
      "With `readable` above 0 it would give bytes.",
      "READ is one bit among others: add it.",
    ],
    run: async (t) => {
      await expectReadiness(t, { readable: 1 }, CONNECT | READ);
      await expectReadiness(t, { readable: t.random.int(2, 99_999), room: 1 }, CONNECT | READ | WRITE);
    },
  },

  "end": {
    title: "the end of the stream can be read",
    kind: "table",
    weight: 2,
    covers: ["SEL-1", "SEL-2"],
    look: ["readinessOf"],
    why:
      "The peer has sent its FIN, and there are no bytes. A read would not wait: it would say 0. If that did not count as ready, the program would never hear that the peer is done, and the connection would stay for ever.",
    hints: [
      "What would a read answer when the peer has ended and everything was read?",
      "0, at once: so the channel is ready for it.",
      "READ when there are bytes, or when it has `ended`.",
    ],
    run: async (t) => {
      await expectReadiness(t, { ended: true }, CONNECT | READ);
      await expectReadiness(t, { ended: true, readable: t.random.int(1, 99), room: 5 }, CONNECT | READ | WRITE);
    },
  },

  "write": {
    title: "room makes a connection ready for writing",
    kind: "table",
    covers: ["SEL-1", "SEL-3"],
    look: ["readinessOf"],
    why:
      "Room for one byte is enough; it does not mean that all of what you have in mind will fit. And whoever has shut his side is ready too: a write would fail at once, and he who waits for it must hear of that.",
    hints: [
      "When would a write not have to wait?",
      "When there is room; or when it would fail anyway.",
      "WRITE when `room` is above 0, or the channel is `shut`.",
    ],
    run: async (t) => {
      await expectReadiness(t, { room: 1 }, CONNECT | WRITE);
      await expectReadiness(t, { room: 0 }, CONNECT);
      await expectReadiness(t, { room: 0, shut: true }, CONNECT | WRITE);
    },
  },

  "broken": {
    title: "what broke is ready for everything",
    kind: "table",
    weight: 2,
    covers: ["SEL-1"],
    look: ["readinessOf"],
    why:
      "Whoever waits for a channel to become readable, writable or connected waits in vain once it broke; so he is told, whatever he waits for, and learns why by the call that he makes then.",
    hints: [
      "A reset comes while a program waits for WRITE. Which bit does it have to be told?",
      "WRITE. And while it waits for CONNECT, CONNECT: you don't know what it waits for.",
      "All four bits, before you look at anything else.",
    ],
    run: async (t) => {
      for (const failure of FAILURES) await expectReadiness(t, { failure }, ACCEPT | CONNECT | READ | WRITE);
      await expectReadiness(t, { role: "connecting", failure: "ECONNREFUSED" }, ACCEPT | CONNECT | READ | WRITE);
    },
  },
};
