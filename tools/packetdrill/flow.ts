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
  /** What the peer's last SYN said. On an open connection it begins nothing, unless the machine takes it up. */
  #offer: { readonly script: number; readonly scales: boolean } | undefined;
  #isOpen = false;
  readonly #timestamps = new Map<number, number>();

  constructor(ports: Ports) {
    this.ports = ports;
  }

  /** The machine's first sequence number in the script's numbers, once it is known. */
  get iss(): number | undefined {
    return this.#live === undefined ? undefined : this.#script;
  }

  /**
   * The machine has sent a SYN with this number on the wire, where the script has that one. Later SYNs are measured by the first, unless this one
   * acknowledges a new SYN of the peer's: then the connection begins anew, and the machine chooses again.
   */
  machineBegins(live: number, script: number, ack: number): void {
    const offer = this.#offer;
    const isAnew = this.#isOpen && offer !== undefined && offer.script !== this.peerIss && ack === offer.script + 1 >>> 0;
    if (this.#live !== undefined && !isAnew) return;
    this.#live = live;
    this.#script = script;
    if (!isAnew) return;
    this.peerIss = offer.script;
    this.peerScales = offer.scales;
  }

  /** The machine has acknowledged up to here: if that is the peer's SYN, both ends know the numbers. */
  machineAcknowledges(ack: number): void {
    if (this.peerIss !== undefined && ack === this.peerIss + 1 >>> 0) this.#isOpen = true;
  }

  /** The peer has sent a SYN. */
  peerBegins(script: number, scales: boolean): void {
    this.#offer = { script, scales };
    if (this.#isOpen) return;
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
