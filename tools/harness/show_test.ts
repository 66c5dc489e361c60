/** How values and calls read in a transcript. */
import { assertEquals } from "@std/assert";
import { Frame } from "../../stack/wire/frame.ts";
import { parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { callText, resultText } from "./call_text.ts";
import { InOut, Marker } from "./marker.ts";
import { showBoth, showValue } from "./show.ts";

const ADDRESS = parseIpv4Address("10.44.0.8");

Deno.test("showValue() shows numbers as what they are", () => {
  const cases: [value: unknown, key: string, text: string][] = [
    [ADDRESS, "", "10.44.0.8"],
    [parseIpv4Address("1.2.3.4"), "source", "1.2.3.4"],
    [parseIpv4Address("1.2.3.4"), "", "16909060 (0x01020304)"],
    [0x1a6_3c, "", "108092 (0x0001a63c)"],
    [120_000, "timeout", "120000"],
    [4.239725999999791, "rtt", "4.24"],
    [Infinity, "ms", "Infinity"],
    [-1, "address", "-1"],
    [7, "identification", "0x0007"],
    [-0xddf3, "checksum", "-0xddf3"],
    [-873187034, "crc", "-873187034 (0xcbf43926 with >>> 0)"],
    [0xfeff_ffff_ffff, "", "fe:ff:ff:ff:ff:ff"],
    ["0x-ddf3", "", "-0xddf3"],
    ["0x181a63c", "", "0x0181a63c"],
    ["bad checksum", "", '"bad checksum"'],
  ];
  for (const [value, key, text] of cases) assertEquals(showValue(value, key), text);
});

Deno.test("showValue() shows the records of the contracts in short", () => {
  const [source, destination] = [parseIpv4Address("10.44.0.1"), parseIpv4Address("10.44.0.2")];
  const header = { typeOfService: 0, identification: 7, dontFragment: false, moreFragments: true, fragmentOffset: 1480, timeToLive: 64 };
  const cases: [value: unknown, text: string][] = [
    [
      { ...header, protocol: 17, source, destination, payload: 34, end: 74 },
      "{ 10.44.0.1 → 10.44.0.2 id 0x0007 offset 1480 more ttl 64 protocol 17 payload 34 end 74 }",
    ],
    [{ source, destination, identification: undefined }, "{ 10.44.0.1 → 10.44.0.2 id undefined }"],
    [
      { interfaces: [{ address: destination, prefixLength: 24 }], linkBroadcast: true, forwarding: false },
      "{ interfaces: [10.44.0.2/24], linkBroadcast: true, forwarding: false }",
    ],
    [{ network: source, prefixLength: 8, gateway: destination, interface: 1 }, "10.44.0.1/8 via 10.44.0.2 on 1"],
    [
      { operation: 1, senderMac: 0x0200_0000_0001, senderIp: source, targetMac: 0, targetIp: destination },
      "ARP request 10.44.0.1 02:00:00:00:00:01 → 10.44.0.2 00:00:00:00:00:00",
    ],
    [{ from: 0, length: 976, fragmentOffset: 0, moreFragments: true }, "{ from 0 length 976 offset 0 more }"],
    [
      { destination: 0x0200_0000_0002, source: 0x0200_0000_0001, etherType: 0x0800, payload: 14 },
      "{ 02:00:00:00:00:01 → 02:00:00:00:00:02 type 0x0800 payload 14 }",
    ],
    [{ type: 8, code: 0 }, "{ type: 8, code: 0 }"],
  ];
  for (const [value, text] of cases) assertEquals(showValue(value), text);
});

Deno.test("showBoth() brings both sides into one form", () => {
  const both = (actual: unknown, expected: unknown, what: string): unknown[] => Object.values(showBoth(actual, expected, what));
  assertEquals(both(65453, "0xadff", "the sum"), ["0xffad", "0xadff"]);
  assertEquals(both(0xffff, 0, "the checksum of 20 bytes"), ["0xffff", "0x0000"]);
  assertEquals(both(1, 0xcbf43926, 'the CRC-32 of "123456789"'), ["0x00000001", "0xcbf43926"]);
  assertEquals(both(0, 1, 'the count of "icmp: bad icmp checksum"'), ["0", "1"]);
  assertEquals(both(90_000, 120_000, "nextDeadline() with two unfinished packets"), ["90000", "120000"]);
});

Deno.test("callText() knows what the arguments of a function are", () => {
  const text = (name: string, ...args: unknown[]): string => {
    const call = callText(name, args);
    return `${call.name}(${call.args})${call.of}`;
  };
  const frame = Frame.of(Uint8Array.of(7, 3, 4, 0), 20);
  assertEquals(text("findBadOption", frame, 20, 24), "findBadOption(4-byte frame, 20, 24) of [07 03 04 00]");
  const view = new DataView(Uint8Array.of(1, 2, 3, 4).buffer);
  assertEquals(text("internetChecksum", view, 0, 4, 1), "internetChecksum([01 02 03 04], 0, 4, 0x0001)");
  assertEquals(text("internetChecksum", view, 1, 3), "internetChecksum(4-byte view, 1, 3) of [02 03]");
  assertEquals(text("createRoutes.lookup", parseIpv4Address("8.8.8.8")), "createRoutes.lookup(8.8.8.8)");
  assertEquals(text("makeEchoReply", frame), "makeEchoReply(4-byte frame)");
  assertEquals([resultText("crc32", 1), resultText("removeFcs", true)], ["0x00000001", "true"]);
});

/** A Tcb in which nothing has begun. */
const TCB = {
  ...{ localAddress: 1, localPort: 2, remoteAddress: 3, remotePort: 4, state: "LISTEN", passive: false },
  ...{ iss: 0, irs: 0, sndUna: 0, sndNxt: 0, sndWnd: 0, maxSndWnd: 0, sndWl1: 0, sndWl2: 0, rcvNxt: 0, rcvWnd: 65535, sndUp: 0, rcvUp: 0 },
  ...{ finQueued: false, finSent: false, finReceived: false, rcvMss: 1460, sndMss: 1460, rcvScale: 7, sndScale: 0 },
  ...{ windowScaling: true, timestamps: true, sackPermitted: false, tsRecent: 0, tsRecentAt: 0, lastAckSent: 0 },
};
const SEGMENT = {
  ...{
    sourcePort: 40_000,
    destinationPort: 80,
    seq: 0xffff_ffff,
    ack: 0,
    flags: 2,
    window: 64_240,
    urgentPointer: 0,
    text: 54,
    textLength: 0,
  },
  ...{ length: 1, mss: 1460, windowScale: 0, sackPermitted: false, timestamps: true, tsVal: 77, tsEcr: 0, sackBlocks: 0, sackCount: 0 },
};

Deno.test("showValue() shows of TCP's records what has begun and what is said", () => {
  const syn = "SYN seq 4294967295 window 64240 mss 1460 windowScale 0 tsVal 77 tsEcr 0";
  const none = { mss: 0, windowScale: -1, timestamps: false };
  const cases: [value: unknown, text: string][] = [
    [TCB, "{ LISTEN rcvWnd 65535 sndMss 1460 rcvScale 7 windowScaling timestamps }"],
    [
      { ...TCB, state: "SYN-SENT", iss: 0xffff_ffff, sndUna: 0xffff_ffff, sndUp: 0xffff_ffff, rcvMss: 536, maxSndWnd: 9 },
      "{ SYN-SENT iss 4294967295 sndUna 4294967295 sndNxt 0 rcvMss 536 maxSndWnd 9 rcvWnd 65535 sndMss 1460 rcvScale 7 windowScaling timestamps }",
    ],
    [SEGMENT, `{ ${syn} }`],
    [{ ...SEGMENT, ...none, flags: 0x18, ack: 5, textLength: 3 }, "{ PSH ACK seq 4294967295 ack 5 window 64240 textLength 3 no options }"],
    [{ ...SEGMENT, ...none, length: undefined, sack: [7, 8] }, "{ 40000 → 80 SYN seq 4294967295 window 64240 sack [7, 8] }"],
  ];
  for (const [value, text] of cases) assertEquals(showValue(value, "", 40), text);
});

Deno.test("showValue() shows of congestion control what has happened", () => {
  const begun = {
    ...{ smss: 1000, algorithm: "reno", sack: false, growthLimit: 1, initialWindow: 4000, cwnd: 4000, ssthresh: Infinity, bytesAcked: 0 },
    ...{ phase: "open", dupAcks: 0, recoveryPoint: -1, limited: true, roundTrip: 0, wMax: 0, cwndPrior: 0, epochStart: -1, k: 0, wEst: 0 },
  };
  const cases: [value: unknown, text: string][] = [
    [begun, "{ open cwnd 4000 ssthresh Infinity smss 1000 }"],
    [
      { ...begun, phase: "recovery", cwnd: 98_000.5, ssthresh: 95_000, dupAcks: 3, recoveryPoint: 190_000, sack: true },
      "{ recovery cwnd 98000.5 ssthresh 95000 smss 1000 dupAcks 3 recoveryPoint 190000 sack }",
    ],
    [
      { ...begun, algorithm: "cubic", initialWindow: 10_000, limited: false, wMax: 100, epochStart: 0, k: 4.2172, wEst: NaN },
      "{ open cwnd 4000 ssthresh Infinity smss 1000 initialWindow 10000 wMax 100 cwndPrior 0 epochStart 0 k 4.217 wEst NaN cubic not limited }",
    ],
  ];
  for (const [value, text] of cases) assertEquals(showValue(value, "", 40), text);
  assertEquals(
    callText("newAck", [new InOut(begun), 2 ** 33, 90_000, 2 ** 34, 70_000]).args,
    `${cases[0]?.[1]}, ${2 ** 33}, 90000, ${2 ** 34}, 70000`,
  );
});

Deno.test("callText() shows what a function may change, and names what only stands for something where its signature does", () => {
  const effects = new Marker({ t: "recorder", id: 1, callback: false, beside: false });
  assertEquals(
    callText("activeOpen", [new InOut(TCB), 0xffff_ffff, effects]).args,
    "{ LISTEN rcvWnd 65535 sndMss 1460 rcvScale 7 windowScaling timestamps }, 4294967295, effects",
  );
  assertEquals(callText("createArpCache.receive", [{ a: 1 }, effects, 120_000]).args, "{ a: 1 }, 120000");
  assertEquals(callText("createPorts.bind", [0, 80, true, [ADDRESS, 0x0102_0304]]).args, "0.0.0.0, 80, true, [10.44.0.8, 1.2.3.4]");
});

Deno.test("callText() shows of a segment its options, or how it begins", () => {
  const header = [0, 80, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0x60, 2, 0, 0, 0, 0, 0, 0];
  const of = (...bytes: number[]): string => callText("parseSegment", [Frame.of(Uint8Array.from(bytes), 20)]).of;
  assertEquals(of(...header, 2, 0, 1, 1, 99), " of options [02 00 01 01]");
  assertEquals(of(...header), ` of [${header.map((byte) => byte.toString(16).padStart(2, "0")).join(" ")}]`);
  assertEquals(of(1, 2), " of [01 02]");
});

Deno.test("showValue() of offsets, counts and times is decimal, however large", () => {
  assertEquals(showValue(2 ** 32 + 100, "count"), "4294967396");
  assertEquals(showValue({ next: 70_865 }), "{ next: 70865 }");
  assertEquals(showBoth(96_000, 60_000, "probeDelay(5, 3000, 60000)"), { actual: "96000", expected: "60000" });
  assertEquals(showBoth(70_865, 0, "edge() after 3 bytes"), { actual: "70865", expected: "0" });
});

Deno.test("showValue() names what a channel is ready for", () => {
  assertEquals(showValue({ channel: 7, interest: 3, ready: 0 }), "{ channel: 7, interest: READ + WRITE, ready: nothing }");
});
