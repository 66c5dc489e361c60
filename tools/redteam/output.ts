/** What must not stand in anything that the grader writes or prints, whatever a submission is called, logs, throws or returns. */
import { FORGERIES } from "./attack.ts";

/** Characters that move a cursor, change colours, turn the direction of writing, or end a line where none should end. */
// deno-lint-ignore no-control-regex -- that is what it is for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
/** Words that GitHub, Azure, Jenkins and GitLab take for commands: the grader's own are in the files that are made for them. */
const COMMAND = /^\s*(::[a-z-]+[ :]|##\[)/;

/** Forged lines and control characters in a text. `name` is that of its file. */
export function foundInOutput(name: string, text: string): string[] {
  const found: string[] = [];
  const lines = text.split(/\r\n|[\n\r]/);
  const forged = lines.find((line) => FORGERIES.some((forgery) => line.startsWith(forgery)));
  if (forged !== undefined) found.push(`${name} has a forged line: ${forged.slice(0, 80)}`);
  const control = lines.find((line) => CONTROL.test(line));
  if (control !== undefined) found.push(`${name} has a control character: ${JSON.stringify(control.slice(0, 200))}`);
  const command = name.endsWith("github-log.txt") ? undefined : lines.find((line) => COMMAND.test(line));
  if (command !== undefined) found.push(`${name} has a command: ${command.slice(0, 80)}`);
  return found;
}
