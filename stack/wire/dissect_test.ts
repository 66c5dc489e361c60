import { assert, assertEquals } from "@std/assert";
import { dissect, fieldOf, type Layer, valueOf } from "./dissect.ts";
import { createRandom, type Random } from "./random.ts";

const hex = (text: string): Uint8Array => Uint8Array.from(text.match(/[0-9a-f]{2}/gi) ?? [], (byte) => Number.parseInt(byte, 16));
const names = (layers: readonly Layer[]): string[] => layers.map((layer) => (layer.quoted ? ">" : "") + layer.name);
const problems = (layers: readonly Layer[]): string[] => layers.flatMap((layer) => layer.problems);
const layer = (layers: readonly Layer[], index: number): Layer => layers[index] as Layer;
const texts = (of: Layer): string[] => of.fields.map((field) => `${field.name}=${field.text}`);

// A ping of 3 bytes as the Linux kernel sends it, in an Ethernet frame with padding and FCS.
const PING = hex(`
  02 00 00 00 00 02 02 00 00 00 00 01 08 00
  45 00 00 1f 1c 46 40 00 40 01 0a 3e 0a 2c 00 01 0a 2c 00 02
  08 00 33 95 00 07 00 01 61 62 63
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  b1 ae 85 a8`);
const IP_AT = 14;

Deno.test("dissect() finds every layer of a padded frame, with its FCS", () => {
  const layers = dissect(PING, "ethernet", { fcs: true });
  assertEquals(names(layers), ["Ethernet", "IPv4", "ICMP", "data", "padding", "FCS"]);
  assertEquals(layers.map(({ offset, length }) => [offset, length]), [[0, 14], [14, 20], [34, 8], [42, 3], [45, 15], [60, 4]]);
  assertEquals(problems(layers), []);
  assertEquals(fieldOf(layer(layers, 2), "checksum")?.ok, true);
  assertEquals(fieldOf(layer(layers, 5), "fcs")?.ok, true);
});

Deno.test("dissect() names the fields as the contracts do and says where they lie", () => {
  const ip = layer(dissect(PING, "ethernet", { fcs: true }), 1);
  assertEquals(texts(ip), [
    "version=4",
    "headerLength=20 bytes",
    "typeOfService=0x00",
    "totalLength=31 bytes",
    "identification=0x1c46",
    "reservedFlag=no",
    "dontFragment=yes",
    "moreFragments=no",
    "fragmentOffset=0",
    "timeToLive=64",
    "protocol=1 ICMP",
    "headerChecksum=0x0a3e",
    "source=10.44.0.1",
    "destination=10.44.0.2",
  ]);
  assertEquals(fieldOf(ip, "timeToLive"), { name: "timeToLive", value: 64, text: "64", offset: 22, length: 1 });
  assertEquals(fieldOf(ip, "fragmentOffset"), { name: "fragmentOffset", value: 0, text: "0", offset: 20, length: 2, bits: 13 });
});

Deno.test("dissect() says what a wrong checksum should be", () => {
  const bad = PING.slice();
  bad[IP_AT + 10] = 0xff;
  bad[IP_AT + 22] = 0x3a;
  bad[60] = 0;
  const layers = dissect(bad, "ethernet", { fcs: true });
  assertEquals(problems(layers), [
    "header checksum 0xff3e, should be 0x0a3e",
    "checksum 0x3a95, should be 0x3395",
    "FCS 0xa885ae00, should be 0xfa175599",
  ]);
  assertEquals(fieldOf(layer(layers, 1), "headerChecksum")?.expected, 0x0a3e);
});

Deno.test("dissect() takes both zeros of one's complement for right, as every receiver does", () => {
  // All words but the checksum's sum to ffff.
  for (const checksum of ["0000", "ffff"]) {
    const layers = dissect(hex(`45 00 00 14 00 00 00 00 40 00 ${checksum} 0a 2c 00 01 70 be 00 00`), "ip");
    assertEquals(problems(layers), [], checksum);
  }
});

Deno.test("dissect() reads an ARP packet and its padding", () => {
  const layers = dissect(
    hex(
      "ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 0a2c0001 000000000000 0a2c0002 000000000000000000000000000000000000",
    ),
    "ethernet",
  );
  assertEquals(names(layers), ["Ethernet", "ARP", "padding"]);
  assertEquals(texts(layer(layers, 1)), [
    "hardwareType=1 Ethernet",
    "protocolType=0x0800 IPv4",
    "hardwareLength=6 bytes",
    "protocolLength=4 bytes",
    "operation=1 request",
    "senderMac=02:00:00:00:00:01",
    "senderIp=10.44.0.1",
    "targetMac=00:00:00:00:00:00",
    "targetIp=10.44.0.2",
  ]);
});

