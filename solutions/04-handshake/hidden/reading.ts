/** Hidden checks of parseSegment: random bytes, the buffer's end, option lists that nobody would send. */
import { bytesOf, option, withOptions } from "../../../labs/04-handshake/checks/options.ts";
import { callOfParse, callOfWrite, expectRead, framed } from "../../../labs/04-handshake/checks/checksum.ts";
import { anyHeader } from "../../../labs/04-handshake/checks/parse.ts";
import { expectFields, parseAll, type ParseCase } from "../../../labs/04-handshake/checks/samples.ts";
import { Frame } from "../../../stack/wire/frame.ts";
import type { Ipv4Address } from "../../../stack/wire/ipv4_address.ts";
import type { Random } from "../../../stack/wire/random.ts";
import { ACK, SYN, URG } from "../../../stack/wire/tcp_flags.ts";
import { ethernet, ipv4, tcp } from "../../../tools/harness/packets.ts";
import { amount, anyEnds, bytesText, faultySum, usedFrame, zeroSum } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

const REJECTS = ["truncated", "bad data offset", "bad tcp checksum", "bad option"];

/** Whether a segment may be read like this. A header without options and with a sound checksum leaves no choice. */
function isLegal(value: unknown, bytes: Uint8Array, sound: boolean): boolean {
  const plain = bytes.length >= 20 && (bytes[12] as number) >> 4 === 5;
  if (typeof value !== "object" || value === null) return REJECTS.includes(value as string) && !(plain && sound);
  return (value as { sourcePort?: unknown }).sourcePort === (bytes[0] as number) * 256 + (bytes[1] as number);
}

