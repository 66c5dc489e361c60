/** Stories that nobody made up: see tools/properties. */
import { assert } from "@std/assert";

async function run(...args: string[]): Promise<{ success: boolean; text: string }> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-check",
      "--config=tools/properties/properties.json",
      "--allow-read",
      "tools/properties/main.ts",
      ...args,
    ],
    env: { NO_COLOR: "1" },
  }).output();
  return { success, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

Deno.test("two of our stacks, and one with a stranger, keep their promises in 80 stories each", async () => {
  const { success, text } = await run("--runs", "80", "--seed", "20");
  assert(success, text);
});
