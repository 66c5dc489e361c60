/** The class report, on results that were made up. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { gather, NoGrading, report } from "./class_report/gather.ts";
import { page } from "./class_report/page.ts";
import { summaryText } from "./class_report/summary.ts";
import { FORMAT, type GradedCheck, type GradedLab, type Outcome, type Result } from "./grade/result.ts";

type Made = readonly [string, Outcome, (readonly string[])?];

function labOf(lab: number, folder: string, made: readonly Made[]): GradedLab {
  const checks = made.map(([id, outcome, sits]): GradedCheck => ({
    id,
    group: "group",
    title: `the lab <b>is</b> right when ${id}`,
    visibility: id.startsWith("secret") ? "hidden" : "public",
    kind: "scenario",
    outcome,
    points: outcome === "passed" ? 1 : 0,
    ofPoints: 1,
    ...(sits === undefined ? {} : { blame: { sits } }),
  }));
  const passed = checks.filter(({ outcome }) => outcome === "passed").length;
  const tally = { passed, of: checks.length, points: passed, ofPoints: checks.length };
  const origins = { ip: "yours", buffers: "yours" } as const;
  return { lab, folder, name: folder, status: "graded", origins, public: tally, hidden: tally, total: tally, checks };
}

function result(name: string, ...made: GradedLab[]): Result {
  const tally = { passed: 1, of: 2, points: 1, ofPoints: 2 };
  const grader = { deno: "2", kit: "k", suites: {}, policy: "p", seed: 1, mine: true as const, wire: "virtual" as const, sandbox: [] };
  const submission = { name, hash: `${name.length}${name}`, files: {}, ignored: [] };
  return { format: FORMAT, submission, grader, labs: made, public: tally, hidden: tally, total: tally };
}

const CLASS = [
  result(
    "ada",
    labOf(3, "03-ip", [["sum/odd", "failed", ["03-ip"]], ["sum/even", "passed"]]),
    labOf(6, "06-buffers", [["wire/text", "failed", ["03-ip"]]]),
  ),
  result(
    "bob <script>",
    labOf(3, "03-ip", [["sum/odd", "passed"], ["sum/even", "passed"]]),
    labOf(6, "06-buffers", [["wire/text", "failed", ["06-buffers"]]]),
  ),
  result(
    "eve",
    labOf(3, "03-ip", [["sum/odd", "not written"], ["sum/even", "failed", []]]),
    labOf(6, "06-buffers", [["wire/text", "passed"]]),
  ),
];

Deno.test("report() counts bugs by check, and in which lab they sit", () => {
  const { labs } = report(CLASS, [], false);
  const [ip, buffers] = labs;
  const line = (id: string): unknown[] => {
    const found = [...ip?.checks ?? [], ...buffers?.checks ?? []].find((check) => check.id === id);
    return [found?.failed, found?.alone, Object.fromEntries(found?.sits ?? [])];
  };
  assertEquals(line("sum/odd"), [1, 1, { "03-ip": 1 }]);
  assertEquals(line("sum/even"), [1, 1, { "?": 1 }]);
  assertEquals(line("wire/text"), [2, 2, { "03-ip": 1, "06-buffers": 1 }]);
});

Deno.test("summaryText() fits 80 columns, and puts first what finds most", () => {
  const text = summaryText(report(CLASS, [{ name: "x".repeat(100), problem: "y".repeat(100) }], false));
  for (const line of text.split("\n")) assert([...line].length <= 80, line);
  assert(text.indexOf("06 wire/text") < text.indexOf("03 sum/odd"), text);
  assertStringIncludes(text, "sits in 03-ip ×1, 06-buffers ×1");
  assertStringIncludes(text, "06-buffers              1    1");
});

Deno.test("page() is well-formed, loads and runs nothing, and escapes what strangers wrote", () => {
  const html = page(report(CLASS, [{ name: "<img src=x>", problem: `"&'` }], false));
  assert(!/<(script|img|link|iframe|b>)/.test(html), "nothing of a stranger's is markup");
  assert(!/\b(src|href)="(?!#)|url\(|@import|https?:/.test(html), "nothing is loaded");
  assertStringIncludes(html, "bob &lt;script&gt;");
  assertStringIncludes(html, "&lt;img src=x&gt;: &quot;&amp;&#39;");
  assertStringIncludes(html, `default-src 'none'`);
  assertEquals(html.match(/<td class="f">✘<\/td>/g)?.length, 4);
  const open: string[] = [];
  for (const [, close, name, rest] of html.replace(/<style>[^]*<\/style>/, "").matchAll(/<(\/?)([a-z0-9]+)([^>]*)>/g)) {
    if (["meta", "br"].includes(name as string)) continue;
    if (close === "") open.push(name as string);
    else assertEquals(open.pop(), name, `${rest}`);
  }
  assertEquals(open, []);
});

Deno.test("an anonymous report holds no name, not in its order either", () => {
  const anonymous = report(CLASS, [{ name: "dan", problem: "dan's archive is damaged" }], true);
  for (const text of [page(anonymous), summaryText(anonymous)]) {
    for (const name of ["ada", "bob", "eve", "dan"]) assert(!new RegExp(`\\b${name}\\b`).test(text), name);
  }
  assertEquals(anonymous.students.map(({ name }) => name), ["student 1", "student 2", "student 3"]);
});

Deno.test("gather() reads the folder of a grading, and says when it is none", async () => {
  const out = await Deno.makeTempDir();
  try {
    await assertRejects(() => gather(out), NoGrading, "holds no grading");
    await assertRejects(() => gather(`${out}/nowhere`), NoGrading, "there is no such folder");
    for (
      const [name, text] of [["ada", JSON.stringify(CLASS[0])], ["old", `{"format":"else/1"}`], ["half", "{"], [
        ".bob.partial",
        "{",
      ]] as const
    ) {
      await Deno.mkdir(`${out}/${name}`);
      await Deno.writeTextFile(`${out}/${name}/result.json`, text);
    }
    const { students, problems } = await gather(out);
    assertEquals(students.map(({ name }) => name), ["ada"]);
    assertEquals(problems.map(({ name }) => name), ["half", "old"]);
  } finally {
    await Deno.remove(out, { recursive: true });
  }
});

Deno.test("page() folds what most readers skip, and parts a matrix that no sheet of paper holds, between two groups", () => {
  const made = ["a", "b", "c"].flatMap((group) => Array.from({ length: 60 }, (_, at): Made => [`${group}/${at}`, "failed"]));
  const html = page(report([result("ada", labOf(3, "03-ip", made))], [], false));
  assertStringIncludes(html, "<details><summary>160 more</summary>");
  const parts = [...html.matchAll(/<table class="matrix">.*?<\/table>/gs)].map(([part]) => part);
  assertEquals(parts.map((part) => part.match(/<th scope="col" class="check/g)?.length), [60, 60, 60]);
  assertEquals(parts.filter((part) => part.includes(">ada</th>")).length, 3);
});
