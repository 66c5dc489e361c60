import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { cutRegions } from "./stub_cutter.ts";

const cut = (source: string): string => cutRegions(source, "x.ts").stub;

Deno.test("cutRegions() replaces a function's region by todo with the parameters, and keeps the JSDoc", () => {
  const stub = cut(`/** Essay. */
import type { Frame } from "../../stack/wire/frame.ts";

/** Sums. */
export function sum(frame: Frame, [a, { b: c }]: Pair, start = max(1, 2), ...rest: Map<string, number>[]): number {
  // region sum
  return 1; // }
  // endregion
}
`);
  assertEquals(
    stub,
    `/** Essay. */
import type { Frame } from "../../stack/wire/frame.ts";
import { todo } from "../../stack/wire/not_implemented.ts";

/** Sums. */
export function sum(frame: Frame, [a, { b: c }]: Pair, start = max(1, 2), ...rest: Map<string, number>[]): number {
  return todo("sum", frame, a, c, start, rest);
}
`,
  );
});

Deno.test("cutRegions() reads headers of several lines, and return types with braces and parentheses", () => {
  const stub = cut(`export function make(
  seed: (a: number) => void,
  limit: number,
): { next(source: number): number } {
  if (limit > 1) {
    // region make
    return { next: () => 1 };
    // endregion
  }
}
`);
  assertStringIncludes(stub, `\n    return todo("make", seed, limit);\n  }\n}`);
});

Deno.test("cutRegions() cuts methods, arrow functions and accessors by their own parameters", () => {
  const stub = cut(`export function createRoutes(options: Options): RouteTable {
  return {
    lookup(destination: Ipv4Address): Route | undefined {
      // region createRoutes.lookup
      return options.of(destination);
      // endregion
    },
    remove: (network, prefixLength): boolean => {
      // region createRoutes.remove
      return false;
      // endregion
    },
    get size() {
      // region createRoutes.size
      return 0;
      // endregion
    },
  };
}
`);
  assertStringIncludes(stub, `todo("createRoutes.lookup", destination, options);`);
  assertStringIncludes(stub, `todo("createRoutes.remove", network, prefixLength);`);
  assertStringIncludes(stub, `todo("createRoutes.size");`);
});

Deno.test("cutRegions() lets a region at the top level, in a class or in an object disappear", () => {
  const { stub, regions } = cutRegions(
    `// region table
const TABLE = make();
// endregion

export class Cache {
  // region fields
  #entries = new Map();
  // endregion
  readonly limit = 1;
}
`,
    "x.ts",
  );
  assertEquals(stub, "\nexport class Cache {\n  readonly limit = 1;\n}\n");
  assertEquals(regions.map((region) => [region.name, region.line, region.todo]), [["table", 1, false], ["fields", 6, false]]);
});

Deno.test("cutRegions() drops the imports that only a region used, and keeps the others", () => {
  const stub = cut(`import * as gone from "./gone.ts";
import type { Kept, Unused } from "./types_of.ts";
import { copyBytes, readMac } from "./zz.ts";
import { makeB, type B } from "./zzz.ts";

export function f(a: Kept, b: B): void {
  readMac(a);
  // region f
  copyBytes(gone.from(a), makeB()); // readMac
  // endregion
}
`);
  assertStringIncludes(
    stub,
    `import type { Kept } from "./types_of.ts";\nimport { readMac } from "./zz.ts";\nimport type { B } from "./zzz.ts";\n`,
  );
});

Deno.test("cutRegions() passes to todo the given names that only the region used, directly or through a helper that disappeared", () => {
  const stub = cut(`const HEADER = 20;
const LIMIT = 9;
const DEEP = 7;

// region helpers
function first(): number {
  return second();
}
// endregion

// region more-helpers
function second(): number {
  return DEEP;
}
// endregion

export function f(a: number): number {
  // region f
  return a * HEADER + LIMIT;
  // endregion
}

export function g(): number {
  // region g
  return first();
  // endregion
}

export function h(): number {
  return LIMIT;
}
`);
  assertStringIncludes(stub, `return todo("f", a, HEADER);`);
  assertStringIncludes(stub, `return todo("g", DEEP);`);
});

Deno.test("cutRegions() passes to todo what a factory was given and keeps, when only the region used it", () => {
  const stub = cut(`export function make(options: Options, limit: number): Cache {
  const table = new Map();
  return {
    limit,
    // region make-helpers
    helper() {},
    // endregion
    find(options2) {
      // region make.find
      return table.get(options.key);
      // endregion
    },
  };
}

export function other(options: Options): number {
  const table = options.table;
  return table.size;
}
`);
  assertStringIncludes(stub, `    find(options2) {\n      return todo("make.find", options2, options, table);\n    },`);
});

Deno.test("cutRegions() is not misled by marks and braces in strings, templates and regular expressions", () => {
  const stub = cut(
    [
      "export function f(a: string): string {",
      '  const text = "} // region x" + `${a + "}"} {` + /[/"{]/.source;',
      "  // region f",
      "  return text;",
      "  // endregion",
      "}",
      "",
    ].join("\n"),
  );
  assertStringIncludes(stub, `  return todo("f", a, text);\n}\n`);
});

Deno.test("cutRegions() names file and line of a mark that is wrong", () => {
  const refuses = (source: string, message: string): unknown => assertThrows(() => cut(source), Error, message);
  refuses("// region a\n", 'x.ts:1: region "a" is never closed');
  refuses("// region a\n// region b\n// endregion\n", 'x.ts:2: region "b" begins inside region "a" of line 1');
  refuses("// endregion\n", 'x.ts:1: "endregion" without a region');
  refuses("// region a\n// endregion\n// region a\n// endregion\n", 'x.ts:3: a second region "a"');
  refuses("// region\n// endregion\n", "x.ts:1: a region needs a name");
  refuses("function f() {\n  // region f\n  a();\n  // endregion\n  b();\n}\n", 'x.ts:4: region "f" must run to the end of its block');
});

Deno.test("cutRegions() passes to todo the private fields that only the region read, directly or through a method that disappeared", () => {
  const stub = cut(`class Timer {
  readonly #options: Options;
  #deadline = Infinity;
  #since = 0;
  #idle = true;

  constructor(options: Options) {
    this.#options = options;
  }

  deadline(): number {
    return this.#deadline;
  }

  sent(now: number): void {
    // region createTimer.sent
    if (this.#deadline === Infinity) this.#start(now);
    // endregion
  }

  stop(): void {
    // region createTimer.stop
    this.#idle = true;
    // endregion
  }

  // region starting
  #start(now: number): void {
    this.#since += now;
    this.#deadline = now + this.#options.delay;
  }
  // endregion
}
`);
  assertStringIncludes(stub, `todo("createTimer.sent", now, this.#options, this.#since);`);
  assertStringIncludes(stub, `todo("createTimer.stop");`);
});
