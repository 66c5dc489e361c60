import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Result } from "./grade/result.ts";
import { ROOT } from "./lab/run.ts";
import { spawnTask, type TaskOutput, taskOutput } from "./testing/tasks.ts";

async function grade(...words: string[]): Promise<TaskOutput> {
  return await taskOutput("grade", words, { NO_COLOR: "1" });
}

/** A submission of lab 01: the reference, after `edit`. */
async function submission(folder: string, edit: (text: string) => string = (text) => text): Promise<string> {
  await Deno.mkdir(folder);
  await Deno.writeTextFile(`${folder}/framing.ts`, edit(await Deno.readTextFile(`${ROOT}/solutions/01-framing/framing.ts`)));
  return folder;
}

async function read(out: string, name: string): Promise<Result> {
  return JSON.parse(await Deno.readTextFile(`${out}/${name}/result.json`));
}

const QUICK = ["--virtual", "--labs", "1-2"];

Deno.test("deno task grade gives the reference all points, the stub none, and a fault what it leaves", async () => {
  const root = await Deno.makeTempDir();
  const right = await submission(`${root}/right`);
  const wrong = await submission(`${root}/wrong`, (text) => text.replace(/0xedb88320/i, "0xedb88321"));
  const stub = `${root}/stub`;
  await Deno.mkdir(stub);
  await Deno.copyFile(`${ROOT}/labs/01-framing/framing.ts`, `${stub}/framing.ts`);
  const { status, out } = await grade(right, wrong, stub, `${root}/none`, "--out", `${root}/out`, ...QUICK, "--jobs", "2");
  assertEquals(status, 1); // one could not be read
  assertStringIncludes(out, "there is nothing at this path");

  const [good, faulty, empty, none] = await Promise.all(["right", "wrong", "stub", "none"].map((name) => read(`${root}/out`, name)));
  assertEquals([good?.labs[0]?.total.points, good?.labs[1]?.status], [100, "not begun"]);
  assertEquals(good?.labs[0]?.origins, { ...good?.labs[0]?.origins, framing: "yours", arp: "reference" });
  const points = faulty?.total.points as number;
  assert(points > 0 && points < 100, `${points}`);
  assertEquals(empty?.total.points, 0);
  assertEquals([none?.total.points, none?.total.ofPoints, none?.submission.problem], [0, 200, "there is nothing at this path"]);
  for (const result of [good, faulty, empty, none] as Result[]) {
    const sum = (values: readonly number[]): number => values.reduce((all, each) => all + Math.round(100 * each), 0) / 100;
    assertEquals(sum([result.public.points, result.hidden.points]), result.total.points);
    assertEquals(sum(result.labs.flatMap((lab) => lab.checks.map((check) => check.points))), result.total.points);
  }
  const csv = (await Deno.readTextFile(`${root}/out/summary.csv`)).split("\r\n");
  assertEquals(csv[0], "submission,01-framing,02-arp,public,hidden,total,of,problem");
  assertMatch(csv[1] as string, /^right,100,0,[\d.]+,[\d.]+,100,200,$/);
  await Deno.remove(root, { recursive: true });
});

Deno.test("deno task grade writes the same bytes for the same submission and seed", async () => {
  const root = await Deno.makeTempDir();
  const wrong = await submission(`${root}/wrong`, (text) => text.replace(/0xedb88320/i, "0xedb88321"));
  const results = await Promise.all(["a", "b"].map(async (out) => {
    await grade(wrong, "--out", `${root}/${out}`, ...QUICK, "--seed", "7");
    return await Deno.readTextFile(`${root}/${out}/wrong/result.json`);
  }));
  assertEquals(results[0], results[1]);
  await Deno.remove(root, { recursive: true });
});

Deno.test("deno task grade goes on where it was killed, grades nothing twice, and again what has changed", async () => {
  const root = await Deno.makeTempDir();
  const sources = await Promise.all([1, 2, 3].map((number) => submission(`${root}/s${number}`)));
  const words = [...sources, "--out", `${root}/out`, ...QUICK];
  const first = spawnTask("grade", words);
  const reader = first.stdout.getReader();
  await reader.read(); // the first line: one is done
  first.kill("SIGKILL");
  reader.releaseLock();
  await Promise.all([first.status, first.stdout.cancel(), first.stderr.cancel()]);
  const stamp = (await Deno.stat(`${root}/out/s1/result.json`)).mtime?.getTime();

  const second = await grade(...words);
  assertEquals(second.status, 0, second.err);
  assertMatch(second.out, /s1 .*100 of 200 points {2}as before/);
  assertEquals((await Deno.stat(`${root}/out/s1/result.json`)).mtime?.getTime(), stamp);
  for (const name of ["s1", "s2", "s3"]) assertEquals((await read(`${root}/out`, name)).total.points, 100);

  await Deno.writeTextFile(`${root}/s2/framing.ts`, await Deno.readTextFile(`${ROOT}/labs/01-framing/framing.ts`));
  const third = await grade(...words);
  assertMatch(third.out, /s1 .*as before/);
  assert(!/s2 .*as before/.test(third.out.split("\n\n")[0] as string), third.out);
  assertEquals((await read(`${root}/out`, "s2")).total.points, 0);
  assertEquals([...Deno.readDirSync(`${root}/out`)].map(({ name }) => name).filter((name) => name.startsWith(".")), []);
  await Deno.remove(root, { recursive: true });
});

Deno.test("deno task grade ends the checks of a submission that takes too long, and gives what was earned", async () => {
  const root = await Deno.makeTempDir();
  const slow = await submission(
    `${root}/slow`,
    (text) => text.replaceAll(/(export function \w+\([^{]*\{\n)/g, "$1  for (let i = 0; i < 2e8; i++) ;\n"),
  );
  const { out } = await grade(slow, "--out", `${root}/out`, "--virtual", "--labs", "1", "--limit", "1");
  const { labs } = await read(`${root}/out`, "slow");
  assertEquals(labs[0]?.status, "cut short", out);
  await Deno.remove(root, { recursive: true });
});

Deno.test("deno task grade says what was typed wrong", async () => {
  for (
    const [words, said] of [
      [[], "Name at least one submission"],
      [["x"], "--out DIR"],
      [["x", "--out", "/proc/nowhere"], "Cannot make the folder"],
      [["x", "--out", "/tmp", "--jobs", "many"], "--jobs takes a whole number"],
      [["x", "--out", "/tmp", "--labs", "99"], "there is no lab 99"],
      [["x", "--out", "/tmp", "--fast"], "There is no option --fast"],
    ] as const
  ) {
    const { status, err } = await grade(...words);
    assertEquals(status, words[2] === "/proc/nowhere" ? 3 : 2);
    assertStringIncludes(err, said);
    assert(!err.includes("at file:"), err);
  }
});
