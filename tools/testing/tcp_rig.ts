/**
 * Two reference hosts on one wire and one clock, for tests of the TCP engine: everything that goes over the wire is seen, may be
 * impaired, and a minute passes in a millisecond.
 *
 *     const rig = new TcpRig();
 *     const { client, server } = rig.connect();
 *     client.send(100_000);
 *     rig.run(() => server.received === 100_000);
 */
import { assert, assertEquals } from "@std/assert";
import reference from "../../solutions/reference.ts";
import type { Segment, TcpState } from "../../stack/contract/tcb.ts";
import { Host } from "../../stack/host.ts";
import type { TcpConfig } from "../../stack/host_config.ts";
import { decorate } from "../../stack/link/decorate.ts";
import type { Device } from "../../stack/link/device.ts";
import { impair, type ImpairedDevice, type Impairments } from "../../stack/link/impair.ts";
import { largeSegments } from "../../stack/link/large_segments.ts";
import { createPair } from "../../stack/link/pair.ts";
import type { Connection } from "../../stack/tcp/connection.ts";
import type { Listener } from "../../stack/tcp/listener.ts";
import type { ConnectionNotice, ConnectionOptions } from "../../stack/tcp/options.ts";
import type { Frame } from "../../stack/wire/frame.ts";
import { parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { seq, seqDiff } from "../../stack/wire/seq.ts";

export const CLIENT = parseIpv4Address("10.44.0.1");
export const SERVER = parseIpv4Address("10.44.0.2");
const PORT = 80;

/** One segment that was sent. */
export interface Seen extends Segment {
  readonly at: number;
  readonly from: "client" | "server";
}

/** How the two hosts and the wire between them are. */
export interface RigOptions {
  readonly client?: TcpConfig;
  readonly server?: TcpConfig;
  /** What happens to what each of them sends. */
  readonly fromClient?: Impairments;
  readonly fromServer?: Impairments;
  readonly seed?: number;
  readonly mtu?: number;
  /** 5: with lab 08, on both sides. Default 4: whatever the peer's window allows is sent, and loss is for the timer. */
  readonly layers?: 4 | 5;
  /** Where the numbers of both begin, instead of where they should. */
  readonly iss?: number;
  /** Both hosts' segments are cut and put together below them; what is seen is what goes over the wire. */
  readonly largeSegments?: boolean;
}

/** The byte at this place in every stream that is sent here. */
export function byteAt(offset: number): number {
  return offset * 7 + (offset >>> 8) * 3 + (offset >>> 16) & 255;
}

const BUFFER = new Uint8Array(65_536);

/** An application at one end: sends what it is told to, reads what comes, and checks every byte of it. */
export class Application {
  readonly connection: Connection;
  readonly notices: ConnectionNotice[] = [];
  /** Bytes that were read, all of them right. */
  received = 0;
  /** Reads what comes at once. */
  reading = true;
  #toSend = 0;
  #sent = 0;
  #thenShutdown = false;
  readonly #now: () => number;
  /** When the last notice came. */
  heardAt = 0;

  constructor(connection: Connection, now: () => number) {
    this.connection = connection;
    this.#now = now;
    connection.application = this;
    this.pump();
  }

  /** Sends so many bytes more, as there is room. */
  send(count: number, options: { thenShutdown?: boolean } = {}): this {
    this.#toSend += count;
    this.#thenShutdown = options.thenShutdown ?? false;
    this.pump();
    return this;
  }

  /** Bytes that the stack has taken. */
  get sent(): number {
    return this.#sent;
  }

  /** Reads up to `most` bytes now. */
  read(most = Infinity): void {
    for (let left = most; left > 0;) {
      const count = this.connection.read(BUFFER, 0, Math.min(left, BUFFER.length));
      if (count === 0) return;
      for (let i = 0; i < count; i++) {
        if (BUFFER[i] !== byteAt(this.received + i)) throw new Error(`Byte ${this.received + i} is wrong`);
      }
      this.received += count;
      left -= count;
    }
  }

  pump(): void {
    const { state } = this.connection.tcb;
    while (this.#sent < this.#toSend && (state === "ESTABLISHED" || state === "CLOSE-WAIT")) {
      const count = Math.min(this.#toSend - this.#sent, BUFFER.length);
      for (let i = 0; i < count; i++) BUFFER[i] = byteAt(this.#sent + i);
      const taken = this.connection.write(BUFFER, 0, count);
      if (taken === 0) break;
      this.#sent += taken;
    }
    if (this.#thenShutdown && this.#sent === this.#toSend && this.connection.tcb.state !== "SYN-SENT") {
      this.#thenShutdown = false;
      this.connection.shutdown();
    }
    if (this.reading) this.read();
  }

  /** How it ended: "closed", a failure, or undefined as long as it has not. */
  get end(): ConnectionNotice | undefined {
    return this.notices.find((notice) => ["closed", "refused", "reset", "timed out", "unreachable", "aborted"].includes(notice));
  }

  get state(): TcpState {
    return this.connection.tcb.state;
  }

  hear(notice: ConnectionNotice): void {
    this.heardAt = this.#now();
    if (notice !== "readable" && notice !== "writable") this.notices.push(notice);
    this.pump();
  }
}

function modulesWith(iss: number | undefined): typeof reference {
  return iss === undefined ? reference : { ...reference, handshake: { ...reference.handshake, chooseIss: () => seq(iss) } };
}

export class TcpRig {
  now = 0;
  readonly a: Host;
  readonly b: Host;
  /** Everything that was handed to the wire, before anything happens to it. */
  readonly seen: Seen[] = [];
  /** Keeps `seen` empty, for long transfers. */
  blind = false;
  listener: Listener;
  readonly #devices: readonly ImpairedDevice[];

  constructor(options: RigOptions = {}) {
    const [left, right] = createPair({ medium: "ip", mtu: options.mtu ?? 1500, queueLimit: 4096 });
    const wire = (device: Device, send: Impairments | undefined, seed: number): ImpairedDevice =>
      impair(device, { send: send ?? {}, seed, queueLimit: 100_000 }, () => this.now);
    const seed = options.seed ?? 1;
    this.#devices = [wire(left, options.fromClient, seed), wire(right, options.fromServer, seed + 1000)];
    const [toServer, toClient] = this.#devices as [ImpairedDevice, ImpairedDevice];
    const host = (address: string, device: Device, from: "client" | "server", tcp: TcpConfig | undefined): Host =>
      Host.bind(
        modulesWith(options.iss),
        {
          interfaces: [{ medium: "ip", address }],
          layers: options.layers ?? 4,
          seed: seed * 2 + (from === "client" ? 0 : 1),
          tcp: tcp ?? {},
        },
        [
          options.largeSegments === true
            ? largeSegments(this.#watch(device, from), reference.ip.internetChecksum)
            : this.#watch(device, from),
        ],
        { now: 0 },
      );
    this.a = host("10.44.0.1", toServer, "client", options.client);
    this.b = host("10.44.0.2", toClient, "server", options.server);
    this.listener = this.tcp(this.b).listen(SERVER, PORT, 128);
  }

  tcp(host: Host): NonNullable<Host["tcp"]> {
    assert(host.tcp !== undefined);
    return host.tcp;
  }

  /** The client calls; what has become of it when the handshake is over, or `undefined` at the server if it is not. */
  call(options?: Partial<ConnectionOptions>, port = PORT, localPort = 0): Application {
    const connection = this.tcp(this.a).connect({ address: SERVER, port }, this.now, { port: localPort }, options);
    return new Application(connection, () => this.now);
  }

  /** What waits to be accepted. */
  accept(): Application | undefined {
    const connection = this.listener.accept();
    return connection && new Application(connection, () => this.now);
  }

  /** A connection that is established. */
  connect(options?: Partial<ConnectionOptions>): { client: Application; server: Application } {
    const client = this.call(options);
    let server: Application | undefined;
    this.run(() => (server ??= this.accept()) !== undefined && client.state === "ESTABLISHED");
    assert(server !== undefined);
    return { client, server };
  }

  /** Lets time pass until `done`, or until nothing will happen any more. Fails after `limit` milliseconds. */
  run(done: () => boolean = () => false, limit = 1e9): void {
    const end = this.now + limit;
    for (let polls = 0;; polls++) {
      if (done()) return;
      const next = this.#pollAll();
      if (done()) return;
      if (next === Infinity) return;
      assert(next <= end, `Not done after ${limit} ms: ${this.#states()}`);
      assert(polls < 2_000_000, `Not done after 2 000 000 polls: ${this.#states()}`);
      this.now = Math.max(this.now, next);
    }
  }

  /** Lets so many milliseconds pass. */
  wait(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (let next = this.#pollAll(); next <= end; next = this.#pollAll()) this.now = Math.max(this.now, next);
    this.now = end;
    this.#pollAll();
  }

  /** Both sides closed in good order, nothing is held, nothing is lent. */
  assertAtRest(): void {
    for (const host of [this.a, this.b]) {
      assertEquals([this.tcp(host).table.size(), host.framesLent, host.nextDeadline()], [0, 0, Infinity]);
    }
    assertEquals([this.tcp(this.a).ports.size(), this.tcp(this.b).ports.size()], [0, 1], "ports that are still held");
  }

  /** What was sent since the last call of this. */
  take(from?: "client" | "server"): Seen[] {
    return this.seen.splice(0).filter((each) => from === undefined || each.from === from);
  }

  #pollAll(): number {
    // Twice quiet: what the second host sent is on the wire when the first has been asked already.
    for (let i = 0, quiet = 0; i < 100_000; i++) {
      for (const device of this.#devices) device.poll();
      const frames = this.a.poll(this.now) + this.b.poll(this.now);
      const next = Math.min(this.a.nextDeadline(), this.b.nextDeadline(), ...this.#devices.map((device) => device.nextDeadline()));
      quiet = frames === 0 && next > this.now ? quiet + 1 : 0;
      if (quiet === 2) return next;
    }
    throw new Error(`Two hosts that do not come to rest at ${this.now} ms: ${this.#states()}`);
  }

  #states(): string {
    return [this.a, this.b].map((host) => this.tcp(host).connections().map((each) => each.tcb.state).join(" ") || "nothing").join(" | ");
  }

  #watch(device: Device, from: "client" | "server"): Device {
    return decorate(device, {
      send: (frame) => {
        if (!this.blind) this.#note(frame, from);
        return device.send(frame);
      },
    });
  }

  #note(frame: Frame, from: "client" | "server"): void {
    const header = reference.ip.parseIpv4(frame);
    if (typeof header === "string" || header.protocol !== 6) return;
    const { start } = frame;
    frame.start = header.payload;
    const segment = reference.handshake.parseSegment(frame, header.source, header.destination, reference.ip.internetChecksum);
    frame.start = start;
    if (typeof segment === "string") throw new Error(`A segment was sent that cannot be read: ${segment}`);
    this.seen.push({ ...segment, at: this.now, from });
  }
}

/** Where a segment lies in its sender's stream: 0 is the first byte of text. */
export function offsetOf(segment: Seen, application: Application): number {
  return seqDiff(segment.seq, application.connection.tcb.iss) - 1;
}
