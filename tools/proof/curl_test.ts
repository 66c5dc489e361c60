/** curl and the reference stack: what was asked for comes, byte for byte, both ways; and tshark finds nothing to complain of. */
import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { whyNoLiveWire } from "../harness/kernel/kernel_peer.ts";
import { missingProgram, testWhen } from "../test_when.ts";
import { inFolder, PATIENT_KERNEL, type ProofOrder, type ProofResult, prove } from "./next_door.ts";
import { type Opinion, opinionOf } from "./opinion.ts";

const obstacle = await whyNoLiveWire() ?? missingProgram("curl") ?? missingProgram("sha256sum") ?? missingProgram("ip") ??
  missingProgram("tshark");

const DOWN = ["sh", "-c", "curl --silent --show-error --fail http://10.44.0.2/file | sha256sum"];
const up = (file: string): string[] => ["curl", "--silent", "--show-error", "--fail", "--upload-file", file, "http://10.44.0.2/up"];

const SIZE = 100_000_000;

/** Both ways lose, and put packets behind others. */
const BAD_WIRE = { send: { drop: 0.02, reorder: 0.02 }, receive: { drop: 0.02, reorder: 0.02 }, patience: 5, seed: 44 };
/**
 * Until lab 08 our sender learns of a loss by its timer alone: once for each window, and 100 MB are some 200 windows. The second that RFC 6298 §2.4
 * wants at the least is for ways that nobody knows. This one takes less than a millisecond.
 */
const SHORT_WAY = { leastTimeout: 10 };

/** Writes a file of random bytes; gives its SHA-256. */
function fill(path: string, size: number): string {
  using file = Deno.openSync(path, { write: true, create: true });
  const hash = createHash("sha256");
  const block = new Uint8Array(65_536);
  for (let left = size; left > 0; left -= block.length) {
    const bytes = crypto.getRandomValues(block).subarray(0, left);
    hash.update(bytes);
    file.writeSync(bytes);
  }
  return hash.digest("hex");
}

interface Transfer {
  readonly result: ProofResult;
  readonly opinion: Promise<Opinion>;
}

/** curl fetches the file, or brings it. What came is compared; tshark is still reading when this is done. */
async function transfer(folder: string, sum: string, command: readonly string[], order: Partial<ProofOrder>): Promise<Transfer> {
  const capture = await Deno.makeTempFile({ dir: folder, suffix: ".pcapng" });
  const before = order.commands ?? [];
  const result = await prove({ capture, file: `${folder}/file`, ...order, commands: [...before, command] });
  const moved = result.commands.at(-1);
  assertEquals([moved?.status, moved?.err, moved?.out.split(/\s/)[0]], [0, "", sum]);
  assertEquals(result.commands.map(({ status }) => status), [...before, command].map(() => 0));
  assertEquals([result.connections.filter((state) => state !== "TIME-WAIT"), result.framesLent], [[], 0]);
  return { result, opinion: opinionOf(capture) };
}

/** curl does both. */
function bothWays(order: Partial<ProofOrder>, check: (transfer: Transfer) => Promise<void>): Promise<void> {
  return inFolder(async (folder) => {
    const file = `${folder}/file`;
    const sum = fill(file, SIZE);
    const transfers: Transfer[] = [];
    for (const command of [DOWN, up(file)]) transfers.push(await transfer(folder, sum, command, order));
    for (const each of transfers) await check(each);
  });
}

testWhen(
  obstacle,
  "proof: curl fetches 100 MB and brings 100 MB; nothing is sent twice",
  () =>
    bothWays({ commands: [PATIENT_KERNEL] }, async ({ result, opinion }) => {
      const { closings, recovery, resets, complaints } = await opinion;
      assertEquals({ closings, recovery, resets, complaints }, { closings: 2, recovery: [], resets: [], complaints: [] });
      assertEquals(Object.keys(result.counters).filter((name) => name.includes("checksum")), []);
    }),
);

testWhen(
  obstacle,
  "proof: curl fetches 100 MB and brings 100 MB over a wire that loses 2 % and reorders 2 %, each way",
  () =>
    bothWays({ wire: BAD_WIRE, tcp: SHORT_WAY }, async ({ result, opinion }) => {
      const { send, receive } = result.wire;
      assert(send.drop > 100 && receive.drop > 100 && send.reorder > 100 && receive.reorder > 100, JSON.stringify(result.wire));
      const { recovery, resets, complaints } = await opinion;
      assert(recovery.length > 0);
      // Our ACK of Linux's FIN may fall behind our own FIN. Linux answers it, as it answers all that is old, and here is nobody any more: that is what our
      // only resets are about (RFC 9293 §3.10.7.1).
      const { "tcp: stray": strays = 0 } = result.counters;
      const told = resets.map(({ from, count }) => `${count} from ${from}`);
      assertEquals({ told, complaints }, { told: strays === 0 ? [] : [`${strays} from 10.44.0.2`], complaints: [] });
    }),
);
