/**
 * Writes a zip archive (APPNOTE 6.3.10): deflated, in UTF-8, with the permissions of a Unix. The same files give the same bytes: all
 * of them are dated to the format's first day, 1 January 1980.
 */
import { crc32 } from "../harness/arithmetic.ts";

/** A file to be packed. */
export interface Packed {
  /** "tools/grade.ts": forward slashes, no slash in front. */
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly executable?: boolean;
}

const LOCAL = 0x04034b50, ENTRY = 0x02014b50, END = 0x06054b50;
const LOCAL_SIZE = 30, ENTRY_SIZE = 46, END_SIZE = 22;
/** Version 2.0 for deflate; 3 in the upper byte of "made by" is Unix. */
const NEEDED = 20, MADE_BY = 3 << 8 | NEEDED;
const UTF8 = 1 << 11, DEFLATED = 8, FIRST_DAY = 1 << 5 | 1;
const MODE = 0o100644, MODE_EXECUTABLE = 0o100755;

/** The archive, in the order of the files. Throws a RangeError when it would need the large kind, zip64. */
export async function zip(files: readonly Packed[]): Promise<Uint8Array<ArrayBuffer>> {
  const bodies: Uint8Array[] = [], directory: Uint8Array[] = [];
  let offset = 0, directorySize = 0;
  for (const file of files) {
    const name = new TextEncoder().encode(file.path);
    const data = await deflate(file.bytes);
    const about = describe(file.bytes, data.length, name.length);
    const local = new Uint8Array(LOCAL_SIZE + name.length);
    new DataView(local.buffer).setUint32(0, LOCAL, true);
    local.set(about, 4);
    local.set(name, LOCAL_SIZE);
    const entry = new Uint8Array(ENTRY_SIZE + name.length);
    const view = new DataView(entry.buffer);
    view.setUint32(0, ENTRY, true);
    view.setUint16(4, MADE_BY, true);
    entry.set(about, 6);
    view.setUint32(38, (file.executable ? MODE_EXECUTABLE : MODE) << 16 >>> 0, true);
    view.setUint32(42, offset, true);
    entry.set(name, ENTRY_SIZE);
    bodies.push(local, data);
    directory.push(entry);
    offset += local.length + data.length;
    directorySize += entry.length;
  }
  if (files.length >= 0xffff || offset >= 0xffff_ffff) throw new RangeError("The archive would be too large for a plain zip");
  const end = new DataView(new ArrayBuffer(END_SIZE));
  end.setUint32(0, END, true);
  end.setUint16(8, files.length, true);
  end.setUint16(10, files.length, true);
  end.setUint32(12, directorySize, true);
  end.setUint32(16, offset, true);
  return await new Blob([...bodies, ...directory, end] as BlobPart[]).bytes();
}

/** The 26 bytes that stand in the file's header and in the directory alike, from "version needed" on. */
function describe(bytes: Uint8Array, packed: number, nameLength: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(26));
  view.setUint16(0, NEEDED, true);
  view.setUint16(2, UTF8, true);
  view.setUint16(4, DEFLATED, true);
  view.setUint16(8, FIRST_DAY, true);
  view.setUint32(10, crc32(bytes), true);
  view.setUint32(14, packed, true);
  view.setUint32(18, bytes.length, true);
  view.setUint16(22, nameLength, true);
  return new Uint8Array(view.buffer);
}

async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return await new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw"))).bytes();
}
