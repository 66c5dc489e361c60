/**
 * A submission that is a tar archive compressed with gzip (POSIX.1-2017 pax, "ustar Interchange Format"; GNU's long names too).
 * Nothing is unpacked to disk. The archive is read once, from front to end, and only files that could be a student's are kept.
 */
import { type Found, isCandidate, MAX_FILE, SubmissionError } from "../submission.ts";

const BLOCK = 512;
/** Bytes of the archive when decompressed. A kit with captures has some megabytes. */
const MAX_TAR = 268_435_456;
const MAX_ENTRIES = 20_000;
/** Names of files, pax headers and GNU long names are kept; nothing longer than this is a name. */
const MAX_NAME = 65_536;

interface Header {
  readonly path: string;
  readonly size: number;
  /** "0" or "\0" a file, "2" a symbolic link, "5" a folder, "x" a pax header, "L" GNU's long name. */
  readonly kind: string;
}

/** Lists the files of an archive. Throws a SubmissionError when it is damaged or too large. */
export async function findInTarGz(bytes: Uint8Array<ArrayBuffer>): Promise<Found[]> {
  const found: Found[] = [];
  const input = new Blocks(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")));
  let longName: string | undefined;
  for (let entries = 0;; entries++) {
    if (entries > MAX_ENTRIES) throw new SubmissionError(`it has more than ${MAX_ENTRIES} files`);
    const block = await input.take(BLOCK);
    if (block === undefined || block.every((byte) => byte === 0)) return found;
    const header = readHeader(block);
    if (header.kind === "x" || header.kind === "L") {
      if (header.size > MAX_NAME) throw new SubmissionError("the tar archive is damaged: a name is too long");
      const text = new TextDecoder().decode(await input.takeBody(header.size));
      longName = header.kind === "L" ? text.replace(/\0.*$/s, "") : /(?:^|\n)\d+ path=([^\n]*)\n/.exec(text)?.[1] ?? longName;
      continue;
    }
    const path = longName ?? header.path;
    longName = undefined;
    await takeEntry(input, path, header, found);
  }
}

async function takeEntry(input: Blocks, path: string, { kind, size }: Header, found: Found[]): Promise<void> {
  const isFile = kind === "0" || kind === "\0";
  const wanted = isFile && size <= MAX_FILE && isCandidate(path);
  const body = wanted ? await input.takeBody(size) : undefined;
  if (body === undefined) await input.skipBody(size);
  if (kind === "1" || kind === "2") {
    found.push({ path: trim(path), size: 0, read: () => Promise.reject(new SubmissionError(`${path} is a link`)) });
  } else if (isFile) {
    found.push({ path: trim(path), size, read: () => Promise.resolve(body ?? new Uint8Array()) });
  }
}

function trim(path: string): string {
  return path.replace(/^(\.\/)+/, "");
}

function readHeader(block: Uint8Array): Header {
  const text = (from: number, length: number): string =>
    new TextDecoder().decode(block.subarray(from, from + length)).replace(/\0.*$/s, "");
  const size = text(124, 12).trim();
  if (!/^[0-7]{1,11}$/.test(size)) throw new SubmissionError("the tar archive is damaged: a file has no size");
  const prefix = text(257, 5) === "ustar" && text(263, 2) !== " " ? text(345, 155) : "";
  const path = text(0, 100);
  return { path: prefix === "" ? path : `${prefix}/${path}`, size: parseInt(size, 8), kind: String.fromCharCode(block[156] as number) };
}

/** A stream, taken in pieces of a given size. */
class Blocks {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #have: Uint8Array = new Uint8Array();
  #total = 0;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** The next `size` bytes; undefined at the end. */
  async take(size: number): Promise<Uint8Array | undefined> {
    const taken = new Uint8Array(size);
    const count = await this.#each(size, (part, at) => taken.set(part, at));
    if (count === 0) return undefined;
    if (count < size) throw new SubmissionError("the tar archive is damaged: it ends early");
    return taken;
  }

  /** A file's bytes, without what fills up the last block. */
  async takeBody(size: number): Promise<Uint8Array> {
    return (await this.take(padded(size)) ?? new Uint8Array()).subarray(0, size);
  }

  async skipBody(size: number): Promise<void> {
    if (await this.#each(padded(size), () => {}) < padded(size)) throw new SubmissionError("the tar archive is damaged: it ends early");
  }

  async #each(size: number, use: (part: Uint8Array, at: number) => void): Promise<number> {
    let at = 0;
    while (at < size) {
      if (this.#have.length === 0 && !await this.#more()) return at;
      const part = this.#have.subarray(0, size - at);
      use(part, at);
      at += part.length;
      this.#have = this.#have.subarray(part.length);
    }
    return at;
  }

  async #more(): Promise<boolean> {
    let next: ReadableStreamReadResult<Uint8Array>;
    try {
      next = await this.#reader.read();
    } catch {
      throw new SubmissionError("the archive cannot be decompressed: it is damaged");
    }
    if (next.done) return false;
    this.#have = next.value;
    this.#total += next.value.length;
    if (this.#total > MAX_TAR) throw new SubmissionError(`it has more than ${MAX_TAR} bytes when decompressed`);
    return true;
  }
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}
