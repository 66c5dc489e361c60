/**
 * One connection over a wire in memory that carries bytes as fast as it can, both hosts and both applications on this thread: what a
 * segment costs without any kernel, what is made for it, and how much memory a connection takes that only waits.
 */
import type { Modules } from "../../stack/contract/modules.ts";
import { Host } from "../../stack/host.ts";
import { createPair } from "../../stack/link/pair.ts";
import type { Connection } from "../../stack/tcp/connection.ts";
import { parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { fastPath } from "../fast/fast_path.ts";
import { KERNEL_IP, STACK_IP } from "../harness/packets.ts";

/** Two hosts, and a clock that they share. */
export interface TwoHosts {
  readonly sender: Host;
  readonly receiver: Host;
  /** Lets both act, and time pass: a twentieth of a millisecond, unless more or less is said. */
  turn(milliseconds?: number): void;
}

/** Milliseconds that pass with each turn; frames that a wire holds: more than the window. */
const TURN = 0.05;
const QUEUE = 512;
const PORT = 80;
/** Bytes of text in a full segment, with timestamps, at MTU 1500. */
export const SEGMENT = 1448;
/** Bytes that an application writes or reads at once. */
const CHUNK = 64 * 1024;

/** `fast`: by tools/fast/fast_path.ts. */
export function twoHosts(modules: Modules, fast = false): TwoHosts {
  const [one, other] = createPair({ medium: "ip", queueLimit: QUEUE });
  const bind = (address: string, wire: typeof one, seed: number): Host => {
    const { modules: bound, device, options } = fast ? fastPath(modules, wire) : { modules, device: wire, options: {} };
    return Host.bind(bound, { interfaces: [{ medium: "ip", address }], seed }, [device], options);
  };
  const [sender, receiver] = [bind(KERNEL_IP, one, 1), bind(STACK_IP, other, 2)];
  let now = 0;
  const turn = (milliseconds = TURN): void => {
    sender.poll(now);
    receiver.poll(now);
    now += milliseconds;
  };
  return { sender, receiver, turn };
}

/** A connection that carries bytes, warm. */
export interface Bulk {
  /** Carries at least so many bytes from end to end. */
  carry(bytes: number): void;
  /** Segments that both ends have sent so far, acknowledgments included. */
  segments(): number;
}

/** Most turns for one `carry` of a megabyte: far more than it needs. */
const PATIENCE = 100_000;

export function bulkRig(modules: Modules, fast = false): Bulk {
  const hosts = twoHosts(modules, fast);
  const [from, to] = joined(hosts);
  const [chunk, target] = [new Uint8Array(CHUNK), new Uint8Array(CHUNK)];
  const sent = (host: Host): number => host.counters()["tcp: sent"] ?? 0;
  const carry = (bytes: number): void => {
    let [left, turns] = [bytes, 0];
    while (left > 0) {
      if (++turns > PATIENCE) throw new Error(`${left} of ${bytes} bytes did not arrive`);
      if (from.room >= CHUNK) from.write(chunk);
      hosts.turn();
      for (let count = to.read(target); count > 0; count = to.read(target)) left -= count;
    }
  };
  // The wire's frames are made when they are first used; the fewer acknowledgments need longest to go once around.
  while (sent(hosts.receiver) <= QUEUE) carry(8 * CHUNK);
  return {
    carry,
    segments: () => sent(hosts.sender) + sent(hosts.receiver),
  };
}

/** Both ends of a new connection. */
function joined({ sender, receiver, turn }: TwoHosts): [Connection, Connection] {
  const listener = receiver.tcp?.listen(parseIpv4Address(STACK_IP), PORT, 1);
  const from = sender.tcp?.connect({ address: parseIpv4Address(STACK_IP), port: PORT }, 0);
  for (let turns = 0; turns < 10; turns++) turn();
  const to = listener?.accept();
  if (from === undefined || to === undefined) throw new Error("The two hosts did not come together");
  return [from, to];
}
