/** Public checks of lab 03: ICMP messages and echo (`parseIcmp`, `writeIcmp`, `makeEchoReply`). Errors are in `errors.ts`. */
import { icmp as message, icmpEcho, ipv4, KERNEL_IP, STACK_IP } from "../../../tools/harness/packets.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { framed, sameMessage } from "./received.ts";
import { usedFrame } from "./samples.ts";

export { errors } from "./errors.ts";

export const icmp: Readonly<Record<string, CheckSpec>> = {
  "parse": {
    title: "type, code and the four bytes behind the checksum are read",
    kind: "table",
    covers: ["ICMP-1"],
    look: ["parseIcmp"],
    why:
      "Every ICMP message begins with the same 8 bytes; what the last four of them mean depends on the type (RFC 792). This one is good: its " +
      "checksum, over header and data, comes to 0.",
    hints: [
      "Which offset has each field, counted from frame.start?",
      "Type at 0, code at 1, checksum at 2, rest at 4; the payload begins at 8.",
      "view.getUint8 for the first two, view.getUint32(frame.start + 4) for the rest; >>> 0 if you put it together yourself.",
    ],
    run: async (t) => {
      for (let run = 0; run < 8; run++) {
        const fields = { type: t.random.int(0, 255), code: t.random.int(0, 255), rest: t.random.int(0, 0xffff_ffff) };
        const frame = usedFrame(t.random, message(fields, t.random.bytes(t.random.int(0, 60))));
        t.fields(await t.ip.parseIcmp(frame), { ...fields, payload: frame.start + 8 }, "the message");
      }
    },
  },
  "truncated": {
    title: 'a message shorter than 8 bytes is "truncated"',
    kind: "table",
    covers: ["ICMP-1"],
    look: ["parseIcmp"],
    why:
      "Length comes first: nothing may be read that was not received, and the old bytes behind the frame's end are another packet's (RFC 792). 8 bytes are " +
      "a whole message: a header with a checksum of its own, and no data.",
    hints: [
      "What do you look at first?",
      "frame.length, before any byte.",
      "An 8-byte message, an echo without data, is long enough.",
    ],
    run: async (t) => {
      const whole = icmpEcho({ id: t.random.int(0, 65535) }, new Uint8Array());
      for (let length = 0; length < 8; length++) {
        const frame = usedFrame(t.random, whole.subarray(0, length));
        t.equal(await t.ip.parseIcmp(frame), "truncated", `parseIcmp of ${amount(length)}`);
      }
      t.fields(await t.ip.parseIcmp(usedFrame(t.random, whole)), { type: 8, code: 0 }, "a message of exactly 8 bytes");
    },
  },
  "bad-checksum": {
    title: "one wrong bit anywhere is a bad checksum",
    kind: "table",
    covers: ["ICMP-1", "1071-1", "1071-4"],
    look: ["parseIcmp", "internetChecksum"],
    why: "The checksum covers the whole message, data included, up to an odd last byte; IP's own covers only the IP header (RFC 792).",
    hints: [
      "Where does the sum begin, and where does it end?",
      "From frame.start to frame.end: header and data, and no pseudo-header.",
      "internetChecksum over a message that holds its own right checksum gives 0; anything else is wrong.",
    ],
    run: async (t) => {
      for (const size of [0, 1, 56, t.random.int(2, 100), t.random.int(2, 100)]) {
        const good = icmpEcho({ id: t.random.int(0, 65535), seq: 1 }, t.random.bytes(size));
        t.fields(await t.ip.parseIcmp(usedFrame(t.random, good)), { type: 8 }, `a good message with ${amount(size)} of data`);
        for (const at of [0, 2, good.length - 1, t.random.int(0, good.length - 1)]) {
          const bad = good.map((byte, index) => index === at ? byte ^ 1 << t.random.int(0, 7) : byte);
          const what = `parseIcmp of ${bad.length} bytes, one bit wrong in byte ${at}`;
          t.equal(await t.ip.parseIcmp(usedFrame(t.random, bad)), "bad icmp checksum", what);
        }
      }
    },
  },
  "write": {
    title: "a header is written, with a checksum over header and data",
    kind: "table",
    covers: ["ICMP-2", "1071-1"],
    look: ["writeIcmp", "internetChecksum"],
    why:
      "The buffer holds old bytes where the header goes. A checksum field that is not zero while the sum is computed makes the sum wrong (RFC 792).",
    hints: [
      "Which of the 8 bytes did you not write?",
      "Push 8 bytes, write type, code, 0 for the checksum, and rest; then the checksum over everything from frame.start to frame.end.",
      "`rest` may be above 2³¹: view.setUint32 takes it as it is.",
    ],
    run: async (t) => {
      for (let run = 0; run < 8; run++) {
        const [type, code, rest] = [t.random.int(0, 255), t.random.int(0, 255), t.random.int(0, 0xffff_ffff)];
        const payload = t.random.bytes(t.random.int(0, 80));
        const frame = usedFrame(t.random, payload);
        await t.ip.writeIcmp(frame, type, code, rest);
        sameMessage(t, frame.toBytes(), message({ type, code, rest }, payload), `the message with ${amount(payload.length)} of payload`);
      }
    },
  },
  "echo-reply": {
    title: "an echo request becomes its reply",
    kind: "table",
    covers: ["ICMP-6"],
    look: ["makeEchoReply", "internetChecksum"],
    why:
      "The reply differs from the request in two fields: the type, and the checksum that follows from it. All else comes back untouched (RFC 792).",
    hints: [
      "Which bytes may differ between request and reply?",
      "Type 8 becomes 0. The old checksum is then wrong.",
      "Set the type, set the checksum field to 0, sum over the whole message, write the result.",
    ],
    run: async (t) => {
      for (let run = 0; run < 8; run++) {
        const [id, seq, data] = [t.random.int(0, 65535), t.random.int(0, 65535), t.random.bytes(t.random.int(0, 120))];
        const frame = usedFrame(t.random, icmpEcho({ id, seq }, data));
        await t.ip.makeEchoReply(frame);
        sameMessage(t, frame.toBytes(), icmpEcho({ reply: true, id, seq }, data), `the reply to ${amount(data.length)} of data`);
      }
    },
  },
  "reply-of-zeros": {
    title: "the reply to a ping of zeros has the checksum ffff",
    kind: "table",
    covers: ["ICMP-6", "1071-4"],
    look: ["makeEchoReply", "updateChecksum"],
    why:
      "Identifier 0, sequence 0, data all zero: the reply is nothing but zeros and its checksum. The formula of RFC 1624 then gives 0, which no receiver accepts; summing anew gives ffff.",
    hints: [
      "What does the sum of nothing but zeros come to, and what is its complement?",
      "In one's complement there are two zeros. A sum of zeros is 0, its complement ffff.",
      "Compute the checksum over the whole message instead of updating it.",
    ],
    run: async (t) => {
      for (const size of [0, 1, 56, t.random.int(2, 200)]) {
        const frame = usedFrame(t.random, icmpEcho({ id: 0, seq: 0 }, new Uint8Array(size)));
        await t.ip.makeEchoReply(frame);
        const right = icmpEcho({ reply: true, id: 0, seq: 0 }, new Uint8Array(size));
        sameMessage(t, frame.toBytes(), right, `the reply to ${amount(size, "zero")}`);
      }
    },
  },
  "ping": {
    title: "a ping is answered, with its data, from the address pinged",
    kind: "scenario",
    weight: 2,
    covers: ["ICMP-6"],
    look: ["makeEchoReply", "parseIcmp", "parseIpv4"],
    why:
      "The sender recognises its own question by identifier, sequence number and data, and the answer by its source address (RFC 1122 §3.2.2.6). With less " +
      "than 18 bytes of data it comes in a padded frame: what comes back longer than it went has the padding in it.",
    hints: [
      "Do the checks icmp/echo-reply and header/padding pass?",
      "The host calls parseIcmp, then makeEchoReply, then sends what is in the frame.",
      '"icmp: bad icmp checksum" among the counters? Then parseIcmp rejects good requests.',
    ],
    run: async (t) => {
      const station = await t.host();
      for (const size of [0, 1, 8, 56, 57, 1472]) {
        const [id, seq, data] = [t.random.int(0, 65535), t.random.int(0, 65535), t.random.bytes(size)];
        await station.send(framed(ipv4({ identification: t.random.int(0, 65535) }, icmpEcho({ id, seq }, data))));
        await station.expect({
          ipv4: { source: STACK_IP, destination: KERNEL_IP, protocol: 1 },
          icmp: { type: 0, code: 0, identifier: id, sequence: seq },
          data,
        }, `an echo reply with the same ${amount(size)}`);
      }
    },
  },
  "damaged-ping": {
    title: "a damaged ping is dropped in silence, and counted",
    kind: "scenario",
    covers: ["ICMP-1"],
    look: ["parseIcmp"],
    why: "A message that is damaged may have a damaged source too, so nobody is told. The counter is for you (RFC 1122 §3.2.2).",
    hints: [
      "Does check icmp/bad-checksum pass?",
      'parseIcmp returns the string "bad icmp checksum"; the host counts it and drops the message.',
      "Don't return an object with a wrong checksum in the hope that somebody else looks.",
    ],
    run: async (t) => {
      const station = await t.host();
      const good = icmpEcho({ id: 3 }, t.random.bytes(t.random.int(20, 61)));
      const at = t.random.int(8, good.length - 1);
      await station.send(framed(ipv4({}, good.map((byte, index) => index === at ? byte ^ 0x10 : byte))), `byte ${at} is damaged`);
      await station.send(framed(ipv4({}, good.subarray(0, 5))), "a message of 5 bytes");
      await station.expectSilence(1000, "what is damaged is not answered");
      const counters = await station.counters();
      t.equal(counters["icmp: bad icmp checksum"], 1, 'the count of "icmp: bad icmp checksum"');
      t.equal(counters["icmp: truncated"], 1, 'the count of "icmp: truncated"');
      await station.send(framed(ipv4({}, good)), "the same ping, undamaged");
      await station.expect({ icmp: { type: 0, identifier: 3 } }, "the undamaged one is answered");
    },
  },
  "unknown-type": {
    title: "a message of unknown type is dropped in silence",
    kind: "scenario",
    covers: ["ICMP-1", "ICMP-10", "MUST-55"],
    look: ["parseIcmp", "mayReport"],
    why:
      "New types may be invented; those who don't know them say nothing. Information requests and source quench are obsolete, and ignored (RFC 1122 §3.2.2, RFC 6633).",
    hints: [
      "Does parseIcmp reject types that it does not know?",
      "parseIcmp reads any type; what becomes of it is the host's decision, and an unknown one is not an error.",
      "No error about it either: mayReport is false for a message of unknown type.",
    ],
    run: async (t) => {
      const station = await t.host();
      const unknown = [1, 2, 7, t.random.int(44, 252), 255];
      for (const type of unknown) {
        await station.send(framed(ipv4({}, message({ type, rest: t.random.int(0, 0xffff_ffff) }, t.random.bytes(12)))));
      }
      await station.expectSilence(0, "a type that nobody knows is no reason to speak");
      const quoted = ipv4({ source: STACK_IP, destination: KERNEL_IP }, icmpEcho());
      await station.send(framed(ipv4({}, message({ type: 4 }, quoted))), "source quench");
      await station.send(framed(ipv4({}, message({ type: 15, rest: 0x10001 }))), "information request");
      await station.expectSilence(1000, "obsolete messages are ignored");
      await t.counter(station, "icmp: received", unknown.length + 2);
      await station.send(framed(ipv4({}, icmpEcho({ id: 9 }))), "an honest ping");
      await station.expect({ icmp: { type: 0, identifier: 9 } }, "the honest ping is answered");
    },
  },
  "own-ping": {
    title: "a ping of our own goes out, and its reply is recognised",
    kind: "scenario",
    covers: ["ICMP-6"],
    look: ["writeIcmp", "parseIcmp"],
    why:
      "The other half of echo: the identifier says which program asked, the sequence number which of its questions this answers (RFC 792).",
    hints: [
      "Is the request that goes out right? The capture shows it.",
      "`rest` holds the identifier in its upper 16 bits and the sequence number in its lower 16.",
      "The host reads id and seq from `rest`, and the data from `payload` on, of what parseIcmp returns.",
    ],
    run: async (t) => {
      const station = await t.host();
      for (const size of [0, 57]) {
        const [id, seq] = [t.random.int(0, 65535), t.random.int(0, 65535)];
        await station.ping(KERNEL_IP, { id, seq, size });
        const request = await station.expect(
          { ipv4: { destination: KERNEL_IP, protocol: 1 }, icmp: { type: 8, code: 0, identifier: id, sequence: seq }, dataLength: size },
          "our echo request",
        );
        const data = request.subarray(42, 42 + size);
        await station.send(framed(ipv4({}, icmpEcho({ reply: true, id, seq }, data))));
        const [event] = await station.events();
        t.fields(event, { kind: "echo reply", from: KERNEL_IP, id, seq, data }, "what the host tells the layer above");
      }
    },
  },
};
