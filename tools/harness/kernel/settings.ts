/**
 * What the kernel's end of the wire can be told: ARP entries, routes, addresses, sysctls; and how a fresh
 * namespace is made quiet, so that the only packets on a wire are those that a check asked for.
 * Manual pages: arp(7), netdevice(7), rtnetlink's older sibling `SIOCADDRT` in route(8).
 */
import * as ifreq from "../../../stack/link/ifreq.ts";
import { cString, errorName, lastError, libc, openLibrary, SOCK_CLOEXEC, SOCK_DGRAM } from "../../../stack/link/libc.ts";
import { NoLiveWire } from "../../../stack/link/no_live_wire.ts";
import { formatIpv4Address, parseIpv4Address, prefixMask } from "../../../stack/wire/ipv4_address.ts";
import type { Ipv4Address } from "../../../stack/wire/ipv4_address.ts";
import type { OperationOptions, RouteOptions } from "./operations.ts";
import { hardwareAddress, internetAddress } from "./socket_address.ts";
import { pointer } from "./sockets.ts";
import { arpTable, readKernelFile, writeKernelFile } from "./tables.ts";

const SIOCADDRT = 0x890bn;
const SIOCDELRT = 0x890cn;
const SIOCDARP = 0x8953n;
const SIOCSARP = 0x8955n;
const ATF_COMPLETE = 2;
const ATF_PERMANENT = 4;
const CLONE_NEWNET = 0x4000_0000;
const RTF_UP = 1;
const RTF_GATEWAY = 2;
const AF_NETLINK = 16;
const RTM_SETLINK = 19;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const IFLA_TXQLEN = 13;

/**
 * A fresh namespace copies some settings from the host's, so what matters is said outright. A setting that
 * this kernel does not have, or does not let us change, is left as it is.
 */
const QUIET: readonly (readonly [name: string, value: string])[] = [
  // No router solicitations, no multicast reports: this wire speaks IPv4.
  ["net.ipv6.conf.all.disable_ipv6", "1"],
  ["net.ipv6.conf.default.disable_ipv6", "1"],
  // Group 0 (ours) may open ping sockets.
  ["net.ipv4.ping_group_range", "0 0"],
  // ICMP errors whenever they are due, not once a second.
  ["net.ipv4.icmp_ratelimit", "0"],
  ["net.ipv4.ip_forward", "0"],
  // The congestion control of RFC 5681, whatever the host prefers; and no connection learns from one before it.
  ["net.ipv4.tcp_congestion_control", "reno"],
  ["net.ipv4.tcp_no_metrics_save", "1"],
  ["net.ipv4.tcp_autocorking", "0"],
  ...["all", "default"].flatMap((one) =>
    [
      [`net.ipv4.conf.${one}.rp_filter`, "0"],
      [`net.ipv4.conf.${one}.arp_accept`, "0"],
      [`net.ipv4.conf.${one}.arp_announce`, "0"],
      [`net.ipv4.conf.${one}.arp_filter`, "0"],
      [`net.ipv4.conf.${one}.arp_ignore`, "0"],
      [`net.ipv4.conf.${one}.arp_notify`, "0"],
      [`net.ipv4.conf.${one}.proxy_arp`, "0"],
      [`net.ipv4.conf.${one}.log_martians`, "0"],
    ] as const
  ),
];

/**
 * Makes a fresh namespace ready: quiet, and its loopback up. Throws a NoLiveWire when we may not administer it, and an
 * Error, before anything is changed, when it is not fresh: the host's own network has its loopback up.
 */
export function prepareNamespace(): void {
  if (ifreq.isUp("lo")) throw new Error("Cannot prepare this network: it is in use, and not a namespace of our own");
  try {
    ifreq.setUp("lo", true);
  } catch (error) {
    throw new NoLiveWire("not allowed", (error as Error).message);
  }
  for (const [name, value] of QUIET) {
    try {
      writeKernelFile(sysctlPath(name), value);
    } catch {
      continue;
    }
  }
}

/** Enters a new namespace, of this thread alone, and makes it ready. Whatever belongs to the one before is the caller's to close. */
export function renewNamespace(): void {
  const { unshare } = openLibrary({ unshare: { parameters: ["i32"], result: "i32" } });
  ifreq.leaveNetwork();
  if (unshare(CLONE_NEWNET) < 0) throw new Error(`Cannot make a new network: ${errorName(lastError())}`);
  prepareNamespace();
}

/** Reads a sysctl of the network, and sets it when `value` is given. Gives the value it had. */
export function sysctl({ name, value }: OperationOptions<"sysctl">): string {
  const path = sysctlPath(name);
  const before = readKernelFile(path).trim();
  if (value !== undefined) writeKernelFile(path, `${value}`);
  return before;
}

