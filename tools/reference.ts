/** The reference solutions, for tools that show or measure them. A student's tree does not have any. */
import type { Modules } from "../stack/contract/modules.ts";

/** The reference solutions are not here; the message says so. */
export class NoReference extends Error {
  override readonly name = "NoReference";

  constructor() {
    super("This needs the reference stack, and solutions/ is not here. deno task lab1 runs your own.");
  }
}

/** Loads them. Throws a NoReference. */
export async function loadReference(): Promise<Modules> {
  try {
    return (await import("../solutions/reference.ts")).default;
  } catch (error) {
    if (error instanceof TypeError && error.message.includes("solutions/reference.ts")) throw new NoReference();
    throw error;
  }
}
