/**
 * The smallest case of a table that fails. A table makes hundreds of calls, and right code may answer some of them in more than
 * one way, so a call whose answer differs is not yet a wrong one. The check's own body decides: it is run on the answers of right code,
 * with *one* answer taken from the code that failed. When it still fails, that one answer is wrong. Where calls depend on no
 * others, the shortest arguments are tried first.
 */
import { equal } from "@std/assert";
import type { Reply, Request, Sent } from "../harness/subject/protocol.ts";
import { Subject } from "../harness/subject.ts";
import { type CheckResult, runCheck } from "../harness/trial.ts";
import type { Selection } from "../harness/workspace.ts";
import { visible } from "./replay.ts";
import type { Exchange } from "./shrink.ts";

/** An answer: the request's place among all, and that of the call among its calls. */
export interface Answer {
  readonly request: number;
  /** Undefined: the request is one call. */
  readonly call?: number;
}

const MOST_TRIED = 60;
const NOTHING = { root: "", origins: {} } as unknown as Selection;

/** The first answer that alone makes the check fail; undefined when none of those that were tried does. */
export async function wrongAnswer(
  failure: Pick<CheckResult, "check" | "seed">,
  said: { readonly bad: readonly Exchange[]; readonly good: readonly Exchange[] },
  subjects: readonly [bad: Subject, good: Subject],
  deadline: number,
): Promise<Answer | undefined> {
  const suspects = differing(said.bad, said.good);
  const requests = said.bad.map(({ request }) => request);
  const stateless = requests.every(({ op }) => op === "reset" || op === "call" || op === "many");
  const size = (answer: Answer): number => stateless ? sizeOf(requests[answer.request] as Request, answer) : 0;
  const tried = suspects.toSorted((a, b) => size(a) - size(b)).slice(0, MOST_TRIED);
  for (const answer of tried) {
    if (performance.now() > deadline) return undefined;
    const subject = new MixedSubject(subjects, answer);
    const { verdict } = await runCheck(failure.check, failure.seed, { subject, kernel: () => Promise.resolve("not for shrinking") });
    subject.close();
    if (verdict.outcome === "failed") return answer;
  }
  return undefined;
}

/** Answers that differ, up to the first request that does. */
function differing(bad: readonly Exchange[], good: readonly Exchange[]): Answer[] {
  const found: Answer[] = [];
  for (const [request, { request: asked, reply }] of bad.entries()) {
    const right = good[request];
    if (right === undefined || !equal(right.request, asked)) break;
    const [wrongs, rights] = [reply?.all, right.reply?.all];
    if (wrongs === undefined || rights === undefined) {
      if (!equal(visible(reply ?? {}), visible(right.reply ?? {}))) found.push({ request });
      continue;
    }
    for (const [call, wrong] of wrongs.entries()) {
      if (!equal(visible(wrong), visible(rights[call] ?? {}))) found.push({ request, call });
    }
  }
  return found;
}

/** How much there is to read. Of a view with "start" and "end" behind it, the bytes between them. */
function sizeOf(request: Request, { call }: Answer): number {
  const args = ("lists" in request ? request.lists[call ?? 0] : "args" in request ? request.args : []) as readonly Sent[];
  const [bytes, start, end] = args;
  if (bytes?.t === "view" && start?.t === "value" && end?.t === "value") return Number(end.value) - Number(start.value);
  const size = (value: unknown): number => {
    if (value instanceof Uint8Array) return value.length;
    if (typeof value === "object" && value !== null) return Object.values(value).reduce((sum: number, each) => sum + size(each), 1);
    return 1;
  };
  return size(args);
}

/** Answers as right code does, but for one answer. Both are asked everything, so that both know what came before. */
class MixedSubject extends Subject {
  readonly #good: Subject;
  readonly #bad: Subject;
  readonly #answer: Answer;
  #asked = 0;

  constructor([bad, good]: readonly [Subject, Subject], answer: Answer) {
    super(NOTHING); // whose process is never started
    this.#good = good;
    this.#bad = bad;
    this.#answer = answer;
  }

  override async ask(request: Request): Promise<Reply> {
    if (request.op === "reset") this.#asked = 0;
    const index = this.#asked++;
    const [right, wrong] = [await this.#good.ask(request), await this.#bad.ask(request)];
    const { request: place, call } = this.#answer;
    if (index !== place) return right;
    if (call === undefined) return wrong;
    return { ...right, all: right.all?.map((each, at) => at === call ? wrong.all?.[call] ?? each : each) };
  }
}
