/** Hidden checks of createSelector. */
import { keysText, numbers, selectorBench } from "../../../labs/10-selector/checks/bench.ts";
import { ACCEPT, CONNECT, formatReadiness, READ, WRITE } from "../../../stack/wire/readiness.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

export const selector: Readonly<Record<string, CheckSpec>> = {
  "stories": {
    title: "whatever happens, the keys are those that are ready",
    kind: "table",
    weight: 3,
    covers: ["SEL-1", "SEL-4", "SEL-5", "SEL-6"],
    look: ["createSelector.select", "createSelector.setInterest", "createSelector.changed"],
    why:
      "Channels come, change, are waited for in other ways, and go. At each moment the right answer follows from the facts alone; a selector only finds it with less work.",
    hints: [
      "Take the last step before the wrong answer: which of your calls belongs to it?",
      "Registered, changed, another interest: each of the three makes a candidate.",
      "Only two things take a key out of the candidates: a look that finds it not ready, and `cancel`.",
    ],
    run: async (t) => {
      const bench = await selectorBench(t);
      const all = numbers(t, 6);
      const known = new Map<number, number>();
      const readable = new Map<number, boolean>();
      const room = new Map<number, boolean>(all.map((each) => [each, true]));
      for (let step = 0; step < 90; step++) {
        const channel = t.random.pick(all);
        const interest = t.random.pick([READ, WRITE, READ | WRITE, 0]);
        switch (t.random.int(0, 5)) {
          case 0:
            t.equal(
              await bench.selector.register(channel, interest, "x"),
              !known.has(channel),
              `register(${channel}, ${formatReadiness(interest)})`,
            );
            if (!known.has(channel)) known.set(channel, interest);
            break;
          case 1:
            t.equal(
              await bench.selector.setInterest(channel, interest),
              known.has(channel),
              `setInterest(${channel}, ${formatReadiness(interest)})`,
            );
            if (known.has(channel)) known.set(channel, interest);
            break;
          case 2:
            if (!t.random.chance(0.4)) break;
            t.equal(await bench.selector.cancel(channel), known.delete(channel), `cancel(${channel})`);
            break;
          case 3:
            readable.set(channel, true);
            await bench.happen(channel, { ended: true });
            break;
          case 4:
            readable.set(channel, false);
            await bench.channels.put(channel, { ended: false });
            break;
          case 5:
            room.set(channel, !room.get(channel));
            await bench.happen(channel, { room: room.get(channel) ? 9 : 0 });
        }
        const ready = [...known].map(([each, bits]) => ({
          channel: each,
          ready: bits & ((readable.get(each) ? READ : 0) | (room.get(each) ? WRITE : 0)),
        })).filter((each) => each.ready !== 0);
        await bench.expect(ready.length === 0 ? "EAGAIN" : keysText(ready), `after step ${step + 1}`, 20);
      }
    },
  },

  "anew": {
    title: "who is registered again is somebody else",
    kind: "table",
    covers: ["SEL-6"],
    look: ["createSelector.cancel", "createSelector.register"],
    why:
      "Numbers are given out again: descriptor 7 is closed, and the next connection is descriptor 7. Nothing of the old key may be left in the new one.",
    hints: [
      "What does the new key take over from the old one?",
      "Nothing: interest and attachment are those of the second `register`.",
      "`cancel` forgets the key; `register` makes another object.",
    ],
    run: async (t) => {
      const bench = await selectorBench(t);
      const [one] = numbers(t, 1) as [number];
      await bench.channels.put(one, { arrive: t.random.bytes(4) });
      await bench.add(one, READ | WRITE);
      await bench.expect(`${one}: READ + WRITE`, "at first");
      await bench.selector.cancel(one);
      t.equal(await bench.selector.register(one, WRITE, "another"), true, "register of a channel that was cancelled");
      const keys = await bench.keys(5);
      t.equal(keys.map(({ attachment }) => attachment), ["another"], "attachments");
      t.equal(keysText(keys), `${one}: WRITE`, "the keys");
      t.equal(await bench.selector.size(), 1, "size");
    },
  },

  "broken": {
    title: "whoever waits hears that it broke",
    kind: "table",
    covers: ["SEL-1", "SEL-4"],
    look: ["createSelector.select", "readinessOf"],
    why:
      "Each of them waits for something else, and all are told: by the very thing that they wait for. Who waits for nothing is told nothing.",
    hints: [
      "What has a key in `ready` when its channel broke?",
      "All that is waited for: its interest, and no more.",
      "A key whose interest is 0 is never given out.",
    ],
    run: async (t) => {
      const bench = await selectorBench(t);
      const all = numbers(t, 5).toSorted((a, b) => a - b);
      const interests = t.random.shuffle([READ, WRITE, CONNECT, READ | WRITE, 0]);
      for (const [index, channel] of all.entries()) {
        await bench.channels.put(channel, { role: "connecting", room: 0 });
        await bench.add(channel, interests[index] as number);
      }
      await bench.expect("EAGAIN", "while all of them connect");
      for (const channel of all) await bench.happen(channel, { failure: "ETIMEDOUT" });
      const told = all.map((channel, index) => ({ channel, ready: interests[index] as number })).filter(({ ready }) => ready !== 0);
      await bench.expect(keysText(told), "when all of them have timed out");
    },
  },

  "ten-thousand": {
    title: "with ten thousand, the work is that of those who talk",
    kind: "table",
    weight: 2,
    covers: ["SEL-8"],
    look: ["createSelector.select", "createSelector.setInterest"],
    why:
      "Twenty channels become ready, and are drained. Each of them is asked when it happened, and once more when it is not ready any more: forty questions, and not forty times ten thousand.",
    hints: [
      "Who is asked in the last `select`, which finds nothing?",
      "Those that were given out the last time: they may still be ready. Nobody else.",
      "When a look finds a channel not ready, it is forgotten until something happens to it.",
    ],
    run: async (t: Trial) => {
      const bench = await selectorBench(t);
      await bench.add(100, READ);
      await t.manyOn(bench.selector, "register", Array.from({ length: 9999 }, (_, index) => [index + 101, READ, "x"]));
      t.equal(await bench.selector.size(), 10_000, "size");
      await bench.expect("EAGAIN", "when none of them has anything");
      await bench.channels.asked();
      for (let round = 0; round < 2; round++) {
        const talking = numbers(t, 20);
        for (const channel of talking) await bench.happen(channel + 97, { ended: true });
        t.equal((await bench.keys(50)).length, 20, "how many keys there are");
        for (const channel of talking) await bench.channels.put(channel + 97, { ended: false });
        await bench.expect("EAGAIN", "when those were drained");
        const { length } = await bench.channels.asked();
        t.ok(
          length >= 20 && length <= 60,
          "20 to 60 questions for facts, when twenty of ten thousand became ready and were drained",
          `${length}`,
        );
      }
    },
  },

  "left-for-later": {
    title: "who was not asked is asked the next time",
    kind: "table",
    covers: ["SEL-7", "SEL-4"],
    look: ["createSelector.select"],
    why:
      "A limit of 2, five that are ready, and nothing happens any more: the other three must not be forgotten because two were enough for now.",
    hints: [
      "What becomes of the candidates behind the last key that was found?",
      "They stay candidates, in front of those that were given out.",
      "Take a key out of the candidates when you ask it, not before.",
    ],
    run: async (t) => {
      const bench = await selectorBench(t);
      const all = numbers(t, 5);
      for (const channel of all) {
        await bench.add(channel, READ);
        await bench.happen(channel, { ended: true });
      }
      const given: number[] = [];
      for (let time = 0; time < 3; time++) {
        for (const { channel } of await bench.keys(2)) {
          given.push(channel);
          await bench.channels.put(channel, { ended: false });
        }
      }
      t.equal(given.toSorted(), all.toSorted(), "channels that were given out, two at a time");
      await bench.expect("EAGAIN", "when all had their turn, and are drained");
    },
  },

  "idle-first": {
    title: "many who are not ready don't fill a list",
    kind: "table",
    covers: ["SEL-7", "SEL-8"],
    look: ["createSelector.select"],
    why:
      "The limit counts keys that are given out, and not channels that were asked: otherwise ten candidates that turn out not to be ready hide the eleventh, which is, and the loop goes to sleep.",
    hints: [
      "What does your loop over the candidates count?",
      "Two things end it: so many keys *found*, or each candidate asked once.",
      "“EAGAIN” only when all of them were asked.",
    ],
    run: async (t) => {
      const bench = await selectorBench(t);
      const all = numbers(t, 12);
      const last = all.at(-1) as number;
      await bench.channels.put(last, { role: "listening", room: 0, knock: [4] });
      for (const channel of all) await bench.add(channel, channel === last ? ACCEPT : READ);
      await bench.expect(`${last}: ACCEPT`, "with eleven that are not ready before it", 3);
    },
  },

  "talkative": {
    title: "one that changes all the time starves nobody",
    kind: "table",
    weight: 2,
    covers: ["SEL-7"],
    look: ["createSelector.changed", "createSelector.select"],
    why:
      "Something happens to one channel between any two selects. If that puts it in front of the others, or keeps it there, they never have their turn.",
    hints: [
      "Where does `changed` put a channel that is a candidate already?",
      "Nowhere: it stays where it is. And a new candidate goes to the end.",
      "`Set.add` does both.",
    ],
    run: async (t: Trial) => {
      const bench = await selectorBench(t);
      const all = numbers(t, 4);
      for (const channel of all) await bench.add(channel, WRITE);
      const loud = t.random.pick(all);
      const given = new Set<number>();
      for (let time = 0; time < 4; time++) {
        await bench.selector.changed(loud);
        await bench.selector.setInterest(loud, WRITE);
        for (const { channel } of await bench.keys(1)) given.add(channel);
      }
      t.equal([...given].toSorted(), all.toSorted(), "channels that had their turn in four selects of one key each");
    },
  },
};
