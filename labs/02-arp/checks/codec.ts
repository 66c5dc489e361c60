/** Checks of parseArp and writeArp: 28 bytes, where each field lies, and a name for each way they can be wrong. */
import type { ArpPacket, ArpReject } from "../../../stack/contract/arp.ts";
import { Frame } from "../../../stack/wire/frame.ts";
import { ZERO_MAC } from "../../../stack/wire/mac_address.ts";
import { arp, type ArpFields, join } from "../../../tools/harness/packets.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { bytesText, hex, ipText, macText, type Neighbour, replyFrom, requestFrom, usedFrame } from "./samples.ts";

/** The fields of a packet by their offsets, as RFC 826 "Packet format" has them. */
const FIELDS: readonly (readonly [offset: number, length: number, name: string])[] = [
  [0, 2, "hardware type"],
  [2, 2, "protocol type"],
  [4, 1, "hardware length"],
  [5, 1, "protocol length"],
  [6, 2, "operation"],
  [8, 6, "sender MAC"],
  [14, 4, "sender IP"],
  [18, 6, "target MAC"],
  [24, 4, "target IP"],
];

/** Fails unless the bytes are those of the packet; names the first field that is wrong, and whose bytes stand there instead. */
function expectBytes(t: Trial, bytes: Uint8Array, packet: ArpPacket, what: string): void {
  const right = arp(packet);
  t.equal(bytes.length, right.length, `how many bytes ${what} has`);
  const part = (from: Uint8Array, [offset, length]: readonly [number, number, string]): string =>
    hex(from.subarray(offset, offset + length));
  const wrong = FIELDS.find((field) => part(bytes, field) !== part(right, field));
  if (wrong === undefined) return t.step(`all 28 bytes of ${what} are right`);
  const got = part(bytes, wrong);
  const owner = FIELDS.find((field) => field[1] === wrong[1] && part(right, field) === got);
  const place = `+${wrong[0]} ${wrong[2]}`;
  t.ok(false, `${what}, ${place}: ${part(right, wrong)}`, `${place}: ${got}${owner === undefined ? "" : `, which is the ${owner[2]}`}`);
}

/** A station with any addresses whatever. */
function anyStation(t: Trial): Neighbour {
  const mac = t.random.int(0, 0xffff) * 2 ** 32 + t.random.int(0, 0xffff_ffff);
  return { mac: mac - Math.floor(mac / 2 ** 40) % 2 * 2 ** 40, ip: t.random.int(0x0100_0000, 0xdfff_ffff) } as Neighbour;
}

/** A random good packet; any bit of its addresses may be set. */
export function anyPacket(t: Trial): ArpPacket {
  const [sender, target] = [anyStation(t), anyStation(t)];
  if (t.random.chance(0.5)) return replyFrom(sender, target);
  // What a request says about the target's MAC address means nothing.
  return { ...requestFrom(sender, target.ip), targetMac: t.random.pick([ZERO_MAC, target.mac]) };
}

/** Parses packets that are good but for `fields`: each must be refused as `reject`. */
async function refuses(t: Trial, reject: ArpReject, wrong: readonly ArpFields[]): Promise<void> {
  for (const fields of wrong) {
    const frame = usedFrame(t.random, arp({ ...anyPacket(t), ...fields }));
    const what = Object.entries(fields).map(([name, value]) => `${name} ${fieldText(name, value)}`);
    t.equal<unknown>(await t.arp.parseArp(frame), reject, `the answer to a packet with ${what.join(" and ")}`);
  }
  const good = anyPacket(t);
  const why =
    "The bad packets before it were refused as they should be. But in this one nothing is wrong, so it must be read like any other: a parser that " +
    "refuses everything, or reads a field wrongly, is right about none. codec/fields tells more about the fields.";
  await t.about({ why, look: ["parseArp"] }, async () => {
    t.fields(await t.arp.parseArp(usedFrame(t.random, arp(good))), { ...good }, "a packet in which nothing is wrong");
  });
}

/** Compares what a good packet was parsed as; a word in place of it is a failure of another kind than a wrong field. */
async function expectPacket(t: Trial, parsed: unknown, fields: ArpPacket, what: string): Promise<void> {
  if (typeof parsed !== "string") return t.fields(parsed, { ...fields }, what);
  const why =
    "Nothing is wrong with this packet, but it was refused. The word that came names the test that did so: it reads other bytes than it should, or asks too " +
    "much. The checks behind this one are about one such word each.";
  await t.about({ why, look: ["parseArp"] }, () => t.fields(parsed, { ...fields }, what));
}

