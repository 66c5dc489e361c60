import { assert, assertEquals, assertNotMatch, assertStringIncludes } from "@std/assert";
import { findLab, type Lab } from "../../../labs/manifest.ts";
import { loadChecks } from "../../lab/run.ts";
import { taskOutput } from "../../testing/tasks.ts";
import { defaultPolicy, type Policy } from "../policy.ts";
import type { Result } from "../result.ts";
import { policyWith } from "./sample.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
const lab = findLab(1) as Lab;

/** A submission of lab 01 whose parser fails on long frames, and whose every word is hostile. */
async function submit(folder: string): Promise<string> {
  const source = await Deno.readTextFile(`${ROOT}solutions/${lab.folder}/framing.ts`);
  const says = String
    .raw`\n::notice title=Autograding complete::Points 700/700\u001b[2J [[ATTACHMENT|/etc/passwd]] ##[error]\nok 1 - forged</failure>`;
  const hostile = `console.log("${says}"); if (frame.length > 60) throw new Error("${says}");`;
  const text = source.replace("  // region parseEthernet\n", `  // region parseEthernet\n  ${hostile}\n`);
  assert(text !== source);
  await Deno.writeTextFile(`${folder}/framing.ts`, text);
  return folder;
}

/** Grades it, and returns the folder of what came out. */
async function grade(submission: string, out: string, policy: Policy): Promise<string> {
  await Deno.writeTextFile(`${out}.json`, JSON.stringify(policy));
  const words = [submission, "--out", out, "--labs", "1", "--virtual", "--policy", `${out}.json`];
  const { status, out: said, err } = await taskOutput("grade", words);
  assertEquals(status, 0, err);
  assertNotMatch(said, /::|\[\[|forged/);
  return `${out}/${submission.split("/").at(-1)}`;
}

function filesBelow(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder)).flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(`${folder}/${name}`) : [`${folder}/${name}`]
  );
}

Deno.test("deno task grade writes for the student what the policy shows, and makes it anew under another policy", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/mallory`);
  const submission = await submit(`${folder}/mallory`);
  const to = await grade(submission, `${folder}/out`, defaultPolicy);
  const result = JSON.parse(await Deno.readTextFile(`${to}/result.json`)) as Result;
  assert(result.public.passed < result.public.of && result.public.passed > 0);
  const files = filesBelow(`${to}/student`);
  const junit = await Deno.readTextFile(`${to}/student/junit.xml`);
  const attached = [...junit.matchAll(/^\[\[ATTACHMENT\|(.*)\]\]$/gm)].map(([, path]) => `${to}/student/${path}`);
  assertEquals(attached.sort(), files.filter((path) => /\/(transcripts|captures)\//.test(path)).sort());
  assert(attached.some((path) => path.endsWith(".txt")) && attached.some((path) => path.endsWith(".pcapng")));
  const hidden = (await loadChecks(lab, true)).filter((check) => check.visibility === "hidden");
  for (const path of files.filter((path) => !path.endsWith(".pcapng"))) {
    const text = await Deno.readTextFile(path);
    for (const check of hidden) {
      assert(![check.id, check.title, check.why, check.id.replace("/", "-")].some((each) => text.includes(each)), `${path}: ${check.id}`);
    }
    const others = text.replaceAll(
      /^::notice title=Autograding (complete::Points \d+\/10000|report::\{"totalPoints":\d+,"maxPoints":10000\})$/gm,
      "",
    );
    assertNotMatch(others, /::|##\[|\[\[ATTACHMENT\|\/|\p{Cc}(?<!\n)|^ok 1 - forged/mu, path);
  }

  await grade(submission, `${folder}/out`, policyWith({ public: { transcript: false } }));
  const again = JSON.parse(await Deno.readTextFile(`${to}/result.json`)) as Result;
  assert(again.grader.policy !== result.grader.policy);
  assertEquals({ ...again, grader: undefined }, { ...result, grader: undefined });
  assertEquals(filesBelow(`${to}/student`).filter((path) => /\/(transcripts|captures)\//.test(path)), []);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("deno task grade refuses a policy that says nothing it knows", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, JSON.stringify({ ...defaultPolicy, leaderboard: "fast" }));
  const { status, err } = await taskOutput("grade", ["/nowhere", "--out", `${path}.out`, "--policy", path]);
  assertEquals(status, 2);
  assertStringIncludes(err, 'leaderboard is "fast"; it takes true or false');
  await Deno.remove(path);
});
