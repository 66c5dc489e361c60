/** `@std/cli/parse-args` as it comes from npm, with the types of the part we use. */
import * as std from "npm:deno-std@1.4.0/cli/parse_args.js";

/** What `parseArgs` is told. */
export interface ParseOptions {
  string?: readonly string[];
  boolean?: readonly string[];
  collect?: readonly string[];
  negatable?: readonly string[];
  default?: Record<string, unknown>;
  alias?: Record<string, string>;
  "--"?: boolean;
  stopEarly?: boolean;
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** What it gives: the options by name, and the rest of the words in `_`. */
export interface Args {
  _: (string | number)[];
  [option: string]: unknown;
}

export const parseArgs: (args: readonly string[], options?: ParseOptions) => Args = std.parseArgs as never;
