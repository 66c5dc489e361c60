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
  {
    name: "failure-too-long",
    fault: "fragmentation needed is no way there, as the codes around it",
    file: "udp.ts",
    replace: `    case FRAGMENTATION_NEEDED:
      return "too long";
`,
    by: "",
    caughtBy: "failure/too-long",
  },
  {
    name: "queue-whole",
    fault: "a read goes on into the next datagram while there is room",
    file: "queue.ts",
    replace: "    return { count: copied, length: bytes.length, address, port, localAddress };",
    by: `    const next = peek || copied === count ? undefined : this.read(target, at + copied, count - copied, false);
    return { count: copied + (next?.count ?? 0), length: bytes.length + (next?.length ?? 0), address, port, localAddress };`,
    caughtBy: "queue/whole",
  },
  {
    name: "queue-waiting",
    fault: "nextLength tells the bytes of all that wait",
    file: "queue.ts",
    replace: "return this.#waiting[0]?.bytes.length ?? 0;",
    by: "return this.#waiting.reduce((sum, { bytes }) => sum + bytes.length, 0);",
    caughtBy: "queue/waiting",
  },
  {
    name: "wire-refused",
    fault: "no error is told to any program",
    file: "udp.ts",
    replace: "if (!connected || type !== UNREACHABLE) return undefined;",
    by: "if (connected || type !== UNREACHABLE) return undefined;",
    caughtBy: "wire/refused",
  },
];

export default faults;
