/** The grader's end of the crumbs (`subject/crumbs.ts`): which lab functions a subject is in, and from which it came back. */
import { CRUMB } from "./subject/crumbs.ts";

/** Anybody may drop crumbs, also the student's code: what is kept of them is bounded, and a name is a name. */
const MAX_OPEN = 1000, MAX_RETURNED = 1000;
const NAME = /^[\w$.]{1,120}$/;

export class CrumbTrail {
  /** Functions from which the subject came back at least once. */
  readonly returned: Set<string> = new Set();
  /** Of the calls that were asked for at once, the one that began last; undefined when none did. */
  at: number | undefined;
  /** What stood between the crumbs. */
  text = "";
  readonly #most: number;
  readonly #open: string[] = [];
  /** Functions that are open beyond those that are kept. */
  #deeper = 0;
  #rest = "";

  /** Keeps `most` characters of what is no crumb. */
  constructor(most: number) {
    this.#most = most;
  }

  /** The function that was entered last and not left. */
  get last(): string | undefined {
    return this.#open.at(-1);
  }

  /** Takes what the subject wrote to standard error. */
  push(chunk: string): void {
    const lines = (this.#rest + chunk).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#take(line);
    if (this.#rest.length > this.#most) this.#rest = this.#rest.slice(-this.#most);
  }

  /** The last line has no end: takes it as it is. */
  finish(): void {
    if (this.#rest !== "") this.#take(this.#rest);
    this.#rest = "";
  }

  #take(line: string): void {
    if (!line.startsWith(CRUMB)) {
      this.text = `${this.text}${line}\n`.slice(-this.#most);
      return;
    }
    const name = line.slice(2);
    if (!NAME.test(name)) return;
    if (line[1] === "#") this.at = Number(name);
    if (line[1] === "+") {
      if (this.#open.length < MAX_OPEN) this.#open.push(name);
      else this.#deeper++;
    }
    if (line[1] === "-") {
      if (this.#deeper > 0) this.#deeper--;
      else this.#open.pop();
      if (this.returned.size < MAX_RETURNED) this.returned.add(name);
    }
  }
}
