/**
 * The form of `hidden.sealed`: one line of JSON that says what it is, and lines of base64, which are AES-256-GCM over the
 * compressed code of a suite. The first line is authenticated with the rest, so that nobody can pass off one lab's checks, or
 * another kit's, as those that are wanted. Line ends and other white space don't matter.
 */
import { labKey, SealError, type TermKey } from "./term_key.ts";

/** What a sealed file says of itself. */
export interface SealedHeader {
  /** "03-ip". */
  readonly lab: string;
  /** The hash of the kit that it was made for. */
  readonly kit: string;
}

interface FileHeader extends SealedHeader {
  readonly sealed: typeof VERSION;
  /** Which key opens it: `TermKey.id`. */
  readonly key: string;
  readonly iv: string;
}

const VERSION = 1;
const IV_BYTES = 12;
const LINE = 100;

/** Seals the code of a suite. Twice the same code gives two different files. */
export async function seal(code: string, { lab, kit }: SealedHeader, key: TermKey): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const header: FileHeader = { sealed: VERSION, lab, kit, key: key.id, iv: iv.toHex() };
  const plain = await piped(new TextEncoder().encode(code), new CompressionStream("deflate"));
  const algorithm = { name: "AES-GCM", iv, additionalData: authenticated(header) };
  const sealed = new Uint8Array(await crypto.subtle.encrypt(algorithm, await labKey(key, lab), plain));
  return [JSON.stringify(header), ...sealed.toBase64().match(new RegExp(`.{1,${LINE}}`, "g")) ?? [], ""].join("\n");
}

/** Opens what `seal` made for this lab and kit. `path` names the file in messages. Throws a SealError. */
export async function unseal(text: string, path: string, wanted: SealedHeader, key: TermKey): Promise<string> {
  const [first = "", ...lines] = text.split("\n");
  const header = readHeader(first, path);
  if (header.lab !== wanted.lab) throw new SealError(`${path} holds the hidden checks of lab ${header.lab}.`);
  if (header.key !== key.id) {
    throw new SealError(
      `${path} was sealed with another key: it wants key ${header.key}, and key ${key.id} was given. Each term has its own.`,
    );
  }
  if (header.kit !== wanted.kit) throw new SealError(`${path} belongs to another version of the kit.`);
  const iv = Uint8Array.fromHex(header.iv);
  try {
    const sealed = Uint8Array.fromBase64(lines.join("").replaceAll(/\s/g, ""));
    const algorithm = { name: "AES-GCM", iv, additionalData: authenticated(header) };
    const plain = await crypto.subtle.decrypt(algorithm, await labKey(key, header.lab), sealed);
    return new TextDecoder().decode(await piped(new Uint8Array(plain), new DecompressionStream("deflate")));
  } catch {
    throw new SealError(`${path} is damaged: it is not what was sealed. Take the file from the kit again.`);
  }
}

function readHeader(line: string, path: string): FileHeader {
  try {
    const { sealed, lab, kit, key, iv } = JSON.parse(line) as FileHeader;
    const isText = [lab, kit, key].every((each) => typeof each === "string") && /^[0-9a-f]{24}$/.test(iv);
    if (sealed === VERSION && isText) return { sealed, lab, kit, key, iv };
    if (typeof sealed === "number" && sealed > VERSION) throw new SealError(`${path} was sealed by a newer version of the kit.`);
  } catch (error) {
    if (error instanceof SealError) throw error;
  }
  throw new SealError(`${path} is damaged: its first line is not that of a sealed suite. Take the file from the kit again.`);
}

/** The header's bytes as they were sealed, whatever became of the line's white space. */
function authenticated({ sealed, lab, kit, key, iv }: FileHeader): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify({ sealed, lab, kit, key, iv }));
}

async function piped(bytes: Uint8Array<ArrayBuffer>, through: GenericTransformStream): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(through as TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
