/** Grading with --mine: whose code runs, and where a planted fault is found. */
import { assertEquals } from "@std/assert";
import { findLab, type Lab } from "../../labs/manifest.ts";
import type { Selection } from "../harness/workspace.ts";
import { ROOT } from "../lab/run.ts";
import { failuresOf, plant } from "../testing/planted.ts";
import { blameAll, keptBlame, selectionFor } from "./everything_own.ts";

const BUFFERS = findLab(6) as Lab;

Deno.test("selectionFor() takes the submission's other labs with --mine, and the reference's for those that were not begun", async () => {
  const { submission } = await plant();
  const files = new Map(submission);
  for (const path of files.keys()) if (path.startsWith("labs/02-arp/")) files.set(path, await Deno.readTextFile(`${ROOT}/${path}`));
  for (const path of submission.keys()) if (path.startsWith("labs/07-accept/")) files.delete(path);
  const own = await selectionFor(BUFFERS, { files, ignored: [] }, true) as Selection;
  const { framing, arp, ip, buffers, accept } = own.origins;
  assertEquals([framing, arp, ip, buffers, accept], ["yours", "reference", "yours", "yours", "reference"]);
  const usual = await selectionFor(BUFFERS, { files, ignored: [] }, false) as Selection;
  assertEquals(Object.values(usual.origins).filter((origin) => origin === "yours"), ["yours"]);
  assertEquals(await selectionFor(BUFFERS, { files: new Map(), ignored: [] }, true), undefined);
});

Deno.test("blameAll() finds in lab 03 what a check of lab 06 shows", async () => {
  const { submission } = await plant("3 odd-byte-dropped");
  const selection = await selectionFor(BUFFERS, { files: submission, ignored: [] }, true) as Selection;
  const failures = await failuresOf(6, selection, ["wire/text"]);
  const blames = await blameAll(failures, selection, Infinity);
  assertEquals(keptBlame(blames.get("wire/text")), { blame: { sits: ["03-ip"] } });
  assertEquals(keptBlame(undefined), {});
});