export const parse: Readonly<Record<string, CheckSpec>> = {
  "random-bytes": {
    title: "random bytes are a reject or a record, never an exception",
    kind: "table",
    weight: 2,
    covers: ["MUST-7", "MUST-3"],
    look: ["parseSegment"],
    why:
      "The network is full of bytes that nobody meant, and some that somebody did. A bad packet is a value: an exception in the receive path takes the whole host down.",
    hints: [
      "Which of your reads can lie outside of the segment?",
      "Every read behind byte 20 needs a comparison with the header's end in front of it.",
      "The failure shows the bytes: walk through them by hand.",
    ],
    run: async (t: Trial) => {
      for (const [checksum, name] of [[zeroSum(t), "sound"], [faultySum(t), "faulty"]] as const) {
        const all = Array.from({ length: 300 }, () => {
          const bytes = t.random.bytes(t.random.int(0, 70));
          if (bytes.length > 12) bytes[12] = t.random.int(0, 3) === 0 ? 5 << 4 : t.random.int(0, 255);
          return bytes;
        });
        const { source, destination } = anyEnds(t.random);
        const lists = all.map((bytes) => [atTheEnd(bytes), source, destination, checksum]);
        const outcomes = await t.many("handshake", "parseSegment", lists);
        for (const [index, { value, threw }] of outcomes.entries()) {
          const what = `${bytesText(all[index] as Uint8Array)}, with a ${name} checksum`;
          t.ok(threw === undefined, `parseSegment to return, given ${what}`, `an exception: ${threw}`);
          t.ok(isLegal(value, all[index] as Uint8Array, name === "sound"), `a record or a reject for ${what}`, JSON.stringify(value));
        }
      }
    },
  },

  "at-the-end": {
    title: "a segment at the very end of its buffer is read",
    kind: "table",
    covers: ["MUST-7"],
    look: ["parseSegment"],
    why:
      "Behind the last byte there is nothing, not even rubbish. A read of four bytes where two are left throws, and a text of no bytes begins at the end.",
    hints: [
      "Which read reaches beyond `frame.end`?",
      "Options are read byte by byte, or after a look at their length.",
      "text = frame.end is a fine offset for no text at all.",
    ],
    run: async (t) => {
      const lists = [[], [1, 1, 1, 1], [4, 2, 1, 0], [0, 0, 0, 0], [3, 3, 7, 1], [2, 4, 5, 180], [1, 1, 4, 2], [1, 3, 3, 9]];
      const { source, destination } = anyEnds(t.random);
      for (const list of lists) {
        const bytes = withOptions(Uint8Array.from(list), SYN, new Uint8Array());
        const frame = atTheEnd(bytes);
        const read = await t.handshake.parseSegment(frame, source, destination, zeroSum(t));
        const what = `a SYN that ends its buffer, options ${bytesText(Uint8Array.from(list)) || "none"}`;
        expectFields(t, read, { text: frame.end, textLength: 0, length: 1 }, what);
      }
      for (const kind of [2, 8, 253]) {
        const frame = atTheEnd(withOptions(Uint8Array.of(1, 1, 1, kind), SYN, new Uint8Array()));
        const read = await t.handshake.parseSegment(frame, source, destination, zeroSum(t));
        t.equal(read, "bad option", `what parseSegment says to a buffer that ends with the kind ${kind}`);
      }
    },
  },

  "unchanged": {
    title: "reading changes nothing",
    kind: "table",
    covers: ["MUST-3"],
    look: ["parseSegment"],
    why:
      "The text stays where it is until it is copied, and a capture of the wire shows the segment as it came. A checksum field that is zeroed to be verified is lost.",
    hints: [
      "Do you write into the frame while you verify the checksum?",
      "The sum over good data, its own field included, is 0: nothing needs to be taken out.",
      "Neither `frame.start` nor `frame.end` moves: no `pull`.",
    ],
    run: async (t: Trial) => {
      const { source, destination } = anyEnds(t.random);
      for (const flags of [SYN, ACK | URG]) {
        const { fields } = anyHeader(t.random, flags);
        const frame = usedFrame(t.random, tcp({ ...fields, options: { mss: 7, timestamps: [1, 2] } }, t.random.bytes(9)));
        const before = { bytes: frame.bytes.slice(), start: frame.start, end: frame.end };
        const read = await t.handshake.parseSegment(frame, source, destination, zeroSum(t));
        t.ok(typeof read === "object" && read?.sourcePort === fields.sourcePort, "a record of what was read", JSON.stringify(read));
        t.equal([frame.start, frame.end], [before.start, before.end], "frame.start and frame.end after parseSegment");
        t.equal(frame.bytes, before.bytes, "the buffer after parseSegment");
      }
    },
  },

  "every-flag": {
    title: "the record is right for every combination of flags",
    kind: "table",
    covers: ["SM-4"],
    look: ["parseSegment"],
    why:
      "Three fields depend on flags: length on SYN and FIN, ack and TSecr on ACK. No other flag changes anything, and no combination is too strange to be read.",
    hints: [
      "Which flags does the failure name?",
      "Look at each flag on its own: `flags & ACK`.",
      "Never compare `flags` for equality: ECE and CWR may be there.",
    ],
    run: async (t) => {
      const cases = Array.from({ length: 256 }, (_, flags): ParseCase => {
        const size = t.random.int(0, 3);
        const { fields, read } = anyHeader(t.random, flags);
        const length = size + (flags & 1) + (flags >> 1 & 1);
        return {
          bytes: tcp(fields, t.random.bytes(size)),
          expected: { ...read, length, textLength: size },
          what: `flags ${flags}, ${amount(size)}`,
        };
      });
      await parseAll(t, cases);
    },
  },
};

/** A frame whose buffer ends where the segment does. */
function atTheEnd(bytes: Uint8Array): Frame {
  const frame = new Frame(16 + bytes.length, 16);
  frame.bytes.set(bytes, frame.append(bytes.length));
  return frame;
}

/** Addresses that make the pseudo-header's sum as large, and as small, as it can be. */
const EXTREMES = [0xffff_ffff, 0, 0xffff_0000, 0x0000_ffff, 0x8000_0000, 0x7fff_ffff] as Ipv4Address[];

