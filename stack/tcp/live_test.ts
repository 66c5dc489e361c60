/** The engine against the Linux kernel: it calls us, we call it; over a good wire, and over one that loses and reorders. */
import { assert, assertEquals } from "@std/assert";
import { whyNoLiveWire } from "../../tools/harness/kernel/kernel_peer.ts";
import { spawnInNamespace } from "../../tools/harness/namespace.ts";
import { STACK_IP } from "../../tools/harness/packets.ts";
import { tsharkFields } from "../../tools/harness/tshark.ts";
import { missingProgram, testWhen } from "../../tools/test_when.ts";
import type { LiveOrder, LiveResult } from "../../tools/testing/tcp_live.ts";

const noLiveWire = await whyNoLiveWire();
const PROGRAM = decodeURIComponent(new URL("../../tools/testing/tcp_live.ts", import.meta.url).pathname);
const BAD = { drop: 0.02, reorder: 0.02 };
/** What tshark warns of and is no fault: a sender that uses all of the window, a receiver that reports a duplicate. */
const NO_FAULT = ["TCP window specified by the receiver is now completely full", "D-SACK Sequence"];

async function exchange(order: LiveOrder): Promise<LiveResult> {
  const command = [Deno.execPath(), "run", "--quiet", "--no-check", "--allow-all", PROGRAM, JSON.stringify(order)];
  const { success, stdout, stderr } = await spawnInNamespace(command, { stdin: "null", stdout: "piped", stderr: "piped" }).output();
  assert(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Every byte arrived at both ends, whoever called, and nothing is left over. */
function assertEqualBytes({ expected, calls, left, counters }: LiveResult): void {
  for (const { who, kernelGot, stackGot, end } of calls) {
    assertEquals({ kernelGot, stackGot, end }, { kernelGot: expected, stackGot: expected, end: "closed" }, `the ${who} called`);
  }
  assertEquals(left, { connections: 0, framesLent: 0 });
  assertEquals(counters["tcp: bad tcp checksum"], undefined);
}

/** The faults that tshark finds, each text once, in the packets of a capture that the filter chooses. */
async function faults(path: string, filter: string): Promise<string[]> {
  const rows = await tsharkFields(path, ["_ws.expert.message"], ["-Y", filter]);
  return [...new Set(rows.flat().flatMap((messages) => messages.split(",")))].filter((each) => !NO_FAULT.includes(each)).sort();
}

const BROKEN = "_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0";
const OURS = `ip.src == ${STACK_IP}`;

testWhen(noLiveWire, "20 MB both ways with the kernel: the same bytes, and nothing is sent twice", async () => {
  const result = await exchange({ bytes: 20_000_000 });
  assertEqualBytes(result);
  assertEquals(result.calls.map(({ resent }) => resent), [0, 0]);
});

testWhen(noLiveWire, "20 MB both ways with the kernel over a wire that loses 2 % and reorders 2 %: the same bytes", async () => {
  const result = await exchange({ bytes: 20_000_000, impair: BAD });
  assertEqualBytes(result);
  assert(result.calls.every(({ resent }) => resent > 100));
});

for (const large of ["kernel", "software"] as const) {
  testWhen(
    noLiveWire,
    `50 MB both ways with the kernel, segments cut and put together by ${large}: the same bytes, nothing twice`,
    async () => {
      const result = await exchange({ bytes: 50_000_000, large });
      assertEqualBytes(result);
      assert(result.offload);
      assertEquals(result.calls.map(({ resent }) => resent), [0, 0]);
      const packets = (result.counters["ip: received"] ?? Infinity) + (result.counters["ip: sent"] ?? Infinity);
      assert(packets < 4 * 50_000_000 / 1448, `${packets} packets`); // of full segments alone there would be more
    },
  );

  testWhen(
    noLiveWire,
    `large segments by ${large}, over a wire that loses 5 % and reorders 5 %, while the MTU changes: the same bytes`,
    async () => {
      const result = await exchange({ bytes: 2_000_000, large, impair: { drop: 0.05, reorder: 0.05 }, mtus: [1500, 700, 9000, 1400] });
      assertEqualBytes(result);
      assert(result.calls.some(({ resent }) => resent > 0)); // one of the two may be lucky: it takes thirty large segments
    },
  );
}

testWhen(
  noLiveWire ?? missingProgram("tshark"),
  "tshark finds nothing wrong with what we send the kernel, and over a good wire no retransmission",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const [good, bad] = [`${folder}/good.pcapng`, `${folder}/bad.pcapng`];
      assertEqualBytes(await exchange({ bytes: 2_000_000, capture: good }));
      assertEquals(await faults(good, BROKEN), []);
      assertEquals(await faults(good, `${OURS} && _ws.expert.severity >= 0x600000`), []);
      assertEquals(await faults(good, `${OURS} && (tcp.analysis.retransmission || tcp.analysis.out_of_order)`), []);
      assertEqualBytes(await exchange({ bytes: 2_000_000, capture: bad, impair: BAD }));
      assertEquals(await faults(bad, BROKEN), []); // the rest was lost, doubled and put out of order on purpose
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
