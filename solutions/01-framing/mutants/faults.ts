/** Faults for the public checks that no mutant breaks, or none in what they are about: for their transcripts (docs/failures.md). They are too plain to be mutants. */
import type { Mutant } from "../../../tools/harness/mutant.ts";

const file = "framing.ts";

const faults: readonly Mutant[] = [
  {
    name: "own-address-is-not-ours",
    fault: "a frame to our own address is not for us",
    file,
    replace: `if (destination === filter.own) return "unicast";`,
    by: "",
    caughtBy: "filter/own-address",
  },
  {
    name: "arp-is-ipv4",
    fault: "the types of ARP and IPv4 are swapped",
    file,
    replace: "case 0x0800:",
    by: "case 0x0806:",
    caughtBy: "demultiplex/known",
  },
  {
    name: "source-by-shifts",
    fault: `the source is put together with 32-bit operators`,
    file: "framing.ts",
    replace: `source: readMac(view, start + 6), etherType`,
    by: `source: (readMac(view, start + 6) | 0) as MacAddress, etherType`,
    caughtBy: "parse/high-addresses",
  },
  {
    name: "type-of-32-bits",
    fault: `the type is written as 32 bits, over the first two bytes of the packet`,
    file: "framing.ts",
    replace: `  frame.view.setUint16(start + 12, etherType);`,
    by: `  frame.view.setUint32(start + 12, etherType << 16);`,
    caughtBy: "write/tight",
  },
  {
    name: "header-of-16-bytes",
    fault: `16 bytes are made room for, so that the header does not touch the packet`,
    file: "framing.ts",
    replace: `const start = frame.push(HEADER_LENGTH);`,
    by: `const start = frame.push(HEADER_LENGTH + 2);`,
    caughtBy: "write/in-front",
  },
  {
    name: "never-promiscuous",
    fault: `a promiscuous station takes no more than any other`,
    file: "framing.ts",
    replace: `return filter.promiscuous ? "promiscuous" : "not for us";`,
    by: `return "not for us";`,
    caughtBy: "wire/promiscuous",
  },
];

export default faults;
