/**
 * Folders for tests that need one here and one there: all are gone when the tests of the file are over, whether they passed, failed, or were left
 * out by a filter.
 */

const made: string[] = [];

globalThis.addEventListener("unload", () => {
  for (const path of made) Deno.removeSync(path, { recursive: true });
});

/** An empty folder of its own below the system's folder for such things. */
export async function temporaryFolder(): Promise<string> {
  const path = await Deno.makeTempDir({ prefix: "wallsocket-" });
  made.push(path);
  return path;
}
