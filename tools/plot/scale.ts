/** Axes: where they end, and what is written beside them. */

export interface Scale {
  /** The axis goes from 0 up to here. */
  readonly top: number;
  readonly ticks: readonly number[];
}

const STEPS = [1, 2, 2.5, 5, 10];

/** An axis for values from 0 to `most`, with about so many round steps; it ends with the last of them. */
export function scaleTo(most: number, about: number): Scale {
  const step = stepFor(most, about);
  const count = Math.max(1, Math.ceil(most / step - 1e-9));
  return { top: rounded(count * step), ticks: Array.from({ length: count + 1 }, (_, index) => rounded(index * step)) };
}

/** An axis that ends exactly at `end`. */
export function scaleUpTo(end: number, about: number): Scale {
  const { ticks } = scaleTo(end, about);
  return { top: end, ticks: ticks.filter((tick) => tick <= end) };
}

function stepFor(most: number, about: number): number {
  const least = most > 0 ? most / about : 1 / about;
  const power = 10 ** Math.floor(Math.log10(least));
  return power * (STEPS.find((step) => step * power >= least * (1 - 1e-9)) as number);
}

/** Without what adding up in binary leaves behind. */
function rounded(value: number): number {
  return Number(value.toPrecision(10));
}
