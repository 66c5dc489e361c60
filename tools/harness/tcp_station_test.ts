/** The scripted peer against the reference stack: what checks of labs 04 to 07 stand on. */
import { assert, assertEquals } from "@std/assert";
import { labs } from "../../labs/manifest.ts";
import type { ModuleName } from "../../stack/contract/modules.ts";
import type { TcpState } from "../../stack/contract/tcb.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { seq } from "../../stack/wire/seq.ts";
import { ROOT } from "../lab/run.ts";
import { Subject } from "./subject.ts";
import type { Check, Trial } from "./suite.ts";
import { runCheck, type Verdict } from "./trial.ts";

const STATES: readonly TcpState[] = [
  "CLOSED",
  "LISTEN",
  "SYN-SENT",
  "SYN-RECEIVED",
  "ESTABLISHED",
  "FIN-WAIT-1",
  "FIN-WAIT-2",
  "CLOSE-WAIT",
  "CLOSING",
  "LAST-ACK",
  "TIME-WAIT",
];

async function verdictOf(run: (t: Trial) => Promise<void>): Promise<Verdict> {
  const origins = Object.fromEntries(labs.map((lab) => [lab.module, "reference"])) as Record<ModuleName, "reference">;
  const subject = new Subject({ root: ROOT, origins });
  const check: Check = {
    id: "test/one",
    group: "test",
    lab: 7,
    visibility: "public",
    version: 1,
    title: "",
    kind: "scenario",
    covers: [],
    look: [],
    why: "",
    hints: ["", "", ""],
    run,
  };
  try {
    return (await runCheck(check, 7, { subject, kernel: () => Promise.resolve("no kernel here") })).verdict;
  } finally {
    subject.close();
  }
}

Deno.test("inState() brings a connection into each of the eleven states", async () => {
  for (const state of STATES) {
    const verdict = await verdictOf(async (t) => {
      const tcp = await t.tcp();
      const { connection } = await tcp.inState(state);
      const expected = state === "LISTEN" ? "CLOSED" : state; // a listening socket is no connection
      assertEquals((await connection.look()).state, expected);
      await tcp.expectSilence(0, "nothing is left in the queue");
    });
    assertEquals(verdict, { outcome: "passed" }, state);
  }
});

Deno.test("the scripted peer exchanges text and FINs in relative numbers, across the wrap", async () => {
  const verdict = await verdictOf(async (t) => {
    const tcp = await t.tcp();
    const { peer, connection } = await tcp.inState("ESTABLISHED", {
      iss: 0xffff_ffff,
      timestamps: [5, 0],
      sackPermitted: true,
      windowScale: 3,
    });
    const text = t.random.bytes(1000);
    await peer.send({ flags: "ACK PSH", data: text, timestamps: [6, 1] });
    await peer.expect({ flags: "ACK", seq: 1, ack: 1001, timestamps: true }, "text is acknowledged", 500);
    t.equal(await connection.read(), text, "the text");
    assertEquals(await connection.write(new Uint8Array(3000)), 3000);
    await peer.expect({ flags: "ACK", seq: 1, dataLength: 1448 }, "a full segment");
    await peer.expect({ flags: "ACK", seq: 1449, dataLength: 1448 }, "another");
    await peer.send({ flags: "ACK", timestamps: [7, 2] });
    await peer.expect({ flags: "ACK PSH", seq: 2897, dataLength: 104 }, "the rest, pushed");
  });
  assertEquals(verdict, { outcome: "passed" });
});

Deno.test("a wrong expectation names the fields that differ", async () => {
  const verdict = await verdictOf(async (t) => {
    const tcp = await t.tcp();
    await tcp.listen(80);
    const peer = tcp.peer();
    await peer.send({ flags: "SYN", mss: 1460 });
    await peer.expect({ flags: "SYN ACK", ack: 2, mss: 1000 }, "a wrong wish");
  });
  assert(verdict.outcome === "failed");
  assertEquals(verdict.mismatches.map(({ field }) => field), ["TCP ack (relative)", "TCP MSS option"]);
});

