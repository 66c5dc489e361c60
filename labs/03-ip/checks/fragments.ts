/** Public checks of lab 03: how a packet is cut (`planFragments`). How it is joined again is in `reassembly.ts` and `reassembly_limits.ts`. */
import type { Piece } from "../../../stack/contract/ip.ts";
import { payloadOf } from "../../../tools/harness/matchers.ts";
import { KERNEL_IP, STACK_IP } from "../../../tools/harness/packets.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { joining } from "./reassembly.ts";
import { sameBytes } from "./received.ts";
import { limits } from "./reassembly_limits.ts";

export const reassembly: Readonly<Record<string, CheckSpec>> = { ...joining, ...limits };

/** What `planFragments` is asked. */
export type Cut = readonly [length: number, mtu: number, fragmentOffset: number, moreFragments: boolean];

/** Asks for one plan and holds it against the rules. */
export async function checkPlan(t: Trial, cut: Cut): Promise<readonly Piece[]> {
  const plan = await t.ip.planFragments(...cut);
  const fault = faultIn(plan, cut);
  t.ok(fault === undefined, `a plan for ${describe(cut)} in which every piece is right`, fault ?? "");
  return plan;
}

/** What is wrong with a plan, in words. Where the last cut may fall in two places, both are right. */
export function faultIn(plan: readonly Piece[], [length, mtu, offset, more]: Cut): string | undefined {
  if (!Array.isArray(plan) || plan.length === 0) return `no list of pieces but ${JSON.stringify(plan)}`;
  const most = mtu - 20;
  const stride = Math.floor(most / 8) * 8;
  if (length <= most && plan.length > 1) return `${amount(plan.length, "piece")}, and ${amount(length)} would go into one`;
  let at = 0;
  for (const [index, piece] of plan.entries()) {
    const last = index === plan.length - 1;
    const name = `piece ${index + 1} of ${plan.length}`;
    if (piece.from !== at) return `${name} begins at byte ${piece.from}, and the one before ended at ${at}`;
    if (piece.fragmentOffset !== offset + at) return `${name} has fragment offset ${piece.fragmentOffset}, should be ${offset + at}`;
    if (piece.length > most) return `${name} has ${amount(piece.length)}: with its header more than the MTU`;
    if (!last && piece.length % 8 !== 0) return `${name} has ${amount(piece.length)}, no multiple of 8, and another follows`;
    if (!last && piece.length !== stride) return `${name} has ${amount(piece.length)}, and ${stride} would fit`;
    if (piece.moreFragments !== (!last || more)) return `${name} says moreFragments: ${piece.moreFragments}`;
    at += piece.length;
  }
  return at === length ? undefined : `the pieces hold ${amount(at)} in all`;
}

export function describe([length, mtu, offset, more]: Cut): string {
  return `${amount(length)}, MTU ${mtu}, offset ${offset}, more ${more}`;
}

