import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { zip } from "./autograder/zip.ts";
import { findInZip } from "./grade/sources/zip.ts";
import { ROOT } from "./lab/run.ts";
import { taskOutput } from "./testing/tasks.ts";
import { missingProgram, testWhen } from "./test_when.ts";

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

Deno.test("zip() is read back, file by file, and gives the same bytes for the same files", async () => {
  const files = [
    { path: "empty.txt", bytes: bytes("") },
    { path: "a folder/Grüße 🦕.txt", bytes: bytes("wall ".repeat(5000)) },
    { path: "run", bytes: bytes("#!/bin/sh\n"), executable: true },
  ];
  const archive = await zip(files);
  assertEquals(await zip(files), archive);
  const found = findInZip(archive);
  assertEquals(found.map(({ path, size }) => [path, size]), files.map(({ path, bytes }) => [path, bytes.length]));
  for (const [index, file] of found.entries()) assertEquals(await file.read(), files[index]?.bytes as Uint8Array);
});

testWhen(missingProgram("unzip"), "zip() passes the test of unzip, which finds the permissions too", async () => {
  const root = await Deno.makeTempDir();
  const files = [{ path: "run", bytes: bytes("#!/bin/sh\necho it ran\n"), executable: true }, { path: "d/plain", bytes: bytes("x") }];
  await Deno.writeFile(`${root}/a.zip`, await zip(files));
  const shell = async (line: string): Promise<string> => {
    const { stdout, stderr } = await new Deno.Command("sh", { args: ["-c", line], cwd: root }).output();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  };
  assertStringIncludes(await shell("unzip -tq a.zip"), "No errors detected");
  assertEquals(await shell("unzip -q a.zip && ./run && cat d/plain && stat -c %a run d/plain"), "it ran\nx755\n644\n");
  await Deno.remove(root, { recursive: true });
});

testWhen(missingProgram("unzip"), "deno task autograder --gradescope makes what sets itself up and grades a submission", async () => {
  const root = await Deno.makeTempDir();
  const words = ["--gradescope", "--to", `${root}/a.zip`, "--labs", "1", "--virtual"];
  const made = await taskOutput("autograder", words);
  assertEquals([made.status, made.err], [0, ""]);
  // Only these programs: nothing is installed on this machine.
  const programs = ["bash", "cat", "cp", "grep", "id", "mkdir", "mktemp", "rm", "unzip", "uname"];
  await Deno.mkdir(`${root}/bin`);
  const { stdout } = await new Deno.Command("sh", { args: ["-c", programs.map((name) => `command -v ${name}`).join("; ")] }).output();
  // By command: `Deno.symlink` wants more permissions than tests have.
  await new Deno.Command("ln", { args: ["-s", ...new TextDecoder().decode(stdout).trim().split("\n"), `${root}/bin`] }).output();
  await new Deno.Command("ln", { args: ["-s", Deno.execPath(), `${root}/bin/deno`] }).output();
  const run = async (program: string, PATH = `${root}/bin`): Promise<{ code: number; said: string }> => {
    const env = { PATH, AUTOGRADER: root, NO_COLOR: "1" };
    const { code, stdout, stderr } = await new Deno.Command(`${root}/bin/bash`, { args: ["-c", program], cwd: root, env }).output();
    return { code, said: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
  };
  await run("mkdir -p source submission && unzip -q a.zip -d source");

  const setup = await run("source/setup.sh");
  assertEquals(setup.code, 0, setup.said);
  assertMatch(setup.said, /solutions +100 of 100 points/);

  await Deno.copyFile(`${ROOT}/solutions/01-framing/framing.ts`, `${root}/submission/framing.ts`);
  const graded = await run("source/run_autograder");
  assertEquals(graded.code, 0, graded.said);
  const results = JSON.parse(await Deno.readTextFile(`${root}/results/results.json`));
  assertEquals(results.score, 100);
  assertStringIncludes(results.output, "The live checks were left out");

  await Deno.remove(`${root}/results`, { recursive: true });
  await Deno.remove(`${root}/bin/deno`);
  const failed = await run("source/run_autograder");
  assertEquals(failed.code, 1, "where it cannot be graded, nobody gets a zero");
  assertEquals(await Deno.stat(`${root}/results/results.json`).then(() => "there", () => "not there"), "not there");
  await Deno.remove(root, { recursive: true });
});

Deno.test("deno task autograder says what was typed wrong", async () => {
  const to = ["--gradescope", "--to", "/tmp/a.zip"];
  for (
    const [words, status, said] of [
      [["--to", "/tmp/a.zip"], 2, "For whom?"],
      [["--gradescope"], 2, "Where to?"],
      [["--gradescope", "--to", "/tmp/folder"], 2, "Where to?"],
      [[...to, "--labs", "99"], 2, "--labs: there is no lab 99"],
      [[...to, "--limit", "long"], 2, "--limit takes seconds"],
      [[...to, "--date", "2026-02-30"], 2, "--date takes a day"],
      [[...to, "--policy", "/nowhere.json"], 2, "Cannot read the policy /nowhere.json"],
      [["--gradescope", "--to", "/nowhere/a.zip"], 3, "Cannot write /nowhere/a.zip"],
    ] as const
  ) {
    const { status: got, err } = await taskOutput("autograder", words);
    assertEquals(got, status, err);
    assertStringIncludes(err, said);
  }
});