function sysctlPath(name: string): string {
  if (!/^net(\.[\w-]+)+$/.test(name)) throw new TypeError(`Not a sysctl of the network: "${name}"`);
  return `/proc/sys/${name.replaceAll(".", "/")}`;
}

/** `struct arpreq`: two addresses, flags, a mask, the interface's name. */
function arpRequest(device: string, address: string, mac: string, flags: number): DataView<ArrayBuffer> {
  const request = new Uint8Array(68);
  request.set(internetAddress(address), 0);
  request.set(hardwareAddress(mac), 16);
  new DataView(request.buffer).setInt32(32, flags, true);
  request.set(new Uint8Array(ifreq.ifreq(device).buffer, 0, 16), 52);
  return new DataView(request.buffer);
}

export function arpAdd({ device, address, mac }: OperationOptions<"arpAdd">): void {
  const request = arpRequest(device, address, mac, ATF_COMPLETE | ATF_PERMANENT);
  ifreq.ask(SIOCSARP, request, `add ${address} to the ARP table of ${device}`);
}

export function arpDelete({ device, address }: OperationOptions<"arpDelete">): void {
  if (!arpTable(device).some((entry) => entry.address === address)) return;
  ifreq.ask(SIOCDARP, arpRequest(device, address, "00:00:00:00:00:00", 0), `delete ${address} from the ARP table of ${device}`);
}

export function arpFlush({ device }: OperationOptions<"arpFlush">): void {
  for (const { address } of arpTable(device)) arpDelete({ device, address });
}

export function addRoute(options: RouteOptions): void {
  ifreq.ask(SIOCADDRT, rtentry(options), `add a route to ${options.network}/${options.prefixLength}`);
}

export function deleteRoute(options: RouteOptions): void {
  ifreq.ask(SIOCDELRT, rtentry(options), `delete the route to ${options.network}/${options.prefixLength}`);
}

/** The name that the route request under way points at: it must stay alive and in its place. */
const routeDevice = new Uint8Array(new ArrayBuffer(64));

/** `struct rtentry`, where only a few of 120 bytes matter. */
function rtentry({ network, prefixLength, gateway, device }: RouteOptions): DataView<ArrayBuffer> {
  const request = new Uint8Array(120);
  const view = new DataView(request.buffer);
  request.set(internetAddress(network), 8);
  if (gateway !== undefined) request.set(internetAddress(gateway), 24);
  request.set(internetAddress(formatIpv4Address(prefixMask(prefixLength) as Ipv4Address)), 40);
  view.setUint16(56, gateway === undefined ? RTF_UP : RTF_UP | RTF_GATEWAY, true);
  routeDevice.fill(0);
  routeDevice.set(cString(device).subarray(0, 16));
  view.setBigUint64(88, pointer(routeDevice), true);
  return view;
}

/**
 * On TAP and TUN the queue is a ring between the kernel and who reads the device. The ioctl for it is for the host's own administrator only; so it is
 * asked by rtnetlink(7): `struct nlmsghdr`, `struct ifinfomsg`, and one attribute.
 */
export function setQueueLength({ device, packets }: OperationOptions<"setQueueLength">): void {
  const message = new DataView(new ArrayBuffer(40));
  message.setUint32(0, message.byteLength, true);
  message.setUint16(4, RTM_SETLINK, true);
  message.setUint16(6, NLM_F_REQUEST | NLM_F_ACK, true);
  message.setInt32(20, ifreq.indexOf(device), true);
  message.setUint16(32, 8, true);
  message.setUint16(34, IFLA_TXQLEN, true);
  message.setUint32(36, packets, true);
  // The answer quotes the request behind a header and the error, which is negative.
  const answer = new DataView(new ArrayBuffer(64));
  const socket = libc().socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const sent = libc().write(socket, new Uint8Array(message.buffer), message.byteLength);
  const got = sent < 0 ? sent : libc().read(socket, new Uint8Array(answer.buffer), answer.byteLength);
  const error = got < 0 ? lastError() : -answer.getInt32(16, true);
  libc().close(socket);
  if (error !== 0) throw new Error(`Cannot give ${device} a queue of ${packets} packets: ${errorName(error)}`);
}

export function setAddress({ device, address, prefixLength }: OperationOptions<"setAddress">): void {
  ifreq.setAddress(device, parseIpv4Address(address), prefixLength);
}

export function addAddress({ device, address, prefixLength, index }: OperationOptions<"addAddress">): void {
  ifreq.setAddress(`${device}:${index ?? 1}`, parseIpv4Address(address), prefixLength);
}
