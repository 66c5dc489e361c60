/**
 * A TAP or TUN interface of the Linux kernel. The kernel has one end, an ordinary network interface with its
 * own address; this device is the other end of that wire. TAP carries Ethernet frames, TUN carries IP packets
 * (Documentation/networking/tuntap.rst in the kernel's source).
 *
 * Rules: open it inside a network namespace of your own (tools/harness/namespace.ts), never on the host.
 * `mac` and `address` are those of the *kernel's* end; our stack's are its own affair. Nothing blocks: wait
 * once, then read until empty. The interface is gone when the device is closed or the process ends.
 *
 *     const tap = openTunTap({ kind: "tap", address: parseIpv4Address("10.44.0.1") });
 *     while (running) {
 *       await tap.wait(host.nextDeadline() - performance.now());
 *       while (tap.receive(frame)) host.receive(frame);
 *     }
 */
import type { Frame } from "../wire/frame.ts";
import type { Ipv4Address } from "../wire/ipv4_address.ts";
import type { MacAddress } from "../wire/mac_address.ts";
import { type Device, NO_OFFLOAD, type Offload } from "./device.ts";
import { ifreq, setAddress, setMac, setMtu, setUp } from "./ifreq.ts";
import { cString, errorName, lastError, type Libc, libc, O_CLOEXEC, O_NONBLOCK, O_RDWR, POLLIN } from "./libc.ts";
import { NoLiveWire, refusedNode } from "./no_live_wire.ts";
import { readVirtioHeader, VIRTIO_HEADER, writeVirtioHeader } from "./virtio_header.ts";

const TUNSETIFF = 0x400454can;
const TUNSETPERSIST = 0x400454cbn;
const IFF_TUN = 0x0001;
const IFF_TAP = 0x0002;
/** Packets as they are, without four bytes of flags and protocol in front. */
const IFF_NO_PI = 0x1000;
/** A header in front of each packet that says what is left to do (virtio_header.ts); and what may be: checksums, and cutting TCP over IPv4. */
const IFF_VNET_HDR = 0x4000;
const TUNSETOFFLOAD = 0x400454d0n;
const TUN_F_CSUM = 1n;
const TUN_F_TSO4 = 2n;

/** What the interface is to be like. */
export interface TunTapOptions {
  kind: "tap" | "tun";
  /** The interface's name, at most 15 characters; "tap%d" lets the kernel count. Default: "tap%d" or "tun%d". */
  name?: string;
  /** The largest IP packet, in bytes. Default 1500. */
  mtu?: number;
  /** TAP only: the kernel's MAC address. Default: the kernel draws one. */
  mac?: MacAddress;
  /** The kernel's IPv4 address. Default: none. */
  address?: Ipv4Address;
  /** Length of the network's prefix. Default 24. */
  prefixLength?: number;
  /** Whether the interface is brought up. Default: yes. */
  up?: boolean;
  /**
   * Whether the interface stays behind, until its namespace ends, when the device is closed. Closing then takes no
   * time; the kernel needs some 15 ms to take an interface away. Default: no.
   */
  persist?: boolean;
  /**
   * TUN only: the kernel hands over TCP segments of up to 64 KB, and takes such, with checksums that nobody has to compute. Default: no. Where it will not,
   * the device goes on without, and `offloadRefused` says why.
   */
  offload?: boolean;
}

/** A device that can be waited for without giving up the thread, too. */
export interface TunTap extends Device {
  /** The file descriptor, for a caller that polls several things at once. −1 once closed. */
  readonly fd: number;
  /** Why there is no offload though it was asked for, in one sentence. */
  readonly offloadRefused: string | undefined;
  wait(milliseconds: number): Promise<void>;
  /** Blocks this thread until a packet is waiting (true) or `milliseconds` have passed (false). For loops that own their thread. */
  waitSync(milliseconds: number): boolean;
}

/** Makes the interface and opens our end. Throws a NoLiveWire when this machine does not let us, with the remedy. */
export function openTunTap(options: TunTapOptions): TunTap {
  if (Deno.build.os !== "linux") throw new NoLiveWire("not linux", Deno.build.os === "darwin" ? "macOS" : Deno.build.os);
  const fd = openNode();
  try {
    const name = createInterface(fd, options);
    const refused = options.offload === true ? setOffload(fd, name, options.kind) : undefined;
    configure(name, options);
    // The argument is the number itself; a buffer's address is as good as any that is not 0.
    if (options.persist) libc().ioctl(fd, TUNSETPERSIST, new Uint8Array(8));
    return new FfiTunTap(fd, name, options, refused);
  } catch (error) {
    libc().close(fd);
    throw error;
  }
}

/** Opens /dev/net/tun; the descriptor is no interface yet. Throws a NoLiveWire. */
export function openNode(path = "/dev/net/tun"): number {
  const fd = libc().open(cString(path), O_RDWR | O_NONBLOCK | O_CLOEXEC, 0);
  if (fd >= 0) return fd;
  const error = errorName(lastError());
  throw refusedNode(error) ?? new Error(`Cannot open ${path}: ${error}`);
}

