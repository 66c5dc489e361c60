/** The first step: from a name to an address, as programs do it (getaddrinfo(3)): the file of hosts, then the name servers. */
import { lookup } from "node:dns/promises";
import { within } from "./waiting.ts";

/** An address; or why there is none. */
export type Lookup =
  | { readonly address: string; readonly others: number; readonly isName: boolean; readonly milliseconds: number }
  | { readonly failed: "no-such-name" | "no-name-server"; readonly code: string; readonly milliseconds: number };

/** Looks a name up; an address is its own answer. Of several addresses it takes an IPv4 one, if there is one. */
export async function lookUp(host: string, timeout: number): Promise<Lookup> {
  const began = performance.now();
  const took = (): number => performance.now() - began;
  try {
    const found = await within(timeout, lookup(host, { all: true }));
    if (found === undefined) return { failed: "no-name-server", code: "silence", milliseconds: took() };
    const [first] = [...found.filter(({ family }) => family === 4), ...found];
    if (first === undefined) return { failed: "no-such-name", code: "no address", milliseconds: took() };
    return { address: first.address, others: found.length - 1, isName: first.address !== host, milliseconds: took() };
  } catch (error) {
    const { code = "an error without a name" } = error as { code?: string };
    return { failed: /AGAIN|TIMEOUT|SERVFAIL/.test(code) ? "no-name-server" : "no-such-name", code, milliseconds: took() };
  }
}
