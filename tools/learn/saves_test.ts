/** What counts as a save, however an editor or a file system goes about it. */
import { assertEquals } from "@std/assert";
import { temporaryFolder } from "../testing/temporary_folder.ts";
import { SaveWatch } from "./saves.ts";

/** The files that are said to be saved in a folder with two, until there are as many as wanted. */
async function savesOf(poll: boolean, act: (folder: string) => Promise<void>, wanted: number): Promise<string[]> {
  const root = await temporaryFolder();
  await Deno.mkdir(`${root}/labs/one`, { recursive: true });
  for (const name of ["a", "b"]) await Deno.writeTextFile(`${root}/labs/one/${name}.ts`, name);
  const found = new Set<string>(); // a write that is slow may be seen twice
  const { promise, resolve } = Promise.withResolvers<void>();
  const watch = new SaveWatch({
    root,
    folder: "labs",
    files: ["labs/one/a.ts", "labs/one/b.ts"],
    poll,
    saved: (files) => {
      for (const file of files) found.add(file);
      if (found.size >= wanted) resolve();
    },
  });
  await watch.start();
  await act(`${root}/labs/one`);
  await promise;
  watch.close();
  return [...found].sort();
}

for (const poll of [false, true]) {
  const how = poll ? "by asking" : "by notices";
  Deno.test(`SaveWatch, ${how}, hears a write, a rename in place, and a folder that goes`, async () => {
    assertEquals(await savesOf(poll, (folder) => Deno.writeTextFile(`${folder}/a.ts`, "new"), 1), ["labs/one/a.ts"]);
    const renamed = savesOf(poll, async (folder) => {
      await Deno.writeTextFile(`${folder}/.a.swp`, "whole");
      await Deno.rename(`${folder}/.a.swp`, `${folder}/a.ts`);
    }, 1);
    assertEquals(await renamed, ["labs/one/a.ts"]);
    assertEquals(await savesOf(poll, (folder) => Deno.remove(folder, { recursive: true }), 2), [
      "labs/one/a.ts",
      "labs/one/b.ts",
    ]);
  });
}

Deno.test("SaveWatch says nothing of a file that is touched, or written as it was, and of other files", async () => {
  const quiet = savesOf(false, async (folder) => {
    await Deno.writeTextFile(`${folder}/a.ts`, "a");
    await Deno.utime(`${folder}/b.ts`, new Date(), new Date());
    await Deno.writeTextFile(`${folder}/notes.txt`, "mine");
    await Deno.writeTextFile(`${folder}/b.ts`, "changed");
  }, 1);
  assertEquals(await quiet, ["labs/one/b.ts"]);
});
