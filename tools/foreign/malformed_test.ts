/** 20,000 packets that no honest stack sends, made by scapy; afterwards the stack is as it was. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { whyNoLiveWire } from "../harness/kernel/kernel_peer.ts";
import { tsharkFields } from "../harness/tshark.ts";
import { inFolder, prove } from "../proof/next_door.ts";
import type { Holdings } from "../proof/station.ts";
import { missingProgram, testWhen } from "../test_when.ts";
import { besideThis, missingScapy, PYTHON } from "./scapy.ts";

const obstacle = await whyNoLiveWire() ?? missingScapy() ?? missingProgram("ip") ?? missingProgram("ping") ?? missingProgram("nc") ??
  missingProgram("tshark");

/** Bytes by which the memory may differ after the last round. If each of its packets left 125 behind, it would be as much. */
const LEEWAY = 500_000;

/** Packets in each round: the first two fill the tables, warm the compiler up, and what comes behind them must not add to that. */
const ROUNDS = [4000, 2000, 4000];

/** Half-open connections and unfinished packets are to be over within the seconds that a proof waits. */
const SHORT_LIVES = { tcp: { openR2: 1500 }, reassembly: { timeout: 1500 } };

for (const kind of ["tap", "tun"] as const) {
  testWhen(
    obstacle,
    `foreign: the stack outlives 10,000 packets of scapy's over ${kind.toUpperCase()}, and keeps nothing of them`,
    () =>
      inFolder(async (folder) => {
        const capture = `${folder}/capture.pcapng`;
        const rounds = ROUNDS.map((count, seed) => [PYTHON, besideThis("malformed.py"), `${kind}0`, `${count}`, `${seed}`]);
        // Many a forged ARP packet has come by: the kernel asks anew, and so is believed again.
        const ping = ["sh", "-c", `ip neigh flush dev ${kind}0; ping -q -c 3 -i 0.2 -W 2 10.44.0.2`];
        const talk = ["sh", "-c", "echo hello | nc -N -w 5 10.44.0.2 7"];
        const { commands, counters } = await prove({ kind, capture, ...SHORT_LIVES, commands: [...rounds, ping, talk] });

        for (const { status, out, err } of commands) assertEquals(status, 0, `${out}${err}`);
        assertMatch(commands.at(-2)?.out ?? "", /3 packets transmitted, 3 received/);
        assertEquals(commands.at(-1)?.out, "hello\n6 bytes\n");

        const left = commands.map((command) => command.left) as [Holdings, Holdings, Holdings];
        const open = ({ connections, framesLent }: Holdings): unknown => [connections.filter((state) => state !== "TIME-WAIT"), framesLent];
        assertEquals(left.map(open), left.map(() => [[], 0]));
        const growth = left[2].memory - left[1].memory;
        assert(growth < LEEWAY, `${growth} bytes more after ${ROUNDS[2]} packets`);

        // Attacks got as deep as they were meant to.
        for (const reject of ["ip: bad fragment", "icmp: quotes too little", "tcp: bad option", "tcp: challenge sent", "tcp: stray"]) {
          assert((counters[reject] ?? 0) > 0, `nothing was counted as "${reject}"`);
        }
        // Whatever we were asked, we answered in good order. Errors quote what they are about, so of those only the message itself is judged.
        const ours =
          "frame.packet_flags_direction == 2 && (icmp.checksum.status == 0 || !icmp && (_ws.malformed || tcp.checksum.status == 0))";
        assertEquals(await tsharkFields(capture, ["frame.number", "_ws.expert.message"], ["-n", "-Y", ours]), []);
      }),
  );
}
