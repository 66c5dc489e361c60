/** Checks of parseEthernet: the fields where they lie, and a name for each way a frame can be wrong. */
import type { FrameLimits } from "../../../stack/contract/framing.ts";
import type { Frame } from "../../../stack/wire/frame.ts";
import { formatMac, type MacAddress } from "../../../stack/wire/mac_address.ts";
import { ethernet } from "../../../tools/harness/packets.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { anyGroup, anyStation, typeText, usedFrame, WIRE } from "./samples.ts";

/** What parseEthernet answers. Fails when it did more than look: an answer about a frame that was changed is about another frame. */
async function answerTo(t: Trial, frame: Frame, limits: FrameLimits = WIRE): Promise<unknown> {
  const { start, end } = frame;
  const answer = await t.framing.parseEthernet(frame, limits);
  const moves = [["start", frame.start - start], ["end", frame.end - end]].filter(([, by]) => by !== 0);
  const moved = moves.map(([what, by]) => `${what} moved by ${by}`).join(", ");
  const why =
    "parseEthernet only says where things lie. Whoever takes the header off is the host, once it knows that the frame is for it: until then the frame stays as it " +
    "came, so that it can be counted, shown or handed to somebody else.";
  await t.about(
    { why, look: ["parseEthernet"] },
    () => t.ok(moves.length === 0, "parseEthernet only to look at the frame", `the frame was changed: ${moved}`),
  );
  return answer;
}

