/** Faults for the public checks that no mutant breaks: for their transcripts (docs/failures.md). They are too plain to be mutants. */
import type { Mutant } from "../../../tools/harness/mutant.ts";

const faults: readonly Mutant[] = [
  {
    name: "write-payload",
    fault: "the header is written over the first bytes of the payload",
    file: "udp.ts",
    replace: "const at = frame.push(HEADER_LENGTH);",
    by: "const at = frame.start;",
    caughtBy: "write/payload",
  },
  {
    name: "write-range",
    fault: "the checksum is made over the payload alone",
    file: "udp.ts",
    replace: "const sum = checksum(view, at, frame.end,",
    by: "const sum = checksum(view, at + HEADER_LENGTH, frame.end,",
    caughtBy: "write/range",
  },
  {
    name: "find-disconnect",
    fault: "port 0 is taken for a port, so nobody is heard any more",
    file: "table.ts",
    replace: `      bound.remotePort = remotePort;
`,
    by: `      bound.remotePort = remotePort || -1;
`,
    caughtBy: "find/disconnect",
  },
];

export default faults;
