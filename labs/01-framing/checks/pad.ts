/** Checks of pad: zeros up to the minimum, and nothing of what the buffer held before. */
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { usedFrame } from "./samples.ts";

export const pad: Readonly<Record<string, CheckSpec>> = {
  "short-frame": {
    title: "a short frame is filled up with zeros",
    kind: "table",
    weight: 2,
    covers: ["894-1"],
    look: ["pad"],
    why:
      "A station must still be sending when a collision comes back from the far end of the cable, so a frame has at least 60 bytes before " +
      "its FCS. RFC 894: the data field should be padded with octets of zero to meet that minimum.",
    hints: [
      "How long is the frame afterwards?",
      "60 counts the header: 46 bytes of payload, not 60.",
      "`frame.append(count)` makes room for what is missing; then the new bytes are set to 0, and no byte behind them.",
    ],
    run: async (t: Trial) => {
      for (const length of [42, 14, 59, t.random.int(15, 41), t.random.int(43, 58)]) {
        const packet = t.random.bytes(length);
        const frame = usedFrame(t.random, packet);
        const { start } = frame;
        const before = frame.bytes.slice();
        await t.framing.pad(frame, 60);
        t.equal(
          { start: frame.start, length: frame.length },
          { start, length: 60 },
          `start and length of a frame of ${length} bytes, padded to 60`,
        );
        t.equal(frame.toBytes().subarray(0, length), packet, `the frame's own ${length} bytes`);
        t.equal(frame.toBytes().subarray(length), new Uint8Array(60 - length), `the padding behind the frame's own ${length} bytes`);
        t.equal(frame.bytes.slice(0, start), before.slice(0, start), "the bytes in front of the frame, which are none of its own");
        t.equal(frame.bytes.slice(start + 60), before.slice(start + 60), "the bytes behind the padded frame, which are none of its own");
      }
    },
  },

  "secrets": {
    title: "the padding holds nothing of another frame",
    kind: "table",
    covers: ["894-1"],
    look: ["pad"],
    why:
      "Buffers are used again and again. In 2003 many Ethernet drivers turned out to pad frames with whatever lay behind them, and so sent " +
      "pieces of other people's packets to anyone who pinged them (CVE-2003-0001). Zeros are a matter of security.",
    hints: [
      "What does `frame.append` do to the bytes it adds?",
      "Nothing: it only moves `frame.end`. They still hold the last packet.",
      "`frame.bytes.fill(0, from, to)` over exactly the bytes that were added.",
    ],
    run: async (t: Trial) => {
      for (let i = 0; i < 3; i++) {
        const secret = `password${t.random.int(1000, 9999)}`;
        const frame = usedFrame(t.random, t.random.bytes(t.random.int(20, 50)));
        for (let at = frame.end; at < frame.bytes.length; at++) frame.bytes[at] = secret.charCodeAt((at - frame.end) % secret.length);
        const { end } = frame;
        await t.framing.pad(frame, 60);
        const filler = frame.bytes.subarray(end, frame.end);
        t.equal(filler.length, 60 - (end - frame.start), "how many bytes of padding there are");
        t.ok(filler.every((byte) => byte === 0), "zeros where the buffer had held a password", `"${String.fromCharCode(...filler)}"`);
      }
    },
  },

  "long-enough": {
    title: "a frame that is long enough stays as it is",
    kind: "table",
    covers: ["894-1"],
    look: ["pad"],
    why:
      "Most frames need no padding, and TAP wants none at all (minimum 14). To pad by a fixed amount, or to cut a frame to the minimum, " +
      "spoils all of them.",
    hints: [
      "What if the frame has the minimum already, or more?",
      "The number of missing bytes can be zero or less: then there is nothing to do.",
      "When nothing is missing, or less than nothing, return before you append.",
    ],
    run: async (t: Trial) => {
      for (const [length, minimum] of [[60, 60], [61, 60], [1514, 60], [14, 14], [42, 14], [20, 0]] as const) {
        const packet = t.random.bytes(length);
        const frame = usedFrame(t.random, packet);
        const before = { start: frame.start, end: frame.end, bytes: frame.bytes.slice() };
        await t.framing.pad(frame, minimum);
        const after = { start: frame.start, end: frame.end, bytes: frame.bytes.slice() };
        t.ok(
          before.start === after.start && before.end === after.end,
          `a frame of ${length} bytes with a minimum of ${minimum} left alone`,
          `one of ${frame.length} bytes`,
        );
        t.equal(after.bytes, before.bytes, "the bytes of its buffer");
      }
      const short = usedFrame(t.random, t.random.bytes(30));
      await t.framing.pad(short, 31);
      t.equal(short.length, 31, "the length of a frame of 30 bytes, padded to 31");
    },
  },
};
