/**
 * What the Linux kernel knows of routes, interfaces, neighbours and listening sockets, asked by netlink (netlink(7), rtnetlink(7),
 * sock_diag(7)). `ip` and `ss` ask in the same way, and any user may. Nothing here changes anything.
 *
 * Rules: IPv4 only. A question that the kernel refuses throws a `NetlinkError` with the errno's name, which for a route is an answer:
 * "ENETUNREACH". Needs `--allow-ffi`.
 */
import { errorName, lastError, libc, O_CLOEXEC, O_NONBLOCK, openLibrary } from "../../stack/link/libc.ts";
import { formatIpv4Address, type Ipv4Address } from "../../stack/wire/ipv4_address.ts";
import { formatMac, readMac } from "../../stack/wire/mac_address.ts";

const SYMBOLS = {
  send: { parameters: ["i32", "buffer", "u64", "i32"], result: "i64" },
  recv: { parameters: ["i32", "buffer", "u64", "i32"], result: "i64" },
} as const satisfies Deno.ForeignLibraryInterface;

let loaded: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] | undefined;
function calls(): Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] {
  return loaded ??= openLibrary(SYMBOLS);
}

const AF_INET = 2, AF_INET6 = 10, AF_NETLINK = 16;
const SOCK_RAW = 3;
const NETLINK_ROUTE = 0, NETLINK_SOCK_DIAG = 4;
const NLM_F_REQUEST = 1, NLM_F_DUMP = 0x300;
const NLMSG_ERROR = 2, NLMSG_DONE = 3;
const RTM_GETLINK = 18, RTM_GETADDR = 22, RTM_GETROUTE = 26, RTM_GETNEIGH = 30, SOCK_DIAG_BY_FAMILY = 20;
/** Bytes of `struct nlmsghdr`, and of `struct rtattr`. */
const HEADER = 16, ATTRIBUTE = 4;
const IPPROTO_TCP = 6, TCP_LISTEN = 10;

/** The kernel refused a question. */
export class NetlinkError extends Error {
  override readonly name = "NetlinkError";
  /** "ENETUNREACH", … */
  readonly code: string;

  constructor(code: string) {
    super(`netlink: ${code}`);
    this.code = code;
  }
}

/** How a packet would go. */
export interface Route {
  /** "local": to this machine itself. "reject" stands for the routes that refuse. */
  readonly kind: "unicast" | "local" | "other";
  /** The interface's number. */
  readonly interface: number;
  readonly gateway?: string;
  readonly source?: string;
}

/** An interface. */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** Largest IP packet in bytes. */
  readonly mtu: number;
  /** Switched on by somebody. */
  readonly up: boolean;
  /** There is something at the other end. */
  readonly carrier: boolean;
  /** It asks by ARP who has an address. */
  readonly arp: boolean;
}

/** An address of this machine, on the interface with this number. */
export interface OwnAddress {
  readonly interface: number;
  readonly address: string;
  readonly prefixLength: number;
}

/** What ARP knows of an address, in the words of `ip neigh`. */
export interface Neighbour {
  readonly state: "incomplete" | "reachable" | "stale" | "delay" | "probe" | "failed" | "permanent" | "none";
  readonly mac?: string;
}

/** A listening socket, and its accept queue, as `ss -ltn` shows it: Recv-Q and Send-Q. */
export interface ListeningSocket {
  /** "0.0.0.0" for all addresses. */
  readonly address: string;
  readonly port: number;
  /** Connections that wait for accept(). */
  readonly waiting: number;
  readonly backlog: number;
}

/** The way to `address`. Throws a NetlinkError where there is none. */
export function routeTo(address: Ipv4Address): Route {
  const body = new DataView(new ArrayBuffer(20));
  body.setUint8(0, AF_INET);
  body.setUint8(1, 32);
  body.setUint16(12, 8, true);
  body.setUint16(14, 1, true); // RTA_DST
  body.setUint32(16, address);
  const [answer] = ask(NETLINK_ROUTE, RTM_GETROUTE, NLM_F_REQUEST, body);
  if (answer === undefined) throw new NetlinkError("ENETUNREACH");
  const attributes = attributesOf(answer, 12);
  const type = answer.getUint8(7);
  return {
    kind: type === 1 ? "unicast" : type === 2 ? "local" : "other",
    interface: attributes.get(4)?.getInt32(0, true) ?? 0,
    gateway: addressIn(attributes.get(5)),
    source: addressIn(attributes.get(7)),
  };
}

/** Every interface. */
export function links(): Link[] {
  return ask(NETLINK_ROUTE, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, new DataView(new ArrayBuffer(16))).map((answer) => {
    const attributes = attributesOf(answer, 16);
    const flags = answer.getUint32(8, true);
    return {
      index: answer.getInt32(4, true),
      name: textIn(attributes.get(3)),
      mtu: attributes.get(4)?.getUint32(0, true) ?? 0,
      up: (flags & 1) !== 0,
      carrier: (flags & 0x1_0000) !== 0, // IFF_LOWER_UP
      arp: (flags & 0x80) === 0, // IFF_NOARP
    };
  });
}

