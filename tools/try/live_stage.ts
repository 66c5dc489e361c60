/**
 * The live stage: the Linux kernel in a network namespace of its own is 10.44.0.1, our host 10.44.0.2; between them is a TAP. Time is real. The host
 * runs in this process, the kernel's side does as it is asked (`tools/harness/kernel/operations.ts#KernelOperations`). Where our host is a router, there
 * is another wire behind it, with another host of ours.
 */
import type { Modules } from "../../stack/contract/modules.ts";
import { Host } from "../../stack/host.ts";
import type { InterfaceConfig } from "../../stack/host_config.ts";
import { decorate } from "../../stack/link/decorate.ts";
import type { Device } from "../../stack/link/device.ts";
import { type Pollable, run } from "../../stack/runner.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { KernelPeer } from "../harness/kernel/kernel_peer.ts";
import { WireDevice } from "../harness/kernel/wire_device.ts";
import type { Experiment, FullHost, LiveStage } from "./experiment.ts";
import { Ladder } from "./ladder.ts";
import { Packet } from "./packet.ts";
import { type Outlet, Script } from "./script.ts";
import { Segment } from "./segment.ts";

const KERNEL = { address: "10.44.0.1", mac: "02:00:00:00:00:01" };
/** How long `until` waits, and from one look to the next, in milliseconds. */
const PATIENCE = 5000, LOOK = 5;
/** Milliseconds after which a play is given up. */
const LONGEST = 30_000;
const OURS = { address: "10.44.0.2", mac: "02:00:00:00:00:02" };
/** Milliseconds that a packet is on the wire beyond. */
const BEYOND_DELAY = 5;

/** What an experiment asks for. */
type Plan = Pick<NonNullable<Experiment["live"]>, "host" | "beyond">;

/** A live stage, and the means to begin and to end it. */
export class LiveScene {
  readonly stage: LiveScript;
  readonly #running: Promise<void>;
  readonly #stop: AbortController;

  private constructor(stage: LiveScript, running: Promise<void>, stop: AbortController) {
    this.stage = stage;
    this.#running = running;
    this.#stop = stop;
  }

  /** Rejects with a NoLiveWire where the kernel cannot be had. */
  static async start(outlet: Outlet, modules: Modules, plan: Plan): Promise<LiveScene> {
    const kernel = await KernelPeer.start();
    try {
      const wire = await kernel.openWire({ kind: "tap", ...KERNEL });
      const stage = new LiveScript(outlet, modules, kernel, new WireDevice(wire), plan);
      const stop = new AbortController();
      return new LiveScene(stage, run(stage.hosts, [stage.wireDevice], { signal: stop.signal, clock: () => stage.now() }), stop);
    } catch (error) {
      await kernel.close();
      throw error;
    }
  }

