/** Packets as somebody wants them, and none besides: hping3's flags, fragments and floods, traceroute's, and tcpreplay's, which are of yesterday. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { createRandom } from "../../stack/wire/random.ts";
import { whyNoLiveWire } from "../harness/kernel/kernel_peer.ts";
import { type CommandResult, inFolder, prove } from "../proof/next_door.ts";
import { missingProgram, testWhen } from "../test_when.ts";

const obstacle = await whyNoLiveWire() ?? missingProgram("nc");

const hping3 = (words: string): string[] => ["hping3", "-i", "u10000", ...words.split(" "), "10.44.0.2"];
const TALK = ["sh", "-c", "echo hello | nc -N -w 5 10.44.0.2 7"];

/** Half-open connections and unfinished packets are to be over within the seconds that a proof waits. */
const SHORT_LIVES = { tcp: { openR2: 1500 }, reassembly: { timeout: 1500 } };

/** What hping3 is told, how many answers it must count, and what each must say. */
const QUESTIONS: readonly (readonly [words: string, answers: number, like: RegExp])[] = [
  ["-S -p 80 -c 3", 3, /ttl=64 DF .*flags=SA .*win=65535/],
  ["-S -p 81 -c 3", 3, /flags=RA .*win=0/],
  ["-A -p 80 -c 3", 3, /flags=R .*win=0/],
  ["-F -p 80 -c 3", 0, /./],
  ["-F -P -U -p 81 -c 3", 3, /flags=RA /],
  ["-S -A -F -R -P -U -X -Y -p 80 -c 3", 0, /./],
  // The TCP header itself is in pieces of 16 bytes; and 4000 bytes are too long for the way back, too. Without -N the identification follows from
  // hping3's process id, and where that makes 0 the kernel gives each piece another.
  ["-S -f -N 4711 -d 100 -p 80 -c 3", 3, /flags=SA /],
  ["-1 -d 4000 -f -N 4712 -m 1480 -c 3", 3, /len=1500 .*icmp_seq=/],
  // A first fragment, and no other. A wrong checksum.
  ["-1 -x -c 3", 0, /./],
  ["-S -b -p 80 -c 3", 0, /./],
  ["-2 -p 9 -c 3", 3, /^ICMP Port Unreachable from ip=10\.44\.0\.2/],
  ["-0 -H 253 -c 3", 3, /^ICMP Protocol Unreachable from ip=10\.44\.0\.2/],
];

/** More than a listening socket's queue holds, from one who does not exist; and of what is answered at once. */
const FLOODS = [
  "-q -S -p 80 -c 3000 -i u100 -a 10.44.0.77",
  "-q -S -p 80 -c 3000 -i u100",
  "-q -A -p 80 -c 3000 -i u100",
  "-q -1 -d 500 -c 3000 -i u100",
];

/** hping3 overlooks an answer that comes while its own alarm rings: where it counted too few, it is asked again, so often in all. */
const ROUNDS = 4;

function answersIn({ out, err }: CommandResult): { readonly count: number; readonly lines: readonly string[] } {
  const count = Number(/(\d+) packets received/.exec(out + err)?.[1]);
  return { count, lines: out.split("\n").filter((line) => /^len=|^ICMP /.test(line)) };
}

testWhen(
  obstacle ?? missingProgram("hping3"),
  "foreign: hping3 gets the answer that each flag and fragment calls for, and floods leave nothing",
  () =>
    inFolder(async (folder) => {
      const order = { capture: `${folder}/capture.pcapng`, ...SHORT_LIVES };
      const { commands, connections, framesLent } = await prove({ ...order, commands: [...FLOODS.map(hping3), TALK] });
      let asked = QUESTIONS;
      for (let round = 1; asked.length > 0; round++) {
        const heard = (await prove({ ...order, commands: asked.map(([words]) => hping3(words)) })).commands.map(answersIn);
        asked = asked.filter(([words, answers, like], index) => {
          const { count, lines } = heard[index] as ReturnType<typeof answersIn>;
          for (const line of lines) assertMatch(line, like, words);
          if (count < answers && round < ROUNDS) return true;
          assertEquals([words, count, lines.length], [words, answers, answers]);
          return false;
        });
      }
      const [forged, ...answered] = commands.slice(0, -1).map((command) => answersIn(command).count);
      assertEquals(forged, 0);
      assert(answered.every((count) => count > 0), `${answered}`);
      assertEquals(commands.at(-1)?.out, "hello\n6 bytes\n");
      assertEquals([connections.filter((state) => state !== "TIME-WAIT"), framesLent], [[], 0]);
    }),
);

testWhen(
  obstacle ?? missingProgram("traceroute"),
  "foreign: traceroute finds us one hop away, by UDP, ICMP and TCP",
  () =>
    inFolder(async (folder) => {
      const ways = [["-U"], ["-I"], ["-T", "-p", "80"], ["-T", "-p", "81"]];
      const traceroutes = ways.map((way) => ["traceroute", "-n", "-q", "2", "-N", "1", "-w", "5,0,0", ...way, "10.44.0.2"]);
      const { commands, connections } = await prove({ capture: `${folder}/capture.pcapng`, ...SHORT_LIVES, commands: traceroutes });
      for (const { out, err } of commands) assertMatch(out, /^traceroute to .*\n 1 {2}10\.44\.0\.2 {2}[\d.]+ ms {2}[\d.]+ ms\n$/, err);
      assertEquals(connections.filter((state) => state !== "TIME-WAIT"), []);
    }),
);

testWhen(
  obstacle ?? missingProgram("tcpreplay") ?? missingProgram("editcap"),
  "foreign: what tcpreplay plays of an earlier conversation is of no consequence",
  () =>
    inFolder(async (folder) => {
      await Deno.writeFile(`${folder}/file`, createRandom(1).bytes(300_000));
      const earlier = ["sh", "-c", `nc -N -w 10 10.44.0.2 7 < ${folder}/file | tail -n 1`];
      const [capture, pcap] = [`${folder}/earlier.pcapng`, `${folder}/earlier.pcap`];
      await prove({ capture, commands: [earlier] });
      await new Deno.Command("editcap", { args: ["-F", "pcap", capture, pcap], stdin: "null" }).output();
      // tcpreplay opens what is called tap… in a manner of its own.
      const name = "wire0";
      const replay = ["tcpreplay", "-q", `--intf1=${name}`, "--pps=5000", pcap];
      const result = await prove({ name, capture: `${folder}/capture.pcapng`, ...SHORT_LIVES, commands: [TALK, replay, replay, TALK] });
      const [before, once, again, after] = result.commands;
      assertEquals([before, after].map((command) => command?.out), ["hello\n6 bytes\n", "hello\n6 bytes\n"]);
      for (const played of [once, again]) assertMatch(played?.out ?? "", /Failed packets: +0\n/, played?.err);
      // Half of it was once our own: it is not for us now. The rest belongs to no connection.
      assert(
        (result.counters["ethernet: not for us"] ?? 0) > 100 && (result.counters["tcp: stray"] ?? 0) > 100,
        JSON.stringify(result.counters),
      );
      assertEquals([result.connections.filter((state) => state !== "TIME-WAIT"), result.framesLent], [[], 0]);
    }),
);
