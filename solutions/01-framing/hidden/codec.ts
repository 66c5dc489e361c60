/** Hidden checks of the single functions: the corners that a solution reaches when it was written from the idea. */
import { anyAddress, anyGroup, anyStation, bytesText, typeText, usedFrame, WIRE } from "../../../labs/01-framing/checks/samples.ts";
import type { Frame } from "../../../stack/wire/frame.ts";
import { BROADCAST_MAC, formatMac, type MacAddress } from "../../../stack/wire/mac_address.ts";
import type { Random } from "../../../stack/wire/random.ts";
import { ethernet } from "../../../tools/harness/packets.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

/** A frame whose last byte is the last of its buffer. */
function atTheEdge(random: Random, packet: Uint8Array): Frame {
  return usedFrame(random, packet, 0);
}

export const parse: Readonly<Record<string, CheckSpec>> = {
  "at-the-edge": {
    title: "no byte behind the frame is read, at any length",
    kind: "table",
    covers: ["LNK-1"],
    look: ["parseEthernet"],
    why:
      "A frame may end where its buffer ends. To read a field before its length is known is to read beyond the frame: an exception here, " +
      "another person's data in a language without bounds.",
    hints: [
      "Is the length checked before the first field is read?",
      "Also with a minimum of 0 a header needs 14 bytes.",
      "Length below 14, or below the minimum: answer before anything else.",
    ],
    run: async (t: Trial) => {
      const packet = ethernet({ source: anyStation(t.random), etherType: 0x86dd }, t.random.bytes(4));
      for (const minimum of [0, 14]) {
        const lengths = Array.from({ length: packet.length + 1 }, (_, length) => length);
        const frames = lengths.map((length) => atTheEdge(t.random, packet.subarray(0, length)));
        const answers = await t.many("framing", "parseEthernet", frames.map((frame) => [frame, { minimum, maximum: 1514 }]));
        for (const [length, { value, threw }] of answers.entries()) {
          const what = `the answer to ${bytesText(length)} at the end of a buffer, minimum ${minimum}`;
          t.ok(threw === undefined, `${what}: no exception`, `${threw}`);
          if (length < 14) t.equal<unknown>(value, "runt", what);
          else t.fields(value, { etherType: 0x86dd, payload: (frames[length] as Frame).start + 14 }, what);
        }
      }
    },
  },

  "untouched": {
    title: "parseEthernet changes nothing in the frame",
    kind: "table",
    covers: ["LNK-1"],
    look: ["parseEthernet"],
    why:
      "Who parses only looks. The host decides afterwards whether to step over the header, to forward the frame as it is, or to show it.",
    hints: [
      "Do you move `frame.start`?",
      "`payload` tells where the payload begins; `pull` is the host's affair.",
      "Only read: no push, pull or append, no assignment.",
    ],
    run: async (t) => {
      for (const [length, etherType] of [[60, 0x0800], [1514, 0x0806], [20, 0x0800], [1600, 0x0800], [60, 100], [60, 1501]] as const) {
        const frame = usedFrame(t.random, ethernet({ etherType }, t.random.bytes(length - 14)));
        const before = { start: frame.start, end: frame.end };
        const bytes = frame.bytes.slice();
        const good = length >= 60 && length <= 1514 && etherType >= 0x0600;
        const answer = await t.framing.parseEthernet(frame, WIRE);
        t.equal(
          typeof answer,
          good ? "object" : "string",
          `the kind of answer to a frame of ${length} bytes and type ${typeText(etherType)}`,
        );
        t.equal(
          { start: frame.start, end: frame.end },
          before,
          `start and end of a frame of ${length} bytes and type ${typeText(etherType)}`,
        );
        t.equal(frame.bytes, bytes, "the bytes of its buffer");
      }
    },
  },

  "random-frames": {
    title: "random frames get the right answers",
    kind: "table",
    weight: 2,
    covers: ["LNK-1", "894-1"],
    look: ["parseEthernet"],
    why:
      "A wire brings everything sooner or later. A parser has an answer to all of it, and never an exception: who can make a stack throw " +
      "can make it stop.",
    hints: [
      "Which kind of frame is answered wrongly: what do its length, source and type have in common?",
      "Length, then source, then type; the first that is wrong counts.",
      "Go through the contract of parseEthernet line by line; each line is one `if`.",
    ],
    run: async (t: Trial) => {
      const samples = Array.from({ length: 600 }, () => anySample(t.random));
      const limits = { minimum: 60, maximum: 90 };
      const answers = await t.many("framing", "parseEthernet", samples.map(({ frame }) => [frame, limits]));
      for (const [i, { value, threw }] of answers.entries()) {
        const { frame, expected } = samples[i] as Sample;
        const what = `the answer to frame ${i}: ${frame.length} bytes, limits 60 to 90`;
        t.ok(threw === undefined, `${what}: no exception`, `${threw}`);
        if (typeof expected === "string") t.equal<unknown>(value, expected, what);
        else t.fields(value, expected, what);
      }
    },
  },

  "all-ones": {
    title: "nothing but ones is refused at every length",
    kind: "table",
    covers: ["LNK-1", "894-1"],
    look: ["parseEthernet"],
    why:
      "All ones is what a broken receiver delivers. As a frame it would be a broadcast from broadcast with type 0xffff: the source is what " +
      "gives it away.",
    hints: [
      "What is the source address of this frame?",
      "ff:ff:ff:ff:ff:ff has the group bit: no station is called that.",
      "Below the minimum a runt, above the maximum a giant, in between a group source.",
    ],
    run: async (t: Trial) => {
      for (const length of [0, 1, 13, 14, 59, 60, 61, 1513, 1514, 1515, 2000, t.random.int(62, 1512)]) {
        const answer = await t.framing.parseEthernet(atTheEdge(t.random, new Uint8Array(length).fill(0xff)), WIRE);
        t.equal<unknown>(
          answer,
          length < 60 ? "runt" : length > 1514 ? "giant" : "group source",
          `the answer to ${bytesText(length)} of 0xff`,
        );
      }
    },
  },

  "other-limits": {
    title: "the limits are the medium's, whatever they are",
    kind: "table",
    covers: ["894-1"],
    look: ["parseEthernet"],
    why:
      "Jumbo frames of 9000 bytes, tunnels with an MTU of 1280, TAP without a minimum: the limits belong to the device and come from there.",
    hints: [
      "Does a number like 60 or 1514 stand in your code?",
      "Both limits come in as `limits`.",
      "`limits.minimum` and `limits.maximum`; your own number is only the 14 of the header.",
    ],
    run: async (t) => {
      for (const [minimum, maximum] of [[60, 9014], [14, 1294], [100, 101], [t.random.int(61, 80), t.random.int(81, 100)]] as const) {
        const cases = [[minimum - 1, "runt"], [minimum, undefined], [maximum, undefined], [maximum + 1, "giant"]] as const;
        for (const [length, reject] of cases) {
          const frame = usedFrame(t.random, ethernet({}, t.random.bytes(Math.max(0, length - 14))).subarray(0, length));
          const answer = await t.framing.parseEthernet(frame, { minimum, maximum });
          const what = `the answer to ${length} bytes, limits ${minimum} to ${maximum}`;
          if (reject !== undefined) t.equal<unknown>(answer, reject, what);
          else t.fields(answer, { payload: frame.start + 14, etherType: 0x0800 }, what);
        }
      }
    },
  },
};

