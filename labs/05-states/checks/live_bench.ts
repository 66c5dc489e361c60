/** What the live checks of this lab share: two connected ends, and the states that the kernel shows in /proc/net/tcp. */
import type { TcpState } from "../../../stack/contract/tcb.ts";
import type { LiveStation, Trial } from "../../../tools/harness/suite.ts";
import { sameState } from "./wire.ts";

export type LiveConnection = Awaited<ReturnType<LiveStation["tcp"]["accepted"]>>;
type ClientOptions = Parameters<LiveStation["kernel"]["tcpClient"]>[0];
type Outcome = Awaited<ReturnType<LiveStation["kernel"]["tcpClient"]>>;

/** A connection that the kernel opened to port 80 of the stack, and what its program will have done in the end. */
export interface Visit {
  readonly station: LiveStation;
  readonly connection: LiveConnection;
  readonly client: Promise<Outcome>;
}

/** The kernel connects, and its program talks as it is told while the check goes on. */
export async function visit(t: Trial, talk: Omit<ClientOptions, "to" | "port">, on?: LiveStation): Promise<Visit> {
  const station = on ?? await t.live({ kind: "tun" });
  if (on === undefined) await station.tcp.listen(80);
  const client = station.kernel.tcpClient({ ...talk, to: station.address, port: 80 });
  client.catch(() => {}); // a check that has failed before does not await it
  return { station, client, connection: await station.tcp.accepted() };
}

/** Fails unless the connection comes into this state before everything is quiet. */
export async function expectLiveState(t: Trial, connection: LiveConnection, state: TcpState, when: string): Promise<void> {
  const view = await connection.until((each) => each.state === state);
  await sameState(t, view.state as TcpState, state, `your state ${when}`);
}

/** Fails unless the kernel's table shows this state for its end of the connection with `port` of ours; "none": no such row. */
export async function expectKernelState(
  t: Trial,
  station: LiveStation,
  port: number,
  state: TcpState | "none",
  when: string,
): Promise<void> {
  await station.settle();
  const rows = await station.kernel.tcpTable({ address: station.address });
  const row = rows.find((each) => each.remoteAddress === station.address && each.remotePort === port);
  t.equal(row?.state ?? "none", state, `the kernel's state in /proc/net/tcp ${when}`);
}

/** Fails unless the kernel's program did what it was told, without an error. */
export function expectGood(t: Trial, outcome: Outcome, received: Uint8Array | number): void {
  t.equal(outcome.error ?? "none", "none", "the error that the kernel's program met");
  if (typeof received === "number") t.equal(outcome.receivedLength, received, "bytes that the kernel's program read");
  else t.equal(outcome.received, received, "what the kernel's program read");
}
