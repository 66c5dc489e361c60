/**
 * The kernel behind a router of ours that translates (behind_nat.ts), in a namespace of its own: it calls the server beyond, and is called by it. Run with a folder for
 * captures; prints one NatLiveResult as JSON. For tests only.
 */
import { createSocket } from "node:dgram";
import { capture, captureTo } from "../../stack/link/capture.ts";
import { openTunTap } from "../../stack/link/tuntap_ffi.ts";
import { run } from "../../stack/runner.ts";
import { connect } from "../../stack/socket/conn.ts";
import { parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { createRandom } from "../../stack/wire/random.ts";
import { addRoute, prepareNamespace } from "../harness/kernel/settings.ts";
import { dieWithParent } from "../harness/namespace.ts";
import { behindNat, INSIDE, OUTSIDE, ROUTER, serve, type Served, SERVER } from "./behind_nat.ts";

/** What came of it. */
export interface NatLiveResult {
  /** Each of two calls of the kernel got back what it said. */
  readonly echoed: readonly boolean[];
  /** What the server saw of them. */
  readonly served: readonly Served[];
  /** Where the server saw the kernel's datagram come from. */
  readonly told: string;
  /** Who called the kernel, as it saw it, and whether all bytes came. */
  readonly calledFrom: string;
  readonly called: boolean;
  readonly bytes: number;
  /** Echoes of 2000 bytes came back, and one that had no hop left was reported by the router; undefined where there is no ping. */
  readonly pinged?: readonly boolean[];
  /** The router had to say that something was too long for the wire outside. */
  readonly tooLong: boolean;
  readonly framesLent: number;
}

const BYTES = 1_000_000;
/** Milliseconds: by then it is over, or it hangs. */
const PATIENCE = 60_000;

async function writeAll(conn: Pick<Deno.TcpConn, "write" | "closeWrite">, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at, at + 30_000));
  await conn.closeWrite();
}

async function readAll(conn: Pick<Deno.TcpConn, "read">): Promise<Uint8Array> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const buffer = new Uint8Array(65_536);
  for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) parts.push(buffer.slice(0, count));
  return await new Blob(parts).bytes();
}

/** Whether ping(8) says so with these arguments. Undefined, where there is none. */
async function ping(words: string, says: RegExp): Promise<boolean | undefined> {
  try {
    const { stdout } = await new Deno.Command("ping", { args: [...words.split(" "), SERVER], env: { LC_ALL: "C" } }).output();
    return says.test(new TextDecoder().decode(stdout));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function main(folder: string): Promise<NatLiveResult> {
  prepareNamespace();
  const clock = (): number => performance.now();
  const files = ["inside", "outside"].map((side) => captureTo(`${folder}/${side}.pcapng`));
  const [insideFile, outsideFile] = files as [typeof files[0], typeof files[0]];
  const tun = openTunTap({ kind: "tun", address: parseIpv4Address(INSIDE) });
  addRoute({ network: "192.0.2.0", prefixLength: 24, gateway: ROUTER, device: tun.name });
  const net = behindNat(
    capture(tun, insideFile as never, { clock }),
    (device) => capture(device, outsideFile as never, { clock }),
    clock(),
  );
  const stop = new AbortController();
  const running = run(net, [tun], { signal: stop.signal, clock });
  const served: Served[] = [];
  serve(net, served);

  const said = createRandom(9).bytes(BYTES);
  const call = async (): Promise<boolean> => {
    const conn = await Deno.connect({ hostname: SERVER, port: 80 });
    const [heard] = await Promise.all([readAll(conn), writeAll(conn, said)]);
    conn.close();
    return heard.length === BYTES && heard.every((byte, at) => byte === ((said[at] as number) ^ 255));
  };
  const echoed = await Promise.all([call(), call()]);

  const socket = createSocket("udp4");
  const telling = new Promise<Uint8Array>((resolve) => socket.on("message", resolve));
  socket.send(new Uint8Array(3000), 53, SERVER);
  const told = await telling;
  socket.close();

  const pings = [
    await ping("-n -c 3 -i 0.01 -W 5 -s 2000 -M dont", / 3 received/),
    await ping("-n -c 1 -t 1 -W 5", new RegExp(`From ${ROUTER} .*Time to live exceeded`)),
  ];

  const listener = Deno.listen({ hostname: INSIDE, port: 8000 });
  const [accepted, calling] = await Promise.all([listener.accept(), connect(net.server, { hostname: OUTSIDE, port: 80 })]);
  const [heard] = await Promise.all([readAll(accepted), writeAll(calling, said)]);
  accepted.close();
  calling.close();
  listener.close();
  for (let i = 0; i < 100 && net.router.framesLent > 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  stop.abort();
  await running;
  for (const file of files) file.close();
  return {
    echoed,
    served,
    told: new TextDecoder().decode(told),
    calledFrom: (accepted.remoteAddr as Deno.NetAddr).hostname,
    called: heard.length === BYTES && heard.every((byte, at) => byte === said[at]),
    bytes: BYTES,
    ...pings.includes(undefined) ? {} : { pinged: pings as boolean[] },
    tooLong: (net.router.counters()["ip: too long and may not be cut"] ?? 0) > 0,
    framesLent: net.router.framesLent,
  };
}

if (import.meta.main) {
  dieWithParent();
  setTimeout(() => {
    console.error(`It was not over after ${PATIENCE} ms`);
    Deno.exit(1);
  }, PATIENCE);
  console.log(JSON.stringify(await main(Deno.args[0] ?? ".")));
  Deno.exit();
}
