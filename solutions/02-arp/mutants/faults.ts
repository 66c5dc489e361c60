/** Faults for the public checks that no mutant breaks: for their transcripts (docs/failures.md). They are too plain to be mutants. */
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
];

export default faults;
