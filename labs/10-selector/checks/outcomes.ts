/** Checks of the four functions that say what a call comes to. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { expectOutcome, FAILURES } from "./bench.ts";

export const outcomes: Readonly<Record<string, CheckSpec>> = {
  "again": {
    title: "what would have to wait says EAGAIN",
    kind: "table",
    weight: 2,
    covers: ["SEL-2"],
    look: ["readOutcome", "writeOutcome", "acceptOutcome", "connectOutcome"],
    why:
      "Nothing is wrong, only nothing has come yet. Many notes call that an error; a program that treats it like one closes healthy connections. It is a value like a count.",
    hints: [
      "No bytes, no end, no failure: what does a read say that must not wait?",
      '"EAGAIN", as a string. The same when there is no room, when nobody waits to be accepted, and while the connection is being made.',
      "It is what is left when none of the other answers is right: the last line of each function.",
    ],
    run: async (t) => {
      await expectOutcome(t, "readOutcome", { room: 7 }, "EAGAIN");
      await expectOutcome(t, "writeOutcome", { readable: 7 }, "EAGAIN");
      await expectOutcome(t, "acceptOutcome", { role: "listening" }, "EAGAIN");
      await expectOutcome(t, "connectOutcome", { role: "connecting" }, "EAGAIN");
      await expectOutcome(t, "readOutcome", { role: "connecting" }, "EAGAIN");
      await expectOutcome(t, "writeOutcome", { role: "connecting" }, "EAGAIN");
      await t.about(
        { look: ["readOutcome", "writeOutcome"], why: "With a byte, or room for one, there is nothing to wait for." },
        async () => {
          await expectOutcome(t, "readOutcome", { readable: 1 }, 1);
          await expectOutcome(t, "writeOutcome", { room: 1 }, 1);
        },
      );
    },
  },

  "done": {
    title: "connecting and accepting say that it worked",
    kind: "table",
    covers: ["SEL-2"],
    look: ["connectOutcome", "acceptOutcome"],
    why:
      "For connecting there is nothing to count: 0, as UNIX says where a call has just worked. Accepting gives one connection at a time, however many wait.",
    hints: [
      "What role has a channel whose attempt went well?",
      '"connected": then connectOutcome is 0, and stays so.',
      "acceptOutcome is 1 when anybody waits.",
    ],
    run: async (t) => {
      await expectOutcome(t, "connectOutcome", {}, 0);
      await expectOutcome(t, "connectOutcome", { ended: true, readable: 3 }, 0);
      await expectOutcome(t, "acceptOutcome", { role: "listening", waiting: 1 }, 1);
      await expectOutcome(t, "acceptOutcome", { role: "listening", waiting: t.random.int(2, 50) }, 1);
    },
  },

  "part-read": {
    title: "a read gives what there is, if it is wanted",
    kind: "table",
    covers: ["SEL-2"],
    look: ["readOutcome"],
    why:
      "TCP is a stream: how much can be read has nothing to do with how much was written in one go. The program says how much it has place for, the channel how much there is.",
    hints: [
      "There are 7 bytes, and 100 are wanted; there are 100, and 7 are wanted.",
      "7 in both cases.",
      "The smaller one of `readable` and `wanted`.",
    ],
    run: async (t) => {
      const [few, many] = [t.random.int(1, 99), t.random.int(100, 9999)];
      await expectOutcome(t, "readOutcome", { readable: few }, few, many);
      await expectOutcome(t, "readOutcome", { readable: many }, few, few);
      await expectOutcome(t, "readOutcome", { readable: few }, few, few);
    },
  },

  "part-write": {
    title: "a write takes what there is room for",
    kind: "table",
    weight: 2,
    covers: ["SEL-3"],
    look: ["writeOutcome"],
    why:
      "Ready for writing means room for one byte. A program that writes 100 bytes and looks away when only 7 were taken has lost 93: the most common fault of programs that don't wait.",
    hints: [
      "There is room for 7, and you want to write 100.",
      "The first 7 are taken, and the answer says so.",
      "The smaller one of `room` and `wanted`.",
    ],
    run: async (t) => {
      const [few, many] = [t.random.int(1, 99), t.random.int(100, 9999)];
      await expectOutcome(t, "writeOutcome", { room: few }, few, many);
      await expectOutcome(t, "writeOutcome", { room: many }, few, few);
      await expectOutcome(t, "writeOutcome", { room: many, ended: true }, few, few);
    },
  },

  "end": {
    title: "the end is 0, and comes behind the last byte",
    kind: "table",
    weight: 2,
    covers: ["SEL-2"],
    look: ["readOutcome"],
    why:
      "0 says that nothing will ever come any more; EAGAIN that nothing has come yet. Whoever takes one for the other closes a connection that works, or keeps one for ever that is over.",
    hints: [
      "The peer's FIN is here, and 5 bytes that nobody has read.",
      "First the 5 bytes, then 0, as often as it is asked.",
      "Look at `readable` before `ended`, and at `ended` before EAGAIN.",
    ],
    run: async (t) => {
      const left = t.random.int(1, 50);
      await expectOutcome(t, "readOutcome", { readable: left, ended: true }, left);
      await expectOutcome(t, "readOutcome", { ended: true }, 0);
      await expectOutcome(t, "readOutcome", { ended: true, shut: true, room: 9 }, 0);
    },
  },

  "failures": {
    title: "what broke says why",
    kind: "table",
    covers: ["SEL-2"],
    look: ["connectOutcome", "readOutcome", "writeOutcome", "acceptOutcome"],
    why:
      '"Refused" and "reset" and "timed out" ask for different things of a program: try another port, try again, tell the user. So the code is handed on as it is.',
    hints: [
      "Where does the reason stand?",
      "In `failure`. If it is there it is the answer to accepting, connecting and writing, whatever else is so.",
      "The same for reading, when there is nothing left to be read: before 0 and EAGAIN.",
    ],
    run: async (t) => {
      for (const failure of FAILURES) {
        await expectOutcome(t, "connectOutcome", { role: "connecting", failure }, failure);
        await t.about({
          why: "A connection that was reset has not ended, it was cut off: whoever is told 0 takes a part for the whole.",
          look: [],
        }, () => {
          return expectOutcome(t, "readOutcome", { failure, ended: true }, failure);
        });
        await expectOutcome(t, "writeOutcome", { failure, room: 50 }, failure);
        await expectOutcome(t, "acceptOutcome", { role: "listening", failure }, failure);
      }
      await t.about(
        { why: "It was connected, and broke since: that is what connecting has come to now.", look: ["connectOutcome"] },
        async () => {
          for (const failure of FAILURES) await expectOutcome(t, "connectOutcome", { failure }, failure);
        },
      );
      const why =
        "What broke counts as shut, too. EPIPE says that the program has ended its own side: a fault of its own, if it writes all the same. Here it has done nothing wrong, and hears why it broke.";
      await t.about({ why, look: ["writeOutcome"] }, async () => {
        for (const failure of FAILURES) await expectOutcome(t, "writeOutcome", { failure, shut: true }, failure);
      });
    },
  },

  "before-failure": {
    title: "what came before it broke is read first",
    kind: "table",
    covers: ["SEL-2"],
    look: ["readOutcome"],
    why:
      "The bytes came, in order, and were acknowledged: the peer may rely on that they are read. That the connection broke later does not make them untrue.",
    hints: [
      "A reset came behind 12 bytes that nobody has read. What does a read of 100 give?",
      "The 12 bytes; and the next one the reason.",
      "`readable` comes before `failure`.",
    ],
    run: async (t) => {
      const left = t.random.int(2, 80);
      await expectOutcome(t, "readOutcome", { readable: left, failure: "ECONNRESET" }, left);
      await expectOutcome(t, "readOutcome", { readable: left, failure: "ECONNRESET" }, left - 1, left - 1);
      await expectOutcome(t, "readOutcome", { failure: "ECONNRESET" }, "ECONNRESET");
    },
  },

  "wrong-call": {
    title: "the wrong call is told by name",
    kind: "table",
    covers: ["SEL-2"],
    look: ["acceptOutcome", "writeOutcome", "readOutcome", "connectOutcome"],
    why:
      "To accept on a connection is a mistake of the program, and no waiting mends it: EINVAL. A listening socket has no bytes: ENOTCONN. And who has said that he writes no more cannot write: EPIPE.",
    hints: [
      "Which of the four calls make no sense on a channel that listens? Which on one that does not?",
      'Accepting needs "listening", the three others need anything else.',
      "Ask for the role first. Behind that, in writing: `shut` comes before room.",
    ],
    run: async (t) => {
      await expectOutcome(t, "acceptOutcome", { readable: 9 }, "EINVAL");
      await expectOutcome(t, "acceptOutcome", { role: "connecting" }, "EINVAL");
      await expectOutcome(t, "connectOutcome", { role: "listening", waiting: 1 }, "EINVAL");
      await expectOutcome(t, "readOutcome", { role: "listening", waiting: 1 }, "ENOTCONN");
      await expectOutcome(t, "writeOutcome", { role: "listening" }, "ENOTCONN");
      await expectOutcome(t, "writeOutcome", { shut: true, room: 50 }, "EPIPE");
    },
  },
};
