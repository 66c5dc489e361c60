/**
 * Random stories, and the shortest one that goes wrong. A story is a list of steps for a fresh buffer; playing it compares the buffer
 * with a naive model after each step. When one goes wrong, steps are left out for as long as it still does: what is left is
 * what a student can follow on paper. It is played once more, and the transcript holds nothing else.
 */
import { amount } from "../../../tools/harness/samples.ts";
import type { Trial } from "../../../tools/harness/suite.ts";

/** What went wrong, and at which step, from 0. */
export interface Wrong {
  readonly step: number;
  readonly expected: string;
  readonly got: string;
  /** The method that said or did it. */
  readonly look?: string;
}

/** Plays one step; returns what is wrong after it. */
export type PlayStep<S> = (step: S) => Promise<Omit<Wrong, "step"> | undefined>;

/** Attempts to shorten a story. */
const ATTEMPTS = 120;

/** Plays stories until one goes wrong; that one is shortened, told, and fails the check. `begin` makes a fresh buffer and its model. */
export async function tellStories<S>(t: Trial, stories: readonly (readonly S[])[], begin: () => Promise<PlayStep<S>>): Promise<void> {
  for (const story of stories) {
    const wrong = await play(story, begin);
    if (wrong === undefined) continue;
    const shortest = await shorten(story.slice(0, wrong.step + 1), begin);
    t.tellAnew();
    t.step(`the shortest story that goes wrong has ${amount(shortest.length, "step")}; on a fresh buffer:`);
    const { expected, got, look } = await play(shortest, begin) ?? wrong;
    await t.about({ look: look === undefined ? [] : [look] }, () => t.ok(false, expected, got));
  }
}

async function play<S>(story: readonly S[], begin: () => Promise<PlayStep<S>>): Promise<Wrong | undefined> {
  const playStep = await begin();
  for (const [step, each] of story.entries()) {
    try {
      const wrong = await playStep(each);
      if (wrong !== undefined) return { step, ...wrong };
    } catch (error) {
      if (!isFailure(error)) throw error;
      return { step, expected: error.expected, got: error.got };
    }
  }
  return undefined;
}

/** Leaves out one step after the other, the last ones first, as long as the story still goes wrong. */
async function shorten<S>(story: readonly S[], begin: () => Promise<PlayStep<S>>): Promise<readonly S[]> {
  let shortest = story;
  let attempts = 0;
  for (let at = shortest.length - 2; at >= 0 && attempts < ATTEMPTS; at = Math.min(at, shortest.length) - 1) {
    attempts++;
    const shorter = shortest.toSpliced(at, 1);
    const wrong = await play(shorter, begin);
    if (wrong === undefined) continue;
    shortest = shorter.slice(0, wrong.step + 1);
    at = shortest.length;
  }
  return shortest;
}

/** Whether the student's code failed a step: it threw, or did what it must not. What is not written yet is no failure. */
function isFailure(error: unknown): error is Omit<Wrong, "step"> {
  return error instanceof Error && error.name === "CheckFailed";
}
