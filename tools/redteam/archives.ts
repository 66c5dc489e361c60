/** Archives as no honest program writes them: any name, any kind of entry, any size. */

/** An entry: its name, its content, and for a symbolic link what it leads to. */
export interface Entry {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly link?: boolean;
}

/** A zip archive (PKWARE APPNOTE 4.3), compressed. */
export async function zip(entries: readonly Entry[]): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [], directory: Uint8Array<ArrayBuffer>[] = [];
  let at = 0;
  for (const { name, bytes, link = false } of entries) {
    const packed = await through(bytes, new CompressionStream("deflate-raw"));
    const text = new TextEncoder().encode(name);
    const common = [20, 0x0800, 8, 0, 0, crc32(bytes), packed.length, bytes.length, text.length, 0];
    const local = fields("42222244422", [0x04034b50, ...common]);
    const mode = (link ? 0o120777 : 0o100644) * 65536;
    directory.push(fields("42222224442222244", [0x02014b50, 0x0314, ...common, 0, 0, 0, mode, at]), text);
    parts.push(local, text, packed);
    at += local.length + text.length + packed.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  return joined([...parts, ...directory, fields("42222442", [0x06054b50, 0, 0, entries.length, entries.length, size, at, 0])]);
}

/** A tar archive (ustar), compressed by gzip. `kind` of a link: "1" hard, "2" symbolic. */
export async function tarGz(entries: readonly Entry[], kind = "2"): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (const { name, bytes, link = false } of entries) {
    const header = new Uint8Array(512);
    const put = (at: number, text: string): void => void new TextEncoder().encodeInto(text, header.subarray(at));
    put(0, name);
    put(100, "0000644\0");
    put(124, `${(link ? 0 : bytes.length).toString(8).padStart(11, "0")}\0`);
    put(148, "        ");
    put(156, link ? kind : "0");
    if (link) header.set(bytes.subarray(0, 100), 157);
    put(257, "ustar\x0000");
    put(148, `${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0")}\0 `);
    parts.push(header, ...link ? [] : [bytes, new Uint8Array((512 - bytes.length % 512) % 512)]);
  }
  return await through(joined([...parts, new Uint8Array(1024)]), new CompressionStream("gzip"));
}

async function through(bytes: Uint8Array<ArrayBuffer>, stream: CompressionStream): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

/** Little-endian numbers of so many bytes each. */
function fields(widths: string, values: readonly number[]): Uint8Array<ArrayBuffer> {
  const sizes = [...widths].map(Number);
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [index, size] of sizes.entries()) {
    const value = values[index] as number;
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return bytes;
}

function joined(parts: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >>> 1 ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}
