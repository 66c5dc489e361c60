/** Checks of createEchoLoop, over channels that do what the check says: what it reads and writes, and what it waits for. */
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { echoBench, joined, numbers } from "./bench.ts";

export const echo: Readonly<Record<string, CheckSpec>> = {
  "back": {
    title: "what comes goes back to whoever sent it",
    kind: "table",
    weight: 2,
    covers: ["SEL-11"],
    look: ["createEchoLoop.turn", "createEchoLoop.readable", "createEchoLoop.listen"],
    why: "Two connections, one loop. What belongs to which stands in the attachment of the key, and nowhere else.",
    hints: [
      "Which of your methods has each of these in its hands: the key, the bytes, the call of `write`?",
      "`turn` selects, and calls `readable` with the key; that reads, and what it has read is written to the channel of the same key.",
      "Put what was read behind the unsent pieces of the conversation, and let `writable` write them at once.",
    ],
    run: async (t) => {
      const bench = await echoBench(t);
      const [one, two] = numbers(t, 2) as [number, number];
      await bench.connect(one, two);
      for (let time = 0; time < 3; time++) {
        const [first, second] = [t.random.bytes(t.random.int(1, 90)), t.random.bytes(t.random.int(1, 90))];
        await bench.happen(one, { arrive: first });
        await bench.happen(two, { arrive: second });
        await bench.settle();
        await bench.expectSent(one, first, "back");
        await bench.expectSent(two, second, "back");
      }
    },
  },

  "rest": {
    title: "the rest of a write is kept, and goes out later",
    kind: "table",
    weight: 3,
    covers: ["SEL-11", "SEL-3"],
    look: ["createEchoLoop.writable", "createEchoLoop.settle"],
    why:
      "Ready for writing means room for one byte. `write` took 30 of 80: what becomes of the other 50 is the program's affair. It keeps them, waits for WRITE, and writes on when there is room.",
    hints: [
      "What does `write` return, and how long was the piece?",
      "When it is less: the piece that is left begins behind what was written. Wait for WRITE as long as there is one.",
      "The first piece becomes its own end (`subarray`), `unsentBytes` shrinks by what was written, and the interest gets WRITE.",
    ],
    run: async (t) => {
      const bench = await echoBench(t);
      const [one] = numbers(t, 1) as [number];
      await bench.connect(one);
      const bytes = t.random.bytes(80);
      const [room, more] = [t.random.int(20, 40), t.random.int(10, 30)];
      await bench.channels.put(one, { room });
      await bench.happen(one, { arrive: bytes });
      await bench.settle();
      await bench.expectSent(one, bytes.subarray(0, room), `with room for ${room}`);
      const why =
        "`write` has taken a part, and the rest begins behind it. Whoever forgets the rest leaves the client waiting for it; whoever writes the piece once more from its beginning sends the same bytes twice.";
      await t.about({ why, look: ["createEchoLoop.writable"] }, async () => {
        await bench.happen(one, { room: more });
        await bench.settle();
        await bench.expectSent(one, bytes.subarray(room, room + more), `with room for ${more} more`);
      });
      await bench.happen(one, { room: 1000 });
      await bench.settle();
      await bench.expectSent(one, bytes.subarray(room + more), "with room enough");
    },
  },

  "own-bytes": {
    title: "what is kept is not overwritten by what is read next",
    kind: "table",
    covers: ["SEL-11"],
    look: ["createEchoLoop.readable"],
    why:
      "All connections are read into one buffer, and a rest may lie there for a long time. If it is kept as a view of that buffer (`subarray`), the next read, of whomever, writes over it: one client gets what another one has said.",
    hints: [
      "Where do the bytes of a rest lie, while others are read?",
      "In the scratch buffer, unless you have copied them: it is everybody's.",
      "`slice` copies, `subarray` doesn't.",
    ],
    run: async (t) => {
      const bench = await echoBench(t);
      const [one, two] = numbers(t, 2) as [number, number];
      await bench.connect(one, two);
      const [first, second] = [t.random.bytes(60), t.random.bytes(60)];
      for (const [channel, bytes] of [[one, first], [two, second]] as const) {
        await bench.channels.put(channel, { room: 0 });
        await bench.happen(channel, { arrive: bytes });
        await bench.settle();
      }
      for (const channel of [one, two]) await bench.happen(channel, { room: 1000 });
      await bench.settle();
      await bench.expectSent(one, first, "when there was room");
      await bench.expectSent(two, second, "when there was room");
    },
  },

  "in-order": {
    title: "the rest goes out before what came later",
    kind: "table",
    weight: 2,
    covers: ["SEL-11"],
    look: ["createEchoLoop.readable", "createEchoLoop.writable"],
    why:
      "While something is unsent more is read. If that is written at once, since there happens to be room by now, it overtakes the rest: the client gets all its bytes, in the wrong order.",
    hints: [
      "Something is unsent, and new bytes are read. Where do they go?",
      "Behind the others. Only the first piece in the row is ever written.",
      "Push to `unsent`, then write from `unsent[0]`, whatever was just read.",
    ],
    run: async (t) => {
      const bench = await echoBench(t);
      const [one] = numbers(t, 1) as [number];
      await bench.connect(one);
      const [first, second, third] = [t.random.bytes(60), t.random.bytes(70), t.random.bytes(50)];
      await bench.channels.put(one, { room: 10 });
      await bench.happen(one, { arrive: first });
      await bench.settle();
      await bench.happen(one, { arrive: second });
      await bench.settle();
      await bench.channels.put(one, { room: 1000 });
      await bench.happen(one, { arrive: third });
      await bench.settle();
      await bench.expectSent(one, joined(first, second, third), "in the end");
    },
  },

  "no-spin": {
    title: "when nothing is left to write, it waits",
    kind: "table",
    weight: 3,
    covers: ["SEL-11", "SEL-8"],
    look: ["createEchoLoop.settle", "createEchoLoop.writable"],
    why:
      "There is room on nearly every connection nearly always. A loop that goes on waiting for WRITE when it has nothing to write is told that at once, and again, and again: it works perfectly, with the processor at 100 %. It is the classic fault of programs with a selector.",
    hints: [
      "What does the loop wait for when everything is sent?",
      "For READ alone. The interest follows from the conversation, each time that something was read or written.",
      "WRITE only while `unsentBytes` is above 0.",
    ],
    run: async (t) => {
      const bench = await echoBench(t);
      const [one] = numbers(t, 1) as [number];
      await bench.connect(one);
      await bench.expectRest("when the client has said nothing yet");
      await bench.channels.put(one, { room: 10 });
      await bench.happen(one, { arrive: t.random.bytes(30) });
      await bench.settle();
      await bench.expectRest("while there is no room for the rest");
      await bench.happen(one, { room: 1000 });
      await bench.settle();
      await bench.expectRest("when everything was sent");
    },
  },

  "back-pressure": {
    title: "who does not read is not read from",
    kind: "table",
    weight: 2,
    covers: ["SEL-12"],
    look: ["createEchoLoop.settle"],
    why:
      "A client sends and never reads. Each byte that is read from it has to be kept, as nobody takes it: a few of those clients, and the server has no memory left. So the loop stops reading; the receive buffer fills, its window closes, and TCP tells the client to wait.",
    hints: [
      "How much does one connection keep at most?",
      "`limits.unsent`, and what one read brings: when there is *as much* or more, READ is not waited for any more.",
      "When it has gone out below that again, READ comes back.",
    ],
    run: async (t: Trial) => {
      const limits = { chunk: 100, unsent: 300 };
      const bench = await echoBench(t, limits);
      const [one] = numbers(t, 1) as [number];
      await bench.connect(one);
      const bytes = t.random.bytes(2000);
      await bench.channels.put(one, { room: 0 });
      await bench.happen(one, { arrive: bytes });
      await bench.settle();
      const read = sum((await bench.channels.made(one, "read")).map(({ outcome }) => outcome));
      t.ok(read >= limits.unsent, `at least ${limits.unsent} bytes to be read: the limit is not reached before`, `${read}`);
      t.ok(
        read < limits.unsent + limits.chunk,
        `no read any more once ${limits.unsent} bytes, limits.unsent, are unsent: less than ${limits.unsent + limits.chunk} in all`,
        `${read}`,
      );
      await bench.happen(one, { room: 10_000 });
      await bench.settle();
      await bench.expectSent(one, bytes, "when it reads again");
    },
  },

  "once-a-turn": {
    title: "one who sends much does not hold up the others",
    kind: "table",
    covers: ["SEL-7"],
    look: ["createEchoLoop.readable"],
    why:
      "Whoever reads from one connection until there is nothing left serves nobody else as long as that one goes on sending. One read for each key is enough: the selector says it again when there is more.",
    hints: [
      "How often does `readable` read?",
      "Once. It is level-triggered: what is left is told in the next turn.",
      "No loop around `read`.",
    ],
    run: async (t) => {
      const bench = await echoBench(t, { chunk: 50 });
      const [one, two] = numbers(t, 2) as [number, number];
      await bench.connect(one, two);
      await bench.happen(one, { arrive: t.random.bytes(500) });
      await bench.happen(two, { arrive: t.random.bytes(20) });
      await bench.loop.turn();
      const reads = await bench.channels.made(undefined, "read");
      t.equal(reads.filter(({ channel }) => channel === one).length, 1, "how often the first one was read from in one turn");
      t.equal(reads.filter(({ channel }) => channel === two).length, 1, "how often the second one was");
    },
  },

  "keys-a-turn": {
    title: "one turn handles so many keys, and no more",
    kind: "table",
    covers: ["SEL-7"],
    look: ["createEchoLoop.turn"],
    why:
      "Between two turns the program does everything else: its timers, and with this stack, what TCP has to send. The limit bounds how long all that waits when a thousand clients speak at once.",
    hints: [
      "What is `select` called with?",
      "`limits.keys`. Who was left out comes in the next turn: `select` is fair.",
      "No loop around `select` in `turn`, and no number of your own.",
    ],
    run: async (t) => {
      const keys = t.random.int(2, 4);
      const bench = await echoBench(t, { keys });
      const all = numbers(t, 9);
      await bench.connect(...all);
      for (const channel of all) await bench.happen(channel, { arrive: t.random.bytes(5) });
      t.equal(await bench.loop.turn(), true, "a turn when nine have said something");
      t.equal((await bench.channels.made(undefined, "read")).length, keys, `reads in a turn of ${keys} keys at most`);
    },
  },

  "woken": {
    title: "a turn that was woken is no time to wait",
    kind: "table",
    covers: ["SEL-9"],
    look: ["createEchoLoop.turn"],
    why:
      '`select` gives an empty list when somebody has called `wakeup`. "EAGAIN" says that now is the time to wait; a list, be it empty, says that it is not: somebody has something else for the program to do.',
    hints: [
      "Which two things can `select` return when nothing is ready?",
      '"EAGAIN", or an empty list. Only one of the two makes `turn` false.',
      'False for "EAGAIN", and true in all other cases.',
    ],
    run: async (t) => {
      const bench = await echoBench(t);
      await bench.connect(...numbers(t, 2));
      await bench.selector.wakeup();
      t.equal(await bench.loop.turn(), true, "a turn after wakeup, when nothing has happened");
      t.equal(await bench.loop.turn(), false, "the turn after that");
    },
  },
};

/** What these outcomes count, all together. */
function sum(outcomes: readonly unknown[]): number {
  return outcomes.reduce<number>((all, each) => all + (typeof each === "number" ? each : 0), 0);
}
