/** Checks of a listener's two queues, on the virtual wire: what a client notices of them. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { accepts, connects, exchange, expectQueues, half, nobodyWaits, tunnel, unanswered } from "./host_bench.ts";

export const backlog: Readonly<Record<string, CheckSpec>> = {
  "half-open": {
    title: "one who has not answered our SYN cannot be accepted",
    kind: "scenario",
    weight: 2,
    covers: ["LA-9", "LA-7"],
    look: ["createAcceptQueue.accept", "createAcceptQueue.halfOpen"],
    why: "A SYN is one packet, from an address that anybody can write into it. Only the ACK of our own SYN shows that its sender " +
      "hears us. An application that were given half-open connections would talk to phantoms.",
    hints: [
      "From which queue does `accept` take?",
      "From that of the established ones only.",
      "halfOpenCount after the SYN: 1, acceptCount: 0. After the ACK the other way round.",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      await tcp.listen(80);
      const peer = tcp.peer();
      await half(peer);
      await expectQueues(t, tcp, 1, 0, "after the SYN");
      await nobodyWaits(t, tcp, "after the SYN");
      await peer.send({ flags: "ACK", seq: 1, ack: 1 });
      await expectQueues(t, tcp, 0, 1, "after the ACK");
      await accepts(t, tcp, peer);
      await expectQueues(t, tcp, 0, 0, "after accept");
    },
  },

  "first-come": {
    title: "clients are accepted in the order of their ACKs",
    kind: "scenario",
    covers: ["LA-9"],
    look: ["createAcceptQueue.established", "createAcceptQueue.accept"],
    why: "The one who has waited longest comes first; and to wait begins when the handshake is over. A client on a slow line whose " +
      "SYN came early does not hold up the others.",
    hints: [
      "See queue/first-come.",
      "The half-open queue's order means nothing.",
      "`established` adds at the end, `accept` takes from the front.",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      await tcp.listen(80);
      const peers = Array.from({ length: 4 }, () => tcp.peer());
      for (const peer of peers) await half(peer);
      const order = t.random.shuffle(peers);
      for (const peer of order) await peer.send({ flags: "ACK", seq: 1, ack: 1 });
      for (const peer of order) await accepts(t, tcp, peer);
    },
  },

  "syn-bound": {
    title: "beyond the backlog a SYN finds no answer",
    kind: "scenario",
    weight: 2,
    covers: ["LA-7"],
    look: ["createAcceptQueue.admits"],
    why: "No answer, not even a RST: the client's SYN comes again in a second, and may find room then. A RST would tell it that " +
      "nobody listens, which is not true (RFC 4987 §3.1).",
    hints: [
      "Does queue/half-open-bound pass?",
      "The engine asks `admits` for each SYN, and says nothing when it is false.",
      "A SYN that comes again for a half-open connection is no new one: it is in the table.",
    ],
    run: async (t) => {
      const backlog = t.random.int(2, 5);
      const tcp = await tunnel(t);
      await tcp.listen(80, { backlog });
      const peers = Array.from({ length: backlog }, () => tcp.peer());
      for (const peer of peers) await half(peer);
      const late = tcp.peer();
      await unanswered(tcp, late, `a SYN beyond a backlog of ${backlog} is dropped`);
      await expectQueues(t, tcp, backlog, 0, "after one SYN too many");
      await peers[0]?.send({ flags: "ACK", seq: 1, ack: 1 });
      await half(late);
      await expectQueues(t, tcp, backlog, 1, "after one was established and the late one came again");
    },
  },

  "accept-full": {
    title: "with a full accept queue a SYN finds no answer",
    kind: "scenario",
    weight: 2,
    covers: ["LA-8"],
    look: ["createAcceptQueue.admits", "createAcceptQueue.accept"],
    why: "The application is busy and does not accept. Whoever comes now waits outside, by sending his SYN again; as soon as one is " +
      "accepted, the next comes in. Nothing grows.",
    hints: [
      "Does queue/admits-full pass?",
      "`admits` is false while the accept queue is full, even with nobody half-open.",
      "`accept` takes its connection out of the queue.",
    ],
    run: async (t) => {
      const backlog = t.random.int(1, 4);
      const tcp = await tunnel(t);
      await tcp.listen(80, { backlog });
      const peers = Array.from({ length: backlog }, () => tcp.peer());
      for (const peer of peers) await connects(peer);
      await expectQueues(t, tcp, 0, backlog, `after ${backlog} clients`);
      const late = tcp.peer();
      await unanswered(tcp, late, "a SYN is dropped while the accept queue is full");
      for (const peer of peers.slice(0, 1)) await accepts(t, tcp, peer);
      await connects(late);
      for (const peer of [...peers.slice(1), late]) await accepts(t, tcp, peer);
    },
  },

  "gave-up": {
    title: "a client that gives up makes room",
    kind: "scenario",
    covers: ["LA-10"],
    look: ["createAcceptQueue.drop"],
    why: "A RST ends a connection wherever it is. If it stayed in a queue, the application would accept a dead one, or the place " +
      "would be lost for good; a listening socket with all of its places lost is deaf.",
    hints: [
      "Who tells the queue that a connection has ended?",
      "The engine calls `drop` for each that ends, in whichever queue it is.",
      "Does queue/drop pass?",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      await tcp.listen(80, { backlog: 2 });
      const [a, b] = [tcp.peer(), tcp.peer()];
      await connects(a);
      await half(b);
      for (const peer of [a, b]) await peer.send({ flags: "RST" }, "the client gives up");
      await expectQueues(t, tcp, 0, 0, "after both have given up");
      await nobodyWaits(t, tcp, "after both have given up");
      const [c, d] = [tcp.peer(), tcp.peer()];
      for (const peer of [c, d]) await connects(peer);
      for (const peer of [c, d]) await accepts(t, tcp, peer);
    },
  },

  "flood": {
    title: "a flood of SYNs is bounded, and disturbs nobody inside",
    kind: "scenario",
    weight: 2,
    covers: ["LA-7", "MUST-41"],
    look: ["createAcceptQueue.admits", "createAcceptQueue.halfOpen"],
    why: "The attack of 1996 (RFC 4987): SYNs from made-up addresses that never complete. The bound keeps the host alive, and those " +
      "who are connected don't notice. That new clients don't get in meanwhile is what SYN cookies were invented for.",
    hints: [
      "How many connections are in the table after 200 SYNs?",
      "No more than the backlog, and those that were there before.",
      "The RST of somebody whose address was misused frees a place: `drop`.",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      await tcp.listen(80, { backlog: 8 });
      const inside = tcp.peer();
      await connects(inside);
      const connection = await accepts(t, tcp, inside);
      for (let i = 0; i < 200; i++) {
        const victim = tcp.peer({ address: `10.44.0.${t.random.int(3, 254)}`, peerPort: 1024 + i });
        await victim.send({ flags: "SYN", seq: 0 }, i < 9 ? "a SYN from a made-up address" : "");
      }
      t.equal(tcp.take().length, 8, "answers to 200 SYNs");
      await expectQueues(t, tcp, 8, 0, "in the flood");
      t.equal((await tcp.connections()).length, 9, "connections in the table");
      await exchange(t, tcp, inside, connection);
    },
  },
};
