/** A student's own checks: what is read, what is refused, and what they are worth. */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { findLab, finished, type Lab } from "../../../labs/manifest.ts";
import type { MyStep } from "../../harness/my_suite.ts";
import { loadMutants, selectMutant } from "../../mutants/fate.ts";
import { rightCode } from "./command.ts";
import { exampleText } from "./example.ts";
import { judge } from "./judge.ts";
import { MyChecksError, readMine } from "./read.ts";
import { toChecks } from "./steps.ts";

const lab = findLab(5) as Lab;
const LIMIT = 60_000;

for (const each of finished) {
  Deno.test(`the example of lab ${each.number} is true of the reference`, async () => {
    const checks = toChecks(each, await readMine(each, exampleText(each)));
    assert(checks.length > 0);
    const { right, wrong } = await judge(each, checks, { right: rightCode(each), faults: undefined, seed: 1, limit: LIMIT });
    assertEquals(wrong.map(({ check, verdict }) => [check.id, verdict]), []);
    assertEquals(right, checks.length);
  });
}

Deno.test("readMine() runs the file alone, and without permissions", async () => {
  const refused = async (text: string, message: string): Promise<void> => {
    const error = await assertRejects(() => readMine(lab, text), MyChecksError);
    assertStringIncludes(error.message, message);
    assert(!error.message.includes(".wallsocket"), error.message);
  };
  await refused(`import states from "../../solutions/05-states/mod.ts";\nexport default states;`, "solutions/05-states/mod.ts");
  await refused(`import text from "file:///etc/hostname" with { type: "text" };\nexport default { text };`, "/etc/hostname");
  await refused(`import "npm:left-pad";`, "npm specifiers");
  await refused(`export default Deno.readTextFileSync("/etc/hostname");`, "NotCapable");
  await refused(`const name = "/etc/hostname.ts";\nexport default await import(name);`, "Requires read access");
  await refused(`new Deno.Command("/usr/bin/id").outputSync();`, "NotCapable");
  await refused(`export default [`, "labs/05-states/my_checks.ts:");
  await refused(`export default new Uint8Array(5_000_000);`, "more than 4 MiB");
  await refused(`Deno.exit(0);`, "default export");
});

Deno.test("readMine() gives back what the file computes, and nothing that poses as more", async () => {
  const text = `const steps = [1, 2].map((at) => ({ call: "nextState", args: [at, undefined, new Uint8Array([at])] }));
    export default { "computed": steps, ["__proto__"]: [], then: () => 1, infinite: -Infinity };`;
  assertEquals(await readMine(lab, text), {
    computed: [1, 2].map((at) => ({ call: "nextState", args: [at, undefined, new Uint8Array([at])] })),
    ["__proto__"]: [],
    infinite: -Infinity,
  });
});

Deno.test("toChecks() names check and step of a mistake", () => {
  const refused = (steps: unknown, message: string): void => {
    const error = assertThrows(() => toChecks(lab, { mine: steps }), MyChecksError);
    assertStringIncludes(error.message, message);
  };
  assertThrows(() => toChecks(lab, undefined), MyChecksError, "no default export");
  refused("steps", "a list of steps");
  refused([{ call: "nextState" }, { jump: 1 }], "step 2: a step has one of call");
  refused([{ call: "nextstate" }], "no function nextstate; it has nextState,");
  refused([{ call: "constructor" }], `its "call" cannot be used`);
  refused([{ wait: 1e12 }], `its "wait" cannot be used`);
  refused([{ wait: NaN }], `its "wait" cannot be used`);
  refused([{ listen: 80, port: 90 }], `a step with "listen" has no "port"`);
  refused([{ call: "nextState", args: [{ "wallsocket mark": "pool" }] }], "one of its arguments");
});

Deno.test("judge() counts what right checks catch, and leaves wrong ones out", async () => {
  const mutants = await loadMutants(lab);
  const named = ["old-ack-updates-window", "closing-without-timer"].map((name) => mutants.find((each) => each.name === name));
  const faults = await Promise.all(named.map((mutant) => (assert(mutant !== undefined), selectMutant(lab, mutant))));
  const steps: Record<string, MyStep[]> = {
    "an old ACK": [
      { state: "ESTABLISHED" },
      { write: new Uint8Array(10) },
      { expect: { seq: 1, dataLength: 10 } },
      { send: { flags: "ACK", ack: 11, window: 5000 } },
      { send: { flags: "ACK", seq: 3, ack: 5, window: 9000, data: new Uint8Array(2) } },
      { look: { sndWnd: 5000 } },
    ],
    "a FIN leads to LAST-ACK": [{ call: "nextState", args: ["ESTABLISHED", "fin received"], returns: "LAST-ACK" }],
  };
  const { checks, right, wrong, killed, of } = await judge(lab, toChecks(lab, steps), {
    right: rightCode(lab),
    faults,
    seed: 1,
    limit: LIMIT,
  });
  assertEquals([checks, right, wrong.map(({ check }) => check.title), killed, of], [2, 1, ["a FIN leads to LAST-ACK"], 1, 2]);
});
