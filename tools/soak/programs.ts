/**
 * What the soak's programs do: a server on each machine, and clients that call it, each in its own way. They are written as any program over sockets is, and
 * check every byte. A byte follows from its place in its direction of the connection (`../harness/stream_pattern.ts`), so one that is lost, doubled or out of
 * place is seen.
 *
 * A client says in its first five bytes what it wants: a letter, and how many bytes (four, the highest first).
 *
 *     e   sends so many bytes, which come back
 *     f   wants so many bytes
 *     p   sends so many bytes, and hears "!" when all are there
 *
 * A program whose peer vanishes hears of it by keep-alive, or because nothing is acknowledged. Whether it had a reason to is for the soak to say, not for the program.
 */
import { isStreamPattern, streamPattern } from "../harness/stream_pattern.ts";
import type { Random } from "../../stack/wire/random.ts";
import type { Clock } from "./clock.ts";
import type { End, Party } from "./parties.ts";

/** What a program has to do with. */
export interface Surroundings {
  readonly clock: Pick<Clock, "sleep">;
  readonly random: Random;
  /** Called with the bytes that were read and found right. */
  readonly checked: (bytes: number) => void;
}

/** The stream is not what was sent. */
export class WrongBytes extends Error {
  override readonly name = "WrongBytes";
}

/** What clients do. */
export const ERRANDS = ["echo", "fetch", "put", "slow reader", "half-close", "idle", "abort", "many small", "impatient"] as const;
export type Errand = typeof ERRANDS[number];

/** One side of a connection, and how far both directions have come. */
class Stream {
  readonly #end: End;
  readonly #surroundings: Surroundings;
  #sent = 0;
  #received = 0;

  constructor(end: End, surroundings: Surroundings) {
    this.#end = end;
    this.#surroundings = surroundings;
  }

  async say(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#end.write(bytes.subarray(at));
  }

  async send(count: number, piece = 20_000): Promise<void> {
    for (let left = count; left > 0;) {
      const next = Math.min(left, piece);
      const taken = await this.#end.write(streamPattern(this.#sent, next));
      this.#sent += taken;
      left -= taken;
    }
  }

