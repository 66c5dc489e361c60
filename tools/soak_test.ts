import { assert, assertEquals, assertMatch } from "@std/assert";
import reference from "../solutions/reference.ts";
import type { Modules } from "../stack/contract/modules.ts";
import { soak } from "./soak/soak.ts";
import { taskOutput } from "./testing/tasks.ts";

const MINUTE = 60_000;

Deno.test("soak() of a quarter of an hour finds nothing wrong, and is the same with the same seed", async () => {
  const [once, again] = [await soak(reference, 11, 15 * MINUTE), await soak(reference, 11, 15 * MINUTE)];
  assertEquals(once.faults, []);
  assert(once.bytes > 1e7 && Object.values(once.errands).every((count) => count > 0), JSON.stringify(once));
  assertEquals(again, once);
});

/** What soaks of this stack complain of. */
async function complaints(faulty: Partial<Modules>): Promise<string> {
  const found: string[] = [];
  for (let seed = 1; seed <= 5 && found.length === 0; seed++) {
    found.push(...(await soak({ ...reference, ...faulty }, seed, 10 * MINUTE)).faults);
  }
  return found.join("\n");
}

Deno.test("soak() notices a byte that is wrong", async () => {
  const { buffers } = reference;
  const createSendBuffer: typeof buffers.createSendBuffer = (capacity) => {
    const buffer = buffers.createSendBuffer(capacity);
    const right = buffer.copyInto.bind(buffer);
    buffer.copyInto = (frame, from, length) => {
      right(frame, from, length);
      if (from <= 30_000 && from + length > 30_000) frame.bytes[frame.end - 1] = (frame.bytes[frame.end - 1] as number) ^ 1;
    };
    return buffer;
  };
  assertMatch(await complaints({ buffers: { ...buffers, createSendBuffer } }), /bytes from \d+ on are wrong/);
});

Deno.test("soak() notices ports that are not given back", async () => {
  const { accept } = reference;
  const createPorts: typeof accept.createPorts = (options) => {
    const ports = accept.createPorts(options);
    const right = ports.release.bind(ports);
    let count = 0;
    ports.release = (...port) => ++count % 50 === 0 ? undefined : right(...port);
    return ports;
  };
  assertMatch(await complaints({ accept: { ...accept, createPorts } }), /\d+ ports left on machine/);
});

Deno.test("soak() notices connections that break without a reason", async () => {
  const { states } = reference;
  let segments = 0;
  const checkAck: typeof states.checkAck = (tcb, segment, effects) => {
    if (++segments % 2000 !== 0) return states.checkAck(tcb, segment, effects);
    effects.event("reset received");
    effects.fail("reset");
    return "drop";
  };
  assertMatch(await complaints({ states: { ...states, checkAck } }), /without a reason/);
});

Deno.test("soak() notices a program that hangs", async () => {
  const { buffers } = reference;
  const createSendBuffer: typeof buffers.createSendBuffer = (capacity) => {
    const buffer = buffers.createSendBuffer(capacity);
    buffer.room = () => 0;
    return buffer;
  };
  assertMatch(await complaints({ buffers: { ...buffers, createSendBuffer } }), /hangs/);
});

Deno.test("deno task soak prints its seed, and what came of it", async () => {
  const { status, out } = await taskOutput("soak", ["--hours", "0.05", "--seed", "3"]);
  assertEquals(status, 0);
  assertMatch(out, /^✔ seed 3: .* MB\n/);
  assert(out.split("\n").every((line) => line.length <= 80), out);
});

Deno.test("deno task soak --live moves bytes both ways with the kernel, and leaves nothing", async () => {
  const { status, out, err } = await taskOutput("soak", ["--live", "--for", "4", "--json"]);
  assertEquals([status, err], [0, ""]);
  const { stack, kernel, bytes, faults } = JSON.parse(out);
  assertEquals(faults, []);
  assert(stack.errands > 5 && kernel.errands > 5 && bytes > 100_000, out);
});

Deno.test("deno task soak says in a sentence what it cannot make sense of", async () => {
  for (const words of [["--hours", "0"], ["--for", ""], ["--seed", "x"], ["--nonsense"]]) {
    const { status, out, err } = await taskOutput("soak", words);
    assertEquals([status, out, err.trim().split("\n").length], [2, "", 1], err);
  }
});
