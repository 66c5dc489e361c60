/** `@std/cli/unicode-width` as it comes from npm: how many columns a text takes on a terminal. */
import * as std from "npm:deno-std@1.4.0/cli/unicode_width.js";

export const unicodeWidth: (text: string) => number = std.unicodeWidth as never;