function fieldText(name: string, value: unknown): string {
  if (name === "senderMac") return macText(value);
  return name.endsWith("Length") ? `${value}` : `0x${Number(value).toString(16).padStart(4, "0")}`;
}

export const codec: Readonly<Record<string, CheckSpec>> = {
  "fields": {
    title: "parseArp reads all five fields of requests and replies",
    kind: "table",
    weight: 2,
    covers: ["826-1"],
    look: ["parseArp"],
    why:
      "An ARP packet says who sends (MAC and IP) and who is meant (MAC and IP), in that order, behind eight bytes that say of which kind " +
      'the addresses are (RFC 826 "Packet format"). All offsets count from `frame.start`, which differs from frame to frame.',
    hints: [
      "Compare the wrong fields with the picture at the top of arp.ts: which offset did you read?",
      "Two MAC addresses of six bytes each: the sender's IP address begins 14 bytes behind the start, the target's 24.",
      "readMac(frame.view, frame.start + 8), readIpv4(frame.view, frame.start + 14), then the same for the target at 18 and 24.",
    ],
    run: async (t) => {
      for (let i = 0; i < 10; i++) {
        const fields = anyPacket(t);
        const frame = usedFrame(t.random, arp(fields));
        await expectPacket(t, await t.arp.parseArp(frame), fields, `packet ${i + 1}, at offset ${frame.start} of its buffer`);
      }
    },
  },

  "high-bits": {
    title: "parseArp reads addresses whose highest bits are set",
    kind: "table",
    covers: ["826-1"],
    look: ["parseArp"],
    why: "JavaScript's bitwise operators work on 32 bits *with a sign*: put together with `<<` and `|`, 192.168.0.1 becomes " +
      "negative and a MAC address loses its first two bytes. Addresses are keys of a table, so one that reads wrong is somebody " +
      "else's.",
    hints: [
      "Is one of your addresses negative, or too small?",
      "The DataView reads 32 unsigned bits at once: `getUint32`. For 48 bits there is a helper in stack/wire/mac_address.ts.",
      "readIpv4(view, offset) and readMac(view, offset) get both right.",
    ],
    run: async (t) => {
      for (
        const [senderMac, senderIp] of [[0xfeff_ffff_ffff, 0xffff_ffff], [0x8000_0000_0000, 0x8000_0000], [0x00ff_0000_0000, 0xc0a8_0001]]
      ) {
        const fields = { ...anyPacket(t), senderMac, senderIp, targetMac: 0xfe80_8080_8080, targetIp: 0xdfff_ff80 };
        const what = `a packet from ${ipText(senderIp)} (${macText(senderMac)})`;
        await expectPacket(t, await t.arp.parseArp(usedFrame(t.random, arp(fields as ArpFields))), fields as ArpPacket, what);
      }
    },
  },

  "truncated": {
    title: "a packet of fewer than 28 bytes is truncated",
    kind: "table",
    covers: ["826-1"],
    look: ["parseArp"],
    why: "What lies behind the end of a packet belongs to the packet that used the buffer before, or to nobody. A parser that " +
      "reads on takes somebody else's bytes for addresses; one that reads past the buffer throws, and a stranger has stopped your " +
      "stack.",
    hints: [
      "Where does the packet end: at `frame.end`, or where the buffer ends?",
      "`frame.length` is the number of bytes that belong to the packet. Look at it before anything else.",
      'Fewer than 28: return "truncated". No field is worth a look then.',
    ],
    run: async (t) => {
      const fields = anyPacket(t);
      const packet = arp(fields);
      for (let length = 0; length < 28; length++) {
        const cut = usedFrame(t.random, packet.subarray(0, length), 0);
        t.equal<unknown>(await t.arp.parseArp(cut), "truncated", `the answer to a packet of which only ${bytesText(length)} came`);
      }
      for (const missing of [1, 2, 14]) {
        const frame = usedFrame(t.random, packet);
        frame.end -= missing;
        const what = `the answer when frame.end lies ${bytesText(missing)} short, with the rest still in the buffer`;
        t.equal<unknown>(await t.arp.parseArp(frame), "truncated", what);
      }
      t.fields(await t.arp.parseArp(usedFrame(t.random, packet, 0)), { ...fields }, "all 28 bytes");
    },
  },

  "padding": {
    title: "bytes behind the 28 are padding, and nothing is changed",
    kind: "table",
    covers: ["826-1"],
    look: ["parseArp"],
    why: "Ethernet carries at least 46 bytes, so an ARP packet arrives with 18 bytes of padding behind it. ARP has no length of " +
      "its own: the 28 bytes are counted off the front, and the rest does not matter, whatever it is.",
    hints: [
      "What do you do with a packet that is *longer* than 28 bytes?",
      "Only a shorter packet is wrong. And reading moves neither `frame.start` nor `frame.end`.",
      "Compare with `<`, not with `!==`.",
    ],
    run: async (t) => {
      for (const padding of [1, 18, 32, 1472]) {
        const fields = anyPacket(t);
        const frame = usedFrame(t.random, join(arp(fields), t.random.bytes(padding)));
        const { start, end } = frame;
        const before = frame.bytes.slice();
        t.fields(await t.arp.parseArp(frame), { ...fields }, `a packet with ${bytesText(padding)} behind it`);
        t.equal({ start: frame.start, end: frame.end }, { start, end }, "start and end of the frame after parseArp");
        t.equal(frame.bytes, before, "the bytes of its buffer");
      }
    },
  },

  "hardware-type": {
    title: "only hardware type 1, Ethernet, is taken",
    kind: "table",
    covers: ["826-1"],
    look: ["parseArp"],
    why: 'The first question of RFC 826 "Packet Reception" is: do I have the hardware type? Type 6 (IEEE 802) looks alike, and ' +
      "an address of another kind of network that is read as Ethernet's sends packets nowhere. The field has two bytes; both count.",
    hints: [
      "How many bytes wide is the hardware type?",
      "0x0100 is not 1: read 16 bits, big-endian.",
      'frame.view.getUint16(frame.start), compared with 1. Else "bad hardware type".',
    ],
    run: (t) =>
      refuses(t, "bad hardware type", [0, 2, 6, 0x0100, 0x0101, 0xffff, t.random.int(7, 0xffff)].map((hardwareType) => ({ hardwareType }))),
  },

  "protocol-type": {
    title: "only protocol type 0x0800, IPv4, is taken",
    kind: "table",
    covers: ["826-1"],
    look: ["parseArp"],
    why: 'ARP was made for any protocol over any network; the numbers of the protocols are Ethernet\'s (RFC 826 "Definitions"). ' +
      "Do I speak the protocol? 0x0806 is ARP itself, and no protocol with addresses.",
    hints: [
      "Which number stands for IPv4? It is the same as the EtherType's.",
      "Two bytes at start + 2.",
      'frame.view.getUint16(frame.start + 2), compared with 0x0800. Else "bad protocol type".',
    ],
    run: (t) =>
      refuses(
        t,
        "bad protocol type",
        [0, 0x0008, 0x0801, 0x0806, 0x86dd, 0xffff, t.random.int(0x0900, 0x85ff)].map((protocolType) => ({ protocolType })),
      ),
  },

  "address-length": {
    title: "addresses of other lengths than 6 and 4 are refused",
    kind: "table",
    covers: ["826-1"],
    look: ["parseArp"],
    why: "The lengths say where the addresses lie: with a hardware length of 8, the sender's IP address begins at 16, not at 14. A " +
      'parser that reads at fixed places must insist on the lengths that put the addresses there (RFC 826 "Packet Reception": ' +
      "optionally check).",
    hints: [
      "There are two lengths, of one byte each. Do you look at both?",
      "Hardware length at start + 4 must be 6, protocol length at start + 5 must be 4.",
      'If one of the two is wrong: "bad address length".',
    ],
    run: (t) =>
      refuses(t, "bad address length", [
        ...[0, 1, 5, 7, 8, 16, 0xff].map((hardwareLength) => ({ hardwareLength })),
        ...[0, 3, 5, 6, 16, 0xff].map((protocolLength) => ({ protocolLength })),
        { hardwareLength: 4, protocolLength: 6 },
      ]),
  },

  "operation": {
    title: "an operation is a request or a reply, and nothing else",
    kind: "table",
    covers: ["826-1"],
    look: ["parseArp"],
    why: "RFC 826 knows request (1) and reply (2). Others came later for other purposes, with the same 28 bytes: 3 and 4 ask for " +
      'one\'s own IP address (RFC 903), 8 and 9 are InARP (RFC 2390). Whoever takes "not a request" for a reply learns addresses ' +
      "from packets that say something else.",
    hints: [
      "What does your code make of operation 3? And of 0?",
      "The operation has 16 bits, at start + 6: 0x0101 is not 1.",
      'Unless it is 1 or 2: "bad operation".',
    ],
    run: (t) =>
      refuses(
        t,
        "bad operation",
        [0, 3, 4, 8, 9, 0x0100, 0x0101, 0x0201, 0xffff, t.random.int(10, 255)].map((operation) => ({ operation })),
      ),
  },

  "group-sender": {
    title: "a sender with a group address is refused",
    kind: "table",
    covers: ["826-1"],
    look: ["parseArp"],
    why: "One station has one address. Whoever claims ff:ff:ff:ff:ff:ff, or a multicast address, would get the packets for his IP " +
      "address sent to everybody: RFC 1812 §3.3.2 forbids routers to believe it, and hosts do well not to either.",
    hints: [
      "Which bit tells a group's address from a station's?",
      "The lowest bit of the *first* byte: 01:00:5e:… is a group, 02:00:00:… is none. The target's address does not matter.",
      'frame.view.getUint8(frame.start + 8) & 1: then "group sender".',
    ],
    run: async (t) => {
      const groups = [0xffff_ffff_ffff, 0x0100_5e00_0001, 0x3333_0000_0001, 0x0180_c200_000e, 0x0300_0000_0000];
      await refuses(t, "group sender", groups.map((senderMac) => ({ senderMac })));
      for (const senderMac of [0x02ff_ffff_ffff, 0x0001_0101_0101, 0xfe01_ff01_ff01]) {
        const fields = { ...anyPacket(t), senderMac, targetMac: 0xffff_ffff_ffff };
        t.fields(
          await t.arp.parseArp(usedFrame(t.random, arp(fields))),
          { ...fields },
          "a packet from one station, with a group as its target",
        );
      }
    },
  },

  "write": {
    title: "writeArp writes every byte of a packet",
    kind: "table",
    weight: 2,
    covers: ["826-1"],
    look: ["writeArp"],
    why: "The kernel on the other side checks all eight bytes in front of the addresses, and answers nothing at all when one is " +
      "wrong: no error, just silence. The buffer holds what an earlier packet left there, so a byte that is not written is not zero.",
    hints: [
      "Compare the bytes with the picture at the top of arp.ts. The first that differs belongs to which field?",
      "`writeMac(view, offset, mac)` writes six bytes, `view.setUint32` an IPv4 address. Write the zeros too.",
      "Sixteen bits each for hardware type, protocol type and operation; one byte each for the lengths 6 and 4; addresses at 8, " +
      "14, 18, 24.",
    ],
    run: async (t) => {
      const extremes = { senderMac: 0xfeff_ffff_ffff, senderIp: 0xffff_ffff, targetIp: 0x8000_0000 };
      for (let i = 0; i < 8; i++) {
        const fields = { ...anyPacket(t), ...(i === 0 ? extremes : {}) } as ArpPacket;
        const frame = usedFrame(t.random, new Uint8Array());
        await t.arp.writeArp(frame, fields);
        expectBytes(t, frame.toBytes(), fields, `packet ${i + 1}`);
      }
    },
  },

  "push": {
    title: "writeArp pushes in front and touches nothing else",
    kind: "table",
    covers: ["826-1"],
    look: ["writeArp"],
    why: "A packet on its way down grows at its front, into the frame's headroom, so that the Ethernet header can be pushed in " +
      "front of it next. Written behind instead, or over the headroom, it has no place for that header, or destroys what is there.",
    hints: [
      "Where do `frame.start` and `frame.end` lie afterwards?",
      "`frame.push(28)` makes the room and returns the new start.",
      "const start = frame.push(28), then write at start + 0 … start + 27.",
    ],
    run: async (t) => {
      for (let i = 0; i < 4; i++) {
        const frame = usedFrame(t.random, new Uint8Array());
        const before = frame.bytes.slice();
        const end = frame.end;
        await t.arp.writeArp(frame, anyPacket(t));
        t.equal(
          { start: frame.start, end: frame.end },
          { start: end - 28, end },
          `where the packet lies in a frame that began empty at ${end}`,
        );
        t.equal(frame.bytes.slice(0, end - 28), before.slice(0, end - 28), "the headroom in front of the packet");
        t.equal(frame.bytes.slice(end), before.slice(end), "the buffer behind the packet");
      }
      const tight = new Frame(28, 28);
      const fields = anyPacket(t);
      await t.arp.writeArp(tight, fields);
      const why = "The packet lies where it should. But a field of it is wrong, which codec/write is about: mend that first.";
      await t.about({ why, look: ["writeArp"] }, () => expectBytes(t, tight.toBytes(), fields, "a packet that fills its buffer exactly"));
    },
  },
};
