import { assertEquals } from "@std/assert";
import { citationFaults } from "./rfcs.ts";

const faults = (text: string): string[] => citationFaults([{ text, line: 1 }]).map((fault) => fault.text);

Deno.test("citationFaults() accepts the one form, with and without a section", () => {
  assertEquals(faults("RFC 1122 §3.2.2 and RFC 826 (see rfc-map.md), RFC 1071, RFC 791 Appendix B; (RFC 9293 §3.4)"), []);
});

Deno.test("citationFaults() refuses other forms, unknown numbers and sections that do not exist", () => {
  assertEquals(faults("RFC791"), ['"RFC791": write "RFC 1122", with a space']);
  assertEquals(faults("RFC-791"), ['"RFC-791": write "RFC 1122", with a space']);
  assertEquals(faults("RFC 791 section 3"), ['"RFC 791 section 3": write "RFC 1122 §3.2"']);
  assertEquals(faults("RFC 791 § 3.1"), ['"RFC 791 § 3": write "RFC 1122 §3.2", without a space behind the §']);
  assertEquals(faults("RFC 791, §3.1"), ['"RFC 791, §3": write "RFC 1122 §3.2", without a comma']);
  assertEquals(faults("RFC 7911 §3"), ["RFC 7911 is not one we know (tools/docs/rfcs.ts)"]);
  assertEquals(faults("RFC 791 §4.2"), ['RFC 791 "Internet Protocol" has no §4: its last section is §3']);
  assertEquals(faults("RFC 826 §2"), ['RFC 826 "An Ethernet Address Resolution Protocol" has no §2: its sections have no numbers']);
});
