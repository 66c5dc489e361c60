/** The pages of a kit: what they may send a student to. */
import { assertEquals, assertThrows } from "@std/assert";
import { findLab, type Lab } from "../../labs/manifest.ts";
import { ROOT } from "../lab/run.ts";
import { ContentsError, type Files } from "./contents.ts";
import { configuration, markForeignTasks, sendTo } from "./pages.ts";

const TASKS: [string, string] = ["deno.json", `{"tasks": {"lab4": {}}}`];

function marked(text: string): string | undefined {
  const files: Files = new Map([TASKS, ["docs/page.md", text]]);
  markForeignTasks(files);
  return files.get("docs/page.md");
}

Deno.test("markForeignTasks() says of a command that is not in the kit that it is not", () => {
  assertEquals(marked("`deno task lab4 --all`, then `deno task ok`."), "`deno task lab4 --all`, then `deno task ok` (not in this kit).");
  const block = "```text\ndeno task lab4   yours\ndeno task lab6   ours\n```";
  assertEquals(marked(block), "```text\ndeno task lab4   yours\ndeno task lab6   ours (not in this kit)\n```");
  assertThrows(() => marked("Say deno task mutants and see."), ContentsError, `docs/page.md says "deno task mutants"`);
});

Deno.test("sendTo() ends the demo with the first lab of the kit", async () => {
  const path = "tools/demo/acts.ts";
  const files: Files = new Map([[path, await Deno.readTextFile(`${ROOT}/${path}`)]]);
  sendTo(findLab(4) as Lab, files);
  assertEquals(files.get(path)?.match(/deno task lab\d.*(?=")/)?.[0], "deno task lab4   (labs/04-handshake/README.md)");
});

Deno.test("configuration() has the plot of lab 08 where that is handed out", async () => {
  const has = async (...numbers: number[]): Promise<boolean> => Object.hasOwn(JSON.parse(await configuration(numbers)).tasks, "plot");
  assertEquals([await has(4, 8), await has(4)], [true, false]);
});
