/** Checks of writeEthernet: fourteen bytes in front of a packet, and not one byte elsewhere. */
import { Frame } from "../../../stack/wire/frame.ts";
import { ethernet } from "../../../tools/harness/packets.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { anyGroup, anyStation, bytesText, typeText, usedFrame } from "./samples.ts";

/** What is wrong when the header stands where it should, and says something else. */
const FIELDS = {
  why:
    "The header lies where it should, but a field of it is wrong: destination, source and type, in this order, each with its most significant byte first (RFC 894). " +
    "Mend write/bytes first.",
  look: ["writeEthernet"],
};

export const write: Readonly<Record<string, CheckSpec>> = {
  "bytes": {
    title: "writeEthernet writes the bytes of RFC 894",
    kind: "table",
    weight: 2,
    covers: ["LNK-1", "894-1"],
    look: ["writeEthernet"],
    why: "The destination stands first so that a station can stop listening after six bytes. All three fields are big-endian, most " +
      "significant byte first (RFC 894), and a source in the destination's place sends the frame back to yourself.",
    hints: [
      "Compare with the hex dump in the handout: which of the three fields is wrong?",
      "Destination at 0, source at 6, type at 12, counted from the *new* start.",
      "`writeMac(frame.view, offset, address)` twice, then `frame.view.setUint16(offset, etherType)`.",
    ],
    run: async (t) => {
      for (let i = 1; i <= 8; i++) {
        const fields = {
          destination: t.random.pick([anyStation, anyGroup])(t.random),
          source: anyStation(t.random),
          etherType: t.random.int(0x0600, 0xffff),
        };
        const packet = t.random.bytes(t.random.int(0, 1500));
        const frame = usedFrame(t.random, packet);
        await t.framing.writeEthernet(frame, fields.destination, fields.source, fields.etherType);
        t.equal(frame.toBytes(), ethernet(fields, packet), `frame ${i}, header and packet of ${bytesText(packet.length)}`);
      }
    },
  },

  "in-front": {
    title: "the header goes in front, nothing else moves",
    kind: "table",
    covers: ["LNK-1"],
    look: ["writeEthernet"],
    why:
      "A packet on its way down grows at its front: each layer pushes its header into the headroom and copies nothing. The packet stays " +
      "where it is, and what lies around it may belong to somebody else.",
    hints: [
      "Do `frame.start` and `frame.end` both end up where they should?",
      "`start` goes down by 14; `end` stays.",
      "`frame.push(14)` moves the start and returns it; write there.",
    ],
    run: async (t) => {
      for (let i = 1; i <= 4; i++) {
        const frame = usedFrame(t.random, t.random.bytes(t.random.int(0, 100)));
        const { start, end } = frame;
        const before = frame.bytes.slice();
        await t.framing.writeEthernet(frame, anyStation(t.random), anyStation(t.random), 0x86dd);
        t.equal({ start: frame.start, end: frame.end }, { start: start - 14, end }, `start and end of frame ${i}, which began at ${start}`);
        const type = typeText(frame.view.getUint16(start - 2));
        await t.about(FIELDS, () => t.equal(type, "0x86dd", `the two bytes before the packet of frame ${i}, its type`));
        t.equal(frame.bytes.slice(end), before.slice(end), `the bytes behind frame ${i}`);
        t.equal(frame.bytes.slice(0, start - 14), before.slice(0, start - 14), `the bytes in front of frame ${i}`);
      }
    },
  },

  "tight": {
    title: "fourteen bytes of headroom are enough",
    kind: "table",
    covers: ["LNK-1"],
    look: ["writeEthernet"],
    why: "Headroom is planned: whoever made the frame left room for every header below. A function that needs a byte more than its " +
      "header, for a wider write or a copy, breaks the plan on some path far away.",
    hints: [
      "Do you touch a byte before the header's first?",
      "The type is two bytes wide, an address six: no write may be wider than its field.",
      "`frame.push(14)` is right with a start of 14 and gives 0.",
    ],
    run: async (t) => {
      for (const length of [46, t.random.int(47, 1500)]) {
        const packet = t.random.bytes(length);
        const frame = new Frame(14 + length, 14);
        frame.bytes.set(packet, frame.append(length));
        const fields = { destination: anyStation(t.random), source: anyStation(t.random), etherType: 0x0806 };
        await t.framing.writeEthernet(frame, fields.destination, fields.source, fields.etherType);
        t.equal(frame.bytes.slice(14), packet, `the packet of ${bytesText(length)}, behind the header`);
        const header = ethernet(fields, packet).slice(0, 14);
        await t.about(
          FIELDS,
          () => t.equal(frame.bytes.slice(0, 14), header, "the header, which is all that stands in front of the packet"),
        );
      }
    },
  },
};