/** A frame, and the answer that the contract wants for it with limits 60 to 90. */
interface Sample {
  readonly frame: Frame;
  readonly expected: string | Readonly<Record<string, number>>;
}

function anySample(random: Random): Sample {
  const [destination, group] = [anyAddress(random), random.chance(0.3)];
  const source = group ? anyGroup(random) : anyStation(random);
  const etherType = random.pick([random.int(0, 1500), random.int(1495, 1540), random.int(0x0600, 0xffff)]);
  const length = random.chance(0.3) ? random.int(0, 120) : random.int(60, 90);
  const packet = ethernet({ destination, source, etherType }, random.bytes(120)).subarray(0, length);
  const frame = atTheEdge(random, packet);
  return { frame, expected: rejectOf(length, group, etherType) ?? { destination, source, etherType, payload: frame.start + 14 } };
}

function rejectOf(length: number, group: boolean, etherType: number): string | undefined {
  if (length < 60 || length > 90) return length < 60 ? "runt" : "giant";
  if (group) return "group source";
  if (etherType < 0x0600) return etherType > 1500 ? "undefined type" : "length frame (802.3)";
  return undefined;
}

export const write: Readonly<Record<string, CheckSpec>> = {
  "over-rubbish": {
    title: "every byte of the header is written",
    kind: "table",
    covers: ["LNK-1"],
    look: ["writeEthernet"],
    why:
      "Headroom is not empty: it holds the header that stood there last. An address with zeros in it, written as if the bytes were zero " +
      "already, comes out mixed with the last one's.",
    hints: [
      "Does your code write all six bytes of an address such as 00:00:00:00:00:01?",
      "A number has no leading zeros, an address has.",
      "`writeMac` writes six bytes, whatever they are.",
    ],
    run: async (t) => {
      for (const [destination, source] of [[1, 0x0200_0000_0000], [0xff00_0000, 0xfc00_0000_00ff], [0xffff_0000_0000, 256]] as const) {
        const frame = usedFrame(t.random, t.random.bytes(46));
        const packet = frame.toBytes();
        await t.framing.writeEthernet(frame, destination as MacAddress, source as MacAddress, 0x0800);
        const what = `the frame to ${formatMac(destination as MacAddress)} from ${formatMac(source as MacAddress)}`;
        t.equal(frame.toBytes(), ethernet({ destination, source }, packet), what);
      }
    },
  },
};

