/** Stands for something that only exists in the subject: a recorder, a pool's method, a source of randomness. */
import type { Sent } from "./subject/protocol.ts";

export class Marker {
  readonly sent: Sent;

  constructor(sent: Sent) {
    this.sent = sent;
  }
}

/** An object, or bytes, that the student's function changes in place: what it left comes back into `target`. */
export class InOut extends Marker {
  readonly target: object;

  constructor(target: object) {
    super({ t: "inout", value: target });
    this.target = target;
  }

  /** Takes what came back. */
  update(after: unknown): void {
    if (this.target instanceof Uint8Array && after instanceof Uint8Array) this.target.set(after.subarray(0, this.target.length));
    else if (typeof after === "object" && after !== null) {
      // Not by assignment: that would take "__proto__" for more than a name.
      for (const [name, value] of Object.entries(after)) {
        Object.defineProperty(this.target, name, { value, enumerable: true, writable: true, configurable: true });
      }
    }
  }
}
