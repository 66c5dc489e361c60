/** Faults for the public checks that no mutant breaks, or none in what they are about: for their transcripts (docs/failures.md). They are too plain to be mutants. */
import type { Mutant } from "../../../tools/harness/mutant.ts";

const faults: readonly Mutant[] = [
  {
    name: "addresses-no-hosts",
    fault: `\`if (address >>> 28 === 0b1111) return "reserved";\` is missing`,
    file: "ipv4.ts",
    replace: `  if (address >>> 28 === 0b1111) return "reserved";`,
    by: "",
    caughtBy: "addresses/no-hosts",
  },
  {
    name: "fragments-three-pieces",
    fault: "`fragmentOffset + from, moreF` is written `fragmentOffset - from, moreF`",
    file: "fragments.ts",
    replace: "  pieces.push({ from, length: length - from, fragmentOffset: fragmentOffset + from, moreFragments });",
    by: "  pieces.push({ from, length: length - from, fragmentOffset: fragmentOffset - from, moreFragments });",
    caughtBy: "fragments/three-pieces",
  },
  {
    name: "bare-header-truncated",
    fault: `a packet that is nothing but its header is too short`,
    file: "ipv4.ts",
    replace: `if (received < HEADER_LENGTH) return "truncated";`,
    by: `if (received <= HEADER_LENGTH) return "truncated";`,
    caughtBy: "header/truncated",
  },
  {
    name: "later-versions-only",
    fault: `only versions above 4 are refused`,
    file: "ipv4.ts",
    replace: `if (first >>> 4 !== 4) return "bad version";`,
    by: `if (first >>> 4 > 4) return "bad version";`,
    caughtBy: "header/version",
  },
  {
    name: "last-hop-dropped",
    fault: `a packet for us with a TTL of 1 is dropped, as a router would do it`,
    file: "ipv4.ts",
    replace: `  if (source === "own") return "source is our own address";`,
    by: `  if (source === "own") return "source is our own address";
  if (header.timeToLive < 2) return "not for us";`,
    caughtBy: "ttl/last-hop-is-us",
  },
  {
    name: "ttl-of-64",
    fault: `every packet leaves with a TTL of 64`,
    file: "ipv4.ts",
    replace: `  view.setUint8(at + 8, fields.timeToLive);`,
    by: `  view.setUint8(at + 8, 64);`,
    caughtBy: "ttl/sent",
  },
  {
    name: "flags-forgotten",
    fault: `no fragment says that more follow`,
    file: "ipv4.ts",
    replace: `(fields.moreFragments ? MORE_FRAGMENTS : 0)`,
    by: `0`,
    caughtBy: "fragments/on-the-wire",
  },
  {
    name: "way-invented",
    fault: `where no route fits, the packet is sent to whoever is on interface 0`,
    file: "routes.ts",
    replace: `      return undefined;`,
    by: `      return { network: 0 as Ipv4Address, prefixLength: 0, interface: 0 };`,
    caughtBy: "routes/empty",
  },
  {
    name: "protocol-not-in-the-key",
    fault: `fragments of packets of two protocols are joined`,
    file: "fragments.ts",
    replace: ` && packet.protocol === header.protocol`,
    by: ``,
    caughtBy: "reassembly/keys",
  },
  {
    name: "empty-echo-truncated",
    fault: `a message of 8 bytes is too short`,
    file: "icmp.ts",
    replace: `if (end - start < 8) return "truncated";`,
    by: `if (end - start <= 8) return "truncated";`,
    caughtBy: "icmp/truncated",
  },
  {
    name: "rest-with-a-sign",
    fault: `\`rest\` is read as a number with a sign`,
    file: "icmp.ts",
    replace: `rest: view.getUint32(start + 4)`,
    by: `rest: view.getInt32(start + 4)`,
    caughtBy: "icmp/parse",
  },
  {
    name: "type-of-any-protocol",
    fault: `the first byte is taken for an ICMP type, whatever the protocol`,
    file: "icmp.ts",
    replace: `  if (header.protocol !== 1) return true;
`,
    by: ``,
    caughtBy: "errors/protocol-unreachable",
  },
];

export default faults;
