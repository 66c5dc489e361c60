/** Checks of findBadOption: the walk over a list whose lengths are the sender's claims. */
import { ethernet, icmpEcho, ipv4, join } from "../../../tools/harness/packets.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import type { Random } from "../../../stack/wire/random.ts";
import { anyData, type Case, compareAll, usedFrame } from "./samples.ts";

/** Options in a used frame, and where fault is to be found, counted from their first byte; -1 for none. */
export function optionCase(t: Trial, list: Uint8Array, fault: number): Case {
  const frame = usedFrame(t.random, list);
  const text = [...list].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const expected = fault < 0 ? -1 : frame.start + fault;
  return { args: [frame, frame.start, frame.end], expected, what: `what findBadOption returns for "${text}" at offset ${frame.start}` };
}

/** A good option of 2 to 11 bytes, known to no one. */
export function anyOption(random: Random): Uint8Array {
  const length = random.int(2, 11);
  return join(Uint8Array.of(random.int(2, 255), length), random.bytes(length - 2));
}

const NOTHING = new Uint8Array();

export const options: Readonly<Record<string, CheckSpec>> = {
  "good-lists": {
    title: "good options are walked over, to whatever lies behind",
    kind: "table",
    covers: ["IP-10", "MUST-50", "791-1"],
    look: ["findBadOption"],
    why:
      "An option is one byte (0 and 1) or carries its own length (all others), so a list can be walked without knowing a single option (RFC 791 §3.1). The " +
      "walk comes to the end, or to a bad option, wherever it stands. Behind a type of 0 all is padding, whatever it looks like.",
    hints: [
      "Which two types have no length byte?",
      "1 moves on by one byte; 0 ends everything; any other moves on by its length, which counts type and length too.",
      "An option that ends exactly at `end` is complete.",
    ],
    run: async (t) => {
      const lists = [NOTHING, Uint8Array.of(0), Uint8Array.of(1, 1, 1, 1), Uint8Array.of(7, 3, 4, 0), Uint8Array.of(0x94, 4, 0, 0)];
      const cases = lists.map((list) => optionCase(t, list, -1));
      for (let i = 0; i < 20; i++) {
        const parts = Array.from({ length: t.random.int(1, 4) }, () => t.random.chance(0.3) ? Uint8Array.of(1) : anyOption(t.random));
        const good = join(...parts);
        cases.push(optionCase(t, join(good, i % 2 === 0 ? NOTHING : join(Uint8Array.of(0), t.random.bytes(t.random.int(0, 5)))), -1));
        cases.push(optionCase(t, join(good, Uint8Array.of(t.random.int(2, 255), 1)), good.length + 1));
      }
      await compareAll(t, "findBadOption", cases);
    },
  },

  "length-too-small": {
    title: "a length of 0 or 1 is found, and ends the walk",
    kind: "table",
    weight: 2,
    covers: ["791-1"],
    look: ["findBadOption"],
    why:
      "The length counts its own two bytes, so 2 is the least. With 0 a walk never moves on: one packet, and the machine stands still. That fault has been " +
      "found in stack after stack for thirty years.",
    hints: [
      "Does your loop end for the bytes 07 00 00 00?",
      "A length below 2 is wrong, and you return the offset of the *length* byte.",
      "Check the length before you add it.",
    ],
    run: async (t) => {
      const cases: Case[] = [];
      for (let i = 0; i < 16; i++) {
        const before = t.random.chance(0.5) ? NOTHING : anyOption(t.random);
        const list = join(before, Uint8Array.of(t.random.int(2, 255), i % 2), t.random.bytes(t.random.int(0, 4)));
        cases.push(optionCase(t, list, before.length + 1));
      }
      await compareAll(t, "findBadOption", cases);
    },
  },

  "length-too-large": {
    title: "a length that reaches past the header is found",
    kind: "table",
    weight: 2,
    covers: ["791-1"],
    look: ["findBadOption"],
    why:
      "Behind the options lies the payload, and behind that somebody else's bytes. An option may not reach into them, by one byte or by two hundred.",
    hints: [
      "Where does an option of length 5 that begins at the fourth-last byte end?",
      "It begins at its type byte: type's offset + length must not be beyond `end`.",
      "Equal to `end` is still good; one more is not.",
    ],
    run: async (t) => {
      const cases: Case[] = [];
      for (let i = 0; i < 16; i++) {
        const before = t.random.chance(0.5) ? Uint8Array.of(1) : anyOption(t.random);
        const rest = t.random.int(0, 6);
        const length = i % 2 === 0 ? rest + 3 : t.random.int(rest + 3, 255);
        const list = join(before, Uint8Array.of(t.random.int(2, 255), length), t.random.bytes(rest));
        cases.push(optionCase(t, list, before.length + 1));
      }
      await compareAll(t, "findBadOption", cases);
    },
  },

  "length-missing": {
    title: "an option whose length byte is missing is found at its type",
    kind: "table",
    covers: ["791-1"],
    look: ["findBadOption"],
    why:
      "The last byte of a header can be a type that needs a length. The length would be the payload's first byte: reading it is reading past the end. There is no " +
      "length byte to point at, so the type is what is wrong.",
    hints: [
      "What do you read when the type is the very last byte?",
      "Look whether there is a byte for the length before you read it.",
      "Types 0 and 1 may be the last byte; of any other return its own offset.",
    ],
    run: async (t) => {
      const cases: Case[] = [];
      for (let i = 0; i < 12; i++) {
        const before = t.random.chance(0.3) ? NOTHING : join(anyOption(t.random), Uint8Array.of(1));
        cases.push(optionCase(t, join(before, Uint8Array.of(t.random.int(2, 255))), before.length));
      }
      await compareAll(t, "findBadOption", cases);
    },
  },

  "pinged-with-options": {
    title: "a ping with options, known and unknown, is answered",
    kind: "scenario",
    covers: ["IP-10", "MUST-50", "791-1"],
    look: ["findBadOption", "parseIpv4"],
    why:
      "A host must ignore the options that it does not understand (RFC 1122 §3.2.1.8): the packet is for us, options or not. The header's checksum " +
      "covers them, and the echo's data begin behind them.",
    hints: [
      "Does check header/options-skipped pass?",
      "Does options/good-lists pass? An unknown option is no bad option.",
      "The host drops the packet when findBadOption returns anything but -1; look at its counters in the transcript.",
    ],
    run: async (t) => {
      const station = await t.host();
      for (const list of [Uint8Array.of(7, 7, 4, 0, 0, 0, 0), Uint8Array.of(1, 1, 0x94, 4, 0, 0), anyOption(t.random)]) {
        // Long enough for a frame without padding: that is another check's business.
        const [id, data] = [t.random.int(1, 0xffff), anyData(t.random, t.random.int(30, 60))];
        await station.send(
          ethernet({}, ipv4({ identification: id, options: list }, icmpEcho({ id, seq: 1 }, data))),
          "a ping with options",
        );
        await station.expect(
          { icmp: { type: 0, identifier: id, sequence: 1 }, data },
          "an echo request is answered, whatever options it carries",
        );
      }
    },
  },
};
