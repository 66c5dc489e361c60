/**
 * What the packet path makes and throws away. Two views of it:
 *
 * `countConstructions` counts every typed array, DataView and ArrayBuffer that is made while a function runs: these cost
 * 70 to 1300 ns each, and there should be none. It does so exactly, by taking the place of the constructors and of the
 * methods that make one, for as long as the function runs; whoever kept a constructor in a variable of his own escapes it.
 *
 * `heapBytes` measures how much of V8's heap a packet uses up: flat records of numbers, mostly, which cost next to
 * nothing to make and a little to clear away.
 */

/** How often each was made: "Uint8Array", "DataView", "Uint8Array.subarray", … Nothing made: an empty record. */
export type Constructions = Readonly<Record<string, number>>;

/** "0", or how many of which for each of `units`. */
export function perUnit(constructions: Constructions, units: number): string {
  const each = Object.entries(constructions).map(([name, times]) => `${(times / units).toFixed(2)} ${name}`);
  return each.length === 0 ? "0" : each.join(", ");
}

const CONSTRUCTORS = [
  "ArrayBuffer",
  "SharedArrayBuffer",
  "DataView",
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float16Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
] as const;

/** Methods of all typed arrays that give a new one. */
const MAKERS = ["subarray", "slice", "map", "filter", "toReversed", "toSorted", "with"] as const;

/** Runs `action`, which must be synchronous, and counts what it makes. */
export function countConstructions(action: () => void): Constructions {
  const counts: Record<string, number> = {};
  const count = (name: string): void => void (counts[name] = (counts[name] ?? 0) + 1);
  const undo: (() => void)[] = [];
  const replace = (holder: object, name: string, by: unknown): void => {
    const original = Object.getOwnPropertyDescriptor(holder, name) as PropertyDescriptor;
    Object.defineProperty(holder, name, { ...original, value: by });
    undo.push(() => Object.defineProperty(holder, name, original));
  };
  const countCalls = (holder: object, name: string): void => {
    const original = Reflect.get(holder, name) as (...args: unknown[]) => object;
    replace(holder, name, function (this: object, ...args: unknown[]): object {
      count(`${this.constructor.name}.${name}`);
      return original.apply(this, args);
    });
  };

  for (const name of CONSTRUCTORS) {
    const construct = (target: object, args: unknown[], newTarget: CallableFunction): object => {
      count(name);
      return Reflect.construct(target as CallableFunction, args, newTarget);
    };
    replace(globalThis, name, new Proxy(globalThis[name], { construct }));
  }
  for (const name of MAKERS) countCalls(Object.getPrototypeOf(Uint8Array.prototype), name);
  countCalls(ArrayBuffer.prototype, "slice");
  try {
    action();
  } finally {
    for (const restore of undo.reverse()) restore();
  }
  return counts;
}

/** Windows whose median counts, and packets in each: small enough that most windows see no garbage collection. */
const WINDOWS = 41;
const PACKETS = 128;

/** Bytes of heap that one packet uses up: `carry(count)` carries `count` packets. Warm it up first. */
export function heapBytes(carry: (count: number) => void): number {
  const differences: number[] = [];
  for (let window = 0; window < WINDOWS; window++) {
    const before = heapUsed();
    const empty = heapUsed();
    carry(PACKETS);
    const after = heapUsed();
    // The measuring itself allocates as well: once between `before` and `empty`, and once between `empty` and `after`.
    differences.push((after - empty) - (empty - before));
  }
  differences.sort((a, b) => a - b);
  return (differences[WINDOWS >> 1] as number) / PACKETS;
}

function heapUsed(): number {
  return Deno.memoryUsage().heapUsed;
}