export const fragments: Readonly<Record<string, CheckSpec>> = {
  "fits": {
    title: "a payload that fits is left in one piece",
    kind: "table",
    covers: ["791-2"],
    look: ["planFragments"],
    why:
      "Cutting costs a header per piece, and one lost piece loses the whole packet. What fits is not cut, an empty payload neither (RFC 791 §3.2).",
    hints: [
      "How many bytes of payload does a packet of `mtu` bytes carry?",
      "The room is mtu − 20. A payload of exactly that length still fits, whether it is a multiple of 8 or not.",
      "The last piece is special: it may be any length up to the room. A payload that fits is a plan that consists of the last piece only.",
    ],
    run: async (t) => {
      for (const mtu of [1500, 576, t.random.int(68, 65535)]) {
        for (const length of [0, 1, mtu - 20, mtu - 21, t.random.int(0, mtu - 20)]) {
          const plan = await t.ip.planFragments(length, mtu, 0, false);
          t.equal(plan, [{ from: 0, length, fragmentOffset: 0, moreFragments: false }], `the plan for ${amount(length)}, MTU ${mtu}`);
        }
      }
    },
  },
  "three-pieces": {
    title: "4,000 bytes of ping data are cut at 1480 and 2960",
    kind: "table",
    covers: ["791-2", "791-3"],
    look: ["planFragments"],
    why: "Every piece but the last is as long as fits, and says that more follow; the last one says where the packet ends (RFC 791 §3.2).",
    hints: [
      "Draw the 4,008 bytes (8 are the ICMP header) as a line, and cut off 1,480 at a time.",
      "Go on cutting while what is left does not fit; what fits then is the last piece.",
      "Three pieces: from 0, 1480 and 2960; lengths 1480, 1480 and 1048; only the third has moreFragments false.",
    ],
    run: async (t) => {
      t.equal(await t.ip.planFragments(4008, 1500, 0, false), [
        { from: 0, length: 1480, fragmentOffset: 0, moreFragments: true },
        { from: 1480, length: 1480, fragmentOffset: 1480, moreFragments: true },
        { from: 2960, length: 1048, fragmentOffset: 2960, moreFragments: false },
      ], "the plan for 4,008 bytes, MTU 1500");
      for (let run = 0; run < 5; run++) await checkPlan(t, [t.random.int(1481, 20_000), 1500, 0, false]);
    },
  },
  "units-of-eight": {
    title: "every cut falls on a multiple of 8, whatever the MTU",
    kind: "table",
    covers: ["791-3"],
    look: ["planFragments"],
    why:
      "The header has 13 bits for an offset of up to 65,535, so it counts in units of 8 bytes. A cut elsewhere cannot be written down (RFC 791 §3.1).",
    hints: [
      "With an MTU of 577 the room is 557 bytes. Where can the second piece begin?",
      "Round the room *down* to a multiple of 8 for every piece that has another behind it.",
      "room − room % 8, or room & ~7. The last piece need not be rounded: nothing begins behind it.",
    ],
    run: async (t) => {
      for (let mtu = 572; mtu < 580; mtu++) await checkPlan(t, [t.random.int(1200, 9000), mtu, 0, false]);
    },
  },
  "boundaries": {
    title: "one byte more or less than fits makes the right difference",
    kind: "table",
    covers: ["791-2", "791-3"],
    look: ["planFragments"],
    why:
      "Off by one here means an empty last fragment, or one that is too long for the link; both are dropped by whoever gets them (RFC 791 §3.2).",
    hints: [
      "Try 1480, 1481, 2960 and 2961 bytes at MTU 1500 on paper.",
      "No piece may be empty, unless the whole payload is.",
      "Compare what is left with the room by `>`: as long as more is left than fits, cut; otherwise that is the last piece.",
    ],
    run: async (t) => {
      for (const pieces of [1, 2, 3, 7]) {
        for (const more of [-1, 0, 1]) {
          const plan = await checkPlan(t, [1480 * pieces + more, 1500, 0, false]);
          t.equal(plan.length, more > 0 ? pieces + 1 : pieces, `the number of pieces for ${1480 * pieces + more} bytes, MTU 1500`);
        }
      }
    },
  },
  "cut-again": {
    title: "a fragment that is cut again keeps its place in the whole",
    kind: "table",
    covers: ["791-2", "791-3"],
    look: ["planFragments"],
    why:
      "A router may have to cut what is already a fragment. Its pieces count from the start of the *original* packet, and unless it was the last fragment, more follow behind its last piece too (RFC 791 §3.2).",
    hints: [
      "`from` and `fragmentOffset` are not the same number here.",
      "Add the offset of the packet that is cut. For the last piece, ask the packet that is cut whether more follow.",
      "fragmentOffset + from for each; moreFragments is true for all but the last, and for the last what was passed in.",
    ],
    run: async (t) => {
      t.equal(await t.ip.planFragments(1480, 1000, 2960, true), [
        { from: 0, length: 976, fragmentOffset: 2960, moreFragments: true },
        { from: 976, length: 504, fragmentOffset: 3936, moreFragments: true },
      ], "the plan for a middle fragment of 1,480 bytes at offset 2960, MTU 1000");
      for (let run = 0; run < 10; run++) {
        const more = t.random.chance(0.5);
        const length = more ? t.random.int(8, 185) * 8 : t.random.int(60, 1480);
        await checkPlan(t, [length, t.random.int(68, 1499), t.random.int(1, 5000) * 8, more]);
      }
    },
  },
  "on-the-wire": {
    title: "a long payload leaves as fragments of one packet",
    kind: "scenario",
    covers: ["791-2", "791-3", "6864"],
    look: ["planFragments", "writeIpv4", "createIdentifiers"],
    why:
      "All fragments carry the identification, protocol, addresses and TTL of the whole; offset and the more-fragments flag say where each belongs (RFC 791 §3.2).",
    hints: [
      "Look at the fragments in the capture: which fields differ, and should they?",
      "The offset travels in units of 8 bytes in the low 13 bits of bytes 6 and 7; the flags are the bits above.",
      "writeIpv4 divides fields.fragmentOffset by 8 and sets 0x2000 when fields.moreFragments; check both, and planFragments.",
    ],
    run: async (t) => {
      const station = await t.host();
      const payload = t.random.bytes(t.random.int(3000, 4400));
      await station.output(KERNEL_IP, 253, payload);
      let identification: number | undefined;
      for (let from = 0; from < payload.length; from += 1480) {
        const part = payload.subarray(from, from + 1480);
        const frame = await station.expect({
          ipv4: {
            source: STACK_IP,
            destination: KERNEL_IP,
            protocol: 253,
            dontFragment: false,
            fragmentOffset: from,
            moreFragments: from + 1480 < payload.length,
            ...(identification === undefined ? {} : { identification }),
          },
          dataLength: part.length,
        }, `bytes ${from} to ${from + part.length - 1} of ${payload.length}, in a fragment of their own`);
        sameBytes(t, payloadOf(frame, "ethernet"), part, `the payload of the fragment at offset ${from}`);
        identification ??= frame[18] as number << 8 | frame[19] as number;
      }
      await station.expectSilence(0, "the last fragment was the end");
    },
  },
};
