/**
 * What the Linux kernel can be asked to do at the other end of a live wire. Every one of these is done with
 * sockets and ioctls in the kernel peer's process; no program of the system is started.
 *
 * Rules: addresses are text ("10.44.0.2"), MAC addresses too ("02:00:00:00:00:02"), times are milliseconds.
 * What the kernel answers is data, errors included: a ping that nobody answered, a connection refused. Only
 * misuse rejects (no such interface, a sysctl that is not the network's). Every operation that waits ends by
 * itself after `timeout`, and at once when `signal` fires: then it gives what it has so far. Operations may
 * run side by side.
 */

import type { SystemCall } from "../subject/system_call.ts";
import type { CallAnswer } from "./system_calls.ts";
import type { TcpClientOptions, TcpOutcome, TcpRow, TcpServerOptions } from "./tcp_operations.ts";
import type { UdpOutcome, UdpTalkOptions } from "./udp_operations.ts";

/** How long an operation may take. */
export interface Patience {
  /** Milliseconds. Default 1000. */
  timeout?: number;
  /** Ends the operation early; it still answers, with what it has. */
  signal?: AbortSignal;
}

/** An ICMP error as the kernel handed it to the socket that caused it. */
export interface IcmpError {
  type: number;
  code: number;
  /** Who sent it. The kernel's own address: it gave up itself, as when nobody answers ARP. */
  from: string;
  /** For "fragmentation needed": the next hop's MTU. */
  mtu?: number;
}

/** How IP packets are to look. Unset: what the kernel does by default. */
export interface IpSettings {
  /** Time to live, 1 to 255. */
  ttl?: number;
  /** Type of service, 0 to 255. */
  tos?: number;
  /** True sets "don't fragment", false clears it. */
  df?: boolean;
}

export interface PingOptions extends Patience, IpSettings {
  to: string;
  /** Bytes of data behind the ICMP header, 0 to 65507. Default 56. */
  size?: number;
  /** How many echo requests, one after the other. Default 1. */
  count?: number;
  /** Milliseconds from one request to the next, at least. Default 0: as soon as the one before is answered or given up. */
  interval?: number;
  /** The identifier, 1 to 65535. Default: the kernel chooses. */
  id?: number;
  /** Sends the IP option "record route" (RFC 791 §3.1) and reads it from the reply. */
  recordRoute?: boolean;
}

/** What became of one echo request. The kernel verified the checksums of a reply before we see it. */
export interface PingEcho {
  /** Sequence number, from 1. */
  seq: number;
  replied: boolean;
  /** Milliseconds from request to reply. */
  rtt?: number;
  /** Whether the reply's data are the request's, all of them. */
  dataEqual?: boolean;
  /** Bytes of data in the reply. */
  size?: number;
  /** The reply's time to live. */
  ttl?: number;
  /** The addresses that the reply's record-route option lists. */
  route?: string[];
  /** What the kernel said instead: "EHOSTUNREACH", "EMSGSIZE", … */
  error?: string;
  icmp?: IcmpError;
}

export interface ProbeOptions extends Patience, IpSettings {
  to: string;
  /** Bytes of payload, a known pattern. Default 32. */
  size?: number;
  /** The payload itself, instead of a pattern. */
  payload?: Uint8Array;
}

/** What came back for a datagram: an error, a datagram, or nothing. */
export interface ProbeResult {
  /** "ECONNREFUSED" (port unreachable), "EHOSTUNREACH", "ENOPROTOOPT" (protocol unreachable), "EMSGSIZE", … */
  error?: string;
  /** The ICMP error behind it, when there was one. */
  icmp?: IcmpError;
  /** The payload of our datagram as the ICMP error quoted it. */
  quoted?: Uint8Array;
  /** The payload of a datagram that answered ours. */
  reply?: Uint8Array;
}

/** One line of a traceroute. A hop that said nothing has only its `ttl`. */
export interface Hop {
  ttl: number;
  from?: string;
  type?: number;
  code?: number;
  /** Milliseconds. */
  rtt?: number;
  /** What the kernel itself said: "ENETUNREACH". */
  error?: string;
}

/** A frame that a program on the kernel's side received, from its Ethernet header on. */
export interface ReceivedFrame {
  bytes: Uint8Array;
  /** Milliseconds since the operation began. */
  time: number;
}

/** A line of the kernel's ARP table. */
export interface ArpEntry {
  address: string;
  /** "00:00:00:00:00:00" while incomplete. */
  mac: string;
  state: "complete" | "incomplete" | "permanent";
  /** The flags as /proc/net/arp gives them: 2 complete, 4 permanent. */
  flags: number;
  device: string;
}

/** The kernel's counters by protocol and name: `snmp.Icmp.InCsumErrors`. From /proc/net/snmp and /proc/net/netstat. */
export type SnmpCounters = Record<string, Record<string, number>>;

/** An interface's counters, as the *kernel* counts: it receives what our stack sends. */
export interface DeviceCounters {
  receivedBytes: number;
  receivedPackets: number;
  receiveErrors: number;
  receiveDropped: number;
  sentBytes: number;
  sentPackets: number;
  sendErrors: number;
  sendDropped: number;
}

export interface RouteOptions {
  /** The network, "0.0.0.0" with prefix length 0 for the default route. */
  network: string;
  prefixLength: number;
  /** The next hop. Unset: the network is on the link. */
  gateway?: string;
  device: string;
}

