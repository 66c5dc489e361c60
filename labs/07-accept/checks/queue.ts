/** Checks of createAcceptQueue: half-open, established, accepted. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { names, queueBench } from "./bench.ts";

export const queue: Readonly<Record<string, CheckSpec>> = {
  "through": {
    title: "a connection passes from half-open to accepted",
    kind: "table",
    weight: 2,
    covers: ["LA-9"],
    look: ["createAcceptQueue.established", "createAcceptQueue.accept"],
    why: "A SYN makes a connection half-open; the ACK of our own SYN shows that its sender is where he says he is, and completes " +
      "it (RFC 9293 §3.5); `accept` hands it to the application. One connection is in one place at a time.",
    hints: [
      "Which queue is the connection in after each call?",
      "`halfOpen` puts it into the first, `established` moves it into the second, `accept` takes it out.",
      "`accept` on an empty queue returns undefined, also while connections are half-open.",
    ],
    run: async (t) => {
      const bench = await queueBench(t, t.random.int(2, 9));
      await bench.expectAccept(undefined);
      await bench.expectCounts(0, 0, "in new queues");
      await bench.halfOpen("a");
      await bench.expectCounts(1, 0, "after a SYN");
      await bench.expectAccept(undefined);
      await bench.expectEstablished("a", true, "after the ACK");
      await bench.expectCounts(0, 1, "after the ACK");
      await bench.expectAccept("a");
      await bench.expectCounts(0, 0, "after accept");
      await bench.expectAccept(undefined);
    },
  },

  "first-come": {
    title: "accept gives first what was established first",
    kind: "table",
    weight: 2,
    covers: ["LA-9"],
    look: ["createAcceptQueue.accept", "createAcceptQueue.established"],
    why: "Whoever waited longest comes next. What counts is when the handshake was *complete*: a slow client's SYN may have come " +
      "first, and its ACK last.",
    hints: [
      "In which order do connections lie in your accept queue?",
      "They are put there by `established`, so the order of the SYNs is forgotten.",
      "Take from the front: the first of a Set or Map is the oldest; `shift` for an array.",
    ],
    run: async (t) => {
      const all = names(6);
      const bench = await queueBench(t, 6);
      await bench.halfOpen(...all);
      const order = t.random.shuffle(all);
      for (const connection of order.slice(0, 4)) await bench.expectEstablished(connection, true, "after its ACK");
      for (const connection of order.slice(0, 2)) await bench.expectAccept(connection);
      for (const connection of order.slice(4)) await bench.expectEstablished(connection, true, "after its ACK");
      for (const connection of order.slice(2)) await bench.expectAccept(connection);
    },
  },

  "half-open-bound": {
    title: "at most `backlog` connections are half-open",
    kind: "table",
    weight: 2,
    covers: ["LA-7"],
    look: ["createAcceptQueue.admits"],
    why: "A SYN costs its sender 40 bytes and an address that he may have made up; it costs us a connection's memory, for minutes. " +
      "Without a bound one machine can fill another with them: the SYN flood (RFC 4987).",
    hints: [
      "What does `admits` compare?",
      "The number of half-open ones with `backlog`: there must be room for one more.",
      "`<`, not `<=`. And room comes back when one of them is established or dropped.",
    ],
    run: async (t) => {
      for (const backlog of [1, 2, t.random.int(3, 12)]) {
        const bench = await queueBench(t, backlog);
        for (const connection of names(backlog)) {
          await bench.expectAdmits(true, `with ${await bench.queue.halfOpenCount()} half-open of ${backlog}`);
          await bench.halfOpen(connection);
        }
        await bench.expectAdmits(false, `with ${backlog} half-open of ${backlog}`);
        await bench.queue.drop("a");
        await bench.expectAdmits(true, "after one was dropped");
      }
    },
  },

  "accept-bound": {
    title: "a full accept queue leaves a connection half-open",
    kind: "table",
    weight: 2,
    covers: ["LA-8"],
    look: ["createAcceptQueue.established"],
    why: "The second queue has a bound too: an application that does not accept must not fill its host. The connection is not lost " +
      "by that. It stays half-open, and when the peer's ACK comes again there may be room.",
    hints: [
      "What becomes of the connection when `established` says false?",
      "Nothing: it stays in the half-open queue, and `established` may be asked again.",
      "Look whether there is room before you take it out of the first queue.",
    ],
    run: async (t) => {
      const backlog = t.random.int(2, 6);
      const bench = await queueBench(t, backlog);
      const all = names(backlog + 1);
      const late = all[backlog] as string;
      await bench.halfOpen(...all.slice(0, backlog - 1), late);
      for (const connection of all.slice(0, backlog - 1)) await bench.expectEstablished(connection, true, "with room");
      await bench.fill(all[backlog - 1] as string);
      await bench.expectEstablished(late, false, "with a full accept queue");
      await bench.expectCounts(1, backlog, "with a full accept queue");
      await bench.expectAccept("a");
      await bench.expectEstablished(late, true, "after one was accepted");
      await bench.expectCounts(0, backlog, "after that");
    },
  },

  "admits-full": {
    title: "nobody new comes in while the accept queue is full",
    kind: "table",
    covers: ["LA-8"],
    look: ["createAcceptQueue.admits"],
    why: "To open a connection that cannot be handed on only makes somebody wait with the door ajar. A SYN that is not answered " +
      "comes again in a second: the client waits, and neither side holds anything for it.",
    hints: [
      "Which two queues does `admits` look at?",
      "Both must have room for one.",
      "`accept` makes room: then `admits` is true again.",
    ],
    run: async (t) => {
      const backlog = t.random.int(1, 6);
      const bench = await queueBench(t, backlog);
      await bench.fill(...names(backlog));
      await bench.expectCounts(0, backlog, "when nobody was accepted");
      await bench.expectAdmits(false, "with a full accept queue");
      await bench.expectAccept("a");
      await bench.expectAdmits(true, "after one was accepted");
    },
  },

  "stranger": {
    title: "only who is half-open becomes established",
    kind: "table",
    covers: ["LA-10"],
    look: ["createAcceptQueue.established"],
    why: "Otherwise a connection could be accepted twice, or one that the listener never made. The queue answers false, and is as " +
      "it was.",
    hints: [
      "What does `established` say of a connection that it does not know?",
      "False. Also for one that waits already, and for one that was accepted.",
      "`Set.delete` tells whether there was one.",
    ],
    run: async (t) => {
      const bench = await queueBench(t, 4);
      await bench.expectEstablished("x", false, "for a connection that was never half-open");
      await bench.fill("a");
      await bench.expectEstablished("a", false, "for one that is established already");
      await bench.expectCounts(0, 1, "after that");
      await bench.expectAccept("a");
      await bench.expectEstablished("a", false, "for one that was accepted");
      await bench.expectAccept(undefined);
    },
  },

  "drop": {
    title: "a connection that ends early leaves its queue",
    kind: "table",
    weight: 2,
    covers: ["LA-10", "LA-7"],
    look: ["createAcceptQueue.drop"],
    why: "Clients give up: with a RST before the handshake is over, or after it, while they wait. An application that accepts such " +
      "a connection gets a dead one; and a queue that keeps it has a place less for ever.",
    hints: [
      "In which of the queues can the connection be?",
      "In either, or in none: then nothing happens.",
      "Delete it from both; the others keep their order.",
    ],
    run: async (t) => {
      const bench = await queueBench(t, 4);
      await bench.fill("a", "b", "c");
      await bench.halfOpen("d", "e");
      for (const connection of ["b", "d", "x"]) await bench.queue.drop(connection);
      await bench.expectCounts(1, 2, "after one of each queue, and a stranger, were dropped");
      await bench.expectEstablished("d", false, "for one that was dropped");
      await bench.expectEstablished("e", true, "for one that stayed");
      for (const connection of ["a", "c", "e"]) await bench.expectAccept(connection);
      await bench.queue.drop("a");
      await bench.expectCounts(0, 0, "at the end");
    },
  },

  "all": {
    title: "all() gives what is in both queues",
    kind: "table",
    covers: ["LA-11"],
    look: ["createAcceptQueue.all"],
    why: "A server that closes has to tell everybody who waits: the engine resets each connection of this list. One that is missing " +
      "here hangs until its peer loses patience.",
    hints: [
      "Which queues are in your list?",
      "Half-open and established; not what was accepted, that is the application's.",
      "A list of its own: the engine drops connections while it walks over it.",
    ],
    run: async (t) => {
      const bench = await queueBench(t, 5);
      t.equal(await bench.queue.all(), [], "all() of new queues");
      await bench.fill("a", "b", "c");
      await bench.halfOpen("d", "e");
      await bench.expectAccept("a");
      t.equal([...await bench.queue.all()].toSorted(), ["b", "c", "d", "e"], "all(), in whatever order");
    },
  },
};
