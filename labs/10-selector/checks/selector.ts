/** Checks of createSelector, over channels that do what the check says. */
import { ACCEPT, formatReadiness, READ, WRITE } from "../../../stack/wire/readiness.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { numbers, selectorBench } from "./bench.ts";

export const selector: Readonly<Record<string, CheckSpec>> = {
  "nothing": {
    title: "where nothing is ready, select says EAGAIN",
    kind: "table",
    covers: ["SEL-2", "SEL-4"],
    look: ["createSelector.select"],
    why:
      '`select` itself does not wait either: "EAGAIN" tells whoever called it that now is the time to. An empty list says something else, see selector/wakeup.',
    hints: [
      "What does `select` return when it has found nothing?",
      'The string "EAGAIN".',
      "Also while nothing is registered at all.",
    ],
    run: async (t) => {
      const bench = await selectorBench(t);
      await bench.expect("EAGAIN", "with nothing registered");
      const [one, two] = numbers(t, 2) as [number, number];
      await bench.add(one, READ);
      await bench.add(two, 0);
      await bench.expect("EAGAIN", "when nothing has happened");
      t.equal(await bench.selector.size(), 2, "size");
    },
  },

  "registered": {
    title: "who is ready when registered is given out",
    kind: "table",
    weight: 2,
    covers: ["SEL-5"],
    look: ["createSelector.register", "createSelector.select"],
    why:
      "The bytes came before the program registered the channel: nothing will *happen* to it any more. Whoever only listens for what happens waits for ever; and a client that sends its question with its first packet is the usual case.",
    hints: [
      "Who calls `changed` for bytes that came before `register`?",
      "Nobody. So `register` makes the channel a candidate itself.",
      "One line: add the key to the candidates when it is made.",
    ],
    run: async (t) => {
      const bench = await selectorBench(t);
      const [one, two] = numbers(t, 2) as [number, number];
      await bench.channels.put(one, { arrive: t.random.bytes(9) });
      await bench.add(one, READ);
      await bench.channels.put(two, { role: "listening", room: 0, knock: [55] });
      await bench.add(two, ACCEPT);
      const both = [[one, "READ"], [two, "ACCEPT"]].toSorted((a, b) => Number(a[0]) - Number(b[0]));
      await bench.expect(both.map((pair) => pair.join(": ")).join(", "), "at once");
    },
  },

  "interest": {
    title: "only what is waited for counts",
    kind: "table",
    covers: ["SEL-1"],
    look: ["createSelector.select"],
    why:
      "There is room on nearly every connection nearly always. A program that waits for bytes does not want to be told that a thousand times a second.",
    hints: [
      "The channel is ready for READ and WRITE, the program waits for READ.",
      "The key is given out, and its `ready` is READ. If it waits for ACCEPT, the key is not given out.",
      "Bits in common: `&`.",
    ],
    run: async (t) => {
      const bench = await selectorBench(t);
      const [one, two, three] = numbers(t, 3).toSorted((a, b) => a - b) as [number, number, number];
      for (const channel of [one, two, three]) await bench.channels.put(channel, { arrive: t.random.bytes(3) });
      await bench.add(one, READ);
      await bench.add(two, ACCEPT);
      await bench.add(three, READ | WRITE);
      await bench.expect(`${one}: READ, ${three}: READ + WRITE`, "with bytes and room on all three");
    },
  },

  "level": {
    title: "what is ready is said again",
    kind: "table",
    weight: 3,
    covers: ["SEL-4"],
    look: ["createSelector.select"],
    why:
      "Level-triggered: the selector says what is so, not what has happened. A program may read a part, look after others, and come back; it is told again. With edges it would have to remember by itself that something is left.",
    hints: [
      "A key was given out. Where is it before the next `select`?",
      "Among the candidates again: it was ready, so it may still be.",
      "It leaves them only when a look finds that it is not ready.",
    ],
    run: async (t) => {
      const bench = await selectorBench(t);
      const [one] = numbers(t, 1) as [number];
      await bench.add(one, READ);
      await bench.expect("EAGAIN", "before anything came");
      await bench.happen(one, { arrive: t.random.bytes(20) });
      for (let time = 0; time < 3; time++) {
        await bench.expect(`${one}: READ`, `${["at first", "a second time", "a third time"][time]}, when nothing was read`);
      }
      await bench.channels.put(one, { ended: true });
      await bench.expect(`${one}: READ`, "when the end has come, too");
    },
  },

  "not-any-more": {
    title: "what is not ready any more is left out",
    kind: "table",
    covers: ["SEL-4", "SEL-1"],
    look: ["createSelector.select"],
    why: "Between two selects the program has read everything. `select` says what is so *now*: it asks for the facts again each time.",
    hints: [
      "Do you remember whether a channel was ready, or do you ask?",
      "A remembered answer may be out of date: call `factsOf` in each `select`.",
      "Not ready: it leaves the candidates, and comes back by `changed`.",
    ],
    run: async (t) => {
      const bench = await selectorBench(t);
      const [one] = numbers(t, 1) as [number];
      await bench.add(one, WRITE);
      await bench.expect(`${one}: WRITE`, "while there is room");
      await bench.channels.put(one, { room: 0 });
      await bench.expect("EAGAIN", "when there is no room any more");
      await bench.happen(one, { room: 40 });
      await bench.expect(`${one}: WRITE`, "when there is room again");
      await bench.channels.put(one, { room: 0 });
      await bench.expect("EAGAIN", "when that is used up");
    },
  },

  "new-interest": {
    title: "another interest is looked at at once",
    kind: "table",
    weight: 2,
    covers: ["SEL-5"],
    look: ["createSelector.setInterest"],
    why:
      "A write found room for a part, and the program begins to wait for WRITE. If there is room by now nothing will happen that could say so: the selector has to look by itself.",
    hints: [
      "Which calls make a channel a candidate?",
      "`register`, `changed`, and `setInterest`: it may be ready for the new interest already.",
      "And a key that waits for nothing is given out by no `select`, whatever happens.",
    ],
    run: async (t) => {
      const bench = await selectorBench(t);
      const [one] = numbers(t, 1) as [number];
      await bench.add(one, READ);
      await bench.expect("EAGAIN", "while it waits for READ, and nothing came");
      t.equal(await bench.selector.setInterest(one, READ | WRITE), true, "setInterest of a channel that is registered");
      await bench.expect(`${one}: WRITE`, "when it waits for WRITE, too");
      await bench.selector.setInterest(one, 0);
      await bench.happen(one, { arrive: t.random.bytes(5) });
      await bench.expect("EAGAIN", "when it waits for nothing");
      await bench.selector.setInterest(one, READ);
      await bench.expect(`${one}: READ`, "when it waits for READ again");
    },
  },

  "attachment": {
    title: "a key brings back what was given along",
    kind: "table",
    covers: ["SEL-4"],
    look: ["createSelector.register", "createSelector.select"],
    why:
      "The program keeps its record of a connection in the attachment: with a thousand channels, that is how it knows whose turn it is without looking it up.",
    hints: [
      "What has a key, besides the channel?",
      "`attachment` and `interest`, as they were given; `ready` is yours.",
      "Make the key in `register`, and give that very object out each time.",
    ],
    run: async (t) => {
      const bench = await selectorBench(t);
      for (const channel of numbers(t, 4)) {
        await bench.add(channel, READ);
        await bench.happen(channel, { arrive: t.random.bytes(2) });
        const keys = await bench.keys(9);
        await t.about(
          { look: ["createSelector.select", "createSelector.cancel"] },
          () => t.equal(keys.length, 1, "how many keys there are"),
        );
        t.fields(keys[0], { channel, attachment: `a${channel}`, interest: READ, ready: READ }, "the key");
        await bench.selector.cancel(channel);
      }
    },
  },

  "registered-once": {
    title: "a channel is registered once, or not at all",
    kind: "table",
    covers: ["SEL-6"],
    look: ["createSelector.register", "createSelector.setInterest", "createSelector.cancel"],
    why:
      "Two keys for one channel would be two opinions of what is waited for. The calls say by true and false whether the channel was known, and change nothing when it was not.",
    hints: [
      "What finds the key of a channel?",
      "A Map from channel to key. `register` asks it before it makes one.",
      "false from `register` when there is one; false from the two others when there is none.",
    ],
    run: async (t) => {
      const bench = await selectorBench(t);
      const [one, two] = numbers(t, 2) as [number, number];
      await bench.channels.put(one, { arrive: t.random.bytes(2) });
      await bench.add(one, READ);
      t.equal(await bench.selector.register(one, WRITE, "another"), false, "register of a channel that is registered");
      await bench.expect(`${one}: READ`, "after that");
      t.equal(await bench.selector.setInterest(two, READ), false, "setInterest of a channel that is not");
      t.equal(await bench.selector.cancel(two), false, "cancel of a channel that is not");
      await bench.selector.changed(two);
      t.equal(
        [await bench.selector.size(), await bench.selector.cancel(one), await bench.selector.size()],
        [1, true, 0],
        "size, cancel, size",
      );
    },
  },

  "cancelled": {
    title: "a cancelled channel is never given out",
    kind: "table",
    weight: 2,
    covers: ["SEL-6"],
    look: ["createSelector.cancel", "createSelector.changed"],
    why:
      "After `cancel` the program closes the channel, and its number may be given to another one. A key of the old one that comes out later makes it read from a connection that is not the one it means.",
    hints: [
      "Where can a cancelled key still be?",
      "Among the candidates. And `changed` may be called for its channel afterwards: the engine does not know.",
      "Take it out of both the Map and the candidates, and let `changed` look into the Map.",
    ],
    run: async (t) => {
      const bench = await selectorBench(t);
      const [one, two] = numbers(t, 2) as [number, number];
      for (const channel of [one, two]) {
        await bench.channels.put(channel, { arrive: t.random.bytes(4) });
        await bench.add(channel, READ);
      }
      await bench.selector.cancel(one);
      await bench.expect(`${two}: READ`, "when the other one was cancelled");
      await bench.happen(one, { arrive: t.random.bytes(4) });
      await bench.channels.asked();
      await bench.expect(`${two}: READ`, "when something happened to the cancelled one");
      t.equal(await bench.channels.asked(), [two], "whose facts were asked for");
    },
  },

  "cancelled-meanwhile": {
    title: "who is cancelled meanwhile is not handled",
    kind: "table",
    weight: 2,
    covers: ["SEL-6"],
    look: ["createSelector.cancel", "createSelector.select"],
    why:
      "`select` gave out a list. While the first key is handled the program closes another connection, whose key stands further down in the same list. When its turn comes it says that it is ready for nothing.",
    hints: [
      "The program holds the key already. How can you still tell it something?",
      "By the key itself: it is the same object. Its `ready` becomes 0.",
      "In `cancel`: set `ready` of the key to 0. A copy in the list would not hear of it.",
    ],
    run: async (t) => {
      const bench = await selectorBench(t);
      const all = numbers(t, 3);
      for (const channel of all) {
        await bench.channels.put(channel, { arrive: t.random.bytes(4) });
        await bench.add(channel, READ);
      }
      const order = (await bench.channels.handle(bench.selector, 9, {})).map(({ channel }) => channel);
      t.equal(order.toSorted(), all.toSorted(), "the channels of the keys that were given out");
      const next = await bench.channels.handle(bench.selector, 9, Object.fromEntries(all.map((each) => [each, other(all, each)])));
      const [first] = next;
      const said = next.filter(({ channel }) => channel === other(all, first?.channel ?? 0));
      const ready = said.map((each) => each.ready).concat(0)[0] as number;
      t.equal(formatReadiness(ready), "nothing", "`ready` of a key that was cancelled while another one was handled");
    },
  },

  "limit": {
    title: "select gives out so many keys at most",
    kind: "table",
    covers: ["SEL-7"],
    look: ["createSelector.select"],
    why:
      "A thousand may be ready at once. Whoever handles them all before he looks again lets those wait that became ready meanwhile, and with them his timers.",
    hints: [
      "When does the walk over the candidates end?",
      "When they have been asked once each, or `limit` keys are found.",
      "Those who were not asked stay where they are: they are the first the next time.",
    ],
    run: async (t) => {
      const bench = await selectorBench(t);
      const all = numbers(t, 7);
      for (const channel of all) await bench.add(channel, WRITE);
      for (const limit of [1, 3, 7, 20]) {
        const keys = await bench.keys(limit);
        t.equal(keys.length, Math.min(limit, 7), `how many keys there are in select(${limit}), of seven`);
        t.equal(new Set(keys.map(({ channel }) => channel)).size, keys.length, "how many different ones");
      }
      const why =
        "The limit counts keys that are given out, not channels that were asked. Otherwise a few that turn out not to be ready hide one that is: “EAGAIN”, and the loop goes to sleep.";
      await t.about({ why, look: ["createSelector.select"] }, async () => {
        const last = all.at(-1) as number;
        for (const channel of all) await bench.happen(channel, { room: channel === last ? 9 : 0 });
        await bench.expect(`${last}: WRITE`, "with one that is ready, and six that are not any more", 1);
      });
    },
  },

  "fair": {
    title: "those who stay ready take turns",
    kind: "table",
    weight: 2,
    covers: ["SEL-7"],
    look: ["createSelector.select"],
    why:
      "One client sends without a pause, so its channel is always ready. If it were always the first to be given out, the others would starve: each would wait for a pause that never comes.",
    hints: [
      "A key was given out: at which end of the candidates does it come back?",
      "At the end. So all others have their turn before it. Nothing else moves a candidate: `changed` leaves it where it is.",
      "A Set keeps a member where it is when it is added again: delete it first.",
    ],
    run: async (t) => {
      const bench = await selectorBench(t);
      const all = numbers(t, 5);
      for (const channel of all) await bench.add(channel, WRITE);
      for (let round = 0; round < 3; round++) {
        const given: number[] = [];
        while (given.length < 5) {
          await bench.selector.changed(all[0] as number);
          const keys = await bench.keys(t.random.int(1, Math.min(3, 5 - given.length)));
          given.push(...keys.map(({ channel }) => channel));
        }
        t.equal(given.toSorted(), all.toSorted(), `channels that had their turn in round ${round + 1}`);
      }
    },
  },

  "idle": {
    title: "a thousand idle channels cost nothing",
    kind: "table",
    weight: 2,
    covers: ["SEL-8"],
    look: ["createSelector.select", "createSelector.changed"],
    why:
      "This is what distinguishes epoll from poll: to ask all channels each time makes the thousandth client cost a thousand times what the first one cost. Only those to which something happened are asked.",
    hints: [
      "Which channels does `select` ask for their facts?",
      "The candidates. An idle one is no candidate: it was asked once, was not ready, and nothing has happened since.",
      "Do not walk over the Map of all keys.",
    ],
    run: async (t) => {
      const bench = await selectorBench(t);
      await bench.add(10_000, READ);
      await t.manyOn(bench.selector, "register", Array.from({ length: 999 }, (_, index) => [index + 10_001, READ, `${index}`]));
      await bench.expect("EAGAIN", "when a thousand were registered, and none of them is ready", 200);
      await bench.channels.asked();
      await bench.expect("EAGAIN", "when a thousand are idle");
      t.equal((await bench.channels.asked()).length, 0, "how many channels were asked for their facts");
      await bench.happen(10_017, { arrive: t.random.bytes(1) });
      await bench.expect("10017: READ", "when something came for one of them");
      t.equal((await bench.channels.asked()).length, 1, "how many channels were asked for their facts");
    },
  },

  "wakeup": {
    title: "whoever waits can be woken",
    kind: "table",
    covers: ["SEL-9"],
    look: ["createSelector.wakeup", "createSelector.select"],
    why:
      "Somebody else has something for the loop to do: a timer, a signal, the wish to stop. `wakeup` makes the next `select` end at once, with a list that may be empty. It is remembered, in case nobody waits at this moment; and once is enough.",
    hints: [
      "What has to be remembered between `wakeup` and `select`?",
      "A flag. `select` gives a list, empty or not, when it is set; and clears it.",
      "Clear it also when keys were found.",
    ],
    run: async (t) => {
      const bench = await selectorBench(t);
      const [one] = numbers(t, 1) as [number];
      await bench.add(one, READ);
      await bench.expect("EAGAIN", "before wakeup");
      await bench.selector.wakeup();
      await bench.selector.wakeup();
      await bench.expect("an empty list", "after wakeup, twice");
      const why =
        "However often `wakeup` was called, one list is the answer; and a list with keys in it is one, too. Nobody is left to be woken then.";
      await t.about({ why, look: ["createSelector.select"] }, async () => {
        await bench.expect("EAGAIN", "the next time");
        await bench.selector.wakeup();
        await bench.happen(one, { arrive: t.random.bytes(2) });
        await bench.expect(`${one}: READ`, "after wakeup, when one is ready");
        await bench.selector.cancel(one);
        await bench.expect("EAGAIN", "when that was cancelled");
      });
    },
  },
};

/** The channel behind this one, around. */
function other(all: readonly number[], channel: number): number {
  return all[(all.indexOf(channel) + 1) % all.length] as number;
}
