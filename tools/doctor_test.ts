import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Finding, isWell, reportText } from "./doctor.ts";
import { taskOutput } from "./testing/tasks.ts";

Deno.test("deno task doctor says what there is, as text of 80 columns and as JSON", async () => {
  const [text, json] = [await taskOutput("doctor", []), await taskOutput("doctor", ["--json"])];
  assertEquals([text.status, json.status], [0, 0]);
  const findings = JSON.parse(json.out) as Finding[];
  for (const { name, on, detail, remedy } of findings) {
    assertStringIncludes(text.out, name);
    assert(on || (detail ?? "") !== "" && (remedy ?? "") !== "", `${name} is missing, and nothing says why or what helps`);
  }
  assertEquals(text.out.split("\n").filter((line) => line.length > 80), []);
});

Deno.test("reportText() gives what is missing its reason and its remedy, and says what follows", () => {
  const deno: Finding = { group: "Deno", name: "Deno 2.9.6", on: true, needed: true, detail: "2.9.6" };
  const wall: Finding = { group: "Sandbox", name: "own files", on: false, detail: "no namespaces", remedy: "install bubblewrap" };
  const text = reportText([deno, wall]);
  assertStringIncludes(text, "Why     no namespaces");
  assertStringIncludes(text, "Remedy  install bubblewrap");
  assertStringIncludes(text, "graded with the walls marked ✔ only");
  assertEquals([isWell([deno, wall]), isWell([{ ...deno, on: false }, wall])], [true, false]);
  assertStringIncludes(reportText([{ ...deno, on: false }]), "Labs cannot be run here.");
});
