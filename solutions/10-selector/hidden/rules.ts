/** Hidden checks of the rules: all of them at once, and against each other. */
import { expectOutcome, facts, factsText, FAILURES, type OutcomeName } from "../../../labs/10-selector/checks/bench.ts";
import type { ChannelFacts, Outcome } from "../../../stack/contract/selector.ts";
import { ACCEPT, CONNECT, formatReadiness, READ, WRITE } from "../../../stack/wire/readiness.ts";
import type { Random } from "../../../stack/wire/random.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const readiness: Readonly<Record<string, CheckSpec>> = {
  "every": {
    title: "four hundred channels, each ready for what it says",
    kind: "table",
    weight: 2,
    covers: ["SEL-1"],
    look: ["readinessOf"],
    why: "The rules hold together: an end with bytes before it, a channel that is shut and has ended, a failure on top of everything.",
    hints: [
      "Which of the facts of this channel decide?",
      "A failure before all others; then the role; then each bit for itself.",
      "READ from `readable` and `ended`, WRITE from `room` and `shut`: they don't know of each other.",
    ],
    run: async (t) => {
      const all = Array.from({ length: 400 }, () => drawn(t.random));
      const answers = await t.many("selector", "readinessOf", all.map((each) => [each]));
      for (const [index, given] of all.entries()) {
        const expected = expectedReadiness(given);
        t.equal(formatReadiness(Number(answers[index]?.value)), formatReadiness(expected), `readinessOf (${factsText(given)})`);
      }
    },
  },

  "means-no-eagain": {
    title: "ready, and only then, no call says EAGAIN",
    kind: "table",
    covers: ["SEL-1", "SEL-2"],
    look: ["readinessOf", "readOutcome", "writeOutcome"],
    why:
      "This is the whole meaning of “ready”. A channel that is ready and says EAGAIN makes a loop go round; one that is not, and would have had an answer, is never asked.",
    hints: [
      "Which of the two is wrong here, the readiness or the outcome?",
      "For reading: a number (0 too) or a code means ready; EAGAIN means not.",
      "Write both functions next to each other: they ask the same questions.",
    ],
    run: async (t) => {
      const all = Array.from({ length: 300 }, () => drawn(t.random)).filter(({ role }) => role !== "listening");
      const bits = await t.many("selector", "readinessOf", all.map((each) => [each]));
      for (const [name, bit] of [["readOutcome", READ], ["writeOutcome", WRITE], ["connectOutcome", CONNECT]] as const) {
        const outcomes = await t.many("selector", name, all.map((each) => [each, 50]));
        for (const [index, given] of all.entries()) {
          t.equal(typeof bits[index]?.value, "number", "what kind of thing readinessOf returns");
          const ready = (Number(bits[index]?.value) & bit) !== 0;
          t.equal(outcomes[index]?.value === "EAGAIN", !ready, `whether ${name} says EAGAIN (${factsText(given)})`);
        }
      }
    },
  },
};

export const outcomes: Readonly<Record<string, CheckSpec>> = {
  "every": {
    title: "what each call comes to, on hundreds of channels",
    kind: "table",
    weight: 2,
    covers: ["SEL-2", "SEL-3"],
    look: ["readOutcome", "writeOutcome", "acceptOutcome", "connectOutcome"],
    why: "A number, not yet, or why not: three kinds of answers, and their order is what the four functions are about.",
    hints: [
      "In which order do you ask for role, bytes, failure, end and room?",
      "Reading: role, bytes, failure, end. Writing: role, failure, shut, room.",
      "EAGAIN comes last in all of them.",
    ],
    run: async (t) => {
      const names: OutcomeName[] = ["readOutcome", "writeOutcome", "acceptOutcome", "connectOutcome"];
      for (let i = 0; i < 60; i++) {
        const given = drawn(t.random);
        const wanted = t.random.int(1, 300);
        for (const name of names) await expectOutcome(t, name, given, expectedOutcome(name, given, wanted), wanted);
      }
    },
  },
};

/** A channel as it may be: none of these facts contradicts another. */
function drawn(random: Random): ChannelFacts {
  const role = random.pick(["listening", "connecting", "connected", "connected", "connected"] as const);
  const sometimes = (most: number): number => random.chance(0.5) ? 0 : random.int(1, most);
  const isConnected = role === "connected";
  const failure = role !== "listening" && random.chance(0.25) ? random.pick(FAILURES) : undefined;
  return facts({
    role,
    waiting: role === "listening" ? sometimes(9) : 0,
    readable: isConnected ? sometimes(500) : 0,
    ended: isConnected && random.chance(0.4),
    room: isConnected ? sometimes(500) : 0,
    shut: isConnected && random.chance(0.3),
    failure,
  });
}

function expectedReadiness({ role, waiting, readable, ended, room, shut, failure }: ChannelFacts): number {
  if (failure !== undefined) return 15;
  if (role === "connecting") return 0;
  if (role === "listening") return waiting === 0 ? 0 : ACCEPT;
  return CONNECT + (readable === 0 && !ended ? 0 : READ) + (room === 0 && !shut ? 0 : WRITE);
}

function expectedOutcome(
  name: OutcomeName,
  { role, waiting, readable, ended, room, shut, failure }: ChannelFacts,
  wanted: number,
): Outcome {
  const listens = role === "listening";
  switch (name) {
    case "acceptOutcome":
      return !listens ? "EINVAL" : waiting === 0 ? "EAGAIN" : 1;
    case "connectOutcome":
      return listens ? "EINVAL" : failure !== undefined ? failure : role === "connecting" ? "EAGAIN" : 0;
    case "readOutcome":
      if (listens) return "ENOTCONN";
      return readable > 0 ? Math.min(readable, wanted) : failure !== undefined ? failure : ended ? 0 : "EAGAIN";
    case "writeOutcome":
      if (listens) return "ENOTCONN";
      return failure !== undefined ? failure : shut ? "EPIPE" : room === 0 ? "EAGAIN" : Math.min(room, wanted);
  }
}
