/** Public checks of lab 03: how long an unfinished packet is kept, how many, and how long one may be. */
import type { ReassemblyExpired } from "../../../stack/contract/ip.ts";
import { payloadOf } from "../../../tools/harness/matchers.ts";
import { fragmentPacket, icmpEcho, ipv4, KERNEL_IP, pattern, STACK_IP } from "../../../tools/harness/packets.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { amount } from "../../../tools/harness/samples.ts";
import { createTable, fragmentOf, framed, sameBytes } from "./received.ts";

export const limits: Readonly<Record<string, CheckSpec>> = {
  "fixed-deadline": {
    title: "time runs from the first fragment, and is not stretched",
    kind: "table",
    covers: ["IP-7", "815"],
    look: ["createReassembly"],
    why:
      "A timer that each fragment restarts keeps the memory for as long as somebody sends. It is fixed when the first one arrives (RFC 1122 §3.3.2). nextDeadline() tells the host when to " +
      "call poll, so it is the deadline of the oldest.",
    hints: [
      "When do you compute the deadline?",
      "Once per packet: `now` of its first fragment, whichever that is, plus options.timeout.",
      "nextDeadline() is the earliest of all, Infinity when there is none; poll(now) gives up every packet whose deadline is at or before now.",
    ],
    run: async (t) => {
      const timeout = t.random.int(60_000, 120_000);
      const start = t.random.int(0, 1_000_000);
      const data = t.random.bytes(64);
      const table = await createTable(t, { timeout });
      const expired = t.recorder<ReassemblyExpired>({ callback: true });
      t.equal(await table.reassembly.nextDeadline(), Infinity, "nextDeadline() of an empty table");
      await table.insert(fragmentOf(data, 16, 32, true), start);
      await table.insert(fragmentOf(data, 0, 16, true, { identification: 99 }), start + 500);
      await table.insert(fragmentOf(data, 32, 48, true), start + timeout - 1);
      t.equal(await table.reassembly.nextDeadline(), start + timeout, "nextDeadline() with two unfinished packets");
      await table.reassembly.poll(start + timeout - 1, expired.object);
      t.equal([expired.take().length, await table.reassembly.size()], [0, 2], "packets given up, and kept, a millisecond too early");
      await table.reassembly.poll(start + timeout, expired.object);
      t.equal([expired.take().length, await table.reassembly.size()], [1, 1], "packets given up, and kept, at the deadline");
      await table.reassembly.poll(start + timeout + 500, expired.object);
      t.equal([expired.take().length, await table.reassembly.size()], [1, 0], "packets given up, and kept, 500 ms later");
      t.equal(await table.reassembly.nextDeadline(), Infinity, "nextDeadline() when all is given up");
    },
  },
  "timeout": {
    title: "after 60 seconds the sender is told, with fragment 0 quoted",
    kind: "scenario",
    weight: 2,
    covers: ["IP-7", "ICMP-2"],
    look: ["createReassembly", "writeIcmpError"],
    why:
      '"Time exceeded" with code 1 says: your fragment came, the others did not. It quotes fragment 0, whose first 8 bytes tell which program sent it (RFC 792, RFC 1122 §3.3.2). Then the packet is forgotten.',
    hints: [
      "What does `poll` hand to `expired`?",
      "Keep fragment 0's header too: the frame's headroom has space for its up to 60 bytes, right in front of the payload.",
      "For `expired` set frame.start to where the header lies and frame.end to the end of fragment 0's own payload. Release the frame after the call.",
    ],
    run: async (t) => {
      const station = await t.host({ reassembly: { timeout: 60_000 } });
      const data = t.random.bytes(200);
      const fields = { identification: t.random.int(0, 65535), protocol: 253 };
      const first = fragmentOf(data, 0, 88, true, fields);
      await station.send(framed(fragmentOf(data, 104, 152, true, fields)), "a fragment from the middle");
      await station.wait(20_000);
      await station.send(framed(first), "fragment 0");
      await station.expectSilence(39_900, "60 seconds have not passed since the first fragment came");
      const frame = await station.expect(
        { ipv4: { source: STACK_IP, destination: KERNEL_IP }, icmp: { type: 11, code: 1, rest: 0 }, dataStart: first.subarray(0, 28) },
        "time exceeded in reassembly, 60 s after the first fragment",
        1000,
      );
      const quote = payloadOf(frame, "ethernet");
      sameBytes(t, quote, first.subarray(0, quote.length), "the quoted part of fragment 0");
      await station.send(framed(fragmentOf(data, 88, 104, true, fields)), "the missing fragment, too late");
      await station.expectSilence(1000, "what was given up is forgotten");
    },
  },
  "timeout-without-first": {
    title: "nobody is told when fragment 0 never came",
    kind: "scenario",
    covers: ["IP-7", "ICMP-3"],
    look: ["createReassembly"],
    why: 'Without fragment 0 an error could not say which program sent the packet, so none is sent (RFC 792 "Time Exceeded").',
    hints: [
      "What does `poll` pass to `expired` when fragment 0 is missing?",
      "Remember whether a fragment with offset 0 ever came.",
      "expired(undefined) when it did not.",
    ],
    run: async (t: Trial) => {
      const station = await t.host({ reassembly: { timeout: 60_000 } });
      const data = t.random.bytes(96);
      await station.send(framed(fragmentOf(data, 32, 64, true)));
      await station.send(framed(fragmentOf(data, 64, 96, false)));
      await station.expectSilence(61_000, "an error would have nothing to quote");
      await t.counter(station, "ip: reassembly timeout", 1);
      const table = await createTable(t, { timeout: 60_000 });
      const expired = t.recorder<ReassemblyExpired>({ callback: true });
      await table.insert(fragmentOf(data, 32, 64, true));
      await table.reassembly.poll(60_000, expired.object);
      t.equal(expired.calls.length, 1, "calls of `expired` for a packet without fragment 0");
      const [quote] = expired.calls[0]?.args ?? [];
      const got = quote instanceof Uint8Array ? `a frame of ${amount(quote.length)}` : `${quote}`;
      t.ok(quote === undefined, "`expired` to be called with undefined: there is no fragment 0 to quote", got);
    },
  },
  "quoted-first": {
    title: "what is quoted is fragment 0: its whole header, its payload",
    kind: "table",
    covers: ["IP-7", "ICMP-2"],
    look: ["createReassembly"],
    why:
      "The sender finds its packet by what is quoted, and a header has 20 to 60 bytes: with 20 of 44 kept, the rest of the options stands where the sender looks for the ports " +
      "(RFC 1122 §3.2.2). Padding is no part of the fragment.",
    hints: [
      "How long is the header that you keep?",
      "header.payload − frame.start bytes: 20 only where there are no options.",
      "In `expired`'s frame it begins at frame.headroom minus its length; the end is frame.headroom plus header.end − header.payload of fragment 0.",
    ],
    run: async (t: Trial) => {
      for (const words of [0, t.random.int(1, 9), 10]) {
        const table = await createTable(t, { timeout: 60_000 });
        const expired = t.recorder<ReassemblyExpired>({ callback: true });
        const data = t.random.bytes(48);
        const identification = t.random.int(0, 65535);
        const first = fragmentOf(data, 0, 16, true, { identification, options: new Uint8Array(words * 4).fill(1) });
        await table.insert(fragmentOf(data, 16, 32, true, { identification }), 0);
        await table.insert(first, 100, t.random.bytes(10));
        await table.reassembly.poll(60_000, expired.object);
        const given = expired.take()[0]?.args[0];
        const what = `what \`expired\` is given: fragment 0, its header ${20 + words * 4} bytes long`;
        t.ok(given instanceof Uint8Array, `${what}: a frame`, `${given}`);
        sameBytes(t, given, first, what);
      }
    },
  },
  "frames-given-back": {
    title: "every frame goes back to the pool, or to the caller",
    kind: "table",
    covers: ["815", "IP-7"],
    look: ["createReassembly"],
    why:
      "The host has 64 big frames for everything. One that is not given back is lost for good, and the 65th packet finds none; one that is given back and returned as well soon holds two " +
      "packets at once (RFC 1122 §3.3.2).",
    hints: [
      "In how many places does a packet leave your table? What becomes of its frame in each?",
      "Given up, or giving way: options.release. Whole: the frame is returned, and the caller releases it.",
      "In `poll` release the frame after the call of `expired`, whether fragment 0 came or not.",
    ],
    run: async (t) => {
      const data = t.random.bytes(48);
      const part = (identification: number, from: number): Uint8Array => fragmentOf(data, from, from + 24, from === 0, { identification });
      const expired = t.recorder<ReassemblyExpired>({ callback: true });
      const overdue = await createTable(t, { timeout: 60_000 });
      for (const [id, from] of [[1, 0], [2, 24], [3, 0]] as const) await overdue.insert(part(id, from), id);
      await overdue.reassembly.poll(60_003, expired.object);
      t.equal(await overdue.lent(), 0, "frames that are not back when all three have been given up");
      const full = await createTable(t, { maxPackets: 2 });
      for (const id of [1, 2, 3, 4]) await full.insert(part(id, 0), id);
      t.equal(await full.lent(), 2, "frames that are lent when two packets of four had to give way");
      const whole = await createTable(t);
      await whole.insert(part(5, 0));
      sameBytes(t, await whole.insert(part(5, 24)), data, "a packet that is whole");
      t.equal(await whole.lent(), 1, "frames that are lent when the caller has been given one");
    },
  },
  "bounded": {
    title: "a flood of first fragments does not fill the memory",
    kind: "table",
    covers: ["815", "IP-6"],
    look: ["createReassembly"],
    why: "Each unfinished packet holds 64 KiB. Without a limit, one sender of first fragments takes all memory there is (RFC 1122 §3.3.2).",
    hints: [
      "How many packets does your table hold at most?",
      "When a new packet comes and maxPackets are unfinished, the oldest gives way: release its frame and forget it.",
      "Compare before you acquire: the frame that you release is the one that the new packet needs.",
    ],
    run: async (t) => {
      const maxPackets = t.random.int(4, 12);
      const table = await createTable(t, { maxPackets, limit: maxPackets });
      const data = pattern(32);
      for (let identification = 0; identification < 120; identification++) {
        const result = await table.insert(fragmentOf(data, 0, 16, true, { identification }), identification);
        if (result !== "waiting") t.equal(result, "waiting", `insert of first fragment number ${identification + 1}`);
      }
      t.equal(await table.reassembly.size(), maxPackets, "size() after 120 first fragments");
      t.equal(await table.lent(), maxPackets, "frames taken from the pool");
      const honest = t.random.bytes(100);
      await table.insert(fragmentOf(honest, 64, 100, false, { identification: 7777 }), 2000);
      sameBytes(t, await table.insert(fragmentOf(honest, 0, 64, true, { identification: 7777 }), 2001), honest, "the honest packet");
    },
  },
  "oldest-gives-way": {
    title: "when the table is full, the oldest packet gives way",
    kind: "table",
    covers: ["815", "IP-7"],
    look: ["createReassembly"],
    why:
      "The packet that has waited longest is the least likely to be completed. If the newest had to go, a flood would shut everybody out (RFC 1122 §3.3.2).",
    hints: [
      "Which packet do you throw out?",
      "The one whose first fragment came first.",
      "Keep packets in the order in which they began: the oldest is always the first in the list.",
    ],
    run: async (t) => {
      const maxPackets = t.random.int(3, 8);
      const table = await createTable(t, { maxPackets });
      const data = t.random.bytes(48);
      const part = (identification: number, from: number): Uint8Array => fragmentOf(data, from, from + 24, from === 0, { identification });
      for (let id = 0; id <= maxPackets; id++) {
        t.equal(await table.insert(part(id, 0), id), "waiting", `insert of the first fragment of packet ${id}; ${maxPackets} have room`);
      }
      for (let id = 1; id <= maxPackets; id++) {
        sameBytes(t, await table.insert(part(id, 24), 100), data, `packet ${id}, when packet 0 had to give way`);
      }
      t.equal(await table.insert(part(0, 24), 100), "waiting", "insert of the rest of packet 0, whose first half gave way");
    },
  },
  "ping-of-death": {
    title: "a fragment that ends beyond byte 65,535 is dropped",
    kind: "scenario",
    covers: ["791-4"],
    look: ["parseIpv4", "createReassembly"],
    why:
      "Offset 65,528 plus 16 bytes is more than any packet can be long. In 1996 it overwrote the memory behind the buffer of nearly every system (RFC 791 §3.1).",
    hints: [
      "What is the largest offset that the field can hold, in bytes?",
      'parseIpv4 rejects a fragment whose offset plus length is above 65,535, as "bad fragment".',
      "The length is header.end − header.payload; the offset on the wire is in units of 8.",
    ],
    run: async (t) => {
      const station = await t.host();
      const fields = { identification: t.random.int(0, 65535) };
      const echo = icmpEcho({ id: 6 }, pattern(1400));
      await station.send(framed(ipv4({ ...fields, moreFragments: true }, echo)), "fragment 0, in good order");
      const length = t.random.int(8, 1480);
      await station.send(framed(ipv4({ ...fields, fragmentOffset: 65528 }, t.random.bytes(length))), `the end, at 65528 + ${length}`);
      await station.expectSilence(100, "such a packet cannot exist");
      await t.counter(station, "ip: bad fragment", 1);
      for (const fragment of fragmentPacket(ipv4({ identification: 1 }, icmpEcho({ id: 8 }, pattern(100))), [56])) {
        await station.send(framed(fragment));
      }
      await station.expect({ icmp: { type: 0, identifier: 8 }, data: pattern(100) }, "the stack still answers an honest ping in fragments");
    },
  },
};
