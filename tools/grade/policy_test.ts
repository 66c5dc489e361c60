import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { checkPolicy, defaultPolicy, PolicyError, readPolicy } from "./policy.ts";

/** The shipped policy with one member changed, or taken out. */
function changed(path: string, value: unknown): unknown {
  const policy = structuredClone(defaultPolicy) as unknown as Record<string, unknown>;
  const parts = path.split(".");
  const last = parts.pop() as string;
  const parent = parts.reduce((of, part) => of[part] as Record<string, unknown>, policy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return policy;
}

Deno.test("checkPolicy() says which member is wrong, and what it may be", () => {
  const wrong: [unknown, string][] = [
    [null, "it is not an object"],
    [[], "it is not an object"],
    [changed("format", "wallsocket-policy/2"), 'format is "wallsocket-policy/2"; this grader reads "wallsocket-policy/1"'],
    [changed("public.why", undefined), 'public has no member "why"'],
    [changed("public.why", "yes"), 'public.why is "yes"; it takes true or false'],
    [changed("public.inputs", true), 'public has a member "inputs" that means nothing; it may have title, why, expected, transcript'],
    [changed("hidden", "all"), "hidden is not an object"],
    [changed("hidden.show", "all"), 'hidden.show is "all"; it takes "nothing", "counts", "groups", "titles"'],
    [changed("hidden.when", "hidden"), 'hidden.when is "hidden"; it takes "visible", "after_due_date", "after_published"'],
    [changed("myChecks", -1), "myChecks is -1; it takes points, from 0 to 1000"],
    [changed("leaderboard", 1), "leaderboard is 1; it takes true or false"],
    [changed("public.expected", false), "public.transcript is true, but a transcript shows title, why, expected and got, too"],
  ];
  for (const [value, message] of wrong) {
    const error = assertThrows(() => checkPolicy(value, "p.json"), PolicyError);
    assertEquals(error.message, `The policy p.json: ${message}`);
  }
});

Deno.test("checkPolicy() takes the members in any order, and gives them in one", () => {
  const { format, public: open, hidden, leaderboard } = defaultPolicy;
  assertEquals(JSON.stringify(checkPolicy({ leaderboard, hidden, public: open, format }, "p.json")), JSON.stringify(defaultPolicy));
  assertEquals(checkPolicy({ ...defaultPolicy, myChecks: 5 }, "p.json").myChecks, 5);
});

Deno.test("readPolicy() reads the shipped file, and says what is wrong with a file that is none", async () => {
  assertEquals(await readPolicy(new URL("policy.json", import.meta.url).pathname), defaultPolicy);
  await assertRejects(() => readPolicy("/nowhere/policy.json"), PolicyError, "Cannot read the policy /nowhere/policy.json");
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, "{ show: all }");
  await assertRejects(() => readPolicy(path), PolicyError, "is not JSON");
  await Deno.remove(path);
});
