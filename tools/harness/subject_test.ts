/** What becomes of requests that get no answer: verdicts only after a second opinion, and no waiting for what is known. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { labs } from "../../labs/manifest.ts";
import type { ModuleName } from "../../stack/contract/modules.ts";
import { ROOT } from "../lab/run.ts";
import type { Reply, Request } from "./subject/protocol.ts";
import { Subject } from "./subject.ts";
import { SubjectDied } from "./subject_process.ts";

const FILE = "solutions/01-framing/framing.ts";

/** A subject in which `demultiplex` begins with `statement`. */
async function subjectWith(statement: string, { top = "", patience = 2000 } = {}): Promise<Subject> {
  const text = await Deno.readTextFile(`${ROOT}/${FILE}`);
  const changed = text.replace(/(export function demultiplex\([^{]*\{\n)/, (head) => `${head}  ${statement}\n`);
  const origins = Object.fromEntries(labs.map((lab) => [lab.module, "reference"])) as Record<ModuleName, "reference">;
  const selection = { root: ROOT, lab: 1, origins, replaced: new Map([[FILE, `${changed}\n${top}\n`]]) };
  return new Subject(selection, { limits: { request: patience } });
}

const call = (etherType: number): Request => ({
  op: "call",
  module: "framing",
  name: "demultiplex",
  args: [{ t: "value", value: etherType }],
});

/** Asks as a check of its own would. */
async function inCheck(subject: Subject, request: Request): Promise<Reply | SubjectDied> {
  await subject.reset();
  return await subject.ask(request).catch((error) => {
    if (error instanceof SubjectDied) return error;
    throw error;
  });
}

const symbolOf = (answer: Reply | SubjectDied): unknown => answer instanceof SubjectDied ? answer.symbol : answer.threw ?? answer.returned;

Deno.test("Subject.ask() enters a function that never came back no fourth time", async () => {
  const subject = await subjectWith("for (;;);");
  try {
    for (let check = 1; check <= 3; check++) assertEquals(symbolOf(await inCheck(subject, call(0x0800))), "demultiplex");
    const fourth = await inCheck(subject, call(0x0800));
    assertEquals(fourth instanceof SubjectDied ? "died" : [fourth.threw?.name, fourth.threw?.symbol], ["NeverReturned", "demultiplex"]);
  } finally {
    subject.close();
  }
});

Deno.test("Subject.ask() goes on calling a function that hangs at times", async () => {
  const subject = await subjectWith("if (etherType === 7) for (;;);");
  const good = { t: "value", value: "ipv4" };
  try {
    for (let check = 1; check <= 4; check++) {
      assertEquals(symbolOf(await inCheck(subject, call(0x0800))), good);
      assertEquals(symbolOf(await inCheck(subject, call(7))), "demultiplex");
    }
    assertEquals(symbolOf(await inCheck(subject, call(0x0800))), good);
  } finally {
    subject.close();
  }
});

Deno.test("Subject.ask() says which of many calls did not return", async () => {
  const subject = await subjectWith("if (etherType === 7) for (;;);", { patience: 4000 });
  try {
    const lists = [0x0800, 0x0806, 7, 0x0800].map((value) => [{ t: "value", value } as const]);
    await subject.reset();
    const death = await assertRejects(() => subject.ask({ op: "many", module: "framing", name: "demultiplex", lists }), SubjectDied);
    assertEquals([death.kind, death.symbol, death.at], ["hang", "demultiplex", 2]);
  } finally {
    subject.close();
  }
});

Deno.test("Subject.ask() takes a second process's answer where the first is late", async () => {
  // Old processes loop, young ones don't: as if the first had been kept from running.
  const subject = await subjectWith("if (Date.now() - loaded > 3500) for (;;);", { top: "const loaded = Date.now();", patience: 6000 });
  try {
    await subject.start();
    await new Promise((resolve) => setTimeout(resolve, 3600));
    assertEquals(symbolOf(await inCheck(subject, call(0x0806))), { t: "value", value: "arp" });
  } finally {
    subject.close();
  }
});

Deno.test("Subject.ask() tells where an exception came from", async () => {
  const helper = "function helper(n: number): void { new Lent(64).push(n); }";
  const top = `import { Frame as Lent } from "../../stack/wire/frame.ts"; ${helper}`;
  const subject = await subjectWith("helper(etherType);", { top });
  try {
    const { threw } = await inCheck(subject, call(0x0800)) as Reply;
    assertStringIncludes(threw?.from ?? "", "Frame.push (stack/wire/frame.ts:");
    assertEquals(threw?.at.map((line) => line.split(" ")[0]), ["helper", "demultiplex"]);
  } finally {
    subject.close();
  }
});

Deno.test("Subject.ask() ends a heap without bounds, and names the function", async () => {
  const fill = "const all: unknown[] = []; for (;;) all.push(new Array(1000).fill(0));";
  const subject = await subjectWith(fill, { patience: 20_000 });
  try {
    const death = await inCheck(subject, call(0x0800));
    assertEquals(death instanceof SubjectDied ? [death.kind, death.symbol] : death, ["memory", "demultiplex"]);
  } finally {
    subject.close();
  }
});
