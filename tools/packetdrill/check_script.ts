/** A script as a check of a suite: run against the student's stack, told as every check is told. */
import { CheckFailed } from "../harness/failure.ts";
import type { Conversation } from "../harness/remote.ts";
import { judge } from "./judge.ts";
import { createStackMachine } from "./stack_machine.ts";
import type { Happening } from "./verdict.ts";

/**
 * Runs it. Throws a CheckFailed where it does not come true, and an Error where the script itself is wrong. `layers`: 4 without congestion control,
 * for the labs before 08: a student who writes lab 06 has no lab 08 yet, and a fault there must not be lab 06's.
 */
export async function runCheckScript(file: string, text: string, conversation: Conversation, layers: 4 | 5): Promise<void> {
  const verdict = await judge(file, text, {
    makeMachine: (settings) =>
      createStackMachine((request) => conversation.ask(request), { ...settings, layers }, (threw) => conversation.exception(threw)),
    crashes: "thrown",
    options: [],
    tolerance: 1000,
    strict: false,
    defines: new Set(["STANDARD"]),
  });
  if (verdict.verdict === "passed") return;
  if (verdict.verdict !== "failed") throw new Error(`${file} cannot be run: ${JSON.stringify(verdict)}`);
  const { place, expected, got, differences, story } = verdict.failure;
  const inTime = story.toSorted((a, b) => a.time - b.time); // what nobody waited for was taken late
  for (const happening of inTime) conversation.transcript.note(happening.time / 1000, storyLine(happening));
  const others = differences.filter((difference) => !difference.startsWith("time: ")); // which is said by both
  const detail = others.length === 0 ? "" : ` (${others.join("; ")})`;
  throw new CheckFailed(`${expected}\nline ${place.line} of ${file}`, `${got}${detail}`);
}

/** "< S 0:0(0) win 1000", as in the script itself: `<` is given to the student's stack, `>` comes from it. */
function storyLine(happening: Happening): string {
  if (happening.kind !== "packet") return happening.text;
  return `${happening.direction === "in" ? "<" : ">"} ${happening.text}`;
}
