import { assert, assertEquals } from "@std/assert";
import { type Chapter, chapters } from "./requirements.ts";
import { mapFaults, renderMap } from "./rfc_map.ts";

const CHAPTERS: readonly Chapter[] = [{
  title: "IP: RFC 791",
  requirements: [
    { id: "IP-1", lab: 3, text: "version" },
    { id: "IP-2", lab: 3, text: "a | b" },
    { id: "IP-3", lab: 3, text: "forwarding", leftOut: "no router" },
    { id: "IP-4", lab: 3, text: "speed", testedBy: "stack/ip_test.ts" },
    { id: "IP-5", lab: 12, text: "later" },
  ],
}];

type Covering = Parameters<typeof renderMap>[1][number];
const check = (id: string, visibility: "public" | "hidden", ...covers: string[]): Covering => ({ id, lab: 3, visibility, covers });

Deno.test("renderMap() says of each requirement what became of it, and counts", () => {
  const named = ["a", "b", "c", "d", "e", "f", "g"].map((name) => check(`header/${name}`, "public", "IP-1"));
  const page = renderMap(CHAPTERS, [...named, check("header/secret", "hidden", "IP-1"), check("header/deep", "hidden", "IP-2")]);
  assertEquals(page.split("\n").filter((line) => /^\| (\[|\*|IP)/.test(line)), [
    "| [IP: RFC 791](#ip-rfc-791) | 3 | 1 | 1 |",
    "| **all** | 3 | 1 | 1 |",
    "| IP-1 | version | 03 | tested: `header/a`, `header/b`, `header/c`, `header/d`, `header/e`, 2 more and 1 hidden check |",
    "| IP-2 | a \\| b | 03 | tested: 1 hidden check |",
    "| IP-3 | forwarding | 03 | left out: no router |",
    "| IP-4 | speed | 03 | tested: `stack/ip_test.ts` |",
    "| IP-5 | later | 12 | open |",
  ]);
});

Deno.test("mapFaults() refuses ids that nobody knows, and excuses for what is tested", () => {
  assertEquals(mapFaults(CHAPTERS, [check("a/b", "public", "IP-1", "IP-9"), check("a/c", "public", "IP-3")]), [
    "lab 3: a/b covers IP-9, which tools/requirements.ts does not list",
    "lab 3: a/c covers IP-3, which tools/requirements.ts excuses: take the excuse out",
  ]);
});

Deno.test("chapters list each requirement once, and excuse none in two ways", () => {
  const all = chapters.flatMap((chapter) => chapter.requirements);
  assertEquals(all.filter((one, i) => all.findIndex((other) => other.id === one.id) !== i), []);
  assertEquals(all.filter((one) => one.testedBy !== undefined && one.leftOut !== undefined), []);
  assertEquals(all.filter((one) => one.lab < 1 || one.lab > 11), []);
});

Deno.test("chapters name only tests of the stack that name the id", async () => {
  for (const { id, testedBy } of chapters.flatMap((chapter) => chapter.requirements)) {
    if (testedBy === undefined) continue;
    const tests = (await Deno.readTextFile(testedBy)).split("\n").filter((line) => line.startsWith("Deno.test("));
    assert(tests.some((line) => line.includes(`(${id})`)), `${testedBy} has no test that names ${id}`);
  }
});
