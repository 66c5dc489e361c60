/** lwIP at the other end: a TCP that is neither the kernel's nor ours. Both directions, both callers, with and without loss. */
import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { createRandom } from "../../stack/wire/random.ts";
import { whyNoLiveWire } from "../harness/kernel/kernel_peer.ts";
import { inFolder, runInside } from "../proof/next_door.ts";
import { opinionOf } from "../proof/opinion.ts";
import type { WireOrder } from "../proof/station.ts";
import { missingProgram, testWhen } from "../test_when.ts";
import type { LwipOrder, LwipResult } from "./lwip_inside.ts";
import { compileWithLwip, missingLwip } from "./lwip_program.ts";

const obstacle = await whyNoLiveWire() ?? missingProgram("cc") ?? missingLwip() ?? missingProgram("tshark");

/** Small packets: of what an Ethernet carries, about a third. */
const MTU = 552;

async function meetLwip(folder: string, size: number, order: Partial<WireOrder>): Promise<LwipResult> {
  const bytes = createRandom(size).bytes(size);
  const file = `${folder}/file`;
  await Deno.writeFile(file, bytes);
  const full: LwipOrder = {
    capture: `${folder}/capture.pcapng`,
    mtu: MTU,
    ...order,
    peer: await compileWithLwip("lwip_peer.c", folder),
    file,
  };
  const result = await runInside<LwipResult>(new URL("lwip_inside.ts", import.meta.url), full, [folder]);
  const same = createHash("sha256").update(bytes).digest("hex");
  assertEquals([result.lwipCalls, result.weCall], [{ lwip: same, ours: same }, { lwip: same, ours: same }]);
  assertEquals([result.left.connections.filter((state) => state !== "TIME-WAIT"), result.left.framesLent], [[], 0]);
  return result;
}

testWhen(obstacle, "foreign: lwIP and we exchange 1 MB both ways, whoever calls", () =>
  inFolder(async (folder) => {
    await meetLwip(folder, 1_000_000, {});
    const { resets, complaints } = await opinionOf(`${folder}/capture.pcapng`);
    assertEquals({ resets, complaints }, { resets: [], complaints: [] });
  }));

/** lwIP's timer is in no hurry: three seconds at first. So of what it sends, only these are lost, and of what we send, one in thirty. */
const BAD_WIRE = { send: { drop: 0.03 }, receive: { rules: [{ action: "drop", nth: [60, 120, 200, 400, 480, 560] } as const] }, seed: 552 };

testWhen(obstacle, "foreign: lwIP and we exchange 200 KB both ways over a wire that loses", () =>
  inFolder(async (folder) => {
    const { wire: { send, receive } } = await meetLwip(folder, 200_000, { wire: BAD_WIRE, tcp: { leastTimeout: 50 } });
    assert(send.drop > 10 && receive.drop === 6, JSON.stringify([send, receive]));
    const { recovery, resets, complaints } = await opinionOf(`${folder}/capture.pcapng`);
    assert(recovery.length > 0);
    assertEquals({ resets, complaints }, { resets: [], complaints: [] });
  }));
