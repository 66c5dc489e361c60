/**
 * A script in the packetdrill language, as the parser leaves it: plain data, which knows nothing of the stack that it will judge.
 *
 *     +0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3     a call, and what it returns
 *     +0   < S 0:0(0) win 1000 <mss 1000>                a packet that the stack is given
 *     +0   > S. 0:0(0) ack 1 <...>                       a packet that the stack has to send
 *     +0   %{ assert tcpi_unacked == 0 }%                a question about the connection
 *     +0   `sysctl -q net.ipv4.tcp_sack=0`               a setting
 *
 * Times are whole microseconds. Sequence numbers are the script's own: relative to whatever its SYNs say, 0 to 2³² − 1.
 */

/** Where something stands in a file; lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A script, ready to be run. */
export interface Script {
  readonly file: string;
  /** `--tolerance_usecs=75000` and the like, in their order. */
  readonly options: readonly ScriptOption[];
  /** Commands in front of the first event: `../common/defaults.sh`, `sysctl …`. */
  readonly setup: readonly Command[];
  readonly events: readonly ScriptEvent[];
  /** What is written in the language but cannot be run here: encapsulation, MPTCP, SCTP … Its events are left out. */
  readonly needs: readonly Need[];
  /** The source, line by line, for those who show it. */
  readonly lines: readonly string[];
}

export interface ScriptOption {
  readonly place: Place;
  /** "tolerance_usecs": without the dashes. */
  readonly name: string;
  /** As it was written, without quotes; "" for an option without a value. */
  readonly value: string;
}

/** The text between backticks: one or several commands. */
export interface Command {
  readonly place: Place;
  readonly text: string;
}

/** When something happens, or has to. Microseconds. */
export type EventTime =
  /** "0.1": since the script began. */
  | { readonly kind: "absolute"; readonly at: number }
  /** "+.1": since the event before. */
  | { readonly kind: "relative"; readonly at: number }
  /** "0.1~0.2", "+.1~+.2": some time between. */
  | { readonly kind: "absolute range"; readonly from: number; readonly to: number }
  | { readonly kind: "relative range"; readonly from: number; readonly to: number }
  /** "*": whenever it comes. */
  | { readonly kind: "any" };

interface Timed {
  readonly place: Place;
  readonly time: EventTime;
}

export type ScriptEvent = PacketEvent | CallEvent | CommandEvent | CodeEvent;

/** A packet: "in" is for the stack ("<"), "out" has to come from it (">"). */
export interface PacketEvent extends Timed {
  readonly kind: "packet";
  readonly direction: "in" | "out";
  readonly ip: IpFields;
  readonly packet: TcpPacket | UdpPacket | IcmpPacket;
}

/** What is said of the IP header, in brackets; what is left out does not matter. */
export interface IpFields {
  /** "ect01": either of the two. */
  readonly ecn?: "noecn" | "ect0" | "ect1" | "ect01" | "ce";
  /** The whole octet, with the ECN bits. */
  readonly tos?: number;
  readonly ttl?: number;
  /** The checksum of what IP carries is wrong; only for packets that are given. */
  readonly damaged?: true;
  /** What TCP's data offset says, in words of 4 bytes, whatever there is; only for packets that are given. */
  readonly offset?: number;
}

