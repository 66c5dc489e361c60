/**
 * A stage for faults: this machine's kernel at one end of a TAP wire, in a namespace of its own, and at the other a reference host that is
 * what the scene wants: a server, a router, a wall. For tests only.
 */
import reference from "../../solutions/reference.ts";
import { Host } from "../../stack/host.ts";
import type { InterfaceConfig, RouteConfig } from "../../stack/host_config.ts";
import { decorate } from "../../stack/link/decorate.ts";
import type { Device } from "../../stack/link/device.ts";
import { createPair } from "../../stack/link/pair.ts";
import { openTunTap, type TunTap } from "../../stack/link/tuntap_ffi.ts";
import { type Pollable, run } from "../../stack/runner.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { parseMac } from "../../stack/wire/mac_address.ts";
import { ethernet, icmp, ipv4, KERNEL_IP, KERNEL_MAC, STACK_IP, STACK_MAC } from "../harness/packets.ts";

/** What a wire lets through: it is shown each frame that the kernel sends. */
export type Gate = (frame: Frame) => boolean;

/** Offsets in a frame: of the EtherType, of the protocol, of the IP packet. */
const ETHER_TYPE = 12, PROTOCOL = 23, PACKET = 14;

/** Lets ARP through, and what `gate` lets through of IP. */
export const onlyIp = (gate: (protocol: number, length: number, frame: Frame) => boolean): Gate => (frame) =>
  frame.view.getUint16(frame.start + ETHER_TYPE) !== 0x0800 || gate(frame.view.getUint8(frame.start + PROTOCOL), frame.length, frame);

/** The wire. The kernel's end is tap0, 10.44.0.1/24. */
export function openWire({ persist = false } = {}): TunTap {
  const mac = parseMac(KERNEL_MAC);
  return openTunTap({ kind: "tap", name: "tap0", mac, address: parseIpv4Address(KERNEL_IP), persist });
}

/** The host at the other end, 10.44.0.2. It runs until this process ends. */
export function startHost(tap: TunTap, gate: Gate = () => true): Host {
  const host = bind([{ mac: STACK_MAC, address: STACK_IP }], [gated(tap, gate)]);
  start(host, [tap]);
  return host;
}

/** A router in its place, that has these routes. */
export function startRouter(tap: TunTap, routes: readonly RouteConfig[] = []): void {
  start(bind([{ mac: STACK_MAC, address: STACK_IP }], [tap], routes), [tap]);
}

/** Two routers, each of which takes the other for the way to everything else. */
export function startLoop(tap: TunTap): void {
  const [near, far] = createPair();
  const toEachOther = (gateway: string, on: number): RouteConfig[] => [{ to: "0.0.0.0/0", gateway, interface: on }];
  const first = bind(
    [{ mac: STACK_MAC, address: STACK_IP }, { mac: "02:00:00:00:00:03", address: "10.45.0.1" }],
    [tap, near],
    toEachOther("10.45.0.2", 1),
  );
  const second = bind([{ mac: "02:00:00:00:00:04", address: "10.45.0.2" }], [far], toEachOther("10.45.0.1", 0));
  const both: Pollable = {
    poll: (now) => first.poll(now) + second.poll(now),
    nextDeadline: () => Math.min(first.nextDeadline(), second.nextDeadline()),
  };
  start(both, [tap, near, far]);
}

function bind(interfaces: readonly InterfaceConfig[], devices: readonly Device[], routes: readonly RouteConfig[] = []): Host {
  const config = { interfaces, routes, seed: 1, forwarding: routes.length > 0 || interfaces.length > 1 };
  return Host.bind(reference, config, devices, { now: performance.now() });
}

function start(host: Pollable, devices: readonly Device[]): void {
  run(host, devices, { signal: new AbortController().signal }).catch((error) => {
    console.error(error);
    Deno.exit(1);
  });
}

function gated(device: Device, gate: Gate): Device {
  return decorate(device, {
    receive(frame): boolean {
      while (device.receive(frame)) if (gate(frame)) return true;
      return false;
    },
  });
}

/** A wall: it answers every SYN with an ICMP error. */
export function wall(tap: TunTap, type: number, code: number): Gate {
  return onlyIp((protocol, _length, frame) => {
    if (protocol !== 6) return true;
    const quoted = frame.toBytes().slice(PACKET, PACKET + 28);
    const packet = ipv4({ source: STACK_IP, destination: KERNEL_IP }, icmp({ type, code }, quoted));
    tap.send(Frame.of(ethernet({ destination: KERNEL_MAC, source: STACK_MAC }, packet)));
    return false;
  });
}
