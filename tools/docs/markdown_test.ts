import { assertEquals } from "@std/assert";
import { anchorOf, readMarkdown } from "./markdown.ts";

Deno.test("anchorOf() gives the anchors that GitHub gives", () => {
  assertEquals(anchorOf("`internetChecksum`"), "internetchecksum");
  assertEquals(anchorOf("03 · From write() to the wire"), "03--from-write-to-the-wire");
  assertEquals(anchorOf("What's in_a [name](x.md)?"), "whats-in_a-name");
});

Deno.test("readMarkdown() finds headings, links, spans and fences with their lines", () => {
  const document = readMarkdown(
    "a.md",
    [
      "# Same",
      "## Same",
      "A [link](b.md#c), an ![image](d.png) and ``a ` b``, not `[code](e.md)`.",
      "<!-- [gone](f.md)",
      "-->",
      "```ts run",
      "# no heading",
      "const a = `x`;",
      "```",
      '<a id="by-hand"></a> [r]',
      "[r]: g.md",
    ].join("\n"),
  );
  assertEquals([...document.anchors], ["same", "same-1", "by-hand"]);
  assertEquals(document.headings, [{ text: "Same", line: 1 }, { text: "Same", line: 2 }]);
  assertEquals(document.links, [{ text: "b.md#c", line: 3 }, { text: "d.png", line: 3 }, { text: "g.md", line: 11 }]);
  assertEquals(document.spans, [{ text: "a ` b", line: 3 }, { text: "[code](e.md)", line: 3 }]);
  assertEquals(document.fences, [{ text: "# no heading\nconst a = `x`;", info: "ts run", line: 7 }]);
});

Deno.test("readMarkdown() closes a fence only by one as long as the one that opened it", () => {
  const { fences, prose } = readMarkdown("a.md", "````\n```ts\nx\n```\n````\nafter");
  assertEquals(fences, [{ text: "```ts\nx\n```", info: "", line: 2 }]);
  assertEquals(prose, [{ text: "after", line: 6 }]);
});