export const checksum: Readonly<Record<string, CheckSpec>> = {
  "extremes": {
    title: "the pseudo-header's sum is right for all addresses",
    kind: "table",
    weight: 2,
    covers: ["MUST-2", "MUST-3"],
    look: ["parseSegment", "writeSegment"],
    why:
      "Addresses above 128.0.0.0 are negative numbers to `>>` and to `&` with more than 31 bits, and four words of ffff sum to more than 16 bits. Both must come out right, in both directions.",
    hints: ["Which address has gone wrong?", "`>>>` shifts without a sign.", "The sum of six words is below 2¹⁹: no mask is needed."],
    run: async (t) => {
      for (const source of EXTREMES) {
        const ends = { source, destination: t.random.pick(EXTREMES) };
        await callOfParse(t, ends, t.random.int(0, 1400), "initial");
        await callOfWrite(t, ends, t.random.int(0, 500), "initial");
      }
    },
  },

  "odd-text-sent": {
    title: "text of odd length goes out with a right checksum",
    kind: "scenario",
    covers: ["MUST-2"],
    look: ["writeSegment"],
    why: "The last byte counts too, and the length in the pseudo-header is that of header and text together (RFC 9293 §3.1).",
    hints: ["Are even lengths right?", "From the header's first byte to `frame.end`.", "Run write/range and write/pseudo-header."],
    run: async (t) => {
      const { peer, connection } = await (await t.tcp()).inState("ESTABLISHED");
      for (const size of [1, 3, t.random.int(2, 600) * 2 + 1]) {
        const text = t.random.bytes(size);
        await connection.write(text);
        await peer.expect({ seq: peer.stackNext, data: text }, `${amount(size)} of text, whose checksum is right`);
        await peer.send({ flags: "ACK" });
      }
    },
  },

  "second-address": {
    title: "the answer is summed with the address that was asked",
    kind: "scenario",
    covers: ["MUST-2", "MUST-45", "SM-1"],
    look: ["writeSegment", "passiveOpen"],
    why:
      "A host with two addresses answers from the one that the SYN went to, for the whole connection (RFC 9293 §3.9.2: MUST-45). Addresses come to your functions as arguments, and they are what is summed.",
    hints: [
      "Which source does the answer have, and which was summed?",
      "`source` and `destination` are all you know of addresses.",
      "Nothing about addresses is kept in segment.ts.",
    ],
    run: async (t) => {
      const second = { mac: "02:00:00:00:00:03", address: "10.45.0.2" };
      t.step("the host has two interfaces, 10.44.0.2 and 10.45.0.2");
      const tcpStation = await t.tcp({ interfaces: [{ mac: "02:00:00:00:00:02", address: "10.44.0.2" }, second] });
      await tcpStation.listen(80);
      for (const [destinationPort, flags] of [[80, "SYN ACK"], [81, "RST ACK"]] as const) {
        const seq = t.random.int(1, 0x7fff_ffff);
        const syn = tcp({ seq, destinationPort, flags: "SYN", destination: second.address, options: { mss: 1000 } });
        await tcpStation.send(
          ethernet({}, ipv4({ protocol: 6, destination: second.address }, syn)),
          `a SYN for ${second.address}:${destinationPort}`,
        );
        const expected = {
          ipv4: { source: second.address },
          tcp: { ack: seq + 1, flags: { oneOf: [flags, flags.split(" ").reverse().join(" ")] } },
        };
        await tcpStation.expect(expected, `${flags} from ${second.address}, summed with that address`);
      }
    },
  },
};

/** What a walk over an option list comes to, by another hand: a reject, or how many segments' worth of sense it made. */
function walked(list: readonly number[]): Record<string, unknown> | string {
  const found = { mss: 0, windowScale: -1, sackPermitted: false, timestamps: false, sackCount: 0 };
  const legal: Readonly<Record<number, readonly number[]>> = { 2: [4], 3: [3], 4: [2], 5: [10, 18, 26, 34], 8: [10] };
  let rest = [...list];
  while (rest.length > 0 && rest[0] !== 0) {
    const [kind = 0, length = -1] = rest;
    if (kind === 1) {
      rest = rest.slice(1);
      continue;
    }
    if (length < 2 || length > rest.length || !(legal[kind]?.includes(length) ?? true)) return "bad option";
    const [, , first = 0, next = 0] = rest;
    if (kind === 2) found.mss = first * 256 + next;
    if (kind === 3) found.windowScale = first;
    if (kind === 4) found.sackPermitted = true;
    if (kind === 5) found.sackCount = (length - 2) / 8;
    if (kind === 8) found.timestamps = true;
    rest = rest.slice(length);
  }
  return found;
}

