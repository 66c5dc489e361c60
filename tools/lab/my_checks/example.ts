/** The `my_checks.ts` that a student begins with: how a check is written, and one or two that are true. */
import type { Lab } from "../../../labs/manifest.ts";

/** For each lab: what the examples need of `my_suite.ts` and other files, and the examples. */
const EXAMPLES: Readonly<Record<number, { readonly imports: readonly string[]; readonly checks: string }>> = {
  1: {
    imports: [`import { suite } from "../../tools/harness/my_suite.ts";`],
    checks: `  "the check value of the CRC": [
    { call: "crc32", args: [new TextEncoder().encode("123456789"), 0, 9], returns: 0xcbf43926 },
  ],`,
  },
  2: {
    imports: [
      `import { suite } from "../../tools/harness/my_suite.ts";`,
      `import { arp, ethernet } from "../../tools/harness/packets.ts";`,
    ],
    checks: `  "a request for our address is answered": [
    { host: {} },
    { send: ethernet({ destination: "ff:ff:ff:ff:ff:ff", etherType: 0x0806 }, arp({ operation: 1, targetIp: "10.44.0.2" })) },
    { expect: { arp: { operation: 2, senderIp: "10.44.0.2" } } },
    { silence: 1000 },
  ],`,
  },
  3: {
    imports: [
      `import { suite, view } from "../../tools/harness/my_suite.ts";`,
      `import { ethernet, icmpEcho, ipv4 } from "../../tools/harness/packets.ts";`,
    ],
    checks: `  "the checksum of nothing": [
    { call: "internetChecksum", args: [view(new Uint8Array()), 0, 0], returns: 0xffff },
  ],
  "a ping is answered": [
    { host: {} },
    { send: ethernet({}, ipv4({}, icmpEcho({ id: 7 }, new Uint8Array(5)))) },
    { expect: { icmp: { type: 0, identifier: 7 } } },
  ],`,
  },
  4: {
    imports: [`import { suite } from "../../tools/harness/my_suite.ts";`],
    checks: `  "a SYN to a listening port": [
    { listen: 80 },
    { send: { flags: "SYN", seq: 0, mss: 1460 } },
    { expect: { flags: "SYN ACK", seq: 0, ack: 1 } },
    { send: { flags: "ACK", seq: 1, ack: 1 } },
    { accept: true },
    { look: { state: "ESTABLISHED" } },
  ],`,
  },
  5: {
    imports: [`import { suite } from "../../tools/harness/my_suite.ts";`],
    checks: `  "the peer closes first": [
    { call: "nextState", args: ["ESTABLISHED", "fin received"], returns: "CLOSE-WAIT" },
    { call: "nextState", args: ["CLOSING", "close"], returns: undefined },
  ],
  "a FIN is acknowledged, and ours follows": [
    { state: "ESTABLISHED" },
    { send: { flags: "FIN ACK" } },
    { expect: { flags: "ACK", ack: 2 }, within: 500 },
    { look: { state: "CLOSE-WAIT" } },
    { close: true },
    { expect: { flags: "FIN ACK", seq: 1 } },
  ],`,
  },
  6: {
    imports: [`import { suite } from "../../tools/harness/my_suite.ts";`],
    checks: `  "what is lost is sent again": [
    { state: "ESTABLISHED" },
    { write: new Uint8Array(100) },
    { expect: { seq: 1, dataLength: 100 } },
    { expect: { seq: 1, dataLength: 100 }, within: 3000 },
    { send: { flags: "ACK", ack: 101 } },
    { silence: 10_000 },
  ],`,
  },
  7: {
    imports: [`import { suite } from "../../tools/harness/my_suite.ts";`],
    checks: `  "nobody waits before the handshake is done": [
    { listen: 80 },
    { send: { flags: "SYN", seq: 0 } },
    { expect: { flags: "SYN ACK" } },
    { accept: false },
    { send: { flags: "ACK", seq: 1, ack: 1 } },
    { accept: true },
  ],`,
  },
  8: {
    imports: [`import { changing, suite } from "../../tools/harness/my_suite.ts";`],
    checks: `  "slow start grows by what is acknowledged": [
    {
      call: "slowStart",
      args: [changing({ smss: 1000, cwnd: 4000, ssthresh: Infinity, phase: "open", growthLimit: 1 }), 1000],
      changes: { cwnd: 5000 },
    },
  ],
  "four segments go, and two for each that arrives": [
    { state: "ESTABLISHED", peer: { mss: 1000 } },
    { write: new Uint8Array(20_000) },
    ...[1, 1001, 2001, 3001].map((seq) => ({ expect: { seq, dataLength: 1000 } })),
    { silence: 500 },
    { send: { flags: "ACK", ack: 1001 } },
    ...[4001, 5001].map((seq) => ({ expect: { seq, dataLength: 1000 } })),
    { silence: 500 },
  ],`,
  },
  9: {
    imports: [
      `import { suite } from "../../tools/harness/my_suite.ts";`,
      `import { ethernet, ipv4, udp } from "../../tools/harness/packets.ts";`,
    ],
    checks: `  "who named the address comes before who named none": [
    { call: "createDatagramTable", as: "table" },
    { call: "add", on: "table", args: [0x0a2c0002, 53, "named"] },
    { call: "add", on: "table", args: [0, 53, "any"] },
    { call: "find", on: "table", args: [0x0a2c0002, 53, 0x0a2c0001, 40000], returns: "named" },
    { call: "find", on: "table", args: [0x0a2c0009, 53, 0x0a2c0001, 40000], returns: "any" },
  ],
  "nobody has port 9": [
    { host: {} },
    { send: ethernet({}, ipv4({ protocol: 17 }, udp({ destinationPort: 9 }, new Uint8Array(5)))) },
    { expect: { icmp: { type: 3, code: 3 } } },
  ],`,
  },
  10: {
    imports: [`import { suite } from "../../tools/harness/my_suite.ts";`],
    checks: `  "the bytes, then the end; and nothing yet is neither": [
    ...[[5, true, 5], [0, true, 0], [0, false, "EAGAIN"]].map(([readable, ended, returns]) => ({
      call: "readOutcome",
      args: [{ role: "connected", waiting: 0, readable, ended, room: 0, shut: false, failure: undefined }, 100],
      returns,
    })),
  ],`,
  },
  11: {
    imports: [`import { suite } from "../../tools/harness/my_suite.ts";`],
    checks: `  "two lengths are refused": [
    {
      call: "bodyOf",
      args: ["1.1", [{ name: "content-length", value: "5" }, { name: "content-length", value: "6" }]],
      returns: "bad length",
    },
  ],
  "push takes one request's bytes, and no more": [
    {
      call: "createRequestReader",
      as: "reader",
      args: [{ requestLine: 99, headerLine: 99, headers: 999, headerCount: 9, body: 99, headTime: 1000, requestTime: 5000 }],
    },
    { call: "push", on: "reader", args: [new TextEncoder().encode("GET / HTTP/1.0\\r\\n\\r\\nGET"), 0], returns: 18 },
    { call: "next", on: "reader", args: [0], fields: { method: "GET", target: "/", persists: false } },
    { call: "next", on: "reader", args: [0], returns: undefined },
  ],`,
  },
};

/** The file's text. */
export function exampleText(lab: Lab): string {
  const { imports, checks } = EXAMPLES[lab.number] ?? { imports: [`import { suite } from "../../tools/harness/my_suite.ts";`], checks: "" };
  return `/**
 * Your own checks of lab ${lab.number}: deno task lab${lab.number} --my-checks
 *
 * A check is a list of steps, and a step is data: see tools/harness/my_suite.ts. A check counts when right code passes it; it is worth
 * something when wrong code fails it. This file may compute its steps, but it runs alone, before anything is tested.
 */
${imports.join("\n")}

export default suite({
${checks}
});
`;
}
