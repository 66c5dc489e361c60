/** Hidden checks of lab 03: cutting and joining, with the cases that are easily forgotten. */
import { faultIn } from "../../../labs/03-ip/checks/fragments.ts";
import { createTable, fragmentOf, framed, sameBytes } from "../../../labs/03-ip/checks/received.ts";
import type { Piece, ReassemblyExpired } from "../../../stack/contract/ip.ts";
import { payloadOf } from "../../../tools/harness/matchers.ts";
import { ethernet, fragmentPacket, icmpEcho, ipv4, KERNEL_IP, pattern, STACK_IP } from "../../../tools/harness/packets.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const fragments: Readonly<Record<string, CheckSpec>> = {
  "smallest-mtu": {
    title: "the longest payload is cut for the smallest MTU, 68 bytes",
    kind: "table",
    covers: ["791-2", "791-3", "1191"],
    look: ["planFragments"],
    why:
      "Every link must carry 68 bytes: the longest header, 60 bytes, and 8 of payload. With a header of 20 a fragment carries 48 (RFC 791 §3.2).",
    hints: [
      "How many pieces are 65,515 bytes at MTU 68?",
      "Each carries 48 bytes; the last the rest. Their number has no limit of yours.",
      "The last of them begins at byte 65,472 and holds 43.",
    ],
    run: async (t) => {
      for (const length of [65515, t.random.int(60_000, 65_514)]) {
        const plan = await t.ip.planFragments(length, 68, 0, false);
        t.equal(plan.length, Math.ceil(length / 48), `the number of pieces for ${length} bytes`);
        t.equal(faultIn(plan, [length, 68, 0, false]), undefined, `what is wrong with the plan for ${length} bytes`);
      }
    },
  },
  "every-byte-once": {
    title: "in a hundred plans every byte is in exactly one piece",
    kind: "table",
    covers: ["791-2", "791-3"],
    look: ["planFragments"],
    why:
      "A byte in no piece is a hole that never closes, a byte in two is an overlap: both ruin the packet for its receiver (RFC 791 §3.2).",
    hints: [
      "Does the failing plan belong to a whole packet or to a fragment?",
      "Each piece begins where the one before ended, and the last one ends at `length`.",
      "Test with an MTU that is no multiple of 8, an offset above 0, and moreFragments true.",
    ],
    run: async (t) => {
      const cuts = Array.from({ length: 100 }, () => {
        const more = t.random.chance(0.4);
        const length = more ? t.random.int(1, 1000) * 8 : t.random.int(0, 8000);
        return [length, t.random.int(68, 2000), t.random.int(0, 7000) * 8, more] as const;
      });
      const outcomes = await t.many("ip", "planFragments", cuts);
      for (const [index, cut] of cuts.entries()) {
        const plan = outcomes[index]?.value as readonly Piece[];
        t.equal(outcomes[index]?.threw ?? faultIn(plan, cut), undefined, `what is wrong with the plan for (${cut.join(", ")})`);
      }
    },
  },
  "router-cuts-again": {
    title: "a router cuts a fragment again for a narrower link",
    kind: "scenario",
    covers: ["791-2", "791-3", "IP-15"],
    look: ["planFragments", "decrementTtl"],
    why:
      "Offsets go on counting from the start of the original packet; only so can the receiver join pieces that were cut in two places (RFC 791 §3.2).",
    hints: [
      "Which offset did the fragment have when it came to the router?",
      "The router passes it, and the flag, to planFragments.",
      "fragmentOffset + from for each piece; and the last piece of a fragment that had others behind it has others behind it.",
    ],
    run: async (t) => {
      const station = await t.host({
        forwarding: true,
        interfaces: [
          { mac: "02:00:00:00:00:02", address: "10.44.0.2" },
          { mac: "02:00:00:00:01:02", address: "10.44.1.2", mtu: 576 },
        ],
        peerAddresses: ["10.44.1.9"],
      });
      const data = t.random.bytes(1200);
      const identification = t.random.int(0, 65535);
      const fields = { identification, protocol: 253, destination: "10.44.1.9", ttl: 17, fragmentOffset: 2400, moreFragments: true };
      await station.send(framed(ipv4(fields, data)), "bytes 2400 to 3599 of something, more to follow");
      for (const from of [0, 552, 1104]) {
        const part = data.subarray(from, from + 552);
        const frame = await station.expect({
          ethernet: { source: "02:00:00:00:01:02" },
          ipv4: { identification, destination: "10.44.1.9", timeToLive: 16, fragmentOffset: 2400 + from, moreFragments: true },
          dataLength: part.length,
        }, `bytes ${2400 + from} to ${2399 + from + part.length} on the other link`);
        sameBytes(t, payloadOf(frame, "ethernet"), part, "the payload of that piece");
      }
    },
  },
};

