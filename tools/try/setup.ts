/** How many experiments begin: somebody listens, and two are connected. */
import type { SocketAddress } from "../../stack/socket/address.ts";
import { connect, type TcpConn } from "../../stack/socket/conn.ts";
import type { Descriptor, Process } from "../../stack/socket/descriptors.ts";
import { listen } from "../../stack/socket/listener.ts";
import type { FullHost, LiveStage, Stage, TwoHostsOptions } from "./experiment.ts";
import { KernelProgram } from "./kernel_program.ts";
import type { Segment } from "./segment.ts";

/** A new descriptor of the process that listens at this address. */
export function listening(process: Process, address: SocketAddress, backlog = 5): Descriptor {
  const door = process.socket("inet", "stream");
  process.bind(door, address);
  process.listen(door, backlog);
  return door;
}

/** The usual two hosts, and a connection from client to server; its handshake is over at 100 ms, and not shown. */
export async function connected(
  stage: Stage,
  options?: TwoHostsOptions,
): Promise<
  { readonly client: FullHost; readonly server: FullHost; readonly wire: Segment; readonly near: TcpConn; readonly far: TcpConn }
> {
  const hosts = stage.twoHosts(options);
  const listener = listen(hosts.server, { port: 80 });
  stage.ladder(false);
  const near = await stage.settle(connect(hosts.client, { hostname: "10.44.0.2", port: 80 }));
  const far = await stage.settle(listener.accept());
  await stage.run(70);
  stage.ladder(true);
  return { ...hosts, near, far };
}

/** Live: our host has connected to a program on Linux, whose descriptor is `far`. The handshake is not shown. */
export async function connectedToLinux(
  stage: LiveStage,
): Promise<{ readonly linux: KernelProgram; readonly near: TcpConn; readonly far: number }> {
  const linux = new KernelProgram(stage);
  const door = await linux.listen(80);
  stage.ladder(false);
  const near = await connect(stage.host, { hostname: "10.44.0.1", port: 80 });
  const far = await linux.accept(door);
  stage.ladder(true);
  return { linux, near, far };
}

/** Live: a program on Linux, whose descriptor is `near`, has connected to our host. The handshake is not shown. */
export async function connectedFromLinux(
  stage: LiveStage,
): Promise<{ readonly linux: KernelProgram; readonly near: number; readonly far: TcpConn }> {
  const linux = new KernelProgram(stage);
  const accepting = listen(stage.host, { port: 80 }).accept();
  stage.ladder(false);
  const near = await linux.socket();
  await linux.call({ name: "connect", descriptor: near, address: { ip: "10.44.0.2", port: 80 } });
  const far = await accepting;
  stage.ladder(true);
  return { linux, near, far };
}
