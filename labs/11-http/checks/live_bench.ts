/** A web server on a live wire, and clients of the kernel's. */
import { latin1Bytes, latin1Text } from "../../../stack/wire/latin1.ts";
import type { TcpOutcome } from "../../../tools/harness/kernel/tcp_operations.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { LiveStation, Trial } from "../../../tools/harness/suite.ts";

type SiteOptions = Parameters<LiveStation["tcp"]["serve"]>[0];

/** The stack on a tunnel, with a web server on it. */
export async function liveSite(t: Trial, options: SiteOptions = {}): Promise<LiveStation> {
  const station = await t.live({ kind: "tun" });
  await station.tcp.serve(options);
  return station;
}

/** What a kernel client heard, when it had said these pieces one after the other, and the server had closed. `wanted`: what it should hear. */
export async function browse(
  t: Trial,
  station: LiveStation,
  pieces: readonly string[],
  options: { pause?: number; quiet?: number } = {},
  wanted?: string,
): Promise<string> {
  return heardText(t, await browsing(station, pieces, options), wanted);
}

/** The same, with all that the kernel tells of it. */
export function browsing(
  station: LiveStation,
  pieces: readonly string[],
  { pause, quiet }: { pause?: number; quiet?: number } = {},
): Promise<TcpOutcome> {
  const talks = pieces.map((piece, i) => ({
    send: latin1Bytes(piece),
    ...(i > 0 && pause !== undefined ? { pause } : {}),
    ...(i === pieces.length - 1 ? { receive: { untilEnd: true } as const } : {}),
  }));
  const [first, ...then] = talks;
  return station.kernel.tcpClient({
    to: station.address,
    port: 80,
    noDelay: true,
    ...first,
    then,
    ...(quiet === undefined ? {} : { quiet }),
  });
}

/** What a client heard, which must have come to the server's FIN without an error. */
export function heardText(t: Trial, { error, end, received }: TcpOutcome, wanted = "an answer"): string {
  const text = latin1Text(received);
  const count = text.split("HTTP/1.1 ").length - 1;
  const heard = count > 0 ? amount(count, "answer") : text === "" ? "nothing" : "no answer";
  const what = text === "" ? "" : `: ${JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)}`;
  t.ok(error !== "ETIMEDOUT", `${wanted}, and then the server's FIN`, `${heard}, and no FIN, although the client waited for it${what}`);
  t.ok(error === undefined, `${wanted}, and then the server's FIN`, `${heard}, and then ${error} at the client${what}`);
  t.equal(end, true, "whether the server's FIN came");
  return text;
}
