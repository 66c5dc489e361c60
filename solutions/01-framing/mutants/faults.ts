/** Faults for the public checks that no mutant breaks: for their transcripts (docs/failures.md). They are too plain to be mutants. */
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
];

export default faults;
