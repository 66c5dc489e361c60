/** Somebody else's name server, asked over our UDP: dnsmasq answers, and dns-packet says what the bytes mean. */
import { assert, assertEquals } from "@std/assert";
import { whyNoLiveWire } from "../harness/kernel/kernel_peer.ts";
import { inFolder, runInside } from "../proof/next_door.ts";
import { missingProgram, testWhen } from "../test_when.ts";
import type { DnsOrder, DnsResult } from "./dns_inside.ts";

interface Packet {
  readonly rcode: string;
  readonly flag_tc: boolean;
  readonly answers: readonly { readonly name: string; readonly type: string; readonly data: unknown }[];
}

/** What dns-packet makes of it. */
async function dnsPacket<T>(order: unknown): Promise<T[]> {
  const args = ["run", "--quiet", "--no-check", "--config=tools/foreign/dns.json", "--allow-read", "--allow-env"];
  const command = new Deno.Command(Deno.execPath(), { args: [...args, "tools/foreign/dns_packet.ts", JSON.stringify(order)] });
  const { success, stdout, stderr } = await command.output();
  if (!success) throw new Error(`dns-packet failed:\n${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Text of so many bytes, in the pieces of at most 255 that a TXT record has. */
const LONG = Array.from({ length: 14 }, (_, at) => String.fromCharCode(97 + at).repeat(200));

const DNSMASQ = [
  "--keep-in-foreground",
  "--no-resolv",
  "--no-hosts",
  "--user=root",
  "--pid-file",
  "--listen-address=10.44.0.1",
  "--bind-interfaces",
  "--edns-packet-max=4096",
  "--address=/wallsocket.test/10.44.0.99",
  "--local=/test/",
  `--txt-record=long.test,${LONG.join(",")}`,
];

testWhen(
  await whyNoLiveWire() ?? missingProgram("dnsmasq"),
  "foreign: dnsmasq answers what is asked over our UDP, in one packet, in pieces, or cut short",
  () =>
    inFolder(async (folder) => {
      const flags = 0x100; // recursion desired
      const edns = [{ type: "OPT", name: ".", udpPayloadSize: 4096, flags: 0, options: [] }];
      const questions = await dnsPacket<number[]>({
        encode: [
          { type: "query", id: 1, flags, questions: [{ type: "A", name: "wallsocket.test" }] },
          { type: "query", id: 2, flags, questions: [{ type: "A", name: "nobody.test" }] },
          { type: "query", id: 3, flags, questions: [{ type: "TXT", name: "long.test" }] },
          { type: "query", id: 4, flags, questions: [{ type: "TXT", name: "long.test" }], additionals: edns },
        ],
      });
      const order: DnsOrder = { capture: `${folder}/capture.pcapng`, questions, dnsmasq: DNSMASQ };
      const { answers, framesLent, counters } = await runInside<DnsResult>(new URL("dns_inside.ts", import.meta.url), order);
      assertEquals(answers.map(({ from }) => from), Array.from(answers, () => "10.44.0.1:53"));
      const [address, nobody, short, long] = await dnsPacket<Packet>({ decode: answers.map(({ bytes }) => bytes) });
      assertEquals(address?.answers.map(({ name, type, data }) => [name, type, data]), [["wallsocket.test", "A", "10.44.0.99"]]);
      assertEquals(nobody?.rcode, "NXDOMAIN");
      assertEquals(
        [short?.flag_tc, (answers[2]?.bytes.length ?? 0) <= 512],
        [true, true],
        "512 bytes are what DNS has without an extension",
      );
      assertEquals([long?.flag_tc, long?.answers.length], [false, 1]);
      assert((answers[3]?.bytes.length ?? 0) > 2800, "so many came in pieces");
      assert((counters["ip: reassembled"] ?? 0) >= 1);
      assertEquals(framesLent, 0);
    }),
);
