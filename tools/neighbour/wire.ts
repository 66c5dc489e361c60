/** What the wire to the neighbour is like: the options that `serve` and `talk` have in common. */
import { WrongCommand } from "./report.ts";

/** The wire, as it is wanted. */
export interface WireOptions {
  /** TUN in place of TAP: segments of up to 64 KB, with checksums that nobody computes (docs/decisions/0025). */
  readonly offload: boolean;
  /** The largest IP packet, in bytes. */
  readonly mtu: number;
}

/** For the help of a command. */
export const WIRE_HELP = `\
  --offload        TCP segments of up to 64 KB cross the wire, by TUN instead
                   of TAP; says first whether the kernel agrees
  --mtu N          the largest packet on the wire, in bytes (1500)`;

/** Ethernet's MTU, and every packet by itself. */
export const PLAIN_WIRE: WireOptions = { offload: false, mtu: 1500 };

/** The least that IPv4 demands (RFC 791 §3.2), and what long Ethernet frames carry. */
const LEAST_MTU = 68, MOST_MTU = 9000;

/** Reads what `parseArgs` has found. Throws a WrongCommand. */
export function readWire({ offload, mtu }: Readonly<Record<string, unknown>>): WireOptions {
  const bytes = Number(mtu ?? PLAIN_WIRE.mtu);
  if (mtu === "" || !Number.isInteger(bytes) || bytes < LEAST_MTU || bytes > MOST_MTU) {
    throw new WrongCommand(`"${mtu}" is no MTU: ${LEAST_MTU} to ${MOST_MTU} bytes.`);
  }
  return { offload: offload === true, mtu: bytes };
}
