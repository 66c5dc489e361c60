import { assertEquals } from "@std/assert";
import { fieldsTable } from "./fields_table.ts";

const wrong = { field: "ICMP checksum", expected: "0x0648", got: "0xfe47" };

Deno.test("fieldsTable() has the fields that differ first, behind a mark, and beside them those that agree", () => {
  assertEquals(fieldsTable([wrong], [{ field: "ICMP type", value: "0 echo reply" }]), [
    "                               expected      got",
    "              ✘ ICMP checksum  0x0648        0xfe47",
    "                ICMP type      0 echo reply  0 echo reply",
  ]);
  assertEquals(fieldsTable([], [{ field: "ICMP type", value: "8" }]), []);
});

Deno.test("fieldsTable() leaves out the quotes of an address, but not those that tell a text from a number", () => {
  assertEquals(
    fieldsTable([{ field: "source", expected: '"10.44.0.1"', got: '"10.44.0.2"' }, { field: "length", expected: "20", got: '"20"' }], []),
    [
      "                        expected   got",
      "              ✘ source  10.44.0.1  10.44.0.2",
      '              ✘ length  20         "20"',
    ],
  );
});

Deno.test("fieldsTable() shows some of many fields that agree, and says how many there are", () => {
  const right = Array.from({ length: 9 }, (_, i) => ({ field: `field ${i}`, value: "1" }));
  assertEquals(fieldsTable([wrong], right).slice(7), [
    "                field 5        1         1",
    "                … and 3 more that agree",
  ]);
});

Deno.test("fieldsTable() has no columns where there is no room for them", () => {
  const long = { field: "data", expected: "one ".repeat(10).trim(), got: "two ".repeat(10).trim() };
  assertEquals(fieldsTable([long], []), [
    "              ✘ data: expected one one one one one one one one one one, got two",
    "              two two two two two two two two two",
  ]);
});