  /** The play; rejects, too, when the host fails meanwhile, and when it does not end. */
  async playing(play: Promise<void>): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`The experiment has not ended after ${LONGEST / 1000} s`)), LONGEST);
    });
    try {
      await Promise.race([play, this.#running, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running.catch(() => {});
    await this.stage.kernel.close();
  }
}

class LiveScript extends Script implements LiveStage {
  readonly modules: Modules;
  readonly kernel: KernelPeer;
  readonly device: string;
  readonly host: FullHost;
  readonly names: readonly string[];
  readonly wire: LiveStage["wire"] = { fate: () => undefined };
  readonly wireDevice: Device;
  /** All that runs in this process. */
  readonly hosts: Pollable;
  readonly #bare: Device;
  readonly #began = performance.now();
  readonly #ladder: Ladder;
  /** What our host is called. */
  readonly #own: string;
  readonly #server: FullHost | undefined;
  #count = 0;

  constructor(outlet: Outlet, modules: Modules, kernel: KernelPeer, device: Device, { host: config, beyond }: Plan) {
    super(outlet);
    this.#own = beyond === undefined ? "host" : "router";
    this.names = ["kernel", this.#own, ...beyond === undefined ? [] : ["server"]];
    this.#ladder = new Ladder(this.names, () => ({ [this.#own]: this.host, ...this.#server && { server: this.#server } }));
    this.modules = modules;
    this.kernel = kernel;
    this.device = device.name;
    this.#bare = device;
    this.wireDevice = this.#watched(device);
    const wire = new Segment("beyond", { delay: BEYOND_DELAY }, () => this.now(), (packet, arrives) => {
      this.sight(this.#ladder, packet, arrives, 1);
    });
    const interfaces: InterfaceConfig[] = [OURS], devices = [this.wireDevice];
    if (beyond !== undefined) {
      interfaces.push({ medium: "ip", address: beyond.address });
      devices.push(wire.attach(this.#own, [beyond.address]));
      const far: InterfaceConfig = { medium: "ip", address: beyond.server };
      this.#server = Host.bind(modules, { seed: this.seed + 1, interfaces: [far] }, [wire.attach("server", [beyond.server])]) as FullHost;
    }
    this.host = Host.bind(modules, { seed: this.seed, ...config, interfaces }, devices) as FullHost;
    this.hosts = together(this.#server === undefined ? [this.host] : [this.host, this.#server], wire);
  }

  get server(): FullHost {
    if (this.#server === undefined) throw new TypeError("There is nobody beyond our host");
    return this.#server;
  }

  now(): number {
    return performance.now() - this.#began;
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
  }

  async until(condition: () => boolean | Promise<boolean>): Promise<boolean> {
    for (const end = this.now() + PATIENCE; this.now() < end;) {
      if (await condition()) return true;
      await this.sleep(LOOK);
    }
    return await condition();
  }

  put(frame: Frame): void {
    const bytes = frame.toBytes();
    const packet = this.#packet(bytes, this.#own, "kernel");
    this.sight(this.#ladder, packet, packet.time, 1);
    this.#bare.send(Frame.of(bytes));
  }

  /** The device with the wire's fate on it, both ways. */
  #watched(device: Device): Device {
    return decorate(device, {
      receive: (frame) => {
        while (device.receive(frame)) {
          const bytes = this.#sees(frame.toBytes(), "kernel", this.#own).bytes;
          if (bytes === undefined) continue;
          frame.reset();
          frame.bytes.set(bytes, frame.append(bytes.length));
          return true;
        }
        return false;
      },
      send: (frame) => {
        const { bytes, copies, late } = this.#sees(frame.toBytes(), this.#own, "kernel");
        for (let copy = 0; bytes !== undefined && copy < copies; copy++) {
          if (late === 0) device.send(Frame.of(bytes));
          else if (late instanceof Promise) late.then(() => device.send(Frame.of(bytes)));
          else setTimeout(() => device.send(Frame.of(bytes)), late);
        }
        return true;
      },
    });
  }

  #packet(bytes: Uint8Array, from: string, to: string): Packet {
    const packet = new Packet({ number: ++this.#count, time: this.now(), wire: "tap", from, bytes, medium: "ethernet", fcs: false });
    packet.to = to;
    return packet;
  }

  /** What arrives of a packet: undefined for nothing. */
  #sees(sent: Uint8Array, from: string, to: string): { bytes: Uint8Array | undefined; copies: number; late: number | Promise<void> } {
    const packet = this.#packet(sent, from, to);
    const { lost = false, bytes = sent, copies = 1, late = 0 } = this.wire.fate(packet) ?? {};
    this.sight(this.#ladder, packet, lost ? undefined : packet.time + (typeof late === "number" ? late : 0), 1);
    return { bytes: lost ? undefined : bytes, copies, late };
  }
}

/** Hosts that run in turn, and the wire between them. */
function together(hosts: readonly Host[], wire: Segment): Pollable {
  const all: Pollable = {
    poll: (now) => hosts.reduce((received, host) => received + host.poll(now), 0),
    nextDeadline: () => Math.min(wire.nextDeadline(), ...hosts.map((host) => host.nextDeadline())),
  };
  for (const host of hosts) host.wake = () => all.wake?.();
  return all;
}
