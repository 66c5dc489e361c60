/**
 * A station with TCP on it, and a peer at the other end that does exactly what the check says. Sequence numbers are
 * *relative* in checks: 0 is a side's SYN, 1 its first byte. On the wire both begin just below 2³², so that every
 * connection wraps.
 *
 *     const tcp = await t.tcp();
 *     await tcp.listen(80);
 *     const peer = tcp.peer({ port: 80 });
 *     await peer.send({ flags: "SYN", seq: 0, mss: 1460 });
 *     await peer.expect({ flags: "SYN ACK", seq: 0, ack: 1 }, "a SYN takes one sequence number");
 *     await peer.send({ flags: "ACK", seq: 1, ack: 1 });
 *     const connection = await tcp.accept();
 */
import type { TcpState } from "../../stack/contract/tcb.ts";
import type { Random } from "../../stack/wire/random.ts";
import type { Station } from "./suite.ts";
import { type StackConnection, type TcpActs, TcpApplication } from "./tcp_application.ts";
import { type PeerOptions, TcpPeer } from "./tcp_peer.ts";
import { driveTo } from "./tcp_states.ts";
import type { VirtualStation } from "./virtual_station.ts";

export type { CallError, ConnectionView, StackConnection } from "./tcp_application.ts";

/** The student's host with TCP, on the virtual wire. */
export interface TcpStation extends Station, TcpActs {
  /** A scripted peer that speaks to this port of the stack, or is connected to from it. */
  peer(options?: PeerOptions): TcpPeer;
  /**
   * A connection in this state, with its peer; whatever has to be exchanged to get there was exchanged and checked. Nothing is queued. `port`: the stack's port; default 80.
   * LISTEN gives no connection.
   */
  inState(state: TcpState, options?: PeerOptions): Promise<{ peer: TcpPeer; connection: StackConnection }>;
}

/** The implementation. */
export class ScriptedTcp implements TcpStation {
  readonly #station: VirtualStation;
  readonly #application: TcpApplication;
  readonly #random: Random;
  #peers = 0;

  constructor(station: VirtualStation, random: Random) {
    this.#station = station;
    this.#application = new TcpApplication(station, "10.44.0.1");
    this.#random = random;
  }

  get now(): number {
    return this.#station.now;
  }

  send: Station["send"] = (...args) => this.#station.send(...args);
  sendRaw: Station["sendRaw"] = (...args) => this.#station.sendRaw(...args);
  expect: Station["expect"] = (...args) => this.#station.expect(...args);
  expectSilence: Station["expectSilence"] = (...args) => this.#station.expectSilence(...args);
  wait: Station["wait"] = (...args) => this.#station.wait(...args);
  take: Station["take"] = () => this.#station.take();
  counters: Station["counters"] = () => this.#station.counters();
  ping: Station["ping"] = (...args) => this.#station.ping(...args);
  output: Station["output"] = (...args) => this.#station.output(...args);
  outputLink: Station["outputLink"] = (...args) => this.#station.outputLink(...args);
  events: Station["events"] = () => this.#station.events();
  arpTable: Station["arpTable"] = (...args) => this.#station.arpTable(...args);

  get selector(): TcpActs["selector"] {
    return this.#application.selector;
  }

  serve: TcpActs["serve"] = (...args) => this.#application.serve(...args);
  listen: TcpActs["listen"] = (...args) => this.#application.listen(...args);
  tryListen: TcpActs["tryListen"] = (...args) => this.#application.tryListen(...args);
  closeListener: TcpActs["closeListener"] = (...args) => this.#application.closeListener(...args);
  accept: TcpActs["accept"] = (...args) => this.#application.accept(...args);
  queues: TcpActs["queues"] = (...args) => this.#application.queues(...args);
  connect: TcpActs["connect"] = (...args) => this.#application.connect(...args);
  tryConnect: TcpActs["tryConnect"] = (...args) => this.#application.tryConnect(...args);
  connections: TcpActs["connections"] = () => this.#application.connections();

  peer(options: PeerOptions = {}): TcpPeer {
    this.#peers++;
    return new TcpPeer(this.#station, { peerPort: 40_000 + this.#peers, iss: 0xffff_ff00 + this.#random.int(0, 200), ...options });
  }

  async inState(state: TcpState, options: PeerOptions = {}): Promise<{ peer: TcpPeer; connection: StackConnection }> {
    const since = this.#station.steps;
    const reached = await driveTo(this, state, options);
    this.#station.note(waySummary(state, options), since);
    return reached;
  }
}

/** "✔ handshake done, the connection is in FIN-WAIT-1; the peer's window is 100". */
function waySummary(state: TcpState, { window, mss, windowScale, sackPermitted, timestamps, active }: PeerOptions): string {
  const opened = state === "CLOSED" || state === "LISTEN" || state === "SYN-SENT" || state === "SYN-RECEIVED";
  const offers = [
    ...(window === undefined ? [] : [`window ${window}`]),
    ...(mss === undefined ? [] : [`MSS ${mss}`]),
    ...(windowScale === undefined ? [] : [`window scale ${windowScale}`]),
    ...(sackPermitted ? ["SACK permitted"] : []),
    ...(timestamps === undefined ? [] : ["timestamps"]),
  ];
  const peer = offers.length === 0 ? "" : `; the peer's SYN: ${offers.join(", ")}`;
  if (state === "LISTEN" || state === "CLOSED") return `✔ no connection yet: ${state}`;
  return `✔ ${opened ? "" : active ? "you have connected: " : "handshake done: "}the connection is in ${state}${peer}`;
}
