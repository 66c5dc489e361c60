import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { ChannelFacts } from "../../stack/contract/selector.ts";
import { createRandom } from "../../stack/wire/random.ts";
import { READ, WRITE } from "../../stack/wire/readiness.ts";
import { readinessOf } from "./readiness.ts";
import { createSelector } from "./selector.ts";

/** Channels by number, whose facts a test sets; and whose were asked for. */
function world(): { facts: Map<number, ChannelFacts>; asked: number[]; factsOf: (channel: number) => ChannelFacts } {
  const facts = new Map<number, ChannelFacts>();
  const asked: number[] = [];
  return {
    facts,
    asked,
    factsOf: (channel) => {
      asked.push(channel);
      return facts.get(channel) ?? quiet();
    },
  };
}

function quiet(members: Partial<ChannelFacts> = {}): ChannelFacts {
  return { role: "connected", waiting: 0, readable: 0, ended: false, room: 0, shut: false, failure: undefined, ...members };
}

Deno.test("select() finds what a look at every channel would find, whatever happens", () => {
  const random = createRandom(1010);
  for (let story = 0; story < 200; story++) {
    const { facts, asked, factsOf } = world();
    const selector = createSelector<number, string>(factsOf);
    /** The naive selector: interests by channel, and everybody is asked. */
    const interests = new Map<number, number>();
    for (let step = 0; step < 120; step++) {
      const channel = random.int(1, 8);
      const interest = random.int(0, 3);
      switch (random.int(0, 5)) {
        case 0:
          assertStrictEquals(selector.register(channel, interest, "a"), !interests.has(channel));
          if (!interests.has(channel)) interests.set(channel, interest);
          break;
        case 1:
          assertStrictEquals(selector.setInterest(channel, interest), interests.has(channel));
          if (interests.has(channel)) interests.set(channel, interest);
          break;
        case 2:
          if (random.chance(0.3)) assertStrictEquals(selector.cancel(channel), interests.delete(channel));
          break;
        case 3:
          // What is less ready than before may be so without a word: it is the program that has read or written.
          facts.set(channel, quiet());
          break;
        default:
          facts.set(
            channel,
            quiet({ readable: random.int(0, 2), room: random.int(0, 2), failure: random.chance(0.1) ? "ECONNRESET" : undefined }),
          );
          selector.changed(channel);
      }
      if (random.chance(0.5)) continue;
      asked.length = 0;
      const keys = selector.select(100);
      const expected = [...interests].map(([each, bits]) => [each, bits & readinessOf(facts.get(each) ?? quiet())]).filter(([, bits]) =>
        bits !== 0
      );
      const found = keys === "EAGAIN" ? [] : keys.map((key) => [key.channel, key.ready]);
      assertEquals(found.toSorted(), expected.toSorted());
      assertStrictEquals(keys === "EAGAIN", expected.length === 0);
      assertStrictEquals(new Set(asked).size, asked.length, "nobody is asked twice");
      assertStrictEquals(selector.size(), interests.size);
    }
  }
});

Deno.test("select() gives every ready key its turn, whatever the limits", () => {
  const random = createRandom(77);
  const { facts, factsOf } = world();
  const selector = createSelector<number, undefined>(factsOf);
  const last = new Map<number, number>();
  for (let channel = 1; channel <= 50; channel++) {
    facts.set(channel, quiet({ room: 1 }));
    selector.register(channel, WRITE, undefined);
    last.set(channel, 0);
  }
  let given = 0;
  for (let time = 0; time < 2000; time++) {
    selector.changed(random.int(1, 50));
    const keys = selector.select(random.int(1, 9));
    assert(keys !== "EAGAIN");
    for (const { channel } of keys) {
      assert(given - (last.get(channel) as number) <= 50, `${channel} had to wait for ${given - (last.get(channel) as number)} others`);
      last.set(channel, ++given);
    }
  }
});

Deno.test("select() asks as many as changed, with a hundred thousand beside them", () => {
  const { facts, asked, factsOf } = world();
  const selector = createSelector<number, undefined>(factsOf);
  for (let channel = 0; channel < 100_000; channel++) selector.register(channel, READ, undefined);
  assertStrictEquals(selector.select(10), "EAGAIN");
  for (let time = 0; time < 1000; time++) {
    asked.length = 0;
    const channel = time * 97;
    facts.set(channel, quiet({ readable: 1 }));
    selector.changed(channel);
    const keys = selector.select(10);
    assertEquals([keys.length, asked.length], [1, 1]);
    facts.set(channel, quiet());
    assertEquals([selector.select(10), asked.length], ["EAGAIN", 2]);
  }
});

Deno.test("cancel() is heard by whoever holds the key", () => {
  const { facts, factsOf } = world();
  const selector = createSelector<number, string>(factsOf);
  for (const channel of [1, 2]) {
    facts.set(channel, quiet({ readable: 1 }));
    selector.register(channel, READ, `${channel}`);
  }
  const keys = selector.select(5);
  assert(keys !== "EAGAIN" && keys.length === 2);
  selector.cancel(2);
  assertEquals(keys.map(({ ready, interest, attachment }) => [ready, interest, attachment]), [[READ, READ, "1"], [0, READ, "2"]]);
  selector.register(2, WRITE, "again");
  assertEquals([keys[1]?.ready, (selector.select(5) as unknown[]).length], [0, 1], "the new key is another one");
});

Deno.test("wakeup() is remembered once, and over with the next list", () => {
  const { factsOf } = world();
  const selector = createSelector<number, undefined>(factsOf);
  selector.wakeup();
  selector.wakeup();
  assertEquals([selector.select(1), selector.select(1)], [[], "EAGAIN"]);
});
