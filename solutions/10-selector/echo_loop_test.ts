import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { ChannelFacts, EchoCalls, EchoLimits, EdgeLoop, EdgeSelector, Outcome } from "../../stack/contract/selector.ts";
import { createRandom } from "../../stack/wire/random.ts";
import { createEchoLoop } from "./echo_loop.ts";
import { createEdgeLoop, createEdgeSelector } from "./edge.ts";
import { createSelector } from "./selector.ts";

const LIMITS: EchoLimits = { keys: 4, chunk: 50, unsent: 120, connections: 6 };

/** A client, as the server's channel knows it. */
class Client {
  said: number[] = [];
  read = 0;
  got: number[] = [];
  room = 0;
  ended = false;
  failure: ChannelFacts["failure"];
  closed = false;
}

/** A loop on a selector. */
type Make = (factsOf: (channel: number) => ChannelFacts, calls: EchoCalls<number>) => {
  selector: EdgeSelector<number, never>;
  loop: EdgeLoop<number>;
};

Deno.test("createEchoLoop() gives all clients their own, whatever room they leave, and waits when it should", () => {
  tellStories((factsOf, calls) => {
    const selector = createSelector<number, never>(factsOf);
    return { selector, loop: createEchoLoop(selector as never, calls, LIMITS) };
  });
});

Deno.test("createEdgeLoop() does the same with a selector that says everything once", () => {
  tellStories((factsOf, calls) => {
    const selector = createEdgeSelector<number, never>(factsOf);
    return { selector, loop: createEdgeLoop(selector as never, calls, LIMITS) };
  });
});

function tellStories(make: Make): void {
  const random = createRandom(2024);
  for (let story = 0; story < 60; story++) {
    const clients = new Map<number, Client>();
    const waiting: number[] = [];
    let looks = 0;
    const factsOf = (channel: number): ChannelFacts => {
      looks++;
      const quiet = { waiting: 0, readable: 0, ended: false, room: 0, shut: false, failure: undefined };
      if (channel === 0) return { ...quiet, role: "listening", waiting: waiting.length };
      const { said, read, ended, room, failure, closed } = clients.get(channel) as Client;
      assert(!closed, "nobody asks for the facts of a channel that is closed");
      return { ...quiet, role: "connected", readable: said.length - read, ended, room, failure };
    };
    const use = (channel: number): Client => {
      const client = clients.get(channel) as Client;
      assert(!client.closed, "nobody uses a channel that is closed");
      return client;
    };
    const calls: EchoCalls<number> = {
      accept: () => waiting.shift() ?? "EAGAIN",
      read: (channel, target): Outcome => {
        const client = use(channel);
        const count = Math.min(target.length, client.said.length - client.read);
        if (count === 0) return client.failure ?? (client.ended ? 0 : "EAGAIN");
        target.set(client.said.slice(client.read, client.read += count));
        assert(client.read - client.got.length < LIMITS.unsent + LIMITS.chunk, "what is unsent is bounded");
        return count;
      },
      write: (channel, bytes): Outcome => {
        const client = use(channel);
        if (client.failure !== undefined) return client.failure;
        if (client.room === 0) return "EAGAIN";
        const count = Math.min(client.room, bytes.length);
        client.room -= count;
        client.got.push(...bytes.subarray(0, count));
        return count;
      },
      close: (channel) => void (use(channel).closed = true),
    };
    const { selector, loop } = make(factsOf, calls);
    const settle = (): void => {
      for (let turns = 0; loop.turn(); turns++) assert(turns < 1000, "the loop goes round");
      looks = 0;
      assertEquals([loop.turn(), looks], [false, 0], "a loop at rest asks nobody");
      assert(loop.connections() <= LIMITS.connections);
    };
    loop.listen(0);
    for (let step = 0; step < 150; step++) {
      const channel = random.int(1, 12);
      const client = clients.get(channel);
      if (client === undefined) {
        clients.set(channel, new Client());
        waiting.push(channel);
        selector.changed(0);
      } else if (!client.closed) {
        if (random.chance(0.5)) client.room += random.int(0, 40);
        else if (!client.ended) client.said.push(...random.bytes(random.int(1, 90)));
        if (random.chance(0.05)) client.ended = true;
        if (random.chance(0.03)) client.failure = "ECONNRESET";
        selector.changed(channel);
      }
      if (random.chance(0.4)) settle();
    }
    settle();
    for (const [channel, client] of clients) {
      client.ended = true;
      client.room = 1_000_000;
      selector.changed(channel);
    }
    settle();
    for (const { closed, failure, got, said } of clients.values()) {
      assert(closed);
      if (failure === undefined) assertEquals(got, said);
      else assertEquals(got, said.slice(0, got.length));
    }
    assertEquals([...clients.keys()].filter((channel) => selector.cancel(channel)), [], "who is registered though he is closed");
    assertStrictEquals(loop.connections(), 0);
  }
}
