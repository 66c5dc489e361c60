/**
 * The console of the subject: what student code prints is kept, within limits, and travels with the reply,
 * so that it can be shown at the step in which it was printed. Standard output itself belongs to the protocol.
 */

const MAX_LINES = 50;
const MAX_LINE = 500;
const { inspect } = Deno;

let lines: string[] = [];
let lost = 0;

/** Puts our console in place of Deno's. */
export function keepConsole(): void {
  const print = (...args: unknown[]): void => {
    if (lines.length >= MAX_LINES) return void lost++;
    let text = "";
    for (let i = 0; i < args.length && text.length < MAX_LINE; i++) text += (i > 0 ? " " : "") + show(args[i]);
    lines[lines.length] = text.length > MAX_LINE ? text.slice(0, MAX_LINE) + "…" : text;
  };
  const methods = console as unknown as Record<string, (...args: unknown[]) => void>;
  for (const name in methods) if (typeof methods[name] === "function") methods[name] = () => {};
  for (const name of ["log", "info", "debug", "warn", "error", "trace", "dir", "dirxml", "table", "count", "group", "timeLog"]) {
    methods[name] = print;
  }
  methods.assert = (condition, ...args) => condition ? undefined : print("Assertion failed:", ...args);
}

/** What was printed since the last call; nothing at all when that was nothing. */
export function takeLog(): { log?: string[]; lost?: number } {
  if (lines.length === 0) return {};
  const taken = { log: lines, lost };
  lines = [];
  lost = 0;
  return taken;
}

function show(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    return inspect(value, { depth: 3, iterableLimit: 64, strAbbreviateSize: 200, compact: true, breakLength: 200 });
  } catch {
    return "(cannot be shown)";
  }
}
