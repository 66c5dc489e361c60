/** The virtual stage: hosts of the reference stack on wires in memory, in virtual time. */
import type { Modules } from "../../stack/contract/modules.ts";
import { Host } from "../../stack/host.ts";
import type { HostConfig } from "../../stack/host_config.ts";
import type { FullHost, HostPlan, Net, NetPlan, Stage, TwoHostsOptions } from "./experiment.ts";
import { Ladder } from "./ladder.ts";
import { type Outlet, Script } from "./script.ts";
import { Segment, type SegmentOptions } from "./segment.ts";
import { VirtualTime } from "./virtual_time.ts";

export class VirtualStage extends Script implements Stage {
  readonly modules: Modules;
  readonly rules: string;
  /** The hosts' names, from left to right; empty until there are any. */
  names: readonly string[] = [];
  readonly #time = new VirtualTime();
  #ladder: Ladder | undefined;

  constructor(outlet: Outlet, modules: Modules, rules = "") {
    super(outlet);
    this.modules = modules;
    this.rules = outlet.rules ?? rules;
  }

  now(): number {
    return this.#time.now;
  }

  run(milliseconds: number): Promise<void> {
    return this.#time.run(milliseconds);
  }

  settle<T>(promise: Promise<T>): Promise<T> {
    return this.#time.settle(promise);
  }

  twoHosts({ tcp = {}, client, server, ...wire }: TwoHostsOptions = {}): { client: FullHost; server: FullHost; wire: Segment } {
    const { hosts, wires } = this.net({
      wires: { wire },
      hosts: {
        client: { tcp, ...client, on: { wire: { address: "10.44.0.1" } } },
        server: { tcp, ...server, on: { wire: { address: "10.44.0.2" } } },
      },
    });
    return { ...hosts, wire: wires.wire };
  }

  net<H extends string, W extends string>(plan: NetPlan<H, W>): Net<H, W> {
    if (this.#ladder !== undefined) throw new TypeError("An experiment has one net");
    const hosts = {} as Record<H, FullHost>;
    this.names = Object.keys(plan.hosts);
    const ladder = this.#ladder = new Ladder([...this.names, "all"], () => hosts);
    const wires = Object.fromEntries(
      (Object.entries(plan.wires) as [W, SegmentOptions][]).map(([name, options]) => [
        name,
        new Segment(name, options, () => this.now(), (packet, arrives) => this.sight(ladder, packet, arrives, 0)),
      ]),
    ) as Record<W, Segment>;
    for (const [index, [name, host]] of (Object.entries(plan.hosts) as [H, HostPlan][]).entries()) {
      hosts[name] = this.#host(name, index, host, wires);
    }
    this.#time.add(...Object.values(wires) as Segment[], ...Object.values(hosts) as FullHost[]);
    return { hosts, wires };
  }

  #host(
    name: string,
    index: number,
    { on, emit = () => {}, around = (device) => device, ...config }: HostPlan,
    wires: Record<string, Segment>,
  ): FullHost {
    const interfaces: HostConfig["interfaces"][number][] = [];
    const devices = Object.entries(on).map(([wire, own], at) => {
      const segment = wires[wire];
      if (segment === undefined) throw new TypeError(`There is no wire "${wire}"`);
      const mac = own.mac ?? `02:00:00:00:0${at}:0${index + 1}`;
      const { medium } = segment.options;
      interfaces.push(medium === "ip" ? { ...own, medium } : { ...own, medium, mac });
      return around(segment.attach(name, [own.address, mac]), wire);
    });
    return Host.bind(this.modules, { seed: this.seed * 16 + index, ...config, interfaces }, devices, { emit }) as FullHost;
  }
}
