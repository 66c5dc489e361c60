/** Checks of the whole lab in a host on the virtual wire: programs with a selector, and clients that do exactly what the check says. */
import { ACCEPT, CONNECT, READ } from "../../../stack/wire/readiness.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { bytesText, connects, expectEcho, expectReady, tunnel } from "./host_bench.ts";

/** The topic of a call for which there is nothing at the moment. */
const NOT_YET = (name: string): { readonly why: string; readonly look: readonly string[] } => ({
  why:
    "All that there was is taken, and more may come: that is EAGAIN, “not yet”. It is no error, and it is not 0, by which `read` says that nothing will ever come again.",
  look: [name],
});

export const host: Readonly<Record<string, CheckSpec>> = {
  "by-hand": {
    title: "a program waits for ACCEPT, then for READ",
    kind: "scenario",
    covers: ["SEL-1", "SEL-4"],
    look: ["createSelector.select", "acceptOutcome", "readOutcome"],
    why: "The same selector, with TCP under it: what makes a channel ready here is a segment.",
    hints: [
      "Which call of the program comes between a segment and a key?",
      "None: the engine calls `changed`, and asks `select` again.",
      "Do all checks of the groups selector, readiness and outcomes pass?",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      const program = tcp.selector;
      const door = await program.listen(80);
      await program.register(door, ACCEPT);
      await expectReady(t, program, undefined, 0, "before anybody came");
      const peer = tcp.peer({ port: 80 });
      await connects(peer);
      await expectReady(t, program, door, ACCEPT, "when a client has connected");
      const channel = await program.accept(door) as number;
      const next = await program.accept(door);
      await t.about(NOT_YET("acceptOutcome"), () => t.equal(next, "EAGAIN", "what accept says when nobody waits any more"));
      await program.register(channel, READ);
      await expectReady(t, program, undefined, 0, "when it was accepted");
      const text = t.random.bytes(30);
      await peer.send({ flags: "ACK PSH", data: text });
      await expectReady(t, program, channel, READ, "when the client has said something");
      t.equal(bytesText(await program.read(channel, 20)), bytesText(text.subarray(0, 20)), "the first 20 bytes");
      await expectReady(t, program, channel, READ, "when 10 bytes are left");
      t.equal(bytesText(await program.read(channel, 20)), bytesText(text.subarray(20)), "the others");
      const rest = await program.read(channel);
      await t.about(NOT_YET("readOutcome"), () => t.equal(rest, "EAGAIN", "what read says then"));
      await expectReady(t, program, undefined, 0, "when all was read");
    },
  },

  "refused": {
    title: "an attempt that is refused makes CONNECT ready",
    kind: "scenario",
    covers: ["SEL-1", "SEL-2"],
    look: ["readinessOf", "connectOutcome"],
    why: "The answer to the SYN is a RST. The program waits for CONNECT: if it is not told of that, it waits until the end of its days.",
    hints: [
      "What are the facts of a channel whose attempt failed?",
      'Role "connecting", and a failure: "ECONNREFUSED".',
      "What broke is ready for everything; and connectOutcome says why.",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      const channel = await tcp.selector.connect(7);
      await tcp.selector.register(channel, CONNECT);
      t.equal(await tcp.selector.connected(channel), "EAGAIN", "what connecting has come to before there is an answer");
      await expectReady(t, tcp.selector, undefined, 0, "before there is an answer");
      const peer = tcp.peer({ peerPort: 7 });
      peer.learn(await peer.expect({ flags: "SYN" }, "connecting begins with a SYN"));
      await peer.send({ flags: "RST ACK", seq: 0 });
      await expectReady(t, tcp.selector, channel, CONNECT, "when the peer has refused");
      t.equal(await tcp.selector.connected(channel), "ECONNREFUSED", "what connecting has come to");
    },
  },

  "echo": {
    title: "a client is served by the loop, to the end",
    kind: "scenario",
    weight: 2,
    covers: ["SEL-10", "SEL-11", "SEL-13"],
    look: ["createEchoLoop.readable", "readOutcome", "createEchoLoop.turn"],
    why: "Handshake, bytes, bytes back, FIN, FIN: each of the five is an event for a loop that does nothing in between.",
    hints: [
      "Do the checks of echo and service pass?",
      "The client's FIN makes the channel ready for READ; `read` says 0; the loop closes.",
      "See service/end.",
    ],
    run: async (t: Trial) => {
      const tcp = await tunnel(t);
      await tcp.selector.serve(80);
      const peer = tcp.peer({ port: 80 });
      await connects(peer);
      for (let i = 0; i < 3; i++) await expectEcho(t, tcp, peer, t.random.bytes(t.random.int(1, 500)));
      await peer.send({ flags: "FIN ACK" }, "the client has said all");
      await tcp.wait(100);
      t.ok(tcp.take().length > 0, "the client's FIN to be answered", "silence");
      t.equal((await tcp.selector.figures()).connections, 0, "connections");
    },
  },

  "window-shut": {
    title: "a client that takes nothing delays nobody",
    kind: "scenario",
    weight: 2,
    covers: ["SEL-11", "SEL-12", "SEL-8"],
    look: ["createEchoLoop.settle", "createEchoLoop.writable"],
    why:
      "One client's window is shut, and its send buffer is full. A program that *waits* in write serves nobody from then on. Here the rest lies beside the others, and the loop waits for whatever comes first.",
    hints: [
      "What does the loop do while there is no room?",
      "Nothing, for this connection: it waits for WRITE, which comes with the client's window.",
      "It must not go round, either: see echo/no-spin.",
    ],
    run: async (t: Trial) => {
      const tcp = await tunnel(t, { tcp: { sendBuffer: 2000 } });
      await tcp.selector.serve(80, { unsent: 3000, chunk: 1000 });
      const slow = tcp.peer({ port: 80, window: 0 });
      await connects(slow, 0);
      for (let i = 0; i < 4; i++) {
        await slow.send({ flags: "ACK PSH", data: t.random.bytes(1000), window: 0 }, "the client's window is shut");
      }
      await tcp.wait(50);
      tcp.take();
      await tcp.selector.figures();
      const other = tcp.peer({ port: 80 });
      await connects(other);
      await expectEcho(t, tcp, other, t.random.bytes(300));
      const { turns } = await tcp.selector.figures();
      const why = "A loop that waits for WRITE when it has nothing to write goes round for nothing: there is nearly always room.";
      const got = `${turns} turns, for one other client with one question`;
      await t.about({ look: ["createEchoLoop.settle"], why }, () => t.ok(turns < 50, "a loop that waits while there is no room", got));
    },
  },
};
