/** Programs on real time that call the other side, some at once, until somebody says that it is enough; on the stack's side or on the kernel's. */
import { isBreak, type Party } from "./parties.ts";
import { type Errand, ERRANDS, run, type Surroundings } from "./programs.ts";

/** What came of them. */
export interface CallersResult {
  readonly errands: number;
  readonly faults: readonly string[];
}

const MOST_AT_ONCE = 8;
/** Milliseconds between two beginnings, at most. */
const LONGEST_PAUSE = 300;
/** Errands that are not over before the wire changes: too long for a run of a minute. */
const LONG: readonly Errand[] = ["idle", "slow reader"];

export class Callers {
  readonly #party: () => Party;
  readonly #address: string;
  readonly #surroundings: Surroundings;
  readonly #running = new Set<string>();
  readonly #faults: string[] = [];
  #begun = 0;

  constructor(party: () => Party, address: string, surroundings: Surroundings) {
    this.#party = party;
    this.#address = address;
    this.#surroundings = surroundings;
  }

  /** Calls until `isOver`, and waits for the last to end: `patience` milliseconds at most. */
  async call(isOver: () => boolean, patience: number): Promise<CallersResult> {
    const { random, clock } = this.#surroundings;
    const errands = ERRANDS.filter((errand) => !LONG.includes(errand));
    while (!isOver()) {
      await clock.sleep(random.int(0, LONGEST_PAUSE));
      if (this.#running.size < MOST_AT_ONCE) this.#send(random.pick(errands));
    }
    const end = performance.now() + patience;
    while (this.#running.size > 0 && performance.now() < end) await clock.sleep(50);
    return { errands: this.#begun, faults: [...this.#faults, ...[...this.#running].map((what) => `${what} hangs`)] };
  }

  /** "120 errands, 8 of them running". */
  summary(): string {
    return `${this.#begun} errands, ${this.#running.size} of them running`;
  }

  #send(errand: Errand): void {
    const what = `errand ${this.#begun++}, ${errand}, to ${this.#address}`;
    this.#running.add(what);
    run(errand, this.#party(), this.#address, this.#surroundings)
      .catch((error) => this.#faults.push(`${what}: ${isBreak(error) ? `breaks without a reason: ${error.message}` : error}`))
      .finally(() => this.#running.delete(what));
  }
}
