/**
 * The key of a term, from which each lab gets a key of its own. An instructor keeps it in a file outside of any kit
 * (`deno task handout --new-key KEYFILE`), and gives it to CI as a secret: the environment variable `WALLSOCKET_SUITE_KEY`.
 *
 * Rules: whoever runs a lab takes the key out of the environment first (`takeSuiteKey`), so that no process it starts
 * inherits it. What that does not protect from is in `docs/sealing.md`.
 */

/** The sealed checks cannot be made or opened. The message is for whoever set the key: it says what is wrong with what. */
export class SealError extends Error {
  override readonly name = "SealError";
}

/** A term's key, ready to derive from. */
export interface TermKey {
  /** Says which key it is, and nothing of it: 16 hex digits. */
  readonly id: string;
  readonly material: CryptoKey;
}

/** The environment variable in which CI has the key. */
export const SUITE_KEY = "WALLSOCKET_SUITE_KEY";
/** What a key begins with, so that it is known where it turns up. */
const PREFIX = "wallsocket-key-1:";
const BYTES = 32;
const SALT = new TextEncoder().encode("wallsocket sealed suites 1");

/** A new key, as text. */
export function createTermKey(): string {
  return PREFIX + crypto.getRandomValues(new Uint8Array(BYTES)).toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Reads a key's text. `where` names where it stood: "WALLSOCKET_SUITE_KEY". Throws a SealError that never repeats the text. */
export async function readTermKey(text: string, where: string): Promise<TermKey> {
  const trimmed = text.trim();
  if (!trimmed.startsWith(PREFIX)) throw new SealError(`${where} holds no key: one begins with "${PREFIX}".`);
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = Uint8Array.fromBase64(trimmed.slice(PREFIX.length), { alphabet: "base64url" });
  } catch {
    throw new SealError(`${where} holds a key that was damaged: there are characters in it that no key has.`);
  }
  if (bytes.length !== BYTES) {
    throw new SealError(`${where} holds a key that was damaged: it has ${bytes.length} bytes in place of ${BYTES}.`);
  }
  const material = await crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits", "deriveKey"]);
  const id = await crypto.subtle.deriveBits(derivation("id"), material, 64);
  return { id: new Uint8Array(id).toHex(), material };
}

/** The key of one lab ("03-ip"), for AES-GCM. */
export async function labKey(key: TermKey, lab: string): Promise<CryptoKey> {
  return await crypto.subtle.deriveKey(derivation(`lab ${lab}`), key.material, { name: "AES-GCM", length: 256 }, false, [
    "encrypt",
    "decrypt",
  ]);
}

function derivation(purpose: string): HkdfParams {
  return { name: "HKDF", hash: "SHA-256", salt: SALT, info: new TextEncoder().encode(purpose) };
}

/** Takes the key out of the environment, which has it no longer then. Undefined when there is none, or an empty one, as CI gives to forks. */
export function takeSuiteKey(): string | undefined {
  const text = Deno.env.get(SUITE_KEY);
  if (text === undefined) return undefined;
  Deno.env.delete(SUITE_KEY);
  return text.trim() === "" ? undefined : text;
}