/** "1:1001(1000)": from, to (not included), and how many bytes that is. */
export interface SequenceRange {
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

export interface TcpPacket {
  readonly protocol: "tcp";
  /** Source and destination, where a script with several connections names them. */
  readonly ports?: { readonly source: number; readonly destination: number };
  /** Letters of "SFRPU.EWA" without repetition; "" for "-". "." is ACK, E ECE, W CWR, A AE (NS). */
  readonly flags: string;
  readonly seq: SequenceRange;
  readonly ack?: number;
  readonly window?: number;
  readonly urgent?: number;
  /** Empty when the script says nothing: there are none. "any" is "<...>", for packets that have to come. */
  readonly options: readonly TcpOption[] | "any";
}

export type TcpOption =
  | { readonly kind: "nop" | "eol" | "sackOK" }
  | { readonly kind: "mss" | "wscale"; readonly value: number }
  | { readonly kind: "sack"; readonly blocks: readonly { readonly from: number; readonly to: number }[] }
  | { readonly kind: "TS"; readonly value: number; readonly echo: number }
  /** An option that has no name here: its number, and the bytes behind its length. */
  | { readonly kind: "unknown"; readonly number: number; readonly bytes: readonly number[] }
  /** Bytes as they are, which may be no option at all; only in packets that are given. */
  | { readonly kind: "raw"; readonly bytes: readonly number[] };

export interface UdpPacket {
  readonly protocol: "udp";
  readonly ports?: { readonly source: number; readonly destination: number };
  /** Bytes of payload. */
  readonly length: number;
}

export interface IcmpPacket {
  readonly protocol: "icmp";
  /** "unreachable", "time_exceeded", "echo_request" …: as written. */
  readonly type: string;
  /** "frag_needed", "port_unreachable" …: as written. */
  readonly code?: string;
  readonly mtu?: number;
  /** What the error is about, in brackets: a segment by its numbers, or a datagram by its length. Undefined: the last that went the other way. */
  readonly about?: { readonly seq: SequenceRange } | { readonly udp: number };
}

/** A system call. */
export interface CallEvent extends Timed {
  readonly kind: "call";
  readonly name: string;
  readonly args: readonly Value[];
  /** For a call that waits: when it has to be over, counted as `time` is. Undefined: it must not wait. */
  readonly until?: number;
  /** Undefined where the script says nothing (`= ?`), { kind: "any" } where it says "...". */
  readonly returns?: Value;
  /** "EAGAIN". */
  readonly error?: string;
  /** The words in brackets behind it: "Resource temporarily unavailable". */
  readonly note?: string;
}

/** An argument of a call. */
export type Value =
  /** "..." */
  | { readonly kind: "any" }
  /** 42, 0x2a, -1. */
  | { readonly kind: "number"; readonly value: number }
  /** "text", its escapes undone. `more`: followed by "...", so only its beginning matters. */
  | { readonly kind: "string"; readonly value: string; readonly more: boolean }
  /** O_NONBLOCK. */
  | { readonly kind: "name"; readonly name: string }
  /** A | B. */
  | { readonly kind: "or"; readonly parts: readonly Value[] }
  /** [1, 2] */
  | { readonly kind: "list"; readonly items: readonly Value[] }
  /** {fd=4, events=POLLIN}; {..., 1000} has fields without a name. */
  | { readonly kind: "struct"; readonly fields: readonly Field[] }
  /** htons(8080), inet_addr("192.0.2.1"). */
  | { readonly kind: "function"; readonly name: string; readonly args: readonly Value[] };

/** A member of a struct. */
export interface Field {
  readonly name?: string;
  /** "msg_iov(1)=[…]": how many there are of what the value lists; "msg_name(...)=...". */
  readonly of?: Value;
  readonly value: Value;
}

export interface CommandEvent extends Timed {
  readonly kind: "command";
  readonly text: string;
}

/** %{ … }% */
export interface CodeEvent extends Timed {
  readonly kind: "code";
  /** Where the text begins. */
  readonly begins: Place;
  readonly text: string;
}

/** What a file that is no script is: where, and what was expected there. */
export interface Malformed {
  readonly place: Place;
  /** "a time", "a closing bracket": completes "expected …". */
  readonly expected: string;
  /** What stands there instead: "'foo'", "the end of the file". */
  readonly found: string;
}

/** Something that a script asks for and this interpreter, or this stack, does not have. */
export interface Need {
  readonly place: Place;
  /** Completes "needs …": "the system call epoll_wait()", "the option TCP_FASTOPEN", "the sysctl net.ipv4.tcp_ecn". */
  readonly what: string;
}
