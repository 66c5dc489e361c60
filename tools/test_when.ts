/**
 * Tests that need something this machine may not have: a live wire, tshark. Where it is missing they are skipped, and
 * say why: never passed, never silently left out.
 */

/**
 * Registers a test that runs only when `obstacle` is undefined; otherwise it is skipped, and the obstacle stands in its name.
 * `testWhen(noLiveWire(), "openTap() hears the kernel", async () => { … })`.
 */
export function testWhen(obstacle: string | undefined, name: string, fn: (t: Deno.TestContext) => void | Promise<void>): void {
  if (obstacle === undefined) Deno.test(name, fn);
  else Deno.test({ name: `${name} (${obstacle})`, fn, ignore: obstacle !== undefined });
}

/** Why a test cannot use this program: "tshark is not installed", or undefined when it can. */
export function missingProgram(program: string): string | undefined {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    try {
      if (Deno.statSync(`${folder}/${program}`).isFile) return undefined;
    } catch {
      // not in this folder
    }
  }
  return `${program} is not installed`;
}
