/**
 * The captures on which tcpdump tests its own dissectors: 650 files of all protocols, many of them malformed by somebody who looked for a crash.
 * fetch_captures.sh fetches them. Our parsers make a record or a reject of every packet; and what they read, tshark reads, too.
 */
import { assert, assertEquals } from "@std/assert";
import { type CapturedPacket, readCaptureFile } from "../../stack/link/capture_reader.ts";
import { tsharkFields } from "../harness/tshark.ts";
import { inFolder } from "../proof/next_door.ts";
import { missingProgram, testWhen } from "../test_when.ts";
import { type Fields, type Reading, readPacket } from "./reading.ts";

const CAPTURES = decodeURIComponent(new URL("../../.wallsocket/tcpdump-captures", import.meta.url).pathname);

function missingCaptures(): string | undefined {
  try {
    Deno.statSync(CAPTURES);
    return undefined;
  } catch {
    return "tcpdump's captures are not here: tools/foreign/fetch_captures.sh fetches them";
  }
}

/** The captures of our two kinds of wire. A file that our reader does not take, it refuses with a sentence. */
function readable(): { readonly path: string; readonly packets: readonly CapturedPacket[] }[] {
  const names = [...Deno.readDirSync(CAPTURES)].map(({ name }) => name).sort();
  return names.flatMap((name) => {
    const path = `${CAPTURES}/${name}`;
    try {
      return [{ path, packets: readCaptureFile(path) }];
    } catch (error) {
      assert((error as Error).message.startsWith(`Cannot read the capture ${path}: `), `${error}`);
      return [];
    }
  });
}

testWhen(missingCaptures(), "foreign: of every packet in tcpdump's captures our parsers make a record or a reject", () => {
  const counts = new Map<string, number>();
  let packets = 0;
  for (const { packets: captured } of readable()) {
    for (const { bytes, interface: { medium } } of captured) {
      // As it is, and cut off: many of these files are about lengths that are too large.
      for (const end of [bytes.length, bytes.length - 1, bytes.length >> 1, 40, 20]) {
        const { reject = "read" } = readPacket(bytes.subarray(0, Math.max(0, end)), medium);
        counts.set(reject, (counts.get(reject) ?? 0) + 1);
        packets++;
      }
    }
  }
  assert(packets > 30_000, `${packets} packets`);
  for (const reject of ["runt", "bad version", "bad header checksum", "bad tcp checksum", "bad hardware type", "read"]) {
    assert((counts.get(reject) ?? 0) > 0, `no "${reject}" among ${JSON.stringify([...counts])}`);
  }
});

/** What can be laid beside tshark's fields: its names have dots. Of its flags we know the lower eight. */
const COMPARED = [
  ...["eth.dst", "eth.src", "eth.type"],
  ...["arp.opcode", "arp.src.hw_mac", "arp.src.proto_ipv4", "arp.dst.hw_mac", "arp.dst.proto_ipv4"],
  ...["ip.dsfield", "ip.id", "ip.flags.df", "ip.flags.mf", "ip.frag_offset", "ip.ttl", "ip.proto", "ip.src", "ip.dst"],
  ...["icmp.type", "icmp.code", "tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.ack_raw", "tcp.flags", "tcp.window_size_value"],
  ...[
    "tcp.urgent_pointer",
    "tcp.options.mss_val",
    "tcp.options.wscale.shift",
    "tcp.options.timestamp.tsval",
    "tcp.options.timestamp.tsecr",
  ],
];
const VERDICTS = ["ip.checksum.status", "tcp.checksum.status", "icmp.checksum.status"];

/** One layer at a time, and nothing followed from packet to packet: as our parsers do. */
const PLAIN = ["ip.defragment:FALSE", "tcp.analyze_sequence_numbers:FALSE", "tcp.desegment_tcp_streams:FALSE", "ip.use_geoip:FALSE"];

/** Our fields as tshark gives them: offsets in the header's units of 8 bytes. */
const asTsharkDoes = (name: string, value: string | number): string | number => name === "ip.frag_offset" ? Number(value) / 8 : value;

/** tshark writes some numbers in hexadecimal. */
const asText = (name: string, value: string | number): string =>
  name === "tcp.flags" ? `${Number(value) & 0xff}` : `${isNaN(+value) ? value : +value}`;

/** Where we and tshark say different things: "ip.ttl 64, tshark 63". */
function differences({ fields, reject }: Reading, theirs: Fields): string[] {
  const shown = COMPARED.filter((name) => fields[name] !== undefined && theirs[name] !== "");
  const differing = shown.filter((name) => asText(name, asTsharkDoes(name, fields[name] ?? "")) !== asText(name, theirs[name] ?? ""));
  const told = differing.map((name) => `${name} ${fields[name]}, tshark ${theirs[name]}`);
  // tshark has words for a checksum: 0 is bad, 1 good, and what it cannot tell is something else.
  if (reject === "bad header checksum" && theirs["ip.checksum.status"] === "1") told.push("bad header checksum");
  if (reject === "bad tcp checksum" && theirs["tcp.checksum.status"] === "1") told.push("bad tcp checksum");
  if (fields["ip.src"] !== undefined && theirs["ip.checksum.status"] === "0") told.push("good header checksum");
  if (fields["tcp.srcport"] !== undefined && theirs["tcp.checksum.status"] === "0") told.push("good tcp checksum");
  if (fields["icmp.type"] !== undefined && theirs["icmp.checksum.status"] === "0") told.push("good icmp checksum");
  return told;
}

testWhen(
  missingCaptures() ?? missingProgram("tshark") ?? missingProgram("mergecap"),
  "foreign: what we read in tcpdump's captures, tshark reads, too",
  () =>
    inFolder(async (folder) => {
      const files = readable();
      const merged = `${folder}/merged.pcapng`;
      const args = ["-a", "-w", merged, ...files.map(({ path }) => path)];
      const { success, stderr } = await new Deno.Command("mergecap", { args, stdin: "null" }).output();
      assert(success, new TextDecoder().decode(stderr));
      const names = [...COMPARED, ...VERDICTS];
      const settings = ["-n", "-E", "occurrence=f", ...PLAIN.flatMap((setting) => ["-o", setting])];
      const rows = await tsharkFields(merged, names, settings);
      const ours = readCaptureFile(merged).map(({ bytes, interface: { medium } }) => readPacket(bytes, medium));
      assertEquals([rows.length, ours.length], [ours.length, files.reduce((sum, { packets }) => sum + packets.length, 0)]);
      let compared = 0;
      const told: string[] = [];
      for (const [index, reading] of ours.entries()) {
        const theirs = Object.fromEntries(names.map((name, column) => [name, rows[index]?.[column] ?? ""]));
        compared += COMPARED.filter((name) => reading.fields[name] !== undefined && theirs[name] !== "").length;
        told.push(...differences(reading, theirs).map((difference) => `packet ${index + 1}: ${difference}`));
      }
      assertEquals(told, []);
      assert(compared > 30_000, `${compared} fields were compared`);
    }),
);
