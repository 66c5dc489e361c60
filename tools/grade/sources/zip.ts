/**
 * A submission that is a zip archive (APPNOTE 6.3.10). Nothing is unpacked to disk: the directory at the end is read, and a file is
 * inflated only when it is wanted, up to the size that a student's file may have. So a name cannot lead anywhere, and a
 * bomb is a file that is too long.
 */
import { type Found, MAX_FILE, SubmissionError } from "../submission.ts";
import { bounded } from "./bounded.ts";

const END = 0x06054b50, ENTRY = 0x02014b50, LOCAL = 0x04034b50;
const END_SIZE = 22, ENTRY_SIZE = 46, LOCAL_SIZE = 30;
const MAX_ENTRIES = 20_000;
const STORED = 0, DEFLATED = 8;
const ENCRYPTED = 1;
/** The kind of file in the upper half of the attributes, when a Unix wrote the archive. */
const KIND = 0o170000, SYMLINK = 0o120000;

/** Lists the files of an archive. Throws a SubmissionError when it is none, or damaged. */
export function findInZip(bytes: Uint8Array): Found[] {
  try {
    return readDirectory(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
  } catch (error) {
    if (error instanceof RangeError) throw new SubmissionError("the zip archive is damaged");
    throw error;
  }
}

function readDirectory(bytes: Uint8Array, view: DataView): Found[] {
  const end = findEnd(view);
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count === 0xffff || at === 0xffffffff) throw new SubmissionError("the zip archive is of the large kind (zip64), which no lab needs");
  if (count > MAX_ENTRIES) throw new SubmissionError(`it has more than ${MAX_ENTRIES} files`);
  const found: Found[] = [];
  for (let index = 0; index < count; index++) {
    if (view.getUint32(at, true) !== ENTRY) throw new SubmissionError("the zip archive is damaged");
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true)) as [number, number, number];
    const path = new TextDecoder().decode(bytes.subarray(at + ENTRY_SIZE, at + ENTRY_SIZE + nameLength));
    if (!path.endsWith("/")) found.push(file(bytes, view, at, path));
    at += ENTRY_SIZE + nameLength + extra + comment;
  }
  return found;
}

/** The record at the end of the archive, behind which there is at most a comment. */
function findEnd(view: DataView): number {
  const first = Math.max(0, view.byteLength - END_SIZE - 0xffff);
  for (let at = view.byteLength - END_SIZE; at >= first; at--) {
    if (view.getUint32(at, true) === END) return at;
  }
  throw new SubmissionError("the zip archive is damaged: it has no end");
}

function file(bytes: Uint8Array, view: DataView, at: number, path: string): Found {
  const flags = view.getUint16(at + 8, true), method = view.getUint16(at + 10, true);
  const packed = view.getUint32(at + 20, true), size = view.getUint32(at + 24, true);
  const local = view.getUint32(at + 42, true);
  const symlink = (view.getUint32(at + 38, true) >>> 16 & KIND) === SYMLINK;
  const read = async (): Promise<Uint8Array> => {
    if (symlink) throw new SubmissionError(`${path} is a symbolic link`);
    if ((flags & ENCRYPTED) !== 0) throw new SubmissionError(`${path} is encrypted`);
    if (method !== STORED && method !== DEFLATED) throw new SubmissionError(`${path} is packed by a method that is not known (${method})`);
    if (local + LOCAL_SIZE > bytes.length || view.getUint32(local, true) !== LOCAL) throw new SubmissionError("the zip archive is damaged");
    const start = local + LOCAL_SIZE + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const data = bytes.slice(start, start + packed);
    if (data.length !== packed) throw new SubmissionError("the zip archive is damaged: it ends early");
    if (method === STORED) return data;
    const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return await bounded(stream, MAX_FILE, path);
  };
  return { path, size, read };
}
