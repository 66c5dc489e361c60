/**
 * What a connection, an echo and a segment cost with many connections beside them, on a wire in memory and both hosts on this thread: no kernel, and nothing but
 * the stack's own work. Where the cost is linear, each of them costs the same with one connection and with ten thousand. And how long `poll` takes when
 * nobody has anything to say.
 */
import type { Modules } from "../../stack/contract/modules.ts";
import type { Connection } from "../../stack/tcp/connection.ts";
import type { Tcp } from "../../stack/tcp/tcp.ts";
import { parseIpv4Address, UNSPECIFIED } from "../../stack/wire/ipv4_address.ts";
import { STACK_IP } from "../harness/packets.ts";
import { SEGMENT, type TwoHosts, twoHosts } from "./bulk.ts";
import { spreadOf } from "./contest.ts";
import { threadTimes } from "./thread_times.ts";

/** With so many connections open: nanoseconds for each, both ends together, and for a `poll` of both hosts with nothing to do. */
export interface CrowdCost {
  readonly open: number;
  readonly connection: number;
  readonly echo: number;
  readonly segment: number;
  readonly poll: number;
}

/** Connections that act at a time, and turns after which all that they said has arrived. */
const AT_ONCE = 64, TURNS = 4;
/** Milliseconds of a turn: so short that no acknowledgment is due before all connections have had theirs; and until nobody has anything left to do. */
const TURN = 0.001, SETTLING = 5000;
const PORT = 80, ECHO = 64, POLLS = 20_000;
/** Samples of each figure. */
const ROUNDS = 5;

/** Both ends of each connection. */
type Pair = readonly [client: Connection, server: Connection];

class Crowd {
  readonly #hosts: TwoHosts;
  readonly #listener: { accept(): Connection | undefined };
  readonly #pairs: Pair[] = [];
  readonly #said = new Uint8Array(SEGMENT);
  readonly #heard = new Uint8Array(SEGMENT);
  #next = 0;

  constructor(modules: Modules, size: number) {
    this.#hosts = twoHosts(modules);
    const listener = this.#hosts.receiver.tcp?.listen(UNSPECIFIED, PORT, 4096);
    if (listener === undefined) throw new Error("The host has no TCP");
    this.#listener = listener;
    for (let left = size; left > 0; left -= AT_ONCE) this.#pairs.push(...this.#connect(Math.min(left, AT_ONCE)));
  }

  get size(): number {
    return this.#pairs.length;
  }

  /** `count` times one connection more is made, and given up. */
  come(count: number): void {
    for (let left = count; left > 0; left -= AT_ONCE) {
      for (const [client] of this.#connect(Math.min(left, AT_ONCE))) client.abort();
      this.#turn();
    }
  }

  /** `count` times a client says `ECHO` bytes, and its server says them again; each has its turn. */
  echo(count: number): void {
    this.#inTurns(count, (some) => {
      for (const [client] of some) this.#say(client, ECHO);
      this.#turn();
      for (const [, server] of some) this.#hear(server, ECHO);
      for (const [, server] of some) this.#say(server, ECHO);
      this.#turn();
      for (const [client] of some) this.#hear(client, ECHO);
    });
  }

  /** `count` full segments, to the servers. */
  carry(count: number): void {
    this.#inTurns(count, (some) => {
      for (const [client] of some) this.#say(client, SEGMENT);
      this.#turn();
      for (const [, server] of some) this.#hear(server, SEGMENT);
    });
  }

  /** Polls both hosts so many times. */
  poll(times: number): void {
    for (let i = 0; i < times; i++) this.#hosts.turn(TURN);
  }

  /** Lets everything happen that is due some time. */
  settle(): void {
    for (let left = SETTLING; left > 0; left -= 1) this.#hosts.turn(1);
  }

  /** So many new connections. */
  #connect(count: number): Pair[] {
    const tcp = this.#hosts.sender.tcp as Tcp;
    const calls = Array.from({ length: count }, () => tcp.connect({ address: parseIpv4Address(STACK_IP), port: PORT }, tcp.now()));
    this.#turn();
    const accepted = new Map(calls.map(() => this.#listener.accept()).map((server) => [server?.tcb.remotePort, server]));
    return calls.map((client) => {
      const server = accepted.get(client.tcb.localPort);
      if (server === undefined) throw new Error("A connection did not come about");
      return [client, server];
    });
  }

  #inTurns(count: number, act: (some: readonly Pair[]) => void): void {
    const most = Math.min(AT_ONCE, this.#pairs.length);
    for (let left = count; left > 0;) {
      const some = this.#pairs.slice(this.#next, this.#next + Math.min(most, left));
      this.#next = (this.#next + some.length) % this.#pairs.length;
      left -= some.length;
      act(some);
    }
  }

  #turn(): void {
    this.poll(TURNS);
  }

  #say(connection: Connection, length: number): void {
    this.#said[0] = connection.tcb.localPort ^ connection.tcb.remotePort;
    if (connection.write(this.#said, 0, length) !== length) throw new Error("A connection takes nothing");
  }

  #hear(connection: Connection, length: number): void {
    const count = connection.read(this.#heard, 0, length);
    if (count !== length || this.#heard[0] !== ((connection.tcb.localPort ^ connection.tcb.remotePort) & 0xff)) {
      throw new Error(`${count} of ${length} bytes came, or others`);
    }
  }
}

/** The costs with 1, 10, 100, … up to `most` connections; `work`: echoes, segments and connections of each sample. The crowds take turns. */
export function measureCrowd(modules: Modules, most: number, work: number): CrowdCost[] {
  const sizes = [1];
  while ((sizes.at(-1) as number) < most) sizes.push(Math.min(most, (sizes.at(-1) as number) * 10));
  const crowds = sizes.map((size) => new Crowd(modules, size));
  const kinds = {
    connection: (crowd: Crowd) => crowd.come(work),
    echo: (crowd: Crowd) => crowd.echo(work),
    segment: (crowd: Crowd) => crowd.carry(work),
  };
  const costs = crowds.map(({ size }) => ({ open: size, connection: 0, echo: 0, segment: 0, poll: 0 }));
  for (const [kind, act] of Object.entries(kinds)) {
    take(crowds, act, work).forEach((cost, index) => Object.assign(costs[index] ?? {}, { [kind]: cost }));
  }
  for (const crowd of crowds) crowd.settle();
  const polls = take(crowds, (crowd) => crowd.poll(POLLS), POLLS);
  return costs.map((cost, index) => ({ ...cost, poll: polls[index] as number }));
}

/** What a unit costs each crowd, in nanoseconds: the median of samples taken in turns, after two to get warm. */
function take(crowds: readonly Crowd[], act: (crowd: Crowd) => void, units: number): number[] {
  const samples = crowds.map(() => [] as number[]);
  for (let round = -2; round < ROUNDS; round++) {
    for (const [index, crowd] of crowds.entries()) {
      const [before, began] = [threadTimes().ran, performance.now()];
      act(crowd);
      const elapsed = (performance.now() - began) * 1e6;
      if (round >= 0) samples[index]?.push((threadTimes().ran - before || elapsed) / units);
    }
  }
  return samples.map((each) => spreadOf(each).median);
}

if (import.meta.main) {
  const { default: modules } = await import("../../solutions/reference.ts");
  console.log(JSON.stringify(measureCrowd(modules, Number(Deno.args[0] ?? 10_000), Number(Deno.args[1] ?? 10_000))));
}
