/** Python's operators, on JavaScript's numbers: whole numbers are exact up to 2⁵³, true is 1 and false is 0. */

/** Thrown where Python would raise an exception: completes "the assertion failed: it …". */
export class CannotReckon extends Error {}

/** The functions that code blocks may call, and how many arguments they take. */
export const FUNCTIONS: ReadonlyMap<string, {
  readonly least: number;
  readonly most: number;
  readonly takes: string;
  readonly reckon: (args: readonly number[]) => number;
}> = new Map([
  ["abs", { least: 1, most: 1, takes: "one argument", reckon: ([a = 0]) => Math.abs(a) }],
  ["int", { least: 1, most: 1, takes: "one argument", reckon: ([a = 0]) => Math.trunc(a) + 0 }],
  ["min", { least: 2, most: 100, takes: "two arguments or more", reckon: (args) => Math.min(...args) }],
  ["max", { least: 2, most: 100, takes: "two arguments or more", reckon: (args) => Math.max(...args) }],
]);

/** Shifts by more than that leave nothing, or more than a number holds. */
const MAX_SHIFT = 1000;

export function compare(operator: string, left: number, right: number): boolean {
  switch (operator) {
    case "==":
      return left === right;
    case "!=":
      return left !== right;
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    default:
      return left >= right;
  }
}

/** What a sign makes of a number: "+", "-", "~". */
export function unary(operator: string, value: number): number {
  if (operator === "~") return Number(~whole(value));
  return operator === "-" ? 0 - value : value;
}

/** What an operator makes of two numbers. Throws a `CannotReckon`. */
export function both(operator: string, left: number, right: number): number {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / divisor(right);
    case "//":
      return Math.floor(left / divisor(right));
    case "%":
      // The result has the divisor's sign.
      return (left % divisor(right) + right) % right;
    case "|":
      return Number(whole(left) | whole(right));
    case "^":
      return Number(whole(left) ^ whole(right));
    case "&":
      return Number(whole(left) & whole(right));
    case "<<":
      return Number(whole(left) << shift(right));
    default:
      return Number(whole(left) >> shift(right));
  }
}

function divisor(value: number): number {
  if (value === 0) throw new CannotReckon("it divides by zero");
  return value;
}

function shift(value: number): bigint {
  if (value < 0 || value > MAX_SHIFT) throw new CannotReckon(`it shifts by ${value}`);
  return whole(value);
}

/** Bits are only in whole numbers. */
function whole(value: number): bigint {
  if (!Number.isInteger(value)) throw new CannotReckon(`it asks for the bits of ${value}`);
  return BigInt(value);
}