export const filter: Readonly<Record<string, CheckSpec>> = {
  "low-bits": {
    title: "an odd last byte does not make a group",
    kind: "table",
    covers: ["LNK-1"],
    look: ["filterMac"],
    why:
      "“Lowest bit of the first byte” is bit 40 of the number, not bit 0: the first byte on the wire is the most significant of the six. And " +
      "JavaScript's `>>` cannot reach bit 40.",
    hints: [
      "Which byte of 02:00:00:00:00:01 has the group bit?",
      "The first, 02: the bit is 0. The last byte says nothing.",
      "If you ask for the group bit at all: Math.floor(address / 2 ** 40) % 2. But comparing with the list is enough.",
    ],
    run: async (t) => {
      for (let i = 0; i < 4; i++) {
        const own = (Math.floor(anyStation(t.random) / 2) * 2 + 1) as MacAddress;
        const group = (Math.floor(anyGroup(t.random) / 2) * 2) as MacAddress;
        const odd = (Math.floor(anyStation(t.random) / 2) * 2 + 1) as MacAddress;
        const filter = { own, groups: [group], promiscuous: false };
        t.equal<unknown>(await t.framing.filterMac(own, filter), "unicast", `the match of our own ${formatMac(own)}`);
        t.equal<unknown>(await t.framing.filterMac(group, filter), "multicast", `the match of the joined group ${formatMac(group)}`);
        t.equal<unknown>(await t.framing.filterMac(odd, filter), "not for us", `the match of the neighbour ${formatMac(odd)}`);
      }
    },
  },

  "no-groups": {
    title: "who joined no group still hears broadcasts",
    kind: "table",
    covers: ["LNK-1", "LNK-3"],
    look: ["filterMac"],
    why: "Broadcast is a group that nobody has to join (RFC 1122 §2.4); every other group is silent for a station that did not ask for it.",
    hints: [
      "What do you answer when `filter.groups` is empty?",
      "An empty list contains nothing; broadcast is not looked up in it.",
      "Own address, then broadcast, then the list, then promiscuous.",
    ],
    run: async (t) => {
      const filter = { own: anyStation(t.random), groups: [], promiscuous: false };
      for (let i = 0; i < 6; i++) {
        const group = anyGroup(t.random);
        t.equal<unknown>(await t.framing.filterMac(group, filter), "not for us", `the match of ${formatMac(group)} with no group joined`);
        t.equal<unknown>(await t.framing.filterMac(group, { ...filter, promiscuous: true }), "promiscuous", "the same, promiscuous");
      }
      t.equal<unknown>(
        await t.framing.filterMac(BROADCAST_MAC, filter),
        "broadcast",
        "the match of ff:ff:ff:ff:ff:ff with no group joined",
      );
      t.equal<unknown>(await t.framing.filterMac(filter.own, filter), "unicast", "the match of our own address");
    },
  },
};

