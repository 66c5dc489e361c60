/** How `serve` and `talk` end when they cannot do what they were told: a sentence, and a status. */
import { NoLiveWire } from "../../stack/link/no_live_wire.ts";
import { WIDTH, wrap } from "../lab/text.ts";
import { NoReference } from "../reference.ts";

export const USAGE = 2, IMPOSSIBLE = 3;

/** The command was wrong; the message says how. */
export class WrongCommand extends Error {
  override readonly name = "WrongCommand";
}

/** Says something that is not part of what a command of the user's prints. */
export function say(text: string): void {
  console.error(wrap(text, WIDTH).join("\n"));
}

/** Says what was the matter and ends this process. Throws on what is no matter of the user's. */
export function reportAndExit(error: unknown): never {
  if (!(error instanceof WrongCommand || error instanceof NoLiveWire || error instanceof NoReference)) throw error;
  say(error.message);
  Deno.exit(error instanceof WrongCommand ? USAGE : IMPOSSIBLE);
}
