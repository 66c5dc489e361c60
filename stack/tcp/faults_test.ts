/**
 * One fault at a time, aimed: {drop, duplicate, delay, corrupt, swap} × {SYN, SYN+ACK, first text, third ACK, FIN, last ACK} × {client, server}.
 * Every cell ends with the same bytes delivered both ways and both sides at rest. A SYN of the server, and a SYN+ACK of the client, are those of a simultaneous open.
 */
import { assert, assertEquals } from "@std/assert";
import { Application, CLIENT, SERVER, TcpRig } from "../../tools/testing/tcp_rig.ts";
import type { ImpairRule } from "../link/impair.ts";
import type { Frame } from "../wire/frame.ts";
import { ACK, FIN, SYN } from "../wire/tcp_flags.ts";

type Side = "client" | "server";
type Fault = "drop" | "duplicate" | "delay" | "corrupt" | "swap";
type Target = "SYN" | "SYN+ACK" | "first text" | "third ACK" | "FIN" | "last ACK";

const FAULTS: readonly Fault[] = ["drop", "duplicate", "delay", "corrupt", "swap"];
const TARGETS: readonly Target[] = ["SYN", "SYN+ACK", "first text", "third ACK", "FIN", "last ACK"];
const BYTES = 20_000;
/** Takes 10 ms, and a millisecond for a full segment: they come one by one. */
const WIRE = { delay: 10, rate: 12_000_000 };

const flagsOf = (frame: Frame): number => frame.view.getUint8(frame.start + 33) & 63;
const textOf = (frame: Frame): number => frame.length - 20 - (frame.view.getUint8(frame.start + 32) >>> 4) * 4;

/** Which of the frames that one side sends is meant. */
function match(target: Target): { match: (frame: Frame) => boolean; nth: number } {
  let finSent = false;
  switch (target) {
    case "SYN":
      return { match: (frame) => (flagsOf(frame) & (SYN | ACK)) === SYN, nth: 1 };
    case "SYN+ACK":
      return { match: (frame) => (flagsOf(frame) & (SYN | ACK)) === (SYN | ACK), nth: 1 };
    case "first text":
      return { match: (frame) => textOf(frame) > 0, nth: 1 };
    case "third ACK":
      return { match: (frame) => flagsOf(frame) === ACK && textOf(frame) === 0, nth: 3 };
    case "FIN":
      return { match: (frame) => (flagsOf(frame) & FIN) !== 0, nth: 1 };
    case "last ACK":
      return {
        // The side that closes first sends its FIN before it acknowledges the other's.
        match: (frame) => {
          if ((flagsOf(frame) & FIN) !== 0) finSent = true;
          return finSent && flagsOf(frame) === ACK && textOf(frame) === 0;
        },
        nth: 1,
      };
  }
}

function rule(fault: Fault, target: Target): ImpairRule {
  const which = match(target);
  switch (fault) {
    case "drop":
    case "duplicate":
      return { ...which, action: fault };
    case "corrupt":
      return { ...which, action: "corrupt", bit: 8 * 20 + 8 * 6 }; // a bit of the sequence number
    case "delay":
      return { ...which, action: "delay", by: 3000 };
    case "swap":
      return { ...which, action: "reorder" };
  }
}

/** A transfer both ways; `first` closes first. */
function exchange(fault: Fault, target: Target, side: Side): TcpRig {
  const simultaneous = target === "SYN" && side === "server" || target === "SYN+ACK" && side === "client";
  const hit = { ...WIRE, rules: [rule(fault, target)] };
  const rig = new TcpRig({
    fromClient: side === "client" ? hit : WIRE,
    fromServer: side === "server" ? hit : WIRE,
  });
  const client = simultaneous ? rig.call({}, 5000, 6000) : rig.call();
  let server: Application | undefined;
  if (simultaneous) {
    const other = rig.tcp(rig.b).connect({ address: CLIENT, port: 6000 }, 0, { address: SERVER, port: 5000 });
    server = new Application(other, () => rig.now);
  }
  rig.run(() => (server ??= rig.accept()) !== undefined && [client, server].every((each) => each.notices.includes("connected")));
  assert(server !== undefined);
  const [first, second] = side === "client" ? [client, server] : [server, client];
  first.send(BYTES, { thenShutdown: true });
  rig.run(() => second.received === BYTES && second.notices.includes("end"));
  second.send(BYTES, { thenShutdown: true });
  rig.run(() => client.end !== undefined && server?.end !== undefined);
  assertEquals([client.received, server.received, client.end, server.end], [BYTES, BYTES, "closed", "closed"]);
  return rig;
}

for (const target of TARGETS) {
  for (const side of ["client", "server"] as const) {
    for (const fault of FAULTS) {
      Deno.test(`a transfer survives: ${fault} the ${side}'s ${target}`, () => {
        const rig = exchange(fault, target, side);
        assert(rig.now < 75_000, `it took ${rig.now} ms`); // TIME-WAIT, and a few timeouts
        if (target === "SYN" || target === "SYN+ACK") rig.tcp(rig.b).closeListener(rig.listener);
        rig.run();
        for (const host of [rig.a, rig.b]) assertEquals([rig.tcp(host).table.size(), host.framesLent], [0, 0]);
      });
    }
  }
}

Deno.test("exchange() meets the segment that it aims at", () => {
  for (const target of TARGETS) {
    for (const side of ["client", "server"] as const) {
      const rig = exchange("drop", target, side);
      const counters = [rig.a.counters(), rig.b.counters()];
      const sum = (name: string): number => counters.reduce((total, each) => total + (each[name] ?? 0), 0);
      assertEquals(sum("ip: sent") - sum("ip: received"), 1, `${target} of the ${side}`);
    }
  }
});
