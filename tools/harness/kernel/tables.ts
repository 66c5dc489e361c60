/**
 * What the kernel shows of itself under /proc/net (proc(5)): the ARP table, the counters of each protocol, the
 * counters of each interface. Read by plain `open` and `read`: Deno itself guards /proc more closely than FFI.
 */
import { cString, errorName, lastError, libc, O_CLOEXEC, O_RDONLY, O_WRONLY } from "../../../stack/link/libc.ts";
import type { ArpEntry, DeviceCounters, SnmpCounters } from "./operations.ts";

const LONGEST = 0x10_0000;

/** Reads a small file of the kernel's. Throws an Error that names it. */
export function readKernelFile(path: string): string {
  const fd = openOrThrow(path, O_RDONLY, "read");
  const parts: string[] = [];
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(0x1_0000);
  for (let total = 0; total < LONGEST;) {
    const length = libc().read(fd, buffer, buffer.length);
    if (length <= 0) break;
    parts.push(decoder.decode(buffer.subarray(0, length), { stream: true }));
    total += length;
  }
  libc().close(fd);
  return parts.join("");
}

/** Writes a small file of the kernel's, in one call. Throws an Error that names it. */
export function writeKernelFile(path: string, text: string): void {
  const fd = openOrThrow(path, O_WRONLY, "write");
  const bytes = new TextEncoder().encode(text);
  const written = libc().write(fd, bytes, bytes.length);
  const error = written < 0 ? errorName(lastError()) : undefined;
  libc().close(fd);
  if (error !== undefined) throw new Error(`Cannot write ${path}: ${error}`);
}

function openOrThrow(path: string, flags: number, verb: string): number {
  const fd = libc().open(cString(path), flags | O_CLOEXEC, 0);
  if (fd < 0) throw new Error(`Cannot ${verb} ${path}: ${errorName(lastError())}`);
  return fd;
}

/** The ARP table. */
export function arpTable(device?: string): ArpEntry[] {
  const entries = parseArpTable(readKernelFile("/proc/net/arp"));
  return device === undefined ? entries : entries.filter((entry) => entry.device === device);
}

/** Reads the text of /proc/net/arp: address, hardware type, flags, MAC address, mask, interface. */
export function parseArpTable(text: string): ArpEntry[] {
  return rows(text).slice(1).map(([address = "", , flagsText = "0", mac = "", , device = ""]) => {
    const flags = Number(flagsText);
    return { address, mac, flags, state: flags & 4 ? "permanent" : flags & 2 ? "complete" : "incomplete", device };
  });
}

/** The counters of IP, ICMP, TCP, UDP and their extensions. */
export function snmp(): SnmpCounters {
  return { ...parseCounters(readKernelFile("/proc/net/snmp")), ...parseCounters(readKernelFile("/proc/net/netstat")) };
}

/** Reads pairs of lines: "Icmp: InMsgs InErrors", then "Icmp: 12 0". */
export function parseCounters(text: string): SnmpCounters {
  const result: SnmpCounters = {};
  const lines = rows(text);
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const [title = "", ...names] = lines[i] as string[];
    const values = (lines[i + 1] as string[]).slice(1);
    result[title.replace(":", "")] = Object.fromEntries(names.map((name, at) => [name, Number(values[at])]));
  }
  return result;
}

/** The counters of each interface. */
export function deviceStats(): Record<string, DeviceCounters> {
  return parseDeviceStats(readKernelFile("/proc/net/dev"));
}

/** Reads the text of /proc/net/dev: two lines of titles, then eight numbers for receiving and eight for sending. */
export function parseDeviceStats(text: string): Record<string, DeviceCounters> {
  const result: Record<string, DeviceCounters> = {};
  for (const line of text.trimEnd().split("\n").slice(2)) {
    // The name may touch the first number: "tap0:123".
    const colon = line.lastIndexOf(":");
    const numbers = line.slice(colon + 1).trim().split(/\s+/).map(Number);
    const [receivedBytes = 0, receivedPackets = 0, receiveErrors = 0, receiveDropped = 0] = numbers;
    const [sentBytes = 0, sentPackets = 0, sendErrors = 0, sendDropped = 0] = numbers.slice(8);
    const received = { receivedBytes, receivedPackets, receiveErrors, receiveDropped };
    result[line.slice(0, colon).trim()] = { ...received, sentBytes, sentPackets, sendErrors, sendDropped };
  }
  return result;
}

function rows(text: string): string[][] {
  return text.trimEnd().split("\n").map((line) => line.trim().split(/\s+/));
}