export interface KernelOperations {
  /** Sends ICMP echo requests and waits for the replies: `timeout` for each. */
  ping(options: PingOptions): Promise<PingEcho[]>;
  /** Sends a UDP datagram to a port and waits for what comes back. */
  udpProbe(options: ProbeOptions & { port: number }): Promise<ProbeResult>;
  /**
   * Opens a UDP socket, sends, and waits for datagrams. It is bound at once: what is sent after this was called, even before it is awaited, finds
   * it.
   */
  udpTalk(options: UdpTalkOptions): Promise<UdpOutcome>;
  /**
   * Sends an IP packet of any protocol (253 and 254 are for experiments, RFC 3692) and waits for what comes back. The
   * kernel heeds an ICMP error only when it quotes at least 8 bytes of payload.
   */
  rawProbe(options: ProbeOptions & { protocol: number }): Promise<ProbeResult>;
  /** Opens a TCP connection and closes it again. `error` says why not: "ECONNREFUSED", "EHOSTUNREACH", "ENOPROTOOPT", … or "ETIMEDOUT" when time ran out. */
  tcpConnect(options: Patience & { to: string; port: number }): Promise<{ error?: string }>;
  /** Connects to a port and talks as it is told. Ends when all of that is done, or at the first error; then the socket is closed. */
  tcpClient(options: TcpClientOptions): Promise<TcpOutcome>;
  /**
   * Listens on a port and serves `count` connections (default 1), one after the other. It listens at once: whatever is sent after this was called,
   * even before it is awaited, finds it listening. Gives what became of each.
   */
  tcpServer(options: TcpServerOptions): Promise<TcpOutcome[]>;
  /** The kernel's TCP sockets; those that have `address` at either end, when it is given. */
  tcpTable(options?: { address?: string }): Promise<TcpRow[]>;
  /** Sends UDP datagrams with rising time to live until the destination answers: `timeout` for each. `maxHops`: default 8; `port`: default 33434. */
  traceroute(options: Patience & { to: string; maxHops?: number; port?: number; size?: number }): Promise<Hop[]>;

  /** A program on the kernel's side sends a whole Ethernet frame (on TUN: an IP packet) out of the interface. */
  sendFrame(options: { device: string; bytes: Uint8Array }): Promise<void>;
  /** A program on the kernel's side waits for frames of one EtherType (default 0x88b5), until `count` (default 1) have come. */
  receiveFrames(options: Patience & { device: string; etherType?: number; count?: number }): Promise<ReceivedFrame[]>;

  /** The kernel's ARP table; of one interface when `device` is given. */
  arpTable(options?: { device?: string }): Promise<ArpEntry[]>;
  /** Adds a permanent entry, or replaces one. */
  arpAdd(options: { device: string; address: string; mac: string }): Promise<void>;
  /** Removes an entry. One that does not exist is no error. */
  arpDelete(options: { device: string; address: string }): Promise<void>;
  /** Removes all entries of an interface. */
  arpFlush(options: { device: string }): Promise<void>;

  /** Makes a system call as a program would, and waits as long as that; a `signal` ends the wait with EINTR. `time` is when it was over, by our clock. */
  systemCall(options: { call: SystemCall; signal?: AbortSignal }): Promise<CallAnswer>;
  /** What TCP_INFO says of a connection made by system calls: `tcpi_snd_cwnd` and so on. */
  tcpInfo(options: { descriptor: number }): Promise<Record<string, number>>;
  /** Leaves the network with all that is in it (wires, sockets, settings) and makes a new one. */
  renewNetwork(): Promise<void>;

  snmp(): Promise<SnmpCounters>;
  deviceStats(): Promise<Record<string, DeviceCounters>>;

  addRoute(options: RouteOptions): Promise<void>;
  deleteRoute(options: RouteOptions): Promise<void>;
  /** Gives the interface one more address. `index` (from 1) tells several apart. */
  addAddress(options: { device: string; address: string; prefixLength: number; index?: number }): Promise<void>;
  setAddress(options: { device: string; address: string; prefixLength: number }): Promise<void>;
  setMtu(options: { device: string; mtu: number }): Promise<void>;
  /** Packets that wait in front of the interface for our end to read them, 500 as is; `sendDropped` counts those that find it full. */
  setQueueLength(options: { device: string; packets: number }): Promise<void>;
  /** With sysctl net.ipv4.conf.DEVICE.arp_notify at 1 the kernel then tells its neighbours, by a gratuitous ARP request. */
  setMac(options: { device: string; mac: string }): Promise<void>;
  /** With arp_notify at 1, an interface that comes up announces its address. */
  setUp(options: { device: string; up: boolean }): Promise<void>;
  /**
   * Reads a setting of the network, such as "net.ipv4.ip_default_ttl", and sets it when `value` is given. Gives the value it had.
   * Useful: net.ipv4.neigh.DEVICE.retrans_time_ms (1000), of which the kernel waits three for an answer to ARP;
   * net.ipv4.conf.DEVICE.arp_accept (0): whether gratuitous ARP makes new entries.
   */
  sysctl(options: { name: string; value?: string | number }): Promise<string>;
}

/** The operations by name, with what each takes and gives. */
export type OperationName = keyof KernelOperations;
export type OperationOptions<N extends OperationName> = NonNullable<Parameters<KernelOperations[N]>[0]>;
export type OperationResult<N extends OperationName> = Awaited<ReturnType<KernelOperations[N]>>;
