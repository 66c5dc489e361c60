/** Stands for something that only exists in the subject: a recorder, a pool's method, a source of randomness. */
import type { Sent } from "./subject/protocol.ts";

export class Marker {
  readonly sent: Sent;

  constructor(sent: Sent) {
    this.sent = sent;
  }
}
