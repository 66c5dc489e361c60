/** Hints, one at a time: each call for a check gives the next grade, so nobody reads the answer by accident. */
import type { Check } from "../harness/suite.ts";
import { UsageError } from "./usage_error.ts";
import { ROOT } from "./run.ts";
import { titled, WIDTH, wrap } from "./text.ts";

const FILE = `${ROOT}/.wallsocket/hints.json`;

/** What `--hint NAME` prints: the next hint for a check, or the checks of a group. Throws a UsageError when there is neither. */
export async function hintText(name: string, checks: readonly Check[]): Promise<string> {
  const check = checks.find((each) => each.id === name);
  if (check !== undefined) return await nextHint(check);
  const lab = `lab${checks[0]?.lab}`;
  const group = checks.filter((each) => each.group === name.replace(/\/$/, ""));
  if (group[0] === undefined) throw new UsageError(`There is no check "${name}". deno task ${lab} --list names them all.`);
  const column = Math.max(...group.map(({ id }) => id.length)) + 2;
  const list = group.flatMap(({ id, title }) => titled(`  ${id}`, title, column));
  return [...wrap(`"${name}" is a group; hints belong to its checks (deno task ${lab} --hint ${group[0].id}):`, WIDTH), "", ...list].join(
    "\n",
  );
}

/** The next hint for a check. After the third it begins again, and says so. */
async function nextHint(check: Check): Promise<string> {
  const before = await hintsGiven(check);
  const grade = before % check.hints.length;
  await noteHint(check, grade + 1);
  const again = before > 0 && grade === 0 ? ["The third was the last; from the first again."] : [];
  return [...again, `Hint ${grade + 1} of ${check.hints.length} for ${check.id}`, "", ...wrap(check.hints[grade] ?? "", WIDTH)].join("\n");
}

/** The grade of the hint that was given last for a check; 0: none was. */
export async function hintsGiven(check: Check): Promise<number> {
  return (await readGiven())[keyOf(check)] ?? 0;
}

/** Writes down that this hint was given. */
export async function noteHint(check: Check, grade: number): Promise<void> {
  const given = { ...await readGiven(), [keyOf(check)]: grade };
  await Deno.mkdir(`${ROOT}/.wallsocket`, { recursive: true });
  await Deno.writeTextFile(FILE, JSON.stringify(given));
}

function keyOf({ lab, id }: Check): string {
  return `lab${lab} ${id}`;
}

async function readGiven(): Promise<Record<string, number>> {
  try {
    return JSON.parse(await Deno.readTextFile(FILE));
  } catch {
    return {};
  }
}
