/** Faults for the public checks that no mutant breaks: for their transcripts (docs/failures.md). They are too plain to be mutants. */
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
    name: "routes-empty",
    fault: "it returns undefined in place of [...routes]",
    file: "routes.ts",
    replace: "      return [...routes];",
    by: "      return undefined;",
    caughtBy: "routes/empty",
  },
];

export default faults;
