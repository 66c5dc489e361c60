/**
 * The path that the measurements take: echo requests go in, their replies come out. Beside the stack there is always a
 * yardstick that does as little as can be done on the same wire. What it takes more is the stack's own cost, and the
 * share says more than any figure alone: it hardly depends on the machine.
 */
import type { Modules } from "../../stack/contract/modules.ts";
import { Host } from "../../stack/host.ts";
import type { Device } from "../../stack/link/device.ts";
import { createPair } from "../../stack/link/pair.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { arp, ethernet, fcs, icmpEcho, ipv4, KERNEL_MAC, pad, pattern, STACK_IP, STACK_MAC } from "../harness/packets.ts";

/** A wire, and something at its end that answers echo requests. */
export interface EchoRig {
  /** Puts `count` requests on the wire: at most `BATCH`, or a queue may overflow. */
  request(count: number): void;
  /** Answers all of them. Only this is measured. */
  answer(): void;
  /** Takes the replies off the wire; returns how many there were. */
  collect(): number;
}

/** Requests that are on a wire at once. */
export const BATCH = 256;

/** Bytes around an echo's data: the headers of Ethernet, IPv4 and ICMP. */
const HEADERS = 14 + 20 + 8;

/** The echo request whose frame is `length` bytes long without its FCS: 60 to 1514. */
export function echoRequest(length: number): Uint8Array<ArrayBuffer> {
  return toStack(0x0800, ipv4({ protocol: 1 }, icmpEcho({}, pattern(length - HEADERS))));
}

/** The kernel's question for the stack's address, from which the stack learns the kernel's. */
export function introduction(): Uint8Array<ArrayBuffer> {
  return pad(toStack(0x0806, arp()), 60);
}

function toStack(etherType: number, packet: Uint8Array): Uint8Array<ArrayBuffer> {
  return ethernet({ destination: STACK_MAC, source: KERNEL_MAC, etherType }, packet);
}

/** A stack at `device`. */
export function echoingHost(modules: Modules, device: Device): Host {
  const interfaces = [{ mac: STACK_MAC, address: STACK_IP }];
  return Host.bind(modules, { interfaces }, [device], { now: performance.now() });
}

/** Lets the rig answer `count` requests. Returns the milliseconds that its answers took; throws an Error when one is missing. */
export function echo(rig: EchoRig, count: number): number {
  let milliseconds = 0;
  for (let left = count; left > 0; left -= BATCH) {
    const batch = Math.min(left, BATCH);
    rig.request(batch);
    const began = performance.now();
    rig.answer();
    milliseconds += performance.now() - began;
    const replies = rig.collect();
    if (replies !== batch) throw new Error(`${batch} echo requests were sent, and ${replies} replies came`);
  }
  return milliseconds;
}

/**
 * A wire in memory, with a stack at its end, or without: then what arrives is sent back as it is. `length` is that of a
 * frame without FCS; `withFcs` says whether the wire carries one.
 */
export function virtualRig(modules: Modules | undefined, length: number, withFcs: boolean): EchoRig {
  const [near, far] = createPair({ fcs: withFcs });
  const onWire = (packet: Uint8Array): Frame => inFrame(withFcs ? fcs(packet) : packet);
  const request = onWire(echoRequest(length));
  const reply = new Frame();
  const host = modules && echoingHost(modules, far);
  const rig = {
    request: (count: number) => {
      for (let i = 0; i < count; i++) near.send(request);
    },
    answer: host === undefined ? () => reflect(far, reply) : () => void host.poll(performance.now()),
    collect: () => {
      let replies = 0;
      while (near.receive(reply)) replies++;
      return replies;
    },
  };
  near.send(onWire(introduction()));
  rig.answer();
  rig.collect();
  return rig;
}

function reflect(device: Device, frame: Frame): void {
  while (device.receive(frame)) device.send(frame);
}

/** A frame of the usual size, so that a pair copies it as it copies any other. */
function inFrame(packet: Uint8Array): Frame {
  const frame = new Frame();
  frame.bytes.set(packet, frame.append(packet.length));
  return frame;
}
