/**
 * A student's kit on this machine, whatever its labs are like: the finished stack from the peer bundle passes every lab, and gives the
 * demo. In a tree that is no kit there is nothing to test here.
 */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { labs } from "../../labs/manifest.ts";
import { KIT } from "./run.ts";

const { tasks } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));

async function run(task: string, ...words: string[]): Promise<{ status: number; out: string; err: string }> {
  const [, ...args] = (tasks[task].command as string).split(" ");
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args, ...words],
    cwd: new URL("../..", import.meta.url),
    stdin: "null",
    env: { NO_COLOR: "1" },
  });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { status: code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

for (const number of KIT?.labs ?? []) {
  Deno.test(`lab ${number} is passed by the peer`, async () => {
    const { status, out, err } = await run(`lab${number}`, "--virtual", "--reference", labs.map((lab) => lab.number).join(","));
    assertEquals([status, err], [0, ""], out);
    assertMatch(out, /^Lab \d\d · \w+ +01(–\d\d)? (peer|reference)/);
  });
}

if (KIT !== undefined) {
  Deno.test("the demo is given by the peer", async () => {
    const { status, out, err } = await run("demo", "--virtual");
    assertEquals([status, err], [0, ""], out);
    assertStringIncludes(out, "10.44.0.2 is at 02:00:00:00:00:02");
  });
}