/** Option bytes that look like options, and often are none. */
function anyList(random: Random): number[] {
  const length = random.int(1, 10) * 4;
  const list: number[] = [];
  const good = [[1], [1], [2, 4, 5, 180], [3, 3, 7], [4, 2], [8, 10, 1, 2, 3, 4, 5, 6, 7, 8], [5, 10, 1, 2, 3, 4, 5, 6, 7, 8], [
    253,
    5,
    0,
    0,
    0,
  ], [254, 2]];
  while (list.length < length) {
    list.push(...(random.chance(0.9) ? random.pick(good) : [random.pick([0, 2, 3, 5, 8, 99]), random.int(0, 40)]));
  }
  return list.slice(0, length);
}

export const options: Readonly<Record<string, CheckSpec>> = {
  "random-lists": {
    title: "hundreds of random option lists are read as they must be",
    kind: "table",
    weight: 2,
    covers: ["MUST-7", "MUST-6", "MUST-64", "MUST-4"],
    look: ["parseSegment"],
    why:
      "Lists made of good options and of bad ones, cut off at any place. What is read twice counts as it came last; a list with one bad option is bad as a whole.",
    hints: [
      "Walk through the bytes of the failure by hand.",
      "Kind, length, is there enough, is that a length that this kind can have?",
      "A list is judged to its end, or to the kind 0.",
    ],
    run: async (t) => {
      const cases = Array.from({ length: 400 }, (): ParseCase => {
        const list = anyList(t.random);
        return { bytes: withOptions(Uint8Array.from(list)), expected: walked(list), what: `options ${bytesText(Uint8Array.from(list))}` };
      });
      await parseAll(t, cases);
    },
  },

  "full-header": {
    title: "forty bytes of options are read to the last",
    kind: "table",
    covers: ["MUST-64", "MUST-68"],
    look: ["parseSegment"],
    why:
      "Fifteen words are the longest header: 20 bytes and 40 of options (RFC 9293 §3.1). An option may end exactly where the header does.",
    hints: [
      "Is an option that ends with the header refused?",
      "It may end *at* the header's end, not behind it.",
      "at + length > end is bad; at + length === end is good.",
    ],
    run: async (t) => {
      const mss = option(2, ...bytesOf(t.random.int(1, 0xffff), 2));
      const lists = [
        [...option(8, ...t.random.bytes(8)), ...option(5, ...t.random.bytes(24)), ...mss],
        [...option(253, ...t.random.bytes(34)), ...mss],
        [...option(5, ...t.random.bytes(32)), 1, 1, ...mss],
        [...new Array(36).fill(1), ...mss],
        [...option(254, ...t.random.bytes(38))],
      ].map((list) => Uint8Array.from(list));
      await parseAll(
        t,
        lists.map((list) => ({ bytes: withOptions(list), expected: walked([...list]), what: `options ${bytesText(list)}` })),
      );
    },
  },

  "on-the-wire": {
    title: "a host survives bad options, and counts them",
    kind: "scenario",
    covers: ["MUST-7", "MUST-6"],
    look: ["parseSegment"],
    why:
      "The endless loop of a length of 0 is a host that answers nobody any more. Bad options are dropped in silence and counted; what comes behind them is treated as if nothing had been.",
    hints: [
      "Which segment was answered, or which was not?",
      'Each bad one is counted under "tcp: bad option".',
      "Does anything remain from one segment to the next?",
    ],
    run: async (t) => {
      const tcpStation = await t.tcp();
      await expectRead(t, tcpStation, "tcp: bad option");
      const bad = [[2, 0, 5, 180], [8, 1, 1, 1], [253, 0, 0, 0], [2, 40, 5, 180], [1, 1, 1, 3], [4, 3, 0, 0]];
      for (const [index, list] of t.random.shuffle(bad).entries()) {
        const bytes = withOptions(Uint8Array.from(list), SYN, new Uint8Array());
        await tcpStation.send(framed(bytes), `a SYN with the options ${bytesText(Uint8Array.from(list))}`);
        await tcpStation.expectSilence(10, `nothing is sent about the options ${bytesText(Uint8Array.from(list))}`);
        await t.counter(tcpStation, "tcp: bad option", index + 1);
      }
    },
  },
};
