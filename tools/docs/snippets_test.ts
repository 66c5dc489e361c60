import { assertEquals } from "@std/assert";
import { type Document, readMarkdown } from "./markdown.ts";
import { programOf, snippetFaults } from "./snippets.ts";

const ROOT = new URL("../../", import.meta.url);

const faults = async (source: string, path = "docs/a.md"): Promise<string[]> => {
  const document: Document = readMarkdown(path, source);
  return (await snippetFaults([document], ROOT)).map(({ path, line, text }) => `${path}:${line}: ${text.slice(0, 60)}`);
};

Deno.test("programOf() keeps the document's line numbers and resolves imports from the top of the tree or the document's folder", () => {
  const root = new URL("file:///kit/");
  const document = new URL("file:///kit/labs/03-ip/README.md");
  const program = programOf(
    'import { A } from "./stack/a.ts";\nimport { B } from "../../stack/b.ts";\nimport c from "node:c";',
    4,
    document,
    root,
  );
  const lines = program.split("\n");
  assertEquals(lines[3], 'import { A } from "file:///kit/stack/a.ts";');
  assertEquals(lines[4], 'import { B } from "file:///kit/stack/b.ts";');
  assertEquals(lines[5], 'import c from "node:c";');
});

Deno.test("snippetFaults() compiles what is marked ts, runs what is marked run, and leaves the rest alone", async () => {
  const good = "```ts\nconst sum = planFragments(end - start, mtu, 0, false);\nconst unused: number = frame.push(4);\n```\n" +
    '```ts run\nimport { Frame } from "./stack/wire/frame.ts";\nif (new Frame().length !== 0) throw new Error("no");\n```\n' +
    "```text\nnot a program\n```\n";
  assertEquals(await faults(good), []);
});

Deno.test("snippetFaults() names the line that does not compile", async () => {
  assertEquals(await faults("text\n\n```ts\nconst a = 1;\nconst b: string = a;\n```\n"), [
    "docs/a.md:5: the snippet does not compile: TS2322 [ERROR]: Type 'number' ",
  ]);
});

Deno.test("snippetFaults() names the snippet that fails, or asks for more than it may have", async () => {
  assertEquals(await faults('```ts run\nthrow new Error("thrown");\n```\n'), [
    "docs/a.md:2: the snippet fails when it is run: error: Uncaught (in promis",
  ]);
  assertEquals(await faults('```ts run\nDeno.readTextFileSync("/etc/hostname");\n```\n'), [
    "docs/a.md:2: the snippet fails when it is run: error: Uncaught (in promis",
  ]);
});