export const reassembly: Readonly<Record<string, CheckSpec>> = {
  "oldest-by-its-first": {
    title: "later fragments make no packet younger",
    kind: "table",
    covers: ["815", "IP-7"],
    look: ["createReassembly"],
    why:
      "The oldest packet is the one whose first fragment came first. If every fragment made its packet the youngest, whoever sends one now and then would keep it for ever, and the honest ones would give way (RFC 1122 §3.3.2).",
    hints: [
      "Which packet do you throw out?",
      "The one whose *first* fragment came first, whatever came for it later.",
      "Keep packets in the order in which they began, and don't move them.",
    ],
    run: async (t) => {
      const maxPackets = t.random.int(3, 8);
      const table = await createTable(t, { maxPackets, timeout: 60_000 });
      const data = t.random.bytes(48);
      const part = (identification: number, from: number): Uint8Array => fragmentOf(data, from, from + 16, from < 32, { identification });
      for (let id = 0; id < maxPackets; id++) await table.insert(part(id, 0), id);
      await table.insert(part(0, 16), 100);
      t.equal(await table.insert(part(1000, 0), 200), "waiting", "insert of one packet too many");
      t.equal(await table.reassembly.nextDeadline(), 60_001, "nextDeadline(): of the packet that is now the oldest");
      for (let id = 1; id < maxPackets; id++) {
        await table.insert(part(id, 32), 300);
        sameBytes(t, await table.insert(part(id, 16), 300), data, `packet ${id}, which was not the oldest`);
      }
      await table.insert(part(0, 32), 300);
      t.equal(await table.insert(part(0, 16), 300), "waiting", "insert, when the packet's first fragment gave way");
    },
  },
  "two-firsts": {
    title: "of two fragments 0, the one that came first is quoted",
    kind: "table",
    covers: ["IP-7", "ICMP-2"],
    look: ["createReassembly"],
    why:
      "The bytes that came first stay, and so does their header: with the header of one fragment 0 and the payload of another, the error would quote a packet that nobody ever sent (RFC 792).",
    hints: [
      "What do you do with the header of a second fragment 0?",
      "Keep the first one's: its payload is in the frame already, and what came first stays.",
      "Copy the header only if none is there yet.",
    ],
    run: async (t) => {
      const data = t.random.bytes(64);
      const identification = t.random.int(0, 65535);
      const first = fragmentOf(data, 0, 16, true, { identification, options: new Uint8Array(8).fill(1) });
      const second = fragmentOf(data, 0, 32, true, { identification, ttl: 9 });
      for (const [one, other] of [[first, second], [second, first]] as const) {
        const table = await createTable(t, { timeout: 60_000 });
        const expired = t.recorder<ReassemblyExpired>({ callback: true });
        await table.insert(one, 0);
        await table.insert(other, 10);
        await table.reassembly.poll(60_000, expired.object);
        const given = expired.take()[0]?.args[0];
        sameBytes(t, given instanceof Uint8Array ? given : `${given}`, one, "what `expired` is given: the fragment 0 that came first");
      }
    },
  },
  "no-buffer": {
    title: "without a frame the fragment is dropped, later ones pass",
    kind: "table",
    covers: ["815"],
    look: ["createReassembly"],
    why: "The pool may be empty although the table is not full. That costs this packet, and nothing else (RFC 1122 §3.3.2).",
    hints: [
      "What does acquire() give when all frames are lent?",
      'undefined. Return "no buffer", and leave no trace of the packet in the table.',
      "Put the packet into the table only when it has its frame.",
    ],
    run: async (t) => {
      const table = await createTable(t, { limit: 1, timeout: 60_000 });
      const data = t.random.bytes(32);
      await table.insert(fragmentOf(data, 0, 16, true, { identification: 1 }));
      t.equal(await table.insert(fragmentOf(data, 0, 16, true, { identification: 2 })), "no buffer", "insert, when the one frame is lent");
      t.equal(await table.reassembly.size(), 1, "size()");
      const expired = t.recorder<ReassemblyExpired>({ callback: true });
      await table.reassembly.poll(60_000, expired.object);
      await table.insert(fragmentOf(data, 16, 32, false, { identification: 2 }), 60_001);
      sameBytes(
        t,
        await table.insert(fragmentOf(data, 0, 16, true, { identification: 2 }), 60_002),
        data,
        "the packet, when the frame is free again",
      );
    },
  },
  "mixed": {
    title: "eight packets, cut, repeated and shuffled, come out whole",
    kind: "table",
    covers: ["815", "791-5", "IP-6"],
    look: ["createReassembly"],
    why: "All at once is what a busy link looks like: many packets under way, fragments late, early and twice (RFC 815).",
    hints: [
      "Do every-order, duplicates and keys pass?",
      "A packet that is complete leaves the table; a late copy of one of its fragments begins a new, unfinished one.",
      "Nothing may be shared between packets: each has a list of holes and a frame of its own.",
    ],
    run: async (t) => {
      const table = await createTable(t, { maxPackets: 64 });
      const packets = Array.from({ length: 8 }, (_, identification) => {
        const data = t.random.bytes(t.random.int(200, 900));
        const cuts = [8, 16, 48, 96, 160, 192].filter(() => t.random.chance(0.7));
        return { data, fragments: fragmentPacket(ipv4({ protocol: 253, identification }, data), cuts) };
      });
      const sent = t.random.shuffle(packets.flatMap(({ data, fragments }) => {
        const twice = fragments.filter(() => fragments.length > 1 && t.random.chance(0.2));
        return [...fragments, ...twice].map((fragment) => ({ data, fragment }));
      }));
      const whole = new Set<Uint8Array>();
      for (const { data, fragment } of sent) {
        const result = await table.insert(fragment);
        if (typeof result === "string") t.equal(result, "waiting", "insert");
        else sameBytes(t, result, data, "a packet that came out");
        if (typeof result !== "string") whole.add(data);
      }
      t.equal(whole.size, 8, "the number of packets that came out");
    },
  },
  "largest": {
    title: "a ping with 65,507 bytes, the most there is, is answered",
    kind: "scenario",
    covers: ["791-4", "IP-6"],
    look: ["createReassembly", "planFragments"],
    why: "65,535 bytes are the longest packet; its last fragment lies right below the limit that the ping of death breaks (RFC 791 §3.1).",
    hints: [
      "Is the last fragment rejected?",
      "Offset + length may be 65,535 at most: exactly that is still right.",
      "The reply is as long: 45 fragments at MTU 1500, the last at offset 65,120.",
    ],
    run: async (t) => {
      const station = await t.host();
      await station.send(framed(ipv4({}, icmpEcho({ id: 4 }))), "a small ping, so that ARP is done with");
      await station.expect({ icmp: { type: 0, identifier: 4 } }, "an answer to the small ping");
      const data = t.random.bytes(65_507);
      const packet = ipv4({ identification: 1 }, icmpEcho({ id: 5 }, data));
      const cuts = Array.from({ length: 44 }, (_, at) => at * 1480 + 1480);
      for (const fragment of t.random.shuffle(fragmentPacket(packet, cuts))) await station.send(framed(fragment));
      const reply = icmpEcho({ reply: true, id: 5 }, data);
      const joined = new Uint8Array(reply.length);
      for (const from of [0, ...cuts]) {
        const frame = await station.expect(
          { ipv4: { source: STACK_IP, destination: KERNEL_IP, fragmentOffset: from, moreFragments: from < 65_120 } },
          `the fragment of the reply at offset ${from}`,
        );
        joined.set(frame.subarray(34, 34 + Math.min(1480, reply.length - from)), from);
      }
      sameBytes(t, joined, reply, "the reply, put together");
    },
  },
  "padded-last": {
    title: "padding behind a short last fragment is no data",
    kind: "scenario",
    covers: ["791-1", "894-1", "815"],
    look: ["createReassembly", "parseIpv4"],
    why:
      "A fragment of 3 bytes travels in a frame of 60. Where it ends is told by the total length, not by the frame (RFC 894, RFC 1122 §3.3.2).",
    hints: [
      "Where does the fragment's payload end?",
      "At header.end, not at the end of what the frame holds.",
      "end = header.fragmentOffset + (header.end − header.payload).",
    ],
    run: async (t) => {
      const station = await t.host();
      for (const extra of [1, 3, 7]) {
        const data = t.random.bytes(56 + extra);
        const packet = ipv4({ identification: t.random.int(0, 65535) }, icmpEcho({ id: extra }, data));
        for (const fragment of fragmentPacket(packet, [64]).reverse()) await station.send(framed(fragment));
        await station.expect({ icmp: { type: 0, identifier: extra }, data }, `a reply with ${data.length} bytes of data`);
      }
    },
  },
  "options-in-first": {
    title: "the error about an unfinished packet quotes its options",
    kind: "scenario",
    covers: ["IP-7", "ICMP-2"],
    look: ["createReassembly", "writeIcmpError"],
    why: "The quote is the header as it was received, options included, and at least 8 bytes behind it (RFC 1122 §3.2.2).",
    hints: [
      "How long is the header that you keep?",
      "header.payload − frame.start bytes, 20 to 60; not always 20.",
      "Copy them in front of the payload: they begin at frame.headroom minus their length.",
    ],
    run: async (t) => {
      const station = await t.host({ reassembly: { timeout: 60_000 } });
      const options = Uint8Array.of(7, 3 + 4 * t.random.int(1, 9), 4);
      const length = options[1] as number;
      const field = new Uint8Array(length);
      field.set(options);
      const data = t.random.bytes(64);
      const first = fragmentOf(data, 0, 64, true, { identification: t.random.int(0, 65535), options: field });
      await station.send(framed(first), `fragment 0, with a record-route option of ${length} bytes`);
      const header = first.length - 64;
      const frame = await station.expect(
        { icmp: { type: 11, code: 1 }, dataStart: first.subarray(0, header + 8) },
        "time exceeded in reassembly, 60 s after fragment 0",
        61_000,
      );
      const quote = payloadOf(frame, "ethernet");
      sameBytes(t, quote, first.subarray(0, quote.length), "the quote");
    },
  },
  "flood": {
    title: "a flood of fragments does not keep the host from answering",
    kind: "scenario",
    covers: ["815", "IP-6"],
    look: ["createReassembly"],
    why:
      "Seen from outside: 150 unfinished packets, from as many forged sources, must leave room for the one that is meant (RFC 1122 §3.3.2).",
    hints: [
      "Does reassembly/bounded pass?",
      "The host has 64 big frames. Each packet that gives way must give its frame back.",
      "options.release for every frame that is not returned from insert.",
    ],
    run: async (t) => {
      const station = await t.host();
      const data = pattern(64);
      for (let run = 0; run < 150; run++) {
        const source = `10.44.0.${run + 20}`;
        await station.send(ethernet({}, fragmentOf(data, 0, 64, true, { source, identification: run })));
      }
      const echo = t.random.bytes(t.random.int(1500, 2000));
      for (const fragment of fragmentPacket(ipv4({ identification: 4444 }, icmpEcho({ id: 44 }, echo)), [1480])) {
        await station.send(framed(fragment), "an honest ping");
      }
      await station.expect({ ipv4: { fragmentOffset: 0 }, icmp: { type: 0, identifier: 44 } }, "the honest ping is answered");
    },
  },
};