/** Makes the interface behind `fd` and returns the name that the kernel gave it. */
function createInterface(fd: number, options: TunTapOptions): string {
  const request = ifreq(options.name ?? `${options.kind}%d`);
  const header = hasVirtioHeader(options) ? IFF_VNET_HDR : 0;
  request.setUint16(16, (options.kind === "tap" ? IFF_TAP : IFF_TUN) | IFF_NO_PI | header, true);
  if (libc().ioctl(fd, TUNSETIFF, request) < 0) {
    const error = errorName(lastError());
    if (error === "EPERM") throw new NoLiveWire("not allowed", "operation not permitted");
    throw new Error(`Cannot make the interface ${options.name ?? options.kind}: ${error}`);
  }
  const name = new Uint8Array(request.buffer, 0, 16);
  return new TextDecoder().decode(name.subarray(0, name.indexOf(0)));
}

function hasVirtioHeader({ kind, offload }: TunTapOptions): boolean {
  return kind === "tun" && offload === true;
}

/** Asks the kernel for segments of 64 KB. Gives a sentence if there will be none. */
function setOffload(fd: number, name: string, kind: "tap" | "tun"): string | undefined {
  if (kind === "tap") return `${name} goes without offload: Ethernet frames are never larger than the MTU here`;
  if (libc().ioctlNumber(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4) >= 0) return undefined;
  return `${name} goes without offload: the kernel refuses it (${errorName(lastError())})`;
}

function configure(name: string, options: TunTapOptions): void {
  if (options.mac !== undefined && options.kind === "tap") setMac(name, options.mac);
  if (options.mtu !== undefined) setMtu(name, options.mtu);
  if (options.address !== undefined) setAddress(name, options.address, options.prefixLength ?? 24);
  if (options.up ?? true) setUp(name, true);
}

class FfiTunTap implements TunTap {
  readonly name: string;
  readonly medium: "ethernet" | "ip";
  readonly mtu: number;
  readonly fcs = false;
  readonly minimumFrame: number;
  readonly offload: Offload;
  readonly offloadRefused: string | undefined;
  /** Bytes in front of each packet. */
  readonly #header: number;
  readonly #libc: Libc = libc();
  readonly #waiting: PollSet;
  #fd: number;

  constructor(fd: number, name: string, options: TunTapOptions, offloadRefused: string | undefined) {
    this.#fd = fd;
    this.offloadRefused = offloadRefused;
    this.#header = hasVirtioHeader(options) ? VIRTIO_HEADER : 0;
    this.offload = this.#header > 0 && offloadRefused === undefined ? { checksum: true, segmentation: true } : NO_OFFLOAD;
    this.#waiting = new PollSet(fd);
    this.name = name;
    this.medium = options.kind === "tap" ? "ethernet" : "ip";
    this.mtu = options.mtu ?? 1500;
    this.minimumFrame = options.kind === "tap" ? 14 : 20;
  }

  get fd(): number {
    return this.#fd;
  }

  receive(frame: Frame): boolean {
    const buffer = frame.tail(frame.headroom - this.#header);
    const room = buffer.length;
    let length = this.#libc.read(this.#fd, buffer, room);
    // A packet that fills the buffer may have been cut to fit: it is lost, and the next one is read.
    while (length === room) length = this.#libc.read(this.#fd, buffer, room);
    frame.reset();
    if (length <= this.#header) return false;
    frame.end = frame.start + length - this.#header;
    if (this.#header > 0) readVirtioHeader(frame);
    return true;
  }

  send(frame: Frame): boolean {
    if (this.#header > 0) writeVirtioHeader(frame);
    return this.#libc.write(this.#fd, frame.tail(frame.start - this.#header), frame.length + this.#header) >= 0;
  }

  wait(milliseconds: number): Promise<void> {
    return this.#waiting.wait(milliseconds);
  }

  waitSync(milliseconds: number): boolean {
    return this.#waiting.waitSync(milliseconds);
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#waiting.close();
    this.#libc.close(this.#fd);
    this.#fd = -1;
  }
}

/** What `poll` is asked about: the device, and a descriptor of our own by which close() ends a wait that is under way. */
class PollSet {
  readonly #libc: Libc = libc();
  readonly #bell: number;
  readonly #set = new Int32Array(4);
  #underWay: Promise<void> | undefined;
  #closed = false;

  constructor(fd: number) {
    this.#bell = this.#libc.eventfd(0, O_NONBLOCK | O_CLOEXEC);
    // Two times struct pollfd: the descriptor; in the next word the events asked for (low half) and seen (high half).
    this.#set.set([fd, POLLIN, this.#bell, POLLIN]);
  }

  wait(milliseconds: number): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return this.#underWay ??= this.#poll(milliseconds);
  }

  async #poll(milliseconds: number): Promise<void> {
    await this.#libc.pollAside(this.#set, 2n, timeout(milliseconds));
    this.#underWay = undefined;
    if (this.#closed) this.#libc.close(this.#bell);
  }

  waitSync(milliseconds: number): boolean {
    return !this.#closed && this.#libc.poll(this.#set, 1n, timeout(milliseconds)) > 0;
  }

  close(): void {
    this.#closed = true;
    if (this.#underWay === undefined) this.#libc.close(this.#bell);
    else this.#libc.write(this.#bell, new BigUint64Array([1n]), 8);
  }
}

/** Whole milliseconds, rounded up so that a wait never ends just before its deadline; Infinity waits for ever. */
function timeout(milliseconds: number): number {
  if (milliseconds === Infinity) return -1;
  return Math.min(Math.max(Math.ceil(milliseconds), 0), 0x7fff_ffff);
}