Deno.test("dissect() says what in an ARP packet is not as it must be", () => {
  const arp = hex("ffffffffffff 020000000001 0806 0006 86dd 08 10 0003 020000000001 0a2c0001 000000000000 0a2c0002");
  const layers = dissect(arp, "ethernet");
  assertEquals(names(layers), ["Ethernet", "ARP", "data"]);
  assertEquals(problems(layers), [
    "hardware type 6, should be 1",
    "protocol type 0x86dd, should be 0x0800",
    "hardware length 8, should be 6",
    "protocol length 16, should be 4",
    "operation 3, neither request (1) nor reply (2)",
  ]);
});

Deno.test("dissect() shows the payload of a later fragment as data, and checks no checksum over part of a packet", () => {
  const first = hex("45 00 00 24 1c 46 20 00 40 01 2a 39 0a 2c 00 01 0a 2c 00 02  08 00 12 34 00 07 00 01 00 01 02 03 04 05 06 07");
  const later = hex("45 00 00 1c 1c 46 00 02 40 01 4a 3f 0a 2c 00 01 0a 2c 00 02  08 09 0a 0b 0c 0d 0e 0f");
  assertEquals(names(dissect(first, "ip")), ["IPv4", "ICMP", "data"]);
  assertEquals(fieldOf(layer(dissect(first, "ip"), 1), "checksum")?.ok, undefined);
  assertEquals(problems(dissect(first, "ip")), []);
  assertEquals(names(dissect(later, "ip")), ["IPv4", "data"]);
  assertEquals(valueOf(layer(dissect(later, "ip"), 0), "fragmentOffset"), 16);
  assertEquals(problems(dissect(later, "ip")), []);
});

Deno.test("dissect() refuses a fragment that cannot be one", () => {
  const header = (total: string, flags: string): Uint8Array =>
    hex(`45 00 ${total} 00 01 ${flags} 40 01 00 00 0a 2c 00 01 0a 2c 00 02 ${"00".repeat(12)}`);
  const about = (packet: Uint8Array): string[] => problems(dissect(packet, "ip")).filter((problem) => problem.startsWith("fragment"));
  assertEquals(about(header("0020", "2001")), ["fragment of 12 bytes, no multiple of 8, but more follow"]);
  assertEquals(about(header("0020", "1fff")), ["fragment ends at byte 65540, beyond 65535"]);
});

Deno.test("dissect() nests what an ICMP error quotes and does not complain that it is cut off", () => {
  const unreachable = hex(`
    45 00 00 38 00 00 00 00 40 01 66 6b 0a 2c 00 02 0a 2c 00 01
    03 03 c7 30 00 00 00 00
    45 00 00 3c 00 00 00 00 01 11 a5 57 0a 2c 00 01 0a 2c 00 02
    9c 40 82 9a 00 28 db 67`);
  const layers = dissect(unreachable, "ip");
  assertEquals(names(layers), ["IPv4", "ICMP", ">IPv4", ">UDP"]);
  assertEquals(valueOf(layer(layers, 3), "destinationPort"), 33434);
  assertEquals(fieldOf(layer(layers, 3), "checksum")?.ok, undefined);
  assertEquals(problems(layers).filter((problem) => !problem.startsWith("checksum")), []);
});

Deno.test("dissect() verifies of a quote the IPv4 header only: the rest is what somebody else sent", () => {
  const quoting = (headerChecksum: string): Layer[] =>
    dissect(
      hex(`45 00 00 39 00 00 00 00 40 01 66 6a 0a 2c 00 02 0a 2c 00 01
        03 03 00 00 00 00 00 00
        45 00 00 1d 00 00 00 00 40 11 ${headerChecksum} 0a 2c 00 01 0a 2c 00 02
        9c 40 82 9a 00 09 de ad 61`),
      "ip",
    );
  assertEquals(problems(quoting("6676").filter((each) => each.quoted)), []);
  assertEquals(problems(quoting("6677").filter((each) => each.quoted)), ["header checksum 0x6677, should be 0x6676"]);
});

Deno.test("dissect() follows quotes one level deep, however deep they claim to be", () => {
  const error = "03 03 00 00 00 00 00 00";
  const ip = "45 00 ff ff 00 00 00 00 40 01 00 00 0a 2c 00 02 0a 2c 00 01";
  const layers = dissect(hex(`${ip} ${`${error} ${ip}`.repeat(2000)}`), "ip");
  assertEquals(names(layers), ["IPv4", "ICMP", ">IPv4", ">ICMP", ">data"]);
});

