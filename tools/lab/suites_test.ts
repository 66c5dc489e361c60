/**
 * The suites are tested too: the reference passes them, the stubs fail them in one way only, and what they
 * claim about themselves is true. Mutants have a task of their own (`deno task mutants`).
 */
import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { dissect, valueOf } from "../../stack/wire/dissect.ts";
import { describeProblems } from "../../stack/wire/describe.ts";
import { finished, type Lab, labs } from "../../labs/manifest.ts";
import { earlier } from "../grade/versions.ts";
import type { Check } from "../harness/suite.ts";
import type { CheckResult } from "../harness/trial.ts";
import { missingProgram, testWhen } from "../test_when.ts";
import { type PacketStep, type Step, Transcript } from "../harness/transcript.ts";
import { tsharkComplaints } from "../harness/tshark.ts";
import { chapters } from "../requirements.ts";
import { loadOptional } from "./optional.ts";
import { loadChecks, ROOT, runLab, type RunResult, selectOrigins } from "./run.ts";

/** Seeds per randomised check; a thousand on request: WALLSOCKET_SEEDS=1000. */
const SEEDS = Number(Deno.env.get("WALLSOCKET_SEEDS") ?? 6);

/** All checks, and those that were changed in the middle of a term as they were, too. */
const bothVersions = async (lab: Lab): Promise<Check[]> => {
  const checks = [...await loadChecks(lab, true), ...await loadOptional(lab)];
  const changed = checks.filter((check) => check.was !== undefined);
  return [...checks, ...changed.map((check) => ({ ...earlier(check), id: `${check.id} as it was` }))];
};

const run = async (number: number, options: { reference: boolean; virtual: boolean; seed: number }): Promise<RunResult> => {
  const lab = labs.find((each) => each.number === number);
  assert(lab !== undefined);
  const reference = options.reference ? new Set(labs.map((each) => each.number)) : new Set<number>();
  return await runLab({
    lab,
    checks: await bothVersions(lab),
    selection: { root: ROOT, origins: selectOrigins(number, { reference }) },
    seed: options.seed,
    virtual: options.virtual,
    driver: "ffi",
    inspect: false,
  });
};

const troubles = (results: readonly CheckResult[], allowed: readonly string[]): string[] =>
  results.filter(({ verdict }) => !allowed.includes(verdict.outcome)).map(({ check, verdict }) =>
    `${check.id}: ${JSON.stringify(verdict)}`
  );

/** An ICMP error about a packet that the check had broken on purpose: what is wrong in it is not the stack's doing. */
const quotesNonsense = (bytes: Uint8Array, medium: "ethernet" | "ip", fcs: boolean): boolean =>
  describeProblems(bytes, medium, { fcs }).some((problem) => problem.startsWith("in the quote"));

/** What the stack under test sent, except what quotes nonsense. */
const isOwn = (step: Step): step is PacketStep =>
  step.kind === "packet" && step.direction === "from you" && !quotesNonsense(step.bytes, step.medium, step.fcs);

const isFragment = ({ bytes, medium, fcs }: PacketStep): boolean =>
  dissect(bytes, medium, { fcs }).some((layer) => !layer.quoted && valueOf(layer, "moreFragments") + valueOf(layer, "fragmentOffset") > 0);

for (const lab of finished) {
  const name = `lab ${lab.number}`;

  Deno.test(`${name}: what the suite says of itself is true`, async () => {
    const optional = await loadOptional(lab);
    const graded = await loadChecks(lab, true);
    const checks = [...graded, ...optional];
    const ids = checks.map((check) => check.id);
    assertEquals(ids.filter((id, index) => ids.indexOf(id) !== index), [], "ids are unique");
    assertGreaterOrEqual(graded.length, 40);
    assertGreaterOrEqual(checks.filter((check) => check.kind === "live").length, 8);
    const hidden = checks.filter((check) => check.visibility === "hidden").length;
    assert(hidden * 4 >= graded.length && hidden * 2 <= graded.length, `${hidden} of ${graded.length} are hidden: about a third should be`);
    const known = new Set(chapters.flatMap((chapter) => chapter.requirements.map(({ id }) => id)));
    for (const check of checks) {
      assertEquals(check.covers.filter((id) => !known.has(id)), [], `${check.id} covers requirements that nobody knows`);
      assert(check.covers.length > 0, `${check.id} covers no requirement`);
      assert(check.why.length > 20 && check.hints.every((hint) => hint.length > 5), `${check.id} explains itself`);
      assertEquals(check.look.filter((symbol) => !Object.hasOwn(lab.functions, symbol.split(".")[0] ?? "")), [], `${check.id} looks at`);
      if (check.twin !== undefined) assert(ids.includes(check.twin), `${check.id} has a twin ${check.twin} that does not exist`);
    }
  });

  Deno.test(`${name}: the reference passes every check, live ones included where there is a live wire`, async (t) => {
    const { results, noWire } = await run(lab.number, { reference: true, virtual: false, seed: 1 });
    assertEquals(troubles(results, noWire === undefined ? ["passed"] : ["passed", "skipped"]), []);
    if (noWire !== undefined) await t.step({ name: noWire.what, ignore: noWire !== undefined, fn: () => {} });
  });

  Deno.test(`${name}: the reference passes with ${SEEDS} seeds`, async () => {
    for (let seed = 2; seed < SEEDS + 2; seed++) {
      const { results } = await run(lab.number, { reference: true, virtual: true, seed });
      assertEquals(troubles(results, ["passed", "skipped"]), [], `seed ${seed}`);
    }
  });

  Deno.test(`${name}: as shipped, every check says "not written yet" and nothing else`, async () => {
    const { results, noWire } = await run(lab.number, { reference: false, virtual: false, seed: 1 });
    assertEquals(troubles(results, noWire === undefined ? ["not written"] : ["not written", "skipped"]), []);
  });

  // tshark takes long to start: it reads one capture of all checks, except those with fragments, which it would put together
  // with those of other checks. If it complains, each check is looked at by itself: it may have mistaken two for one.
  testWhen(missingProgram("tshark"), `${name}: tshark finds nothing wrong with what the reference sends`, async () => {
    const { results } = await run(lab.number, { reference: true, virtual: false, seed: 3 });
    const folder = await Deno.makeTempDir();
    try {
      const sent = results.map(({ check, transcript }) => ({ name: check.id.replaceAll("/", "-"), steps: transcript.steps.filter(isOwn) }))
        .filter(({ steps }) => steps.length > 0);
      assertGreaterOrEqual(sent.length, 8, "checks in which the reference sends something");
      const complaints = async (name: string, steps: readonly PacketStep[]): Promise<string[]> => {
        const transcript = new Transcript();
        transcript.steps.push(...steps);
        await Deno.writeFile(`${folder}/${name}.pcapng`, transcript.toPcapng());
        return await tsharkComplaints(`${folder}/${name}.pcapng`);
      };
      const whole = sent.filter(({ steps }) => !steps.some(isFragment));
      const together = await complaints("together", whole.flatMap(({ steps }) => steps));
      const alone = together.length === 0 ? sent.filter((each) => !whole.includes(each)) : sent;
      const work = async (): Promise<void> => {
        for (let each = alone.pop(); each !== undefined; each = alone.pop()) {
          assertEquals(await complaints(each.name, each.steps), [], each.name);
        }
      };
      await Promise.all([work(), work(), work()]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
