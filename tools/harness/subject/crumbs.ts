/**
 * Crumbs: with these the subject says on standard error which lab function it enters and leaves. Only used when a
 * run that hung or died is repeated, to name the function in which it did.
 */
import type { Modules } from "../../../stack/contract/modules.ts";

const writeSync = Deno.stderr.writeSync.bind(Deno.stderr);
const encoder = new TextEncoder();
const encode = encoder.encode.bind(encoder);

/** The mark that begins a crumb's line. */
export const CRUMB = "\u0001";

/** Wraps every function of every module, and of the objects that factories return. */
export function watchModules(modules: Modules): Modules {
  const watched: Record<string, unknown> = {};
  for (const [name, module] of Object.entries(modules)) watched[name] = watch(module as unknown as Record<string, unknown>, "");
  return watched as unknown as Modules;
}

function watch(target: Record<string, unknown>, prefix: string): Record<string, unknown> {
  return new Proxy(target, {
    get(object, name): unknown {
      const member = object[name as string];
      if (typeof member !== "function" || typeof name !== "string") return member;
      return (...args: unknown[]): unknown => {
        drop(`+${prefix}${name}`);
        let result: unknown;
        try {
          result = member.apply(object, args);
        } finally {
          drop(`-${prefix}${name}`);
        }
        const factory = name.startsWith("create") && typeof result === "object" && result !== null;
        return factory ? watch(result as Record<string, unknown>, `${name}.`) : result;
      };
    },
  });
}

function drop(text: string): void {
  writeSync(encode(`${CRUMB}${text}\n`));
}
