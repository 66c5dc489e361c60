/** The kernel's TCP sockets, from /proc/net/tcp (proc(5)). Its numbers for states are those of the kernel's `tcp_states.h`. */
import type { TcpState } from "../../../stack/contract/tcb.ts";
import { readKernelFile } from "./tables.ts";
import type { TcpRow } from "./tcp_operations.ts";

const STATES: readonly TcpState[] = [
  "ESTABLISHED",
  "SYN-SENT",
  "SYN-RECEIVED",
  "FIN-WAIT-1",
  "FIN-WAIT-2",
  "TIME-WAIT",
  "CLOSED",
  "CLOSE-WAIT",
  "LAST-ACK",
  "LISTEN",
  "CLOSING",
  "SYN-RECEIVED",
];

/** All sockets; those that have `address` at either end, when it is given. */
export function tcpTable(address?: string): TcpRow[] {
  const rows = parseTcpTable(readKernelFile("/proc/net/tcp"));
  return address === undefined ? rows : rows.filter((row) => row.localAddress === address || row.remoteAddress === address);
}

/** Reads the text of /proc/net/tcp: a number, both ends, the state and the queues, all of it hexadecimal. */
export function parseTcpTable(text: string): TcpRow[] {
  return text.trimEnd().split("\n").slice(1).map((line) => {
    const [, local = "", remote = "", state = "", queues = ""] = line.trim().split(/\s+/);
    const [sendQueue = 0, receiveQueue = 0] = queues.split(":").map((part) => Number.parseInt(part, 16));
    const [localAddress, localPort] = endOf(local);
    const [remoteAddress, remotePort] = endOf(remote);
    const name = STATES[Number.parseInt(state, 16) - 1] ?? "CLOSED";
    return { localAddress, localPort, remoteAddress, remotePort, state: name, sendQueue, receiveQueue };
  });
}

/** "02002C0A:0050": the address as the machine (little-endian) stores it, and the port. */
function endOf(text: string): [address: string, port: number] {
  const [address = "", port = ""] = text.split(":");
  const bytes = [6, 4, 2, 0].map((at) => Number.parseInt(address.slice(at, at + 2), 16));
  return [bytes.join("."), Number.parseInt(port, 16)];
}
