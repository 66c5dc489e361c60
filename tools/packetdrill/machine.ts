/**
 * What a script is run against: a machine with a TCP/IP stack, one network interface and one process. `stack_machine.ts` is ours, in virtual
 * time; `kernel_machine.ts` is Linux. Times are microseconds since the machine was made. Packets are IP packets.
 */

/** How the machine and its net are set up; what a script's options and sysctls come to. */
export interface MachineSettings {
  /** Addresses of the machine and of the peer behind the wire: "192.168.0.1", "192.0.2.1". */
  readonly localAddress: string;
  readonly remoteAddress: string;
  readonly mtu: number;
  /** Settings of the stack by their own names (`stack/host_config.ts#TcpConfig`); for Linux, sysctls by theirs. */
  readonly tcp: Readonly<Record<string, number | boolean>>;
  readonly sysctls: Readonly<Record<string, string>>;
}

/** A packet that the machine sent. */
export interface Sent {
  readonly time: number;
  readonly packet: Uint8Array;
}

/** What a call came to. */
export interface Returned {
  readonly time: number;
  /** −1 when it failed. */
  readonly value: number;
  /** "EAGAIN". */
  readonly error?: string;
  /** What it filled in: the bytes that were read, an option's value, the events of poll, an address. */
  readonly data?: unknown;
}

/** A call on its way. */
export interface Pending {
  /** Undefined: it waits. */
  readonly returned: Returned | undefined;
}

/**
 * A call as a machine gets it. Names stay names: it is the machine that knows what number O_NONBLOCK is. What must be given is spelled out;
 * `flags` are lists of names.
 */
export type SystemCall =
  | { readonly name: "socket"; readonly family: string; readonly type: string; readonly protocol: string | number }
  | { readonly name: "bind" | "connect"; readonly descriptor: number; readonly address: SocketAddress }
  | { readonly name: "listen"; readonly descriptor: number; readonly backlog: number }
  /** Gives the descriptor; data: the peer's SocketAddress. */
  | { readonly name: "accept"; readonly descriptor: number }
  /** Data: the bytes (Uint8Array); for recvfrom { bytes, address }. */
  | { readonly name: "read"; readonly descriptor: number; readonly count: number }
  | { readonly name: "recv" | "recvfrom"; readonly descriptor: number; readonly count: number; readonly flags: readonly string[] }
  | { readonly name: "write"; readonly descriptor: number; readonly bytes: Uint8Array }
  | { readonly name: "send"; readonly descriptor: number; readonly bytes: Uint8Array; readonly flags: readonly string[] }
  | {
    readonly name: "sendto";
    readonly descriptor: number;
    readonly bytes: Uint8Array;
    readonly flags: readonly string[];
    readonly address?: SocketAddress;
  }
  | { readonly name: "close"; readonly descriptor: number }
  /** SHUT_RD, SHUT_WR, SHUT_RDWR. */
  | { readonly name: "shutdown"; readonly descriptor: number; readonly how: string }
  /** F_GETFL gives the flags as a number, O_RDWR is 2 and O_NONBLOCK 2048; F_SETFL takes them as names. */
  | { readonly name: "fcntl"; readonly descriptor: number; readonly command: string; readonly flags: readonly string[] }
  /** Level SOL_SOCKET, IPPROTO_IP (SOL_IP) or IPPROTO_TCP (SOL_TCP). */
  | {
    readonly name: "setsockopt";
    readonly descriptor: number;
    readonly level: string;
    readonly option: string;
    readonly value: number | Linger;
  }
  /** Data: a number, or a Linger. */
  | { readonly name: "getsockopt"; readonly descriptor: number; readonly level: string; readonly option: string }
  /** Timeout in milliseconds, −1 for ever. Data: a list of names for each entry: ["POLLIN"]. */
  | {
    readonly name: "poll";
    readonly entries: readonly { readonly descriptor: number; readonly events: readonly string[] }[];
    readonly timeout: number;
  }
  /** SIOCINQ (FIONREAD), SIOCOUTQ. Data: a number. */
  | { readonly name: "ioctl"; readonly descriptor: number; readonly request: string };

export interface SocketAddress {
  readonly ip: string;
  readonly port: number;
}

/** struct linger. */
export interface Linger {
  readonly on: boolean;
  readonly seconds: number;
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