  /** Reads so many bytes and checks them. Throws WrongBytes when they are not right, or the stream ends before. */
  async receive(count: number, piece = 20_000): Promise<void> {
    const buffer = new Uint8Array(Math.min(count, piece));
    for (let left = count; left > 0;) {
      const got = await this.#end.read(buffer.subarray(0, Math.min(left, buffer.length)));
      if (got === 0) throw new WrongBytes(`the stream ends at byte ${this.#received}, ${left} bytes too early`);
      if (!isStreamPattern(this.#received, buffer.subarray(0, got))) throw new WrongBytes(`bytes from ${this.#received} on are wrong`);
      this.#received += got;
      left -= got;
      this.#surroundings.checked(got);
    }
  }

  /** Reads exactly so many bytes that are not of the pattern, or undefined when the stream is at its end. */
  async read(count: number): Promise<Uint8Array | undefined> {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count;) {
      const got = await this.#end.read(bytes.subarray(at));
      if (got === 0) return undefined;
      at += got;
    }
    return bytes;
  }

  async expectEnd(): Promise<void> {
    if (await this.read(1) !== undefined) throw new WrongBytes("there is more in the stream than was sent");
  }

  finish(): Promise<void> {
    return this.#end.finish();
  }

  /** Resets the connection. */
  abort(): Promise<void> {
    return this.#end.abort();
  }

  close(): Promise<void> {
    return this.#end.close();
  }
}

/** Listens, and serves whoever comes; `failed` hears how connections end that end badly. Resolves never, unless it cannot listen. */
export async function serve(party: Party, surroundings: Surroundings, failed: (error: unknown) => void): Promise<void> {
  const accept = party.listen();
  for (;;) {
    const stream = new Stream(await accept(), surroundings);
    answer(stream).catch(async (error) => {
      await stream.close().catch(() => {});
      failed(error);
    });
  }
}

async function answer(stream: Stream): Promise<void> {
  for (let request = await stream.read(5); request !== undefined; request = await stream.read(5)) {
    const count = new DataView(request.buffer).getUint32(1);
    switch (String.fromCharCode(request[0] as number)) {
      case "e":
        for (let left = count; left > 0; left -= Math.min(left, 10_000)) {
          await stream.receive(Math.min(left, 10_000));
          await stream.send(Math.min(left, 10_000));
        }
        break;
      case "f":
        await stream.send(count);
        break;
      case "p":
        await stream.receive(count);
        await stream.say(Uint8Array.of(33));
        break;
      default:
        throw new WrongBytes(`a request that begins with ${request[0]}`);
    }
  }
  await stream.close();
}

function request(letter: "e" | "f" | "p", count: number): Uint8Array {
  return Uint8Array.of(letter.charCodeAt(0), count >>> 24, count >>> 16 & 255, count >>> 8 & 255, count & 255);
}

/** Runs one errand to its end. Rejects when the connection breaks (`isBreak`), and with WrongBytes. Leaves nothing open. */
export async function run(errand: Errand, party: Party, address: string, surroundings: Surroundings): Promise<void> {
  const { random } = surroundings;
  const receiveBuffer = errand === "slow reader" ? { receiveBuffer: random.int(1, 20_000) } : {};
  try {
    const end = await party.connect(address, { ...receiveBuffer, cubic: random.chance(0.5) });
    await DEEDS[errand](new Stream(end, surroundings), surroundings);
  } finally {
    await party.leave();
  }
}

const DEEDS: Readonly<Record<Errand, (stream: Stream, surroundings: Surroundings) => Promise<void>>> = {
  echo: async (stream, { random }) => {
    const count = random.int(1, 300_000);
    await stream.say(request("e", count));
    await Promise.all([stream.send(count), stream.receive(count)]);
    await stream.finish();
    await stream.expectEnd();
  },
  fetch: async (stream, { random }) => {
    const count = random.int(1, 2_000_000);
    await stream.say(request("f", count));
    await stream.receive(count);
  },
  put: async (stream, { random }) => {
    const count = random.int(1, 2_000_000);
    await stream.say(request("p", count));
    await stream.send(count);
    await stream.read(1);
  },
  "slow reader": async (stream, { random, clock }) => {
    const count = random.int(1, 200_000);
    await stream.say(request("f", count));
    for (let left = count; left > 0;) {
      if (random.chance(0.2)) await clock.sleep(random.int(1, 60_000)); // the window shuts, and is probed
      const next = Math.min(left, random.int(1, 50_000));
      await stream.receive(next);
      left -= next;
    }
  },
  "half-close": async (stream, { random }) => {
    const count = random.int(1, 500_000);
    await stream.say(request("f", count));
    await stream.finish();
    await stream.receive(count, 1000);
    await stream.expectEnd();
  },
  idle: async (stream, { random, clock }) => {
    for (let times = random.int(1, 4); times > 0; times--) {
      await stream.say(request("e", 100));
      await stream.send(100);
      await stream.receive(100);
      await clock.sleep(random.int(1000, 300_000));
    }
  },
  abort: async (stream, { random, clock }) => {
    const count = random.int(1, 1_000_000);
    await stream.say(request("f", count));
    await stream.receive(random.int(1, count));
    if (random.chance(0.5)) await clock.sleep(random.int(1, 1000));
    await stream.abort();
  },
  "many small": async (stream, { random }) => {
    for (let times = random.int(1, 60); times > 0; times--) {
      const count = random.int(1, 200);
      await stream.say(request("e", count));
      await stream.send(count, random.int(1, 50));
      await stream.receive(count);
    }
  },
  /** Goes away without a word while the other side still sends: what it did not read is answered with a reset. */
  impatient: async (stream, { random }) => {
    await stream.say(request("f", 500_000));
    await stream.receive(random.int(1, 10_000));
  },
};