export const parse: Readonly<Record<string, CheckSpec>> = {
  "fields": {
    title: "parseEthernet reads both addresses and the type",
    kind: "table",
    weight: 2,
    covers: ["LNK-1", "894-1"],
    look: ["parseEthernet"],
    why: "Fourteen bytes begin every frame: for whom, from whom, what (RFC 894). They lie at `frame.start`, which differs from frame to " +
      "frame, and the payload follows them: all offsets count from there, never from 0.",
    hints: [
      "Where in `frame.bytes` does the packet begin?",
      "Every field has a fixed distance from `frame.start`: 0, 6 and 12; the payload 14.",
      "`readMac(frame.view, offset)` reads an address, `frame.view.getUint16(offset)` the type. Return one record with the four members.",
    ],
    run: async (t) => {
      for (let i = 1; i <= 8; i++) {
        const [destination, source, etherType] = [anyStation(t.random), anyStation(t.random), t.random.int(0x0600, 0xffff)];
        const packet = ethernet({ destination, source, etherType }, t.random.bytes(t.random.int(46, 1500)));
        const frame = usedFrame(t.random, packet);
        const what = `the header of frame ${i}: ${packet.length} bytes, start ${frame.start}`;
        const payload = frame.start + 14;
        t.fields(await answerTo(t, frame), { destination, source, etherType, payload }, what);
      }
    },
  },

  "high-addresses": {
    title: "parseEthernet reads addresses with all 48 bits",
    kind: "table",
    covers: ["LNK-1"],
    look: ["parseEthernet"],
    why: "An address has 48 bits, but JavaScript's `<<`, `|` and `&` work on 32: `byte << 40` is `byte << 8`, and half of the address is " +
      "gone. A number holds 53 bits exactly, as long as it is made by arithmetic.",
    hints: [
      "Which bits of the address did you get wrong: the upper 16?",
      "Multiply by a power of two where you would have shifted; or let a given helper do it.",
      "stack/wire/mac_address.ts has `readMac(view, offset)`.",
    ],
    run: async (t) => {
      const pairs = [[0xfeff_ffff_ffff, 0x8000_0000_0000], [0x0000_8000_0001, 0xfc00_0000_0000], [2, 0xffff_ffff]] as const;
      for (const [destination, source] of pairs) {
        const frame = usedFrame(t.random, ethernet({ destination, source }, t.random.bytes(100)));
        const what = `the header with the addresses ${formatMac(destination as MacAddress)} and ${formatMac(source as MacAddress)}`;
        t.fields(await answerTo(t, frame), { destination, source }, what);
      }
    },
  },

  "runt": {
    title: "a frame below the medium's minimum is a runt",
    kind: "table",
    covers: ["894-1"],
    look: ["parseEthernet"],
    why: "A frame shorter than the minimum is what a collision leaves over, or a part of one (IEEE 802.3 clause 3.4): its fields mean " +
      "nothing. The minimum is the medium's: 60 on Ethernet; TAP does not pad, and 14 will do.",
    hints: [
      "What is a frame's length: `frame.end`, or something less?",
      "`frame.length` against `limits.minimum`, before anything is read. A frame of exactly the minimum is good.",
      'if (frame.length < …) return "runt"; as the very first line. And a header always needs 14 bytes, whatever the minimum says.',
    ],
    run: async (t) => {
      for (const [minimum, length] of [[60, 59], [60, 14], [60, 46], [64, 63], [14, 13], [14, 6], [14, 0], [0, 13], [0, 0]] as const) {
        const frame = usedFrame(t.random, ethernet({}, t.random.bytes(64)).subarray(0, length));
        const answer = await answerTo(t, frame, { minimum, maximum: 1514 });
        t.equal<unknown>(answer, "runt", `the answer to ${length} bytes where the minimum is ${minimum}`);
      }
      for (const minimum of [60, 64, 14, 0]) {
        const length = Math.max(14, minimum);
        const frame = usedFrame(t.random, ethernet({}, t.random.bytes(length - 14)));
        const what = `the header of ${length} bytes where the minimum is ${minimum}`;
        t.fields(await answerTo(t, frame, { minimum, maximum: 1514 }), { etherType: 0x0800, payload: frame.start + 14 }, what);
      }
    },
  },

  "giant": {
    title: "a frame above the medium's maximum is a giant",
    kind: "table",
    covers: ["894-1"],
    look: ["parseEthernet"],
    why: "The longest payload of a frame is 1500 bytes (RFC 894), or the MTU that the interface was given. What is longer comes from a " +
      "sender with another MTU; buffers further up rely on the limit. A frame of exactly the maximum is still good.",
    hints: [
      "Is a frame of exactly `limits.maximum` bytes too long?",
      "The maximum counts the header: 14 + MTU. The FCS is gone already.",
      'if (frame.length > …) return "giant"; right behind the runts.',
    ],
    run: async (t) => {
      for (const maximum of [1514, 590, t.random.int(100, 1400)]) {
        for (const excess of [1, 4, t.random.int(5, 200)]) {
          const frame = usedFrame(t.random, ethernet({}, t.random.bytes(maximum + excess - 14)));
          const answer = await answerTo(t, frame, { minimum: 60, maximum });
          t.equal<unknown>(answer, "giant", `the answer to ${frame.length} bytes where the maximum is ${maximum}`);
        }
        const longest = usedFrame(t.random, ethernet({}, t.random.bytes(maximum - 14)));
        const what = `the header of a frame of exactly ${maximum} bytes`;
        t.fields(await answerTo(t, longest, { minimum: 60, maximum }), { payload: longest.start + 14 }, what);
      }
    },
  },

  "length-frame": {
    title: "a length in place of a type is named as such",
    kind: "table",
    covers: ["894-1"],
    look: ["parseEthernet"],
    why: "IEEE 802.3 and Ethernet II share the wire. Where one has a length the other has a type, and types begin where lengths cannot " +
      "reach: 0 to 1500 is a length (IEEE 802.3 clause 3.2.6, RFC 1122 §2.3.3). Taken for a type, a length is a protocol that does not exist.",
    hints: [
      "Which numbers can never be types?",
      "The two bytes at start + 12 are big-endian: 0x05dc is 1500.",
      'Up to 1500, both included: "length frame (802.3)", with the spelling of the contract.',
    ],
    run: async (t) => {
      for (const etherType of [0, 1, 46, 255, 256, 1499, 1500, t.random.int(2, 1498)]) {
        const frame = usedFrame(t.random, ethernet({ etherType }, t.random.bytes(t.random.int(46, 1500))));
        const answer = await answerTo(t, frame);
        t.equal<unknown>(
          answer,
          "length frame (802.3)",
          `the answer to ${typeText(etherType)}, the number ${etherType}, in the type's place`,
        );
      }
      const typed = usedFrame(t.random, ethernet({ etherType: 0x0806 }, t.random.bytes(60)));
      t.fields(await answerTo(t, typed), { etherType: 0x0806 }, "the header of a frame with a type");
    },
  },

  "undefined-type": {
    title: "1501 to 1535 is neither a length nor a type",
    kind: "table",
    covers: ["894-1"],
    look: ["parseEthernet"],
    why: "Lengths end at 1500 and types begin at 0x0600 = 1536. What lies between was left undefined (IEEE 802.3 clause 3.2.6), so that " +
      "nobody need guess which of the two a frame is.",
    hints: [
      "What do you answer to 1501, and what to 1536?",
      "Two borders make three ranges: lengths, nothing, types.",
      'When it is no length: below 0x0600 "undefined type", from 0x0600 on a type.',
    ],
    run: async (t) => {
      for (const etherType of [1501, 1535, 1518, t.random.int(1502, 1534)]) {
        const frame = usedFrame(t.random, ethernet({ etherType }, t.random.bytes(80)));
        const answer = await answerTo(t, frame);
        t.equal<unknown>(answer, "undefined type", `the answer to ${typeText(etherType)}, the number ${etherType}, in the type's place`);
      }
      for (const etherType of [0x0600, 0x0601, 0xffff]) {
        const frame = usedFrame(t.random, ethernet({ etherType }, t.random.bytes(80)));
        t.fields(
          await answerTo(t, frame),
          { etherType },
          `the header with type ${typeText(etherType)}, one of the first and the last of all`,
        );
      }
    },
  },

  "group-source": {
    title: "a frame that a group sent is refused",
    kind: "table",
    covers: ["LNK-1"],
    look: ["parseEthernet"],
    why:
      "A group can be spoken to but cannot speak: the group bit of a source address, the lowest of its first byte, is 0 (IEEE 802.3 clause 3.2.3). A stack that " +
      "takes such a frame will answer to the group, and one forged frame makes every station on the link receive the replies.",
    hints: [
      "Which bit tells a group from a station, and of which address?",
      "It is the lowest bit of the address's *first* byte: the byte at start + 6. 02:01:01:01:01:01 is a station.",
      'frame.bytes[start + 6] & 1 is 1: "group source".',
    ],
    run: async (t) => {
      for (const source of [0xffff_ffff_ffff, 0x0100_5e00_0001, 0x3333_0000_0001, anyGroup(t.random), anyGroup(t.random)]) {
        const frame = usedFrame(t.random, ethernet({ source }, t.random.bytes(50)));
        const answer = await answerTo(t, frame);
        t.equal<unknown>(answer, "group source", `the answer to a frame from ${formatMac(source as MacAddress)}`);
      }
      for (const source of [0x0201_0101_0101, 0x00ff_ffff_ffff, anyStation(t.random), anyStation(t.random)]) {
        const frame = usedFrame(t.random, ethernet({ source, destination: anyGroup(t.random) }, t.random.bytes(50)));
        t.fields(await answerTo(t, frame), { source }, "the header of a frame from a station *to* a group");
      }
    },
  },

  "order": {
    title: "the first thing that is wrong names the reject",
    kind: "table",
    covers: ["894-1"],
    look: ["parseEthernet"],
    why:
      "One frame can be wrong in many ways. Length comes first, because without it there may be no fields to look at, then the source, then the type. A fixed order makes " +
      "counters comparable between stacks, and between you and the person who asks what happened to a packet.",
    hints: [
      "In which order does the contract list the checks?",
      "Runt, giant, group source, then the type.",
      "Four `if`s in that order, each with a `return`; no reject is remembered for later.",
    ],
    run: async (t) => {
      const wrong = (length: number, etherType: number): Uint8Array =>
        ethernet({ source: anyGroup(t.random), etherType }, t.random.bytes(length)).subarray(0, length);
      const cases: [bytes: Uint8Array, reject: string, also: string][] = [
        [wrong(59, 100), "runt", "a group source and a length frame"],
        [wrong(1515, 1510), "giant", "a group source and an undefined type"],
        [wrong(60, 46), "group source", "a length frame"],
        [wrong(200, 1501), "group source", "an undefined type"],
      ];
      for (const [bytes, reject, also] of cases) {
        const answer = await answerTo(t, usedFrame(t.random, bytes));
        t.equal<unknown>(answer, reject, `the answer to a frame of ${bytes.length} bytes that is also ${also}`);
      }
    },
  },
};
