import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { labs } from "../labs/manifest.ts";
import { withMember } from "./new/check.ts";
import { copyTree } from "./testing/tree_copy.ts";

const last = labs.at(-1)?.number as number;
const digits = (number: number): string => `${number}`.padStart(2, "0");

Deno.test("deno task new-lab makes a draft that the tree's own tests accept", async () => {
  await using tree = await copyTree();
  const next = digits(last + 1);
  const made = await tree.deno("task", "--quiet", "new-lab", "two-words");
  assertEquals([made.status, made.err], [0, ""]);
  assertStringIncludes(made.out, "Begin with the contract, stack/contract/two_words.ts");
  const changed = made.out.split("\n").flatMap((line) => /^(?:made|changed) +(\S+)$/.exec(line)?.slice(1) ?? []);
  const code = changed.filter((path) => path.endsWith(".ts"));
  assert(code.length >= 15, made.out);
  assertEquals((await tree.deno("check", "--quiet", ...code)).err, "");
  assertEquals((await tree.deno("fmt", "--check", ...changed)).status, 0);
  assertEquals((await tree.deno("lint", ...code)).status, 0);
  const stubs = await tree.deno("task", "--quiet", "stubs", "--check");
  assertEquals(stubs.status, 0, stubs.err);
  const tests = await tree.deno("test", "-A", "--quiet", "labs/manifest_test.ts", `solutions/${next}-two-words`);
  assertEquals(tests.status, 0, tests.out);
  const run = await tree.deno("task", "--quiet", `lab${last + 1}`, "--virtual");
  assertStringIncludes(run.out, `01–${digits(last)} reference · ${next} yours`);
  assertStringIncludes(run.out, `labs/${next}-two-words/checks/example.ts: the check example/first is not written yet`);
  assertStringIncludes(run.out, `solutions/${next}-two-words/hidden/example.ts: the check example/second is not written yet`);

  const again = await tree.deno("task", "--quiet", "new-lab", "two-words");
  assertEquals([again.status, again.err.trim()], [2, "There is a lab two-words already."]);
});

Deno.test("deno task new-check and new-mutant make what says that it is not written yet", async () => {
  await using tree = await copyTree();
  const ask = async (...words: string[]): Promise<string> => {
    const { status, out, err } = await tree.deno("task", "--quiet", ...words);
    assertEquals([status, err], [0, ""], words.join(" "));
    return /^made +(\S+)$/m.exec(out)?.[1] as string;
  };
  const made = [
    await ask("new-check", "7", "bind/again", "--kind", "scenario"),
    await ask("new-check", "7", "brand-new/thing", "--hidden"),
    await ask("new-check", "3", "live/again", "--kind", "live", "--hidden"),
    await ask("new-mutant", "7", "two-faced"),
    await ask("new-mutant", "2", "two-faced"),
  ];
  assertEquals(made, [
    "labs/07-accept/checks/bind_again.ts",
    "solutions/07-accept/hidden/brand_new_thing.ts",
    "solutions/03-ip/hidden/live_again.ts",
    "solutions/07-accept/mutants/two_faced.ts",
    "solutions/02-arp/mutants/two_faced.ts",
  ]);
  const lists = [
    "labs/07-accept/suite.ts",
    "solutions/07-accept/hidden.ts",
    "solutions/03-ip/hidden.ts",
    "solutions/02-arp/mutants/mutants.ts",
  ];
  assertEquals((await tree.deno("check", "--quiet", ...made, ...lists)).err, "");
  assertEquals((await tree.deno("fmt", "--check", ...made, ...lists)).status, 0);
  assertEquals((await tree.deno("lint", ...made, ...lists)).status, 0);

  const run = await tree.deno("task", "--quiet", "lab7", "--reference", "7", "--virtual", "--only", "bind", "--only", "brand-new");
  assertEquals(run.status, 3); // a check that is broken is a fault of ours
  assertStringIncludes(run.out, `${made[0]}: the check bind/again is not written yet`);
  assertStringIncludes(run.out, `${made[1]}: the check brand-new/thing is not written yet`);
  const mutant = await tree.deno("task", "--quiet", "mutants", "2", "two-faced");
  assertEquals(mutant.status, 1, mutant.out);
  assertMatch(mutant.out, /not-written\/yet/);

  for (
    const [words, said] of [
      [["new-check", "7", "bind/again"], "Lab 7 has a check bind/again already."],
      [["new-check", "7", "bind/free", "--hidden"], "Lab 7 has a check bind/free already."],
      [["new-check", "3", "Bad/name"], 'A group\'s name has small letters, digits and hyphens: "odd-length", not "Bad".'],
      [["new-check", "3", "name"], 'A check is named by its group and its name, "checksum/odd-length", not "name".'],
      [["new-check", "3", "a/b", "--kind", "x"], '--kind takes table, scenario, live, not "x".'],
      [["new-check", "99", "a/b"], `There is no lab 99: there are 1 to ${last}.`],
      [["new-mutant", "2", "two-faced"], "Lab 2 has a mutant two-faced already."],
      [["new-mutant", "2", "a", "--hidden"], "There is no option --hidden. --help lists them all."],
      [["new-lab", "arp"], "There is a lab arp already."],
      [["new-lab", "tcb"], "stack/contract/tcb.ts is there already."],
    ] as const
  ) {
    const { status, err } = await tree.deno("task", "--quiet", ...words);
    assertEquals([status, err.trim()], [2, said]);
  }
});

Deno.test("withMember() puts a value into a group, whatever the group is made of", () => {
  const groups = (text: string): string => `suite({ lab: 1, groups: ${text} });`;
  for (
    const [group, before, after] of [
      ["ack", "{ ack, live }", "{ ack: { ...ack, fresh }, live }"],
      ["ack", "{ ack: acks, live }", "{ ack: { ...acks, fresh }, live }"],
      ["ack", "{ ack: { ...a, ...b }, live }", "{ ack: { ...a, ...b, fresh }, live }"],
      ["fin", "{ ack, live: { ...a, ...b } }", "{ ack, fin: fresh, live: { ...a, ...b } }"],
      ["two-words", "{ ack,\n  fin,\n}", '{ ack, fin, "two-words": fresh }'],
    ] as const
  ) {
    const spread = after.replace(/(?<!: )fresh/, "...fresh");
    assertEquals(withMember(groups(before), group, "fresh", "suite.ts"), groups(spread));
  }
});
