/**
 * A system call, as it is asked of a machine from outside (`tools/packetdrill/machine.ts`) and of a process in the subject. Names stay names: it is the
 * machine that knows what number O_NONBLOCK is. What must be given is spelled out; `flags` are lists of names.
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
    /** Text is for TCP_CONGESTION: "reno". */
    readonly value: number | string | Linger;
  }
  /** Data: a number, text, or a Linger. */
  | { readonly name: "getsockopt"; readonly descriptor: number; readonly level: string; readonly option: string }
  /** Timeout in milliseconds, −1 for ever. Data: a list of names for each entry: ["POLLIN"]. */
  | {
    readonly name: "poll";
    readonly entries: readonly { readonly descriptor: number; readonly events: readonly string[] }[];
    readonly timeout: number;
  }
  /** SIOCINQ (FIONREAD), SIOCOUTQ. Data: a number. */
  | { readonly name: "ioctl"; readonly descriptor: number; readonly request: string };

/** A system call by its name. */
export type CallOf<Name extends SystemCall["name"]> = SystemCall & { readonly name: Name };

export interface SocketAddress {
  readonly ip: string;
  readonly port: number;
}

/** struct linger. */
export interface Linger {
  readonly on: boolean;
  readonly seconds: number;
}

/** What a call came to. */
export interface Outcome {
  /** −1 when it failed. */
  readonly value: number;
  /** "EAGAIN". */
  readonly error?: string;
  /** What it filled in: the bytes that were read, an option's value, the events of poll, an address. */
  readonly data?: unknown;
}
