/**
 * Lists compared for people: how many there are comes first, then the first that is not as expected. However long a
 * list, the difference cannot hide behind its end.
 */
import type { Trial } from "../../../tools/harness/suite.ts";

/** Fails unless the lists are equal. `what` names the list, `item` one of its members: "the entries", "entry". */
export function expectList(t: Trial, actual: readonly string[], expected: readonly string[], what: string, item: string): void {
  const at = firstDifference(actual, expected);
  if (at === undefined) return;
  const single = actual.length === 1 && expected.length === 1;
  const show = (list: readonly string[]): string => {
    if (list.length === 0) return "none";
    if (single) return `${list[0]}`;
    return `${list.length}; ${at < list.length ? `${item} ${at + 1}: ${list[at]}` : `no ${item} ${at + 1}`}`;
  };
  const shuffled = firstDifference([...actual].sort(), [...expected].sort()) === undefined;
  t.ok(false, `${what}: ${show(expected)}`, shuffled ? `the same in another order: ${show(actual)}` : show(actual));
}

function firstDifference(a: readonly string[], b: readonly string[]): number | undefined {
  const longer = a.length > b.length ? a : b;
  const at = longer.findIndex((_, i) => a[i] !== b[i]);
  return at < 0 ? undefined : at;
}
