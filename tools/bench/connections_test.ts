/** That `deno task bench --connections` measures what it says. Its figures are nobody's business here: no test depends on time. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import reference from "../../solutions/reference.ts";
import { measureConnections } from "../bench.ts";
import { whyNoLiveWire } from "../harness/kernel/kernel_peer.ts";
import { testWhen } from "../test_when.ts";
import type { CrowdResult } from "./connections.ts";
import { measureCrowd } from "./crowd.ts";
import { crowdPicture } from "./crowd_picture.ts";
import { type CrowdFigures, crowdLines, shortfall } from "./crowd_report.ts";

const ROOT = decodeURIComponent(new URL("../..", import.meta.url).pathname);
const noLiveWire = await whyNoLiveWire();
const SIZE = { connections: 1000, echoes: 2000, turns: 1, calling: 200, flood: 10_000 };

/** In a user namespace nobody may raise his hard limit, not even its root. */
async function whyNoUserNamespace(): Promise<string | undefined> {
  const args = ["--user", "--map-root-user", "--net", "--", "true"];
  const { success } = await new Deno.Command("unshare", { args, stdin: "null", stdout: "null", stderr: "null" }).output();
  return success ? undefined : "user namespaces are not allowed";
}

/** A command's status, and what it said. */
async function bench(...words: string[]): Promise<[status: number, said: string]> {
  const permissions = ["--allow-run", "--allow-sys=uid", "--allow-write"];
  const args = ["run", "--quiet", "--no-prompt", ...permissions, `${ROOT}tools/bench.ts`, ...words];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT, stdin: "null" }).output();
  return [code, new TextDecoder().decode(code === 0 ? stdout : stderr)];
}

testWhen(noLiveWire, "1000 clients of the kernel at once: every byte of every echo, and connections beside a flood", async () => {
  const { refused, steps, memory, flood } = await measureConnections(SIZE);
  assertEquals([refused, steps.map(({ open }) => open)], [undefined, [1, 10, 100, 1000]]);
  for (const step of steps) assert(step.connectionsPerSecond > 0 && step.echoesPerSecond > 0);
  assert(memory > 500 && flood.quiet > 0 && flood.floods.length === 3);
  for (const { syns, reached } of flood.floods) assert(syns > 0 && reached <= 1);
});

testWhen(
  noLiveWire ?? await whyNoUserNamespace(),
  "more clients than descriptors: it goes on with as many as there are, and says why",
  async () => {
    const program = [
      Deno.execPath(),
      "run",
      "--quiet",
      "--no-config",
      "--no-prompt",
      "--no-check",
      "--cached-only",
      "--v8-flags=--expose-gc",
    ];
    const permissions = [`--allow-read=${ROOT}`, "--allow-ffi", "--allow-net"];
    const command = [...program, ...permissions, `${ROOT}tools/bench/connections.ts`, JSON.stringify({ ...SIZE, echoes: 500 })];
    const args = ["-c", 'ulimit -n 300; exec unshare --user --map-root-user --net -- "$@"', "sh", ...command];
    const { stdout } = await new Deno.Command("sh", { args, stdin: "null" }).output();
    const { refused, steps } = JSON.parse(new TextDecoder().decode(stdout)) as CrowdResult;
    const open = steps.at(-1)?.open ?? 0;
    assert(refused === "EMFILE" && open > 100 && open < 300, `${refused}, ${open}`);
    assertMatch(shortfall(1000, open, "EMFILE"), /^Of 1 000 clients 2\d\d could connect: this process may have no more descriptors; /);
  },
);

Deno.test("measureCrowd() has as many connections as it says, all of which take part; table and picture show them", () => {
  const costs = measureCrowd(reference, 150, 200);
  assertEquals(costs.map(({ open }) => open), [1, 10, 100, 150]);
  for (const { connection, echo, segment, poll } of costs) assert(Math.min(connection, echo, segment, poll) > 0);
  const idle = { connections: 1000, open: { heap: 2000, external: 0 }, waiting: { heap: 2500, external: 0 }, poll: 100, emptyPoll: 99 };
  const figures: CrowdFigures = { machine: "Deno 2.9.6 · linux x86_64 · 2 processors", asked: 100, live: "No live wire.", costs, idle };
  const step = { open: 99, connectionsPerSecond: 1e5, processorPerConnection: 1e7, echoesPerSecond: 123_456, processorPerEcho: 1234 };
  const flood = { quiet: 20_000, floods: [{ connectionsPerSecond: 16_000, syns: 1_234_567, reached: 0.5 }] };
  const live: CrowdResult = { refused: "EMFILE", steps: [step], memory: 4000, flood };
  const lines = [...crowdLines(figures), ...crowdLines({ ...figures, live })].flatMap((line) => line.split("\n"));
  for (const line of lines) assert([...line].length <= 80, line);
  assertMatch(lines.join(" "), /1 234 567 +50 % +16 000 +80 %/);
  const picture = crowdPicture(costs, figures.machine);
  assertEquals(picture.match(/<polyline/g)?.length, 3);
  assertEquals(picture.match(/<circle/g)?.length, 12);
});

Deno.test("bench --connections: bad input is one sentence and status 2; --virtual --json is one object", async () => {
  for (const number of ["0", "many", ""]) {
    const said = `Cannot measure "${number}" connections: 1 to 1000000 are possible, as in --connections 10000.\n`;
    assertEquals(await bench(`--connections=${number}`), [2, said]);
  }
  assertEquals((await bench("--svg", "x.svg"))[0], 2);
  const file = await Deno.makeTempFile({ suffix: ".svg" });
  const [status, said] = await bench("--connections", "20", "--virtual", "--json", "--svg", file);
  const { asked, live, costs, idle } = JSON.parse(said) as CrowdFigures;
  assertEquals([status, asked, live, costs.length, idle.connections], [0, 20, "Left out, as asked.", 3, 200]);
  assertStringIncludes(await Deno.readTextFile(file), "</svg>");
  await Deno.remove(file);
});
