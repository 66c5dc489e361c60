import { assertEquals } from "@std/assert";
import { findLab, type Lab } from "../labs/manifest.ts";
import { cutRegions } from "./stub_cutter.ts";
import { leaks, regionFaults, secretLines } from "./stubs.ts";

const SOLUTION = `const GIVEN_TO_EVERYBODY = 20;

export function internetChecksum(bytes: Uint8Array): number {
  // region internetChecksum
  let sum = 0;
  for (const byte of bytes) sum += byte ?? GIVEN_TO_EVERYBODY;
  const GIVEN_TO_EVERYBODY = 20;
  return sum;
  // endregion
}
`;

Deno.test("secretLines() holds a region's telling lines, and neither short nor given ones", () => {
  const path = "solutions/03-ip/checksum.ts";
  const secret = secretLines(new Map([[path, cutRegions(SOLUTION, path)]]));
  assertEquals([...secret], [["for (const byte of bytes) sum += byte ?? GIVEN_TO_EVERYBODY;", `region "internetChecksum" in ${path}`]]);
});

Deno.test("leaks() finds a secret line at any indentation", () => {
  const secret = new Map([["sum = (sum & 0xffff) + (sum >>> 16);", 'region "a" in b.ts']]);
  assertEquals(leaks("x\n      sum = (sum & 0xffff) + (sum >>> 16);\n", secret), [
    '"sum = (sum & 0xffff) + (sum >>> 16);" is a line of region "a" in b.ts',
  ]);
  assertEquals(leaks("sum = (sum & 0xffff) + (sum >>> 16); // not the whole line\n", secret), []);
});

Deno.test("regionFaults() wants one region for each function of the contract, and no other name", () => {
  const lab = findLab(3) as Lab;
  const { regions } = cutRegions(SOLUTION.replace("region internetChecksum", "region checksum"), "x.ts");
  assertEquals(regionFaults(lab, "checksum.ts", regions), [
    'solutions/03-ip/checksum.ts:4: region "checksum" is named after no function that the manifest has in this file',
    "solutions/03-ip/checksum.ts: no region for internetChecksum: its stub would be its solution",
    "solutions/03-ip/checksum.ts: no region for updateChecksum: its stub would be its solution",
  ]);
});
