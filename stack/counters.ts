/**
 * Counts by name: one for every reason a packet was dropped, and a few for what went well. A drop that
 * nobody counted cannot be found, so the rule is: whoever gives up a packet counts it, under the name that
 * its reject has in the contract.
 */

/** The counts of one layer. */
export class Counters {
  /** The layer's name, which comes before each count's: "ip" gives "ip: bad header checksum". */
  readonly layer: string;
  readonly #counts = new Map<string, number>();

  constructor(layer: string) {
    this.layer = layer;
    Object.freeze(this); // labs may come by one: it counts what it is told, and does not lie about it
  }

  /** Counts one more of `name`. Pass literals: nothing is joined on the packet path. */
  count(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** The count of `name` so far. */
  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** Adds all counts to `record`, under "layer: name". */
  addTo(record: Record<string, number>): void {
    for (const [name, count] of this.#counts) record[`${this.layer}: ${name}`] = count;
  }
}
