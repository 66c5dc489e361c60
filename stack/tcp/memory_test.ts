/** What a connection costs: in memory while it is idle, and in garbage while it is not. */
import { assert, assertEquals } from "@std/assert";
import reference from "../../solutions/reference.ts";
import { countConstructions } from "../../tools/bench/allocations.ts";
import { Host } from "../host.ts";
import type { Device } from "../link/device.ts";
import { createPair } from "../link/pair.ts";
import { parseIpv4Address, UNSPECIFIED } from "../wire/ipv4_address.ts";
import type { Connection } from "./connection.ts";
import type { Tcp } from "./tcp.ts";

/** Both ends of a connection over a wire that loses the frames for which `loses` says so, and a clock of its own. */
function connected(loses: () => boolean = () => false): { ends: [Connection, Connection]; settle: (milliseconds?: number) => void } {
  let now = 0;
  const [near, far] = createPair({ medium: "ip", queueLimit: 128 });
  const lossy = { ...near, send: (frame: Parameters<Device["send"]>[0]) => loses() || near.send(frame) };
  const bind = (address: string, device: Device): Host =>
    Host.bind(reference, { interfaces: [{ medium: "ip", address }], tcp: { leastTimeout: 200 } }, [device]);
  const [a, b] = [bind("10.44.0.1", lossy), bind("10.44.0.2", far)];
  const settle = (milliseconds = 0): void => {
    now += milliseconds;
    for (let quiet = 0; quiet < 3;) quiet = a.poll(now) + b.poll(now) === 0 ? quiet + 1 : 0;
  };
  const listener = (b.tcp as Tcp).listen(UNSPECIFIED, 80, 1);
  const call = (a.tcp as Tcp).connect({ address: parseIpv4Address("10.44.0.2"), port: 80 }, now);
  settle();
  const accepted = listener.accept();
  assert(accepted !== undefined);
  return { ends: [call, accepted], settle };
}

Deno.test("text both ways makes no typed array, view or buffer per segment", () => {
  const { ends: [a, b], settle } = connected();
  const [chunk, target] = [new Uint8Array(2000), new Uint8Array(8192)];
  const carry = (rounds: number): void => {
    for (let i = 0; i < rounds; i++) {
      for (let j = 0; j < 50; j++) {
        a.write(chunk);
        b.write(chunk);
      }
      settle(1);
      while (a.read(target) + b.read(target) > 0) settle();
    }
  };
  carry(20);
  assertEquals(countConstructions(() => carry(5)), {});
  assertEquals([a.resent, b.resent], [0, 0]);
});

Deno.test("requests and answers of 64 bytes make no typed array, view or buffer", () => {
  const { ends: [a, b], settle } = connected();
  const message = new Uint8Array(64);
  const ask = (times: number): void => {
    for (let i = 0; i < times; i++) {
      for (const [from, to] of [[a, b], [b, a]] as const) {
        from.write(message);
        settle(1);
        assertEquals(to.read(message), 64);
      }
    }
  };
  ask(300);
  assertEquals(countConstructions(() => ask(50)), {});
});

Deno.test("segments that are lost, sent again and put in order make no typed array, view or buffer", () => {
  let frames = 0;
  const { ends: [a, b], settle } = connected(() => ++frames % 20 === 0);
  const [chunk, target] = [new Uint8Array(2000), new Uint8Array(8192)];
  const carry = (times: number): void => {
    for (let i = 0; i < times; i++) {
      for (let j = 0; j < 20; j++) a.write(chunk);
      for (let j = 0; j < 20; j++) {
        settle(50);
        b.read(target);
      }
    }
  };
  carry(60);
  const before = a.resent;
  assertEquals(countConstructions(() => carry(10)), {});
  assert(a.resent > before);
});

Deno.test("an idle connection costs 2 KiB at most", async () => {
  const program = decodeURIComponent(new URL("../../tools/testing/idle_connections.ts", import.meta.url).pathname);
  const args = ["run", "--quiet", "--no-prompt", "--no-check", "--v8-flags=--expose-gc", program, "5000"];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).output();
  assert(success, new TextDecoder().decode(stderr));
  const cost = Number(new TextDecoder().decode(stdout));
  assert(cost > 500 && cost <= 2048, `${cost} bytes`);
});