/** Every IPv4 address of this machine. */
export function ownAddresses(): OwnAddress[] {
  const body = new DataView(new ArrayBuffer(8));
  body.setUint8(0, AF_INET);
  return ask(NETLINK_ROUTE, RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, body).map((answer) => ({
    interface: answer.getInt32(4, true),
    address: addressIn(attributesOf(answer, 8).get(2)) ?? "0.0.0.0",
    prefixLength: answer.getUint8(1),
  }));
}

const NEIGHBOUR_STATES: Readonly<Record<number, Neighbour["state"]>> = {
  1: "incomplete",
  2: "reachable",
  4: "stale",
  8: "delay",
  16: "probe",
  32: "failed",
  128: "permanent",
};

/** What ARP knows of `address` on an interface. */
export function neighbour(address: string, on: number): Neighbour {
  const body = new DataView(new ArrayBuffer(12));
  body.setUint8(0, AF_INET);
  for (const answer of ask(NETLINK_ROUTE, RTM_GETNEIGH, NLM_F_REQUEST | NLM_F_DUMP, body)) {
    const attributes = attributesOf(answer, 12);
    if (answer.getInt32(4, true) !== on || addressIn(attributes.get(1)) !== address) continue;
    const mac = attributes.get(2);
    return {
      state: NEIGHBOUR_STATES[answer.getUint16(8, true)] ?? "none",
      ...(mac?.byteLength === 6 ? { mac: formatMac(readMac(mac, 0)) } : {}),
    };
  }
  return { state: "none" };
}

/** The listening TCP sockets that take IPv4 connections, those among them that were opened for IPv6 and take both. */
export function listeningSockets(): ListeningSocket[] {
  return [AF_INET, AF_INET6].flatMap((family) => {
    const body = new DataView(new ArrayBuffer(56));
    body.setUint8(0, family);
    body.setUint8(1, IPPROTO_TCP);
    body.setUint32(4, 1 << TCP_LISTEN, true);
    return ask(NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, body).flatMap((answer) => {
      const isForAll = [8, 12, 16, 20].every((at) => answer.getUint32(at) === 0);
      if (family === AF_INET6 && !isForAll) return [];
      return [{
        address: formatIpv4Address(answer.getUint32(8) as Ipv4Address),
        port: answer.getUint16(4),
        waiting: answer.getUint32(56, true),
        backlog: answer.getUint32(60, true),
      }];
    });
  });
}

/** Asks one question, and gives the bodies of the answers. */
function ask(protocol: number, type: number, flags: number, body: DataView<ArrayBuffer>): DataView<ArrayBuffer>[] {
  const fd = libc().socket(AF_NETLINK, SOCK_RAW | O_CLOEXEC | O_NONBLOCK, protocol);
  if (fd < 0) throw new NetlinkError(errorName(lastError()));
  try {
    const question = new Uint8Array(HEADER + body.byteLength);
    question.set(new Uint8Array(body.buffer), HEADER);
    const header = new DataView(question.buffer);
    header.setUint32(0, question.length, true);
    header.setUint16(4, type, true);
    header.setUint16(6, flags, true);
    if (calls().send(fd, question, BigInt(question.length), 0) < 0n) throw new NetlinkError(errorName(lastError()));
    return readAnswers(fd);
  } finally {
    libc().close(fd);
  }
}

/** The kernel answers while the question is being sent: whatever there is can be read at once. */
function readAnswers(fd: number): DataView<ArrayBuffer>[] {
  const answers: DataView<ArrayBuffer>[] = [];
  for (;;) {
    const buffer = new Uint8Array(new ArrayBuffer(0x1_0000));
    const length = Number(calls().recv(fd, buffer, BigInt(buffer.length), 0));
    if (length <= 0) return answers;
    const view = new DataView(buffer.buffer);
    for (let at = 0; at + HEADER <= length;) {
      const [size, type] = [view.getUint32(at, true), view.getUint16(at + 4, true)];
      if (size < HEADER || at + size > length || type === NLMSG_DONE) return answers;
      if (type === NLMSG_ERROR) {
        const error = -view.getInt32(at + HEADER, true);
        if (error !== 0) throw new NetlinkError(errorName(error));
        return answers;
      }
      answers.push(new DataView(buffer.buffer, at + HEADER, size - HEADER));
      at += size + 3 & ~3;
    }
  }
}

/** The attributes that follow the fixed part of an answer: by their numbers, what is in them. */
function attributesOf(answer: DataView<ArrayBuffer>, from: number): Map<number, DataView<ArrayBuffer>> {
  const attributes = new Map<number, DataView<ArrayBuffer>>();
  for (let at = from; at + ATTRIBUTE <= answer.byteLength;) {
    const length = answer.getUint16(at, true);
    if (length < ATTRIBUTE || at + length > answer.byteLength) break;
    const value = new DataView(answer.buffer, answer.byteOffset + at + ATTRIBUTE, length - ATTRIBUTE);
    attributes.set(answer.getUint16(at + 2, true) & 0x3fff, value);
    at += length + 3 & ~3;
  }
  return attributes;
}

function addressIn(value: DataView | undefined): string | undefined {
  return value?.byteLength === 4 ? formatIpv4Address(value.getUint32(0) as Ipv4Address) : undefined;
}

function textIn(value: DataView<ArrayBuffer> | undefined): string {
  if (value === undefined) return "";
  return new TextDecoder().decode(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)).replace(/\0.*$/, "");
}
