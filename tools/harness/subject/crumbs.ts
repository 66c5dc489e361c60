/**
 * What stands around the lab functions while something is looked for. *Crumbs* say on standard error which function is
 * entered and left: used when a run that hung or died is repeated, to name the function in which it did. And functions
 * that never came back may be *refused*: calling them again would only cost the rest of the run its time.
 */
import type { Modules } from "../../../stack/contract/modules.ts";

const writeSync = Deno.stderr.writeSync.bind(Deno.stderr);
const encoder = new TextEncoder();
const encode = encoder.encode.bind(encoder);

/** The mark that begins a crumb's line: behind it comes "+name" (entered), "-name" (left) or "#7" (call 7 of many begins). */
export const CRUMB = "\u0001";

/** A lab function that did not come back earlier in this run, and is not entered again. */
class NeverReturned extends Error {
  override readonly name = "NeverReturned";
  readonly symbol: string;

  constructor(symbol: string) {
    super(`${symbol} never returned`);
    this.symbol = symbol;
  }
}

/** The modules with a crumb at the entrance and at the exit of every function, those of objects that factories return included. */
export function watchModules(modules: Modules): Modules {
  return surround(modules, (name, call) => {
    dropCrumb(`+${name}`);
    try {
      return call();
    } finally {
      dropCrumb(`-${name}`);
    }
  });
}

/** The modules, with these functions refused. */
export function refuseFunctions(modules: Modules, names: ReadonlySet<string>): Modules {
  return surround(modules, (name, call) => {
    if (names.has(name)) throw new NeverReturned(name);
    return call();
  });
}

/** Leaves a crumb. */
export function dropCrumb(text: string): void {
  writeSync(encode(`${CRUMB}${text}\n`));
}

type Around = (name: string, call: () => unknown) => unknown;

function surround(modules: Modules, around: Around): Modules {
  const surrounded: Record<string, unknown> = {};
  for (const [name, module] of Object.entries(modules)) {
    surrounded[name] = surroundMembers(module as unknown as Record<string, unknown>, "", around);
  }
  return surrounded as unknown as Modules;
}

function surroundMembers(target: Record<string, unknown>, prefix: string, around: Around): Record<string, unknown> {
  return new Proxy(target, {
    get(object, name): unknown {
      const member = object[name as string];
      if (typeof member !== "function" || typeof name !== "string") return member;
      return (...args: unknown[]): unknown => {
        const result = around(`${prefix}${name}`, () => member.apply(object, args));
        const factory = name.startsWith("create") && typeof result === "object" && result !== null;
        return factory ? surroundMembers(result as Record<string, unknown>, `${name}.`, around) : result;
      };
    },
  });
}
