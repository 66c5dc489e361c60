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

/** Both ways lose, and put packets behind others. */
const BAD_WIRE = { send: { drop: 0.02, reorder: 0.02 }, receive: { drop: 0.02, reorder: 0.02 }, patience: 5, seed: 44 };

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

/** One command that moves the file. Its output is checked; tshark is still reading when this is done. */
async function transfer(folder: string, sum: string, command: readonly string[], order: Partial<ProofOrder> = {}): Promise<Transfer> {
  const capture = await Deno.makeTempFile({ dir: folder, suffix: ".pcapng" });
  const result = await prove({ capture, file: `${folder}/file`, commands: [command], ...order });
  const moved = result.commands.at(-1);
  assertEquals([moved?.status, moved?.err, moved?.out.split(/\s/)[0]], [0, "", sum]);
  assertEquals([result.connections.filter((state) => state !== "TIME-WAIT"), result.framesLent], [[], 0]);
  return { result, opinion: opinionOf(capture) };
}

testWhen(obstacle, "proof: curl fetches 100 MB and brings 100 MB; nothing is sent twice", async () => {
  await inFolder(async (folder) => {
    const sum = fill(`${folder}/file`, 100_000_000);
    const transfers: Transfer[] = [];
    for (const command of [DOWN, up(`${folder}/file`)]) {
      transfers.push(await transfer(folder, sum, command, { commands: [PATIENT_KERNEL, command] }));
      assertEquals(transfers.at(-1)?.result.commands[0]?.status, 0);
    }
    for (const { result, opinion } of transfers) {
      const { closings, recovery, resets, complaints } = await opinion;
      assertEquals({ closings, recovery, resets, complaints }, { closings: 2, recovery: [], resets: [], complaints: [] });
      assertEquals(Object.keys(result.counters).filter((name) => name.includes("checksum")), []);
    }
  });
});

// Until lab 08 our sender learns of a loss by its timer alone, a second at the least: what curl fetches is small.
for (const [what, size] of [["fetches", 1_000_000], ["brings", 20_000_000]] as const) {
  testWhen(obstacle, `proof: curl ${what} ${size / 1e6} MB over a wire that loses 2 % and reorders 2 %`, async () => {
    await inFolder(async (folder) => {
      const sum = fill(`${folder}/file`, size);
      const command = what === "fetches" ? DOWN : up(`${folder}/file`);
      const { result, opinion } = await transfer(folder, sum, command, { wire: BAD_WIRE });
      const { send, receive } = result.wire;
      assert(send.drop > 0 && receive.drop > 0 && send.reorder > 0 && receive.reorder > 0);
      const { recovery, resets, complaints } = await opinion;
      assert(recovery.length > 0);
      assertEquals({ resets, complaints }, { resets: [], complaints: [] });
    });
  });
}
