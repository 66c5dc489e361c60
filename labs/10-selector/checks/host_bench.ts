/** A program with a selector in a host on the virtual wire, and its clients. The wire is a tunnel: nobody asks for addresses first. */
import { formatReadiness } from "../../../stack/wire/readiness.ts";
import type { SelectorProgram } from "../../../tools/harness/selector_program.ts";
import type { StationConfig, Trial } from "../../../tools/harness/suite.ts";
import type { TcpPeer } from "../../../tools/harness/tcp_peer.ts";
import type { TcpStation } from "../../../tools/harness/tcp_station.ts";
import { keysText } from "./bench.ts";

/** The stack on a tunnel. */
export async function tunnel(t: Trial, config: Omit<StationConfig, "interfaces"> = {}): Promise<TcpStation> {
  return await t.tcp({ ...config, interfaces: [{ medium: "ip", address: "10.44.0.2" }] });
}

/** A client connects. `window`: what it says of its window, in all three segments. */
export async function connects(peer: TcpPeer, window = 65_535): Promise<void> {
  await peer.send({ flags: "SYN", seq: 0, mss: 1460, window });
  await peer.expect({ flags: "SYN ACK", seq: 0, ack: 1 }, "a SYN to a listening port is answered by SYN and ACK");
  await peer.send({ flags: "ACK", seq: 1, ack: 1, window });
}

/** Of the program's channels exactly this one must be ready, for this; or none. */
export async function expectReady(
  t: Trial,
  program: SelectorProgram,
  channel: number | undefined,
  ready: number,
  when: string,
): Promise<void> {
  const expected = channel === undefined ? "EAGAIN" : `${channel}: ${formatReadiness(ready)}`;
  t.equal(keysText(await program.select()), expected, `select ${when}`);
}

/** The client says something, and must get it back. */
export async function expectEcho(t: Trial, tcp: TcpStation, peer: TcpPeer, text: Uint8Array): Promise<void> {
  await peer.send({ flags: "ACK PSH", data: text }, `a client says something (port ${peer.peerPort})`);
  const echo = await peer.expect({}, "what a client says comes back", 500);
  t.equal(bytesText(echo.data), bytesText(text), `what came back to port ${peer.peerPort}`);
  await peer.send({ flags: "ACK" });
  await tcp.wait(1);
}

/** "3 bytes: 07 0a ff"; anything that is no array of bytes as it is. */
export function bytesText(bytes: unknown): string {
  if (!(bytes instanceof Uint8Array)) return `${bytes}`;
  const shown = [...bytes.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `${bytes.length} bytes: ${shown}${bytes.length > 16 ? " …" : ""}`;
}