export const demultiplex: Readonly<Record<string, CheckSpec>> = {
  "all-near": {
    title: "of 250 types exactly two are known",
    kind: "table",
    covers: ["894-1"],
    look: ["demultiplex"],
    why:
      "Two numbers of 65,536, and no range: 0x0801 was another maker's protocol, 0x0805 another's still. A test for “at least 0x0800” lets " +
      "all of them in.",
    hints: [
      "Do you compare with `===`, or with `>=` or a mask?",
      "0x0800 and 0x0806, nothing between.",
      "A `switch` over the number.",
    ],
    run: async (t: Trial) => {
      const near = Array.from({ length: 160 }, (_, i) => 0x07b0 + i);
      const far = Array.from({ length: 90 }, () => t.random.int(0x0900, 0xffff));
      const types = t.random.shuffle([...near, ...far]);
      const answers = await t.many("framing", "demultiplex", types.map((type) => [type]));
      for (const [i, { value, threw }] of answers.entries()) {
        const type = types[i] as number;
        const what = `the protocol of ${typeText(type)}`;
        t.ok(threw === undefined, `${what}: no exception`, `${threw}`);
        t.equal(value, type === 0x0800 ? "ipv4" : type === 0x0806 ? "arp" : "unknown type", what);
      }
    },
  },
};

export const pad: Readonly<Record<string, CheckSpec>> = {
  "any-minimum": {
    title: "any minimum from 0 to 60, any length",
    kind: "table",
    covers: ["894-1"],
    look: ["pad"],
    why:
      "The minimum is the medium's. What holds for 60 holds for every number: the frame has the larger of its own length and the minimum, " +
      "and what was added is zero.",
    hints: [
      "What do you do with a frame of no bytes, or a minimum of 0?",
      "The number of bytes to add is `minimum` minus `length`, and never negative.",
      "Append that many and fill them; with none missing return at once.",
    ],
    run: async (t) => {
      for (let i = 0; i < 40; i++) {
        const [length, minimum] = [t.random.int(0, 64), t.random.pick([60, t.random.int(0, 60)])];
        const packet = t.random.bytes(length);
        const frame = usedFrame(t.random, packet);
        const behind = frame.bytes.slice();
        await t.framing.pad(frame, minimum);
        const expected = new Uint8Array(Math.max(length, minimum));
        expected.set(packet);
        t.equal(frame.toBytes(), expected, `a frame of ${bytesText(length)}, padded to ${minimum}`);
        t.equal(frame.bytes.slice(frame.end), behind.slice(frame.end), "the bytes behind it in the buffer");
      }
    },
  },

  "exact-room": {
    title: "padding fits where there is room for no more",
    kind: "table",
    covers: ["894-1"],
    look: ["pad"],
    why:
      "A buffer may have room for the padding and not for one byte more. Padding by whole words, or a byte past the end, breaks exactly there.",
    hints: [
      "How many bytes do you write, and where does the last one go?",
      "From the old end up to the new one, which is not included.",
      "`fill(0, at, frame.end)` behind the `append` that gave `at`.",
    ],
    run: async (t) => {
      for (const length of [59, 57, 42, t.random.int(14, 56)]) {
        const packet = t.random.bytes(length);
        const frame = usedFrame(t.random, packet, 60 - length);
        await t.framing.pad(frame, 60);
        const expected = new Uint8Array(60);
        expected.set(packet);
        t.equal(frame.toBytes(), expected, `a frame of ${length} bytes, padded to 60 in a buffer that ends there`);
      }
    },
  },
};
