/** Hidden checks of the whole lab in a host on the virtual wire. */
import { connects, expectEcho, expectReady, tunnel } from "../../../labs/10-selector/checks/host_bench.ts";
import { READ, WRITE } from "../../../stack/wire/readiness.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

export const host: Readonly<Record<string, CheckSpec>> = {
  "room-comes-back": {
    title: "WRITE comes back with the acknowledgment",
    kind: "scenario",
    covers: ["SEL-4", "SEL-3"],
    look: ["createSelector.changed", "createSelector.select", "writeOutcome"],
    why:
      "The send buffer is full of bytes that nobody has acknowledged. The client's ACK makes room, and that is what makes the channel ready: not time, and not another try.",
    hints: [
      "What happened to the channel when the ACK came?",
      "The engine calls `changed`: it is a candidate again, and has room.",
      "See selector/not-any-more.",
    ],
    run: async (t) => {
      const tcp = await tunnel(t, { tcp: { sendBuffer: 2000 } });
      const program = tcp.selector;
      const door = await program.listen(80);
      const peer = tcp.peer({ port: 80 });
      await connects(peer);
      const channel = await program.accept(door) as number;
      await program.register(channel, WRITE);
      await expectReady(t, program, channel, WRITE, "in the beginning");
      t.equal(await program.write(channel, t.random.bytes(5000)), 2000, "bytes of 5000 that were taken");
      t.equal(await program.write(channel, t.random.bytes(10)), "EAGAIN", "what the next write says");
      await expectReady(t, program, undefined, 0, "when the buffer is full");
      while (await peer.seen() !== undefined) t.step("a segment of the stack's");
      await peer.send({ flags: "ACK" }, "the client acknowledges what came");
      await expectReady(t, program, channel, WRITE, "when something was acknowledged");
    },
  },

  "reset": {
    title: "a reset reaches a program that waits for WRITE",
    kind: "scenario",
    covers: ["SEL-1", "SEL-2"],
    look: ["readinessOf", "writeOutcome", "readOutcome"],
    why:
      "It waits for room, the client's RST comes: nothing will ever make room. It is told by WRITE, and by the code that write says. What came before is still there to be read.",
    hints: [
      "What is a channel ready for that broke?",
      "For everything.",
      "Bytes before the failure, when reading; the failure at once, when writing.",
    ],
    run: async (t: Trial) => {
      const tcp = await tunnel(t, { tcp: { sendBuffer: 1000 } });
      const program = tcp.selector;
      const door = await program.listen(80);
      const peer = tcp.peer({ port: 80 });
      await connects(peer);
      const channel = await program.accept(door) as number;
      await program.register(channel, WRITE);
      await program.write(channel, t.random.bytes(3000));
      await expectReady(t, program, undefined, 0, "when the buffer is full");
      await peer.send({ flags: "ACK PSH", data: t.random.bytes(7) });
      await expectReady(t, program, undefined, 0, "when bytes came, for which it does not wait");
      await peer.send({ flags: "RST" }, "the client resets");
      await expectReady(t, program, channel, WRITE, "after the reset");
      t.equal(await program.write(channel, t.random.bytes(3)), "ECONNRESET", "what write says");
      await program.setInterest(channel, READ);
      await expectReady(t, program, channel, READ, "when it waits for READ");
      const read = await program.read(channel);
      t.ok(read instanceof Uint8Array && read.length === 7, "the 7 bytes that came before", `${read}`);
      t.equal(await program.read(channel), "ECONNRESET", "what read says then");
    },
  },

  "one-after-another": {
    title: "a loop serves fifty clients, one after another",
    kind: "scenario",
    covers: ["SEL-10", "SEL-13"],
    look: ["createEchoLoop.drop", "createEchoLoop.acceptable"],
    why: "A server lives long, and its clients don't. Whatever is not given back adds up: a count, a key, a channel.",
    hints: [
      "What is different for the fiftieth client?",
      "Nothing should be. `connections` is back at 0 after each of them, the limit is 2.",
      "Count down in `drop`, and nowhere else.",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      await tcp.selector.serve(80, { connections: 2 });
      for (let client = 0; client < 50; client++) {
        const peer = tcp.peer({ port: 80 });
        await connects(peer);
        if (client % 10 === 0) await expectEcho(t, tcp, peer, t.random.bytes(40));
        await peer.send({ flags: client % 2 === 0 ? "RST" : "FIN ACK" });
        await tcp.wait(1);
        tcp.take();
        if (client % 2 === 1) await peer.send({ flags: "ACK", seq: peer.next });
      }
      const { connections, open } = await tcp.selector.figures();
      t.equal([connections, open], [0, 1], "connections, and channels that are not closed");
    },
  },
};
