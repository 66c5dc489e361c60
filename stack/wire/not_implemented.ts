/**
 * What an unfinished lab function throws. The harness knows it by its name and says
 * "not written yet" with the way to the handout, where any other exception would be a fault.
 */
export class NotImplemented extends Error {
  override readonly name = "NotImplemented";
  /** The lab function that is still to be written, as in "internetChecksum". */
  readonly symbol: string;

  constructor(symbol: string) {
    super(`${symbol} is not written yet`);
    this.symbol = symbol;
  }
}

/** The body of a lab function before you write it. The arguments are only taken so that none is "unused". */
export function todo(symbol: string, ..._arguments: unknown[]): never {
  throw new NotImplemented(symbol);
}
