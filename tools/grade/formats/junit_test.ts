import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { missingProgram, testWhen } from "../../test_when.ts";
import { formatOf, policyWith, sampleResult, samples } from "./sample.ts";

const FILE = "student/junit.xml";

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

/** A strict reading of XML without what we never write: DTDs, comments, CDATA. Throws at the first thing that is not well-formed. */
function parseXml(text: string): Element {
  // XML 1.0, production 2: the characters that a document may have
  assert(!/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u.test(text), "a character that XML does not allow");
  const root: Element = { name: "", attributes: {}, children: [], text: "" };
  const open = [root];
  const body = text.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, "");
  assert(body.length < text.length, "the declaration comes first");
  for (const [part] of body.matchAll(/<[^>]*>|[^<]+|</g)) {
    const top = open.at(-1) as Element;
    if (!part.startsWith("<")) {
      top.text += unescaped(part);
      continue;
    }
    const [, closing, name = "", inner = "", empty] = /^<(\/?)([a-z-]+)((?: [a-z]+="[^"<]*")*)(\/?)>$/.exec(part) ?? [];
    assert(name !== "", `not a tag: ${part}`);
    if (closing === "/") {
      assertEquals(open.pop()?.name, name);
      continue;
    }
    const pairs = [...inner.matchAll(/ ([a-z]+)="([^"<]*)"/g)].map(([, key = "", value = ""]) => [key, unescaped(value)] as const);
    const element: Element = { name, attributes: Object.fromEntries(pairs), children: [], text: "" };
    assertEquals(Object.keys(element.attributes).length, pairs.length, "an attribute stands twice");
    top.children.push(element);
    if (empty !== "/") open.push(element);
  }
  assertEquals(open.length, 1);
  assertEquals([root.children.length, root.text.trim()], [1, ""]);
  return root.children[0] as Element;
}

function unescaped(text: string): string {
  assert(!/&(?!(?:amp|lt|gt|quot|#\d+);)/.test(text), `an "&" that is none of ours: ${text.slice(0, 80)}`);
  const names: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"' };
  return text.replaceAll(
    /&(?:#(\d+)|(\w+));/g,
    (_, code, name) => name === undefined ? String.fromCodePoint(Number(code)) : names[name] as string,
  );
}

const named = (element: Element, name: string): Element[] => element.children.filter((child) => child.name === name);

Deno.test("junitXml() is well-formed and counts right, whatever a student wrote", () => {
  for (const result of samples()) {
    const root = parseXml(formatOf(FILE, result));
    const counts = (element: Element): number[] =>
      ["tests", "failures", "errors", "skipped"].map((name) => Number(element.attributes[name]));
    const suites = named(root, "testsuite");
    assertEquals(suites.length, result.labs.length);
    for (const suite of suites) {
      const cases = named(suite, "testcase");
      const having = (name: string): number => cases.filter((each) => named(each, name).length > 0).length;
      assertEquals(counts(suite), [cases.length, having("failure"), having("error"), having("skipped")]);
      assertEquals(new Set(cases.map(({ attributes }) => attributes.name)).size, cases.length, "GitLab takes only the first of a name");
      for (const each of cases) assert(["failure", "error", "skipped"].reduce((sum, name) => sum + named(each, name).length, 0) <= 1);
    }
    assertEquals(
      counts(root),
      suites.map(counts).reduce((sum, each) => sum.map((value, index) => value + (each[index] as number)), [0, 0, 0, 0]),
    );
  }
});

Deno.test("junitXml() attaches what we wrote, and nothing that a student names", () => {
  for (const result of samples()) {
    for (const each of named(parseXml(formatOf(FILE, result)), "testsuite").flatMap((suite) => named(suite, "testcase"))) {
      const all = [each, ...each.children, ...each.children.flatMap(({ children }) => children)];
      const wanted = [...all.map(({ text }) => text).join("\n").matchAll(/\[\[[^\]]*/g)].map(([match]) =>
        match.slice("[[ATTACHMENT|".length)
      );
      const properties = named(each, "properties").flatMap((properties) => named(properties, "property")).map(({ attributes }) =>
        attributes.value as string
      );
      assertEquals(wanted, properties);
      for (const path of wanted) assertMatch(path, /^(transcripts|captures)\/\d\d-\w+\/[\w-]+\.(txt|pcapng)$/);
    }
  }
  assertStringIncludes(formatOf(FILE, sampleResult()), "\n[[ATTACHMENT|captures/03-ip/checksum-check-1.pcapng]]\n");
  assert(!formatOf(FILE, sampleResult(), policyWith({ public: { transcript: false } })).includes("[["));
});

testWhen(missingProgram("xmllint"), "junitXml() is valid by the schema of what tools have in common", async () => {
  const folder = await Deno.makeTempDir();
  for (const [index, result] of samples().entries()) {
    for (const show of ["nothing", "counts", "groups", "titles"] as const) {
      await Deno.writeTextFile(`${folder}/${index}-${show}.xml`, formatOf(FILE, result, policyWith({ hidden: { show } })));
    }
  }
  const files = Array.from(Deno.readDirSync(folder), ({ name }) => `${folder}/${name}`);
  const schema = new URL("junit.xsd", import.meta.url).pathname;
  const { stderr } = await new Deno.Command("xmllint", { args: ["--noout", "--nonet", "--schema", schema, ...files] }).output();
  const said = new TextDecoder().decode(stderr).trim().split("\n");
  await Deno.remove(folder, { recursive: true });
  assertEquals(said.filter((line) => !line.endsWith(" validates")), []);
  assertEquals(said.length, files.length);
});
