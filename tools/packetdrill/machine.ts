/**
 * What a script is run against: a machine with a TCP/IP stack, one network interface and one process. `stack_machine.ts` is ours, in virtual
 * time; `kernel_machine.ts` is Linux. Times are microseconds since the machine was made. Packets are IP packets.
 */
import type { Outcome, SystemCall } from "../harness/subject/system_call.ts";

export type { Linger, SocketAddress, SystemCall } from "../harness/subject/system_call.ts";

/** How the machine and its net are set up; what a script's options and sysctls come to. */
export interface MachineSettings {
  /** Addresses of the machine and of the peer behind the wire: "192.168.0.1", "192.0.2.1". */
  readonly localAddress: string;
  readonly remoteAddress: string;
  readonly mtu: number;
  /** Settings of the stack by their own names (`stack/host_config.ts#TcpConfig`); for Linux, sysctls by theirs. */
  readonly tcp: Readonly<Record<string, number | boolean | string>>;
  /** 4: our stack heeds the peer's window alone, and not the network, as before lab 08. Default 5. */
  readonly layers?: 4 | 5;
  readonly sysctls: Readonly<Record<string, string>>;
}

/** A packet that the machine sent. */
export interface Sent {
  readonly time: number;
  readonly packet: Uint8Array;
}

/** What a call came to. */
export interface Returned extends Outcome {
  readonly time: number;
}

/** A call on its way. */
export interface Pending {
  /** Undefined: it waits. */
  readonly returned: Returned | undefined;
}

export interface Machine {
  /** Whether time passes only when somebody waits for it. */
  readonly virtual: boolean;
  now(): number;
  /** Lets time pass until then. Packets that are sent meanwhile are kept. */
  waitUntil(time: number): Promise<void>;
  /** Gives the machine a packet. */
  inject(packet: Uint8Array): Promise<void>;
  /** The next packet that it sent and nobody took; waits for one, until `time` at most. */
  take(until: number): Promise<Sent | undefined>;
  /** Begins a call. A call that need not wait has returned when this resolves. Throws a `NeedsMore` for one that it does not know. */
  call(call: SystemCall): Promise<Pending>;
  /** Waits for a call, until then at most. */
  waitFor(pending: Pending, until: number): Promise<void>;
  /** What TCP_INFO says of the connection behind a descriptor, by the names of `struct tcp_info`: "tcpi_cwnd". */
  info(descriptor: number): Promise<Readonly<Record<string, number>>>;
  /** Ends everything. Safe to call twice. */
  close(): Promise<void>;
}

/** Thrown when a script asks for what a machine does not have; `what` completes "needs …". */
export class Missing extends Error {
  override readonly name = "Missing";
  readonly what: string;

  constructor(what: string) {
    super(`needs ${what}`);
    this.what = what;
  }
}
