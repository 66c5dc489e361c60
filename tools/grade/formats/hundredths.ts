/**
 * Points where a format takes whole numbers, or adds them up itself in floating point: counted in hundredths of a point, they add
 * up exactly, whoever adds them, and nothing is rounded. A lab is then worth 10000.
 */

/** Points in hundredths: 0.57 is 57. */
export function hundredths(points: number): number {
  return Math.round(points * 100);
}
