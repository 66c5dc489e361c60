/** Faults for the public checks that no mutant breaks, or none in what they are about: for their transcripts (docs/failures.md). They are too plain to be mutants. */
import type { Mutant } from "../../../tools/harness/mutant.ts";

const faults: readonly Mutant[] = [
  {
    name: "request-for-ourselves",
    fault: "the request asks for our own address",
    file: "cache.ts",
    replace: "    targetIp: entry.address,",
    by: "    targetIp: options.ownIp,",
    caughtBy: "resolve/ask",
  },
  {
    name: "known-not-used",
    fault: "a packet for a known address waits as if nothing were known",
    file: "cache.ts",
    replace: `        actions.transmit(frame, entry.mac);
`,
    by: `        entry.waiting.push(frame);
`,
    caughtBy: "resolve/known",
  },
  {
    name: "entries-unsorted",
    fault: "the entries are listed as they came",
    file: "cache.ts",
    replace: `        .sort((a, b) => a.address - b.address)
`,
    by: "",
    caughtBy: "resolve/entries",
  },
  {
    name: "answer-not-taken",
    fault: "an answer is counted as confirmation and its address forgotten",
    file: "cache.ts",
    replace: `  entry.mac = mac;
`,
    by: `  entry.mac ??= 0 as MacAddress;
`,
    caughtBy: "receive/learn",
  },
  {
    name: "never-again",
    fault: "a request is sent once and never again",
    file: "cache.ts",
    replace: "        if (entry.asking && entry.requests < options.maxRequests) {",
    by: "        if (entry.asking && entry.requests < 1) {",
    caughtBy: "retry/once-a-second",
  },
  {
    name: "unused-stays",
    fault: "a stale entry stays for ever",
    file: "cache.ts",
    replace: "entry.confirmed + options.reachableTime + options.staleTime;",
    by: "Infinity;",
    caughtBy: "age/unused",
  },
  {
    name: "announced-once",
    fault: "there is no second announcement",
    file: "claim.ts",
    replace: `      claim.due = now + ANNOUNCE_INTERVAL;
`,
    by: `      claim.due = Infinity;
`,
    caughtBy: "claim/announce",
  },
  {
    name: "not-defended",
    fault: "an announced address is not defended",
    file: "claim.ts",
    replace: `        claim.defended = now;
        sendClaim(actions, options, options.address);
`,
    by: `        claim.defended = now;
`,
    caughtBy: "live/defend",
  },
  {
    name: "sender-ip-aligned",
    fault: `the sender's IP address is read at 16, as if addresses began at multiples of 4`,
    file: "arp.ts",
    replace: `senderIp: readIpv4(view, start + 14),`,
    by: `senderIp: readIpv4(view, start + 16),`,
    caughtBy: "codec/fields",
  },
  {
    name: "protocol-type-ignored",
    fault: `the protocol type is not looked at`,
    file: "arp.ts",
    replace: `  if (view.getUint16(start + 2) !== PROTOCOL_IPV4) return "bad protocol type";
`,
    by: ``,
    caughtBy: "codec/protocol-type",
  },
  {
    name: "no-request-is-a-reply",
    fault: `whatever is no request is taken for a reply`,
    file: "arp.ts",
    replace: `if (operation !== REQUEST && operation !== REPLY) return "bad operation";`,
    by: `if (operation === 0) return "bad operation";`,
    caughtBy: "codec/operation",
  },
  {
    name: "written-behind",
    fault: `the packet is appended, so no header fits in front of it any more`,
    file: "arp.ts",
    replace: `const start = frame.push(ARP_LENGTH);`,
    by: `const start = frame.append(ARP_LENGTH);`,
    caughtBy: "codec/push",
  },
  {
    name: "latest-deadline",
    fault: `the deadline is that of the entry that has the most time`,
    file: "cache.ts",
    replace: `earliest = Math.min(earliest, dueAt(entry, options));`,
    by: `earliest = earliest === Infinity ? dueAt(entry, options) : Math.max(earliest, dueAt(entry, options));`,
    caughtBy: "retry/deadline",
  },
  {
    name: "reachable-for-ever",
    fault: `an entry that has an address is reachable, however old`,
    file: "cache.ts",
    replace: `return now - entry.confirmed < options.reachableTime ? "reachable" : "stale";`,
    by: `return "reachable";`,
    caughtBy: "age/stale",
  },
  {
    name: "asked-on",
    fault: `an answer does not end the asking`,
    file: "cache.ts",
    replace: `  entry.confirmed = now;
  entry.asking = false;
`,
    by: `  entry.confirmed = now;
`,
    caughtBy: "age/confirmed",
  },
];

export default faults;
