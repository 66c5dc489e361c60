/** Where handouts explain things: asked of the handouts as they are, so that every place that is given is there. */
import { assert, assertEquals } from "@std/assert";
import { findLab, finished, type Lab } from "../../labs/manifest.ts";
import { readMarkdown } from "../docs/markdown.ts";
import { symbolAnchor, wordsIn } from "./handout_places.ts";
import { linked } from "./links.ts";
import { loadChecks, ROOT } from "./run.ts";

const lab = (number: number): Lab => findLab(number) as Lab;

Deno.test("symbolAnchor() finds a method's own heading below its factory's", () => {
  assertEquals(symbolAnchor(lab(6), "createSendBuffer.pieceToSend"), "labs/06-buffers/README.md#piecetosend");
  assertEquals(symbolAnchor(lab(6), "createReceiveBuffer.beyond"), "labs/06-buffers/README.md#beyond");
  assertEquals(symbolAnchor(lab(2), "createAddressClaim.receive"), "labs/02-arp/README.md#receive-1");
  assertEquals(symbolAnchor(lab(5), "createChallengeLimit.allow"), "labs/05-states/README.md#createchallengelimit");
  assertEquals(symbolAnchor(lab(3), "internetChecksum"), "labs/03-ip/README.md#internetchecksum");
});

Deno.test("wordsIn() knows rejects, counters, effects and states, and says where they are explained", () => {
  const found = (number: number, text: string): string[] => wordsIn(text, lab(number)).map(({ word, anchor }) => `${word} ${anchor}`);
  assertEquals(found(1, 'Got "runt", and "123456789"'), ['"runt" labs/01-framing/README.md#parseethernet']);
  assertEquals(found(1, "your stack counted in all: not for us ×3"), ['"not for us" labs/01-framing/README.md#filtermac']);
  assertEquals(found(5, 'challenge(), event("fin received")'), [
    '"fin received" labs/05-states/README.md#nextstate',
    "challenge() labs/05-states/README.md#how-your-code-is-called",
    "event() labs/05-states/README.md#how-your-code-is-called",
  ]);
  assertEquals([...found(5, "CLOSE-WAIT: rcvNxt 5"), ...found(6, "in ESTABLISHED")], [
    "CLOSE-WAIT labs/05-states/README.md#the-diagram",
    "ESTABLISHED docs/states.md#the-table",
  ]);
});

Deno.test("every place that a check can name has its heading in the handout", async () => {
  const anchors = async (path: string): Promise<ReadonlySet<string>> =>
    readMarkdown(path, await Deno.readTextFile(`${ROOT}/${path}`)).anchors;
  assert((await anchors("docs/states.md")).has("the-table"));
  for (const each of finished) {
    const here = await anchors(`labs/${each.folder}/README.md`);
    const symbols = (await loadChecks(each, true)).flatMap(({ look }) => look).filter((symbol) =>
      Object.hasOwn(each.functions, symbol.split(".")[0] as string)
    );
    const missing = [...new Set(symbols)].filter((symbol) => !here.has(symbolAnchor(each, symbol).split("#")[1] as string));
    assertEquals(missing, [], `lab ${each.number}`);
  }
});

Deno.test("linked() puts hyperlinks around places and words, and leaves the text as it is", () => {
  const text = 'Got "runt"\nLook at  parseEthernet  labs/01-framing/framing.ts:36';
  const shown = linked(text, lab(1));
  const [first = "", ...links] = shown.split("\u001b]8;;").map((part) => part.split("\u001b\\"));
  assertEquals([...first, ...links.map(([, visible]) => visible)].join(""), text);
  assertEquals(links.flatMap(([target]) => target === "" ? [] : target?.replace(`file://${ROOT}`, "")), [
    "/labs/01-framing/README.md#parseethernet",
    "/labs/01-framing/framing.ts#L36",
  ]);
});