Deno.test("a number that lies nowhere in a stream is told as the header has it", async () => {
  const verdict = await verdictOf(async (t) => {
    const tcp = await t.tcp();
    const peer = tcp.peer({ port: 81 });
    await peer.send({ flags: "ACK", seq: 1, ack: 0x7000_0000 });
    await peer.expect({ flags: "RST", seq: 7 }, "a wrong wish");
  });
  assert(verdict.outcome === "failed");
  assertEquals(verdict.mismatches.map(({ got }) => got), [`${0x7000_0000} (absolute)`]);
});

Deno.test("recorder() keeps what inout() gave as it was at each call", async () => {
  const verdict = await verdictOf(async (t) => {
    const tcb = { state: "CLOSED", iss: 0, sndUna: 0, sndNxt: 0 };
    const effects = t.recorder<never>({ beside: true });
    await t.handshake.activeOpen(t.inout(tcb) as never, seq(7), effects.object);
    tcb.sndNxt = 100;
    await t.states.abort(t.inout(tcb) as never, effects.object);
    const found = effects.calls.map(({ name, beside }) => [name, (beside as (typeof tcb)[]).map(({ sndNxt }) => sndNxt)]);
    assertEquals(found, [["event", [8]], ["send", [8]]]);
  });
  assertEquals(verdict, { outcome: "passed" });
});

Deno.test("recorder() returns what it is told to, and keeps what a view showed at the call", async () => {
  const verdict = await verdictOf(async (t) => {
    const frame = Frame.of(Uint8Array.of(1, 2, 3));
    const checksum = t.recorder<never>({ callback: true, returns: 0x1234 });
    await t.datagrams.writeDatagram(frame, 7, 9, 1 as never, 2 as never, checksum.object);
    const [bytes, start] = checksum.calls[0]?.args as [Uint8Array, number];
    assertEquals([...bytes.slice(start, start + 8)], [0, 7, 0, 9, 0, 11, 0, 0]);
    assertEquals(frame.view.getUint16(frame.start + 6), 0x1234);
  });
  assertEquals(verdict, { outcome: "passed" });
});

Deno.test("recorder() changes what inout() gave when something is called that has a reaction", async () => {
  const verdict = await verdictOf(async (t) => {
    const tcb = { state: "ESTABLISHED", finQueued: false };
    const reactions = [{ name: "event", arg: "abort", set: { state: "LISTEN" } }, {
      name: "event",
      arg: "close",
      set: { state: "CLOSED" },
    }];
    await t.states.close(t.inout(tcb) as never, t.recorder<never>({ reactions }).object);
    assertEquals(tcb, { state: "CLOSED", finQueued: true });
  });
  assertEquals(verdict, { outcome: "passed" });
});

Deno.test("about() gives a failure its own topic, the innermost", async () => {
  const verdict = await verdictOf(async (t) => {
    await t.about({ look: ["outer"] }, () => t.about({ look: ["inner"], why: "since" }, () => t.equal(1, 2, "a number")));
  });
  assert(verdict.outcome === "failed");
  assertEquals(verdict.topic, { look: ["inner"], why: "since" });
});

Deno.test("what fails on the way to a state says that it is on the way", async () => {
  const verdict = await verdictOf(async (t) => {
    const tcp = await t.tcp();
    Object.assign(tcp, { listen: () => Promise.resolve(0) }); // so the port is closed
    await tcp.inState("SYN-RECEIVED", { port: 82 });
  });
  assert(verdict.outcome === "failed");
  assertEquals(verdict.topic?.look, ["passiveOpen", "nextState"]);
});

Deno.test("inout() shows what a function changed", async () => {
  const verdict = await verdictOf(async (t) => {
    const tcb = { state: "ESTABLISHED", finQueued: false };
    const effects = t.recorder<never>();
    await t.states.close(t.inout(tcb) as never, effects.object);
    assertEquals(tcb.finQueued, true);
    assertEquals(effects.calls, [{ name: "event", args: ["close"] }]);
  });
  assertEquals(verdict, { outcome: "passed" });
});
