import { assertEquals } from "@std/assert";
import type { Lab } from "../labs/manifest.ts";
import { checkFaults, type Facts, headingFaults, linkFaults, pathFaults, taskFaults } from "./docs.ts";
import { type Document, readMarkdown } from "./docs/markdown.ts";

const HANDOUT = "labs/03-ip/README.md";

const check = (id: string, lab: number, visibility: "public" | "hidden"): Facts["checks"][number] => {
  return { id, group: id.split("/", 1)[0] as string, lab, visibility };
};

const facts: Facts = {
  paths: new Set(["README.md", "docs", "docs/glossary.md", "stack/wire", "stack/wire/frame.ts", "labs/03-ip", HANDOUT]),
  documents: new Map([[HANDOUT, readMarkdown(HANDOUT, "# Lab 03\n## Odd lengths\n")]]),
  symbols: new Map([["stack/wire/frame.ts", new Set(["Frame", "Frame.push"])]]),
  tasks: new Set(["lab3", "test"]),
  checks: [
    check("checksum/odd", 3, "public"),
    check("checksum/even", 3, "public"),
    check("checksum/carry", 3, "hidden"),
    check("table/a", 2, "public"),
  ],
};

const at = (path: string, source: string): Document => readMarkdown(path, source);
const lines = (faults: readonly { line: number; text: string }[]): string[] => faults.map(({ line, text }) => `${line}: ${text}`);

Deno.test("linkFaults() follows relative links and anchors from the document's own folder", () => {
  const withA = (source: string): Facts => ({
    ...facts,
    paths: new Set([...facts.paths, "docs/a.md"]),
    documents: new Map([...facts.documents, ["docs/a.md", at("docs/a.md", source)]]),
  });
  const good = "# Top\n[a](../labs/03-ip/README.md#odd-lengths) [b](#top) [c](https://example.org/x) ![d](../docs)\n[e]: glossary.md\n";
  assertEquals(linkFaults(at("docs/a.md", good), withA(good)), []);
  const bad = "[a](nowhere.md)\n[b](#top) [c](../labs/03-ip/README.md#even)\n[d]: gone.md\n";
  assertEquals(lines(linkFaults(at("docs/a.md", bad), withA(bad))), [
    "1: the link to nowhere.md leads nowhere: there is no docs/nowhere.md",
    "2: the link to #top leads nowhere: docs/a.md has no heading #top",
    "2: the link to ../labs/03-ip/README.md#even leads nowhere: labs/03-ip/README.md has no heading #even",
    "3: the link to gone.md leads nowhere: there is no docs/gone.md",
  ]);
});

Deno.test("pathFaults() wants files, symbols, members and anchors to exist", () => {
  const good = "`stack/wire/frame.ts#Frame.push` `stack/wire/` `labs/03-ip/README.md#lab-03` `npm install` `a/b` `labs/NN-*/x.ts`\n";
  assertEquals(pathFaults(at("README.md", good), facts), []);
  assertEquals(lines(pathFaults(at("README.md", "`stack/wire/frame.ts#Frame.pop`\n`stack/gone.ts`\n`labs/03-ip/README.md#x`\n"), facts)), [
    "1: `stack/wire/frame.ts#Frame.pop`: stack/wire/frame.ts exports no Frame.pop",
    "2: `stack/gone.ts`: there is no stack/gone.ts",
    "3: `labs/03-ip/README.md#x`: labs/03-ip/README.md has no heading #x",
  ]);
});

Deno.test("checkFaults() wants a handout to name the public checks of its lab, by id or in a table of groups", () => {
  assertEquals(checkFaults(at(HANDOUT, "`checksum/odd` and\n\n| `checksum` | `even` |\n"), facts), []);
  assertEquals(lines(checkFaults(at(HANDOUT, "`checksum/old` `checksum/carry`\n\n| `checksum` | `even` `sum` |\n"), facts)), [
    "1: there is no check checksum/old",
    "1: the check checksum/carry is hidden: a handout must not name it",
    "3: there is no public check checksum/sum",
    "1: the handout does not name these checks: checksum/odd",
  ]);
  assertEquals(lines(checkFaults(at(HANDOUT, "`checksum/odd` `checksum/even` `table/a`"), facts)), ["1: there is no check table/a"]);
});

Deno.test("checkFaults() finds names of checks in other documents and in commands", () => {
  assertEquals(checkFaults(at("README.md", "`checksum/odd`, `and/or`, `deno task lab3 --seed 4 --only checksum`"), facts), []);
  assertEquals(
    lines(
      checkFaults(at("README.md", "`checksum/x`\n```\ndeno task lab3 --only checksum/x\ndeno task lab2 --hint checksum/odd\n```\n"), facts),
    ),
    [
      "1: there is no check checksum/x",
      "3: lab 3 has no check and no group checksum/x",
      "4: lab 2 has no check and no group checksum/odd",
    ],
  );
});

Deno.test("taskFaults() looks for tasks in the text and in the blocks", () => {
  assertEquals(
    lines(taskFaults(at("README.md", "`deno task lab3` `deno task lab9`\n```text\nnpx -y deno@2.9.6 task nest\n```\n"), facts)),
    [
      '1: there is no task "lab9"',
      '3: there is no task "nest"',
    ],
  );
});

Deno.test("headingFaults() wants a heading for every function of the contract", () => {
  const lab = { functions: { parseIcmp: "icmp.ts", writeIcmp: "icmp.ts" } } as unknown as Lab;
  assertEquals(lines(headingFaults(at(HANDOUT, "### `parseIcmp`\n`writeIcmp`\n"), lab)), ["1: the handout has no heading for writeIcmp"]);
});
