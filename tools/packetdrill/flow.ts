/**
 * The numbers of one connection: a script counts from whatever its SYNs say, the machine from numbers of its own choice. Of the peer's numbers the
 * script is the author, so they are on the wire what they are in the script; the machine's are translated, by the first SYN that it sends. Its
 * timestamps are translated too: a value that the script expects stands for the value that came in its place.
 */

/** What tells connections apart, seen from the machine. */
export interface Ports {
  readonly local: number;
  readonly remote: number;
}

export class Flow {
  readonly ports: Ports;
  /** What the peer's SYN said, in the script's numbers; its first byte is one more. */
  peerIss: number | undefined;
  /** Whether the peer's SYN offered to scale windows: if not, the machine must not. */
  peerScales: boolean | undefined;
  /** The descriptor above it, once one is known. */
  descriptor: number | undefined;
  /** The machine's first number: on the wire, and in the script. */
  #live: number | undefined;
  #script = 0;
  readonly #timestamps = new Map<number, number>();

  constructor(ports: Ports) {
    this.ports = ports;
  }

  /** The machine's first sequence number in the script's numbers, once it is known. */
  get iss(): number | undefined {
    return this.#live === undefined ? undefined : this.#script;
  }

  /** The machine has sent a SYN with this number on the wire, where the script has that one. Later SYNs are measured by the first. */
  machineBegins(live: number, script: number): void {
    if (this.#live !== undefined) return;
    this.#live = live;
    this.#script = script;
  }

  /** The peer has sent a SYN. A new one opens the connection anew: the machine chooses again. */
  peerBegins(script: number, scales: boolean): void {
    if (this.peerIss !== undefined && this.peerIss !== script) this.#live = undefined;
    this.peerIss = script;
    this.peerScales = scales;
  }

  /** One of the machine's numbers, as the wire has it. */
  toWire(script: number): number {
    return script + (this.#live ?? 0) - this.#script >>> 0;
  }

  /** And as the script has it. */
  toScript(live: number): number {
    return live - (this.#live ?? 0) + this.#script >>> 0;
  }

  /** The machine sent this timestamp where the script has that one. */
  timestampSeen(live: number, script: number): void {
    this.#timestamps.set(script, live);
  }

  /** What the peer echoes: the machine's own value, if the script's stands for one. */
  echoOnWire(script: number): number {
    return this.#timestamps.get(script) ?? script;
  }
}

/** The byte of a stream at sequence number `place`: every byte tells where it belongs. */
export function byteAt(place: number): number {
  const wide = place >>> 0;
  return (wide ^ wide >>> 8 ^ wide >>> 16) * 31 + (wide >>> 5) & 0xff;
}

/** `count` bytes of a stream, from sequence number `from` on. */
export function textAt(from: number, count: number): Uint8Array<ArrayBuffer> {
  const text = new Uint8Array(count);
  for (let i = 0; i < count; i++) text[i] = byteAt(from + i);
  return text;
}