Deno.test("dissect() verifies UDP and TCP over the pseudo-header", () => {
  const ip = (protocol: string, total: string, rest: string): Uint8Array =>
    hex(`45 00 ${total} 00 00 00 00 40 ${protocol} 00 00 0a 2c 00 01 0a 2c 00 02 ${rest}`);
  const udp = (checksum: string): Layer => layer(dissect(ip("11", "001d", `9c40 829a 0009 ${checksum} 61`), "ip"), 1);
  assertEquals(fieldOf(udp("1234"), "checksum"), {
    name: "checksum",
    value: 0x1234,
    text: "0x1234",
    offset: 26,
    length: 2,
    ok: false,
    expected: 0x6ba6,
  });
  assertEquals(fieldOf(udp("6ba6"), "checksum")?.ok, true);
  // Zero says that the sender computed none.
  assertEquals(fieldOf(udp("0000"), "checksum")?.ok, undefined);
  assertEquals(udp("0000").problems, []);
  const tcp = layer(dissect(ip("06", "0028", "a8ca 0050 ac8b0001 00000000 5002 faf0 0000 0000"), "ip"), 1);
  assertEquals(fieldOf(tcp, "checksum")?.expected, 0x4af0);
  assertEquals(fieldOf(tcp, "flags")?.text, "SYN");
});

Deno.test("dissect() reads options up to the first that is wrong", () => {
  const packet = (options: string): Layer => {
    const words = 5 + hex(options).length / 4;
    return layer(dissect(hex(`4${words.toString(16)} 00 00 14 00 00 00 00 40 01 00 00 0a 2c 00 01 0a 2c 00 02 ${options}`), "ip"), 0);
  };
  const good = packet("01 07 0b 08 0a2c0002 00000000 00000000");
  assertEquals(fieldOf(good, "options")?.text, "no operation, record route 1 of 2 10.44.0.2, end of list");
  assertEquals(fieldOf(good, "options")?.value, 16);
  for (
    const [options, problem] of [["01 07 00 00", "record route at byte 21"], ["94 01 00 00", "router alert at byte 20"], [
      "01 01 01 44",
      "timestamp at byte 23",
    ]]
  ) {
    assert(packet(options as string).problems.includes(`${problem} has a wrong length`), options);
  }
});

/** Bytes that look enough like a packet to reach every branch, and are damaged everywhere. */
function garbage(random: Random): Uint8Array {
  const bytes = random.bytes(random.pick([random.int(0, 90), random.int(0, 90), random.int(90, 600)]));
  const put = (at: number, ...values: number[]): void =>
    values.forEach((value, index) => at + index < bytes.length && (bytes[at + index] = value));
  const ip = random.pick([0, 14]);
  if (random.chance(0.9)) put(12, ...random.pick([[8, 0], [8, 6], [8, 6, 0, 1, 8, 0, 6, 4, 0, 1]]));
  if (random.chance(0.9)) put(ip, random.pick([0x45, 0x46, 0x4f, 0x41]), 0, 0, random.int(0, 255), 0, 0, random.pick([0, 0, 0x20]), 0);
  if (random.chance(0.9)) put(ip + 9, random.pick([1, 6, 17]));
  if (random.chance(0.6)) put(ip + 20, random.pick([0, 3, 8, 11, 12]), random.int(0, 4));
  if (random.chance(0.6)) put(ip + 28, 0x45, 0, 0, 60, 0, 0, 0, 0, 1, random.pick([1, 6, 17]));
  return bytes;
}

Deno.test("dissect() covers 20 000 random frames from the first byte to the last, and never throws", () => {
  const random = createRandom(8141);
  for (let run = 0; run < 20_000; run++) {
    const bytes = garbage(random);
    const medium = random.pick(["ethernet", "ip"] as const);
    const layers = dissect(bytes, medium, { fcs: medium === "ethernet" && random.chance(0.3) });
    let at = 0;
    for (const each of layers) {
      assertEquals(each.offset, at, `run ${run}: ${each.name}`);
      at += each.length;
      for (const field of each.fields) {
        assert(field.offset >= each.offset && field.offset + field.length <= at, `run ${run}: ${each.name}.${field.name}`);
        assert(field.value >= 0 && Number.isSafeInteger(field.value), `run ${run}: ${each.name}.${field.name}`);
      }
    }
    assertEquals(at, bytes.length, `run ${run}`);
  }
});

Deno.test("dissect() says of a packet cut at any length that it is cut off", () => {
  const whole = PING.subarray(0, 45);
  for (let length = 0; length < whole.length; length++) {
    assert(problems(dissect(whole.subarray(0, length), "ethernet")).length > 0, `${length} bytes`);
  }
  assertEquals(problems(dissect(whole, "ethernet")), []);
});
