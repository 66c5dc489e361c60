/** Faults for the public checks that no mutant breaks: for their transcripts (docs/failures.md). They are too plain to be mutants. */
import type { Mutant } from "../../../tools/harness/mutant.ts";

const faults: readonly Mutant[] = [
  {
    name: "write-sack",
    fault: "`view.setUint32(at, SACK_WORD + 4 * fields.sack.length);` is written `view.setUint32(at, SACK_WORD - 4 * fields.sack.length);`",
    file: "segment.ts",
    replace: "    view.setUint32(at, SACK_WORD + 4 * fields.sack.length);",
    by: "    view.setUint32(at, SACK_WORD - 4 * fields.sack.length);",
    caughtBy: "write/sack",
  },
  {
    name: "synsent-neither",
    fault: "`if (acknowledged && !acknowledgesSyn(tcb, segment)) {` is written `if (acknowledged || !acknowledgesSyn(tcb, segment)) {`",
    file: "open.ts",
    replace: "  if (acknowledged && !acknowledgesSyn(tcb, segment)) {",
    by: "  if (acknowledged || !acknowledgesSyn(tcb, segment)) {",
    caughtBy: "synsent/neither",
  },
  {
    name: "agree-mss",
    fault: "`tcb.sndMss = Math.min(tcb.sndMss, theirs) - (tcb.timestamps ? TIMESTAMPS_LENGTH : 0);` is missing",
    file: "open.ts",
    replace: "  tcb.sndMss = Math.min(tcb.sndMss, theirs) - (tcb.timestamps ? TIMESTAMPS_LENGTH : 0);",
    by: "",
    caughtBy: "agree/mss",
  },
  {
    name: "parse-flags",
    fault: "`const flags = view.getUint8(start + 13);` is written `const flags = view.getUint8(start - 13);`",
    file: "segment.ts",
    replace: "  const flags = view.getUint8(start + 13);",
    by: "  const flags = view.getUint8(start - 13);",
    caughtBy: "parse/flags",
  },
  {
    name: "parse-truncated",
    fault: "`const textLength = received - headerLength;` is written `const textLength = received + headerLength;`",
    file: "segment.ts",
    replace: "  const textLength = received - headerLength;",
    by: "  const textLength = received + headerLength;",
    caughtBy: "parse/truncated",
  },
  {
    name: "write-no-options",
    fault: "`view.setUint8(at + 12, headerLength / 4 << 4);` is written `view.setUint8(at - 12, headerLength / 4 << 4);`",
    file: "segment.ts",
    replace: "  view.setUint8(at + 12, headerLength / 4 << 4);",
    by: "  view.setUint8(at - 12, headerLength / 4 << 4);",
    caughtBy: "write/no-options",
  },
  {
    name: "write-text",
    fault:
      "`const headerLength = HEADER_LENGTH + optionsLength(fields);` is written `const headerLength = HEADER_LENGTH - optionsLength(fields);`",
    file: "segment.ts",
    replace: "  const headerLength = HEADER_LENGTH + optionsLength(fields);",
    by: "  const headerLength = HEADER_LENGTH - optionsLength(fields);",
    caughtBy: "write/text",
  },
  {
    name: "stray-to-an-ack",
    fault: "the RST against an ACK has sequence number 0",
    file: "open.ts",
    replace: "{ flags: RST, seq: segment.ack, ack: seq(0) }",
    by: "{ flags: RST, seq: seq(0), ack: seq(0) }",
    caughtBy: "stray/to-an-ack",
  },
  {
    name: "listen-syn",
    fault: "a SYN to a listening port is dropped",
    file: "open.ts",
    replace: `return segment.flags & SYN ? "open" : "drop";`,
    by: `return segment.flags & SYN && segment.flags & ACK ? "open" : "drop";`,
    caughtBy: "listen/syn",
  },
  {
    name: "listen-neither",
    fault: "a segment with neither SYN nor ACK nor RST is answered with a RST",
    file: "open.ts",
    replace: `return segment.flags & SYN ? "open" : "drop";`,
    by: `return segment.flags & SYN ? "open" : "reset";`,
    caughtBy: "listen/neither",
  },
  {
    name: "active-syn",
    fault: "the SYN has the number behind its own",
    file: "open.ts",
    replace: "effects.send(SYN, iss, seq(0));",
    by: "effects.send(SYN, tcb.sndNxt, seq(0));",
    caughtBy: "active/syn",
  },
  {
    name: "active-state",
    fault: "the event of an active open is not said",
    file: "open.ts",
    replace: `  effects.event("active open");
`,
    by: "",
    caughtBy: "active/state",
  },
  {
    name: "passive-state",
    fault: "the event of a SYN that came is not said",
    file: "open.ts",
    replace: `  takeSyn(tcb, segment, now);
  effects.event("syn received");
`,
    by: `  takeSyn(tcb, segment, now);
`,
    caughtBy: "passive/state",
  },
];

export default faults;
