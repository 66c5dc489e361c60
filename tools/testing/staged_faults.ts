/**
 * One staged fault, and the walk that is to find it: a program for the inside of a namespace of its own. Its argument names the scene; it
 * prints the diagnosis, or what the command said. For tests only.
 */
import { createProcess, type Descriptor, type Process } from "../../stack/socket/descriptors.ts";
import { parseSocketAddress } from "../../stack/socket/address.ts";
import { setUp } from "../../stack/link/ifreq.ts";
import { NoLiveWire } from "../../stack/link/no_live_wire.ts";
import type { Host } from "../../stack/host.ts";
import type { Frame } from "../../stack/wire/frame.ts";
import type { Target } from "../diagnose/finding.ts";
import { walk } from "../diagnose/walk.ts";
import { addRoute, prepareNamespace, sysctl } from "../harness/kernel/settings.ts";
import { TcpSocket } from "../harness/kernel/tcp_socket.ts";
import { dieWithParent } from "../harness/namespace.ts";
import { onlyIp, openWire, startHost, startLoop, startRouter, wall } from "./stage.ts";

/** What is to be done inside: a scene, and a walk, or a command line for `deno task diagnose`. */
export interface StageOrder {
  readonly scene: SceneName;
  readonly target?: Target;
  /** As if it were this one. */
  readonly system?: typeof Deno.build.os;
  readonly command?: readonly string[];
}

/** What `deno task diagnose` said. */
export interface CommandSaid {
  readonly status: number;
  readonly out: string;
}

/** Where TCP's flags stand in a frame. */
const FLAGS = 47;
const STACK = "10.44.0.2", KERNEL = "10.44.0.1";
const text = (words: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(words);

/** A server on the stack: `serve` gets each connection. */
function server(host: Host, port: number, serve: (process: Process, connection: Descriptor) => Promise<unknown>, backlog = 8): void {
  const process = createProcess(host, { privileged: true });
  const listening = process.socket("inet", "stream");
  process.bind(listening, parseSocketAddress(`0.0.0.0:${port}`));
  process.listen(listening, backlog);
  (async () => {
    for (;;) void serve(process, await process.accept(listening)).catch(() => {}); // the caller may have gone
  })();
}

/** A server that says this at once, or when it is spoken to. */
const saying = (words: string, { first = false } = {}) => (process: Process, connection: Descriptor): Promise<unknown> => {
  const heard = first ? Promise.resolve(0) : process.read(connection, new Uint8Array(4000));
  return heard.then(() => process.write(connection, text(words)));
};
const web = saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

/** A listening socket of the kernel that nobody looks after, with so many connections in its queue. */
async function neglected(address: string, port: number, backlog: number, callers: number): Promise<void> {
  const listening = new TcpSocket({});
  listening.bindPort(address, port);
  listening.listen(backlog);
  for (let i = 0; i < callers; i++) await Deno.connect({ hostname: address, port });
}

/** A name server on the stack, which knows `server.test` and nobody else. */
function nameServer(host: Host): void {
  const process = createProcess(host, { privileged: true });
  const socket = process.socket("inet", "dgram");
  process.bind(socket, parseSocketAddress(`${STACK}:53`));
  (async () => {
    for (;;) {
      const query = new Uint8Array(512);
      const { count, from } = await process.recvfrom(socket, query);
      // The header, then the question; what follows it is not repeated.
      const question = query.slice(0, query.indexOf(0, 12) + 5);
      const isKnown = new TextDecoder().decode(query.subarray(0, count)).includes("\x06server\x04test\0\0\x01");
      question.set([0x81, isKnown ? 0x80 : 0x83, 0, 1, 0, isKnown ? 1 : 0, 0, 0, 0, 0], 2);
      const answer = isKnown ? [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 10, 44, 0, 2] : [];
      await process.sendto(socket, Uint8Array.of(...question, ...answer), from);
    }
  })();
}

const beyond = { network: "192.0.2.0", prefixLength: 24, device: "tap0" };

const SCENES = {
  "a web server": () => server(startHost(openWire()), 80, web),
  "a server that speaks first": () => server(startHost(openWire()), 22, saying("SSH-2.0-\x1b[31mtest\r\n", { first: true })),
  "a name server and a web server": () => {
    const host = startHost(openWire());
    nameServer(host);
    server(host, 80, web);
  },
  "nobody may ping": () => {
    sysctl({ name: "net.ipv4.ping_group_range", value: "1 0" });
    server(startHost(openWire()), 80, web);
  },
  "no default route": () => startHost(openWire()),
  "a route that refuses": async () => {
    await new Deno.Command("ip", { args: ["route", "add", "prohibit", "192.0.2.0/24"] }).output();
  },
  "the interface is off": () => {
    openWire();
    setUp("tap0", false);
  },
  "the cable is out": () => openWire({ persist: true }).close(),
  "nobody has the router's address": () => {
    startHost(openWire());
    addRoute({ ...beyond, gateway: "10.44.0.9" });
  },
  "a router without a route": () => {
    startRouter(openWire(), [{ to: "198.51.100.0/24", gateway: KERNEL }]);
    addRoute({ ...beyond, gateway: STACK });
  },
  "two routers in a circle": () => {
    startLoop(openWire());
    addRoute({ ...beyond, gateway: STACK });
  },
  "long packets vanish": () => server(startHost(openWire(), onlyIp((_, length) => length < 600)), 80, web),
  "long pings vanish": () => server(startHost(openWire(), onlyIp((protocol, length) => protocol !== 1 || length < 600)), 80, web),
  "a filter that says so": () => {
    const tap = openWire();
    startHost(tap, wall(tap, 3, 13));
  },
  "a filter that says port unreachable": () => {
    const tap = openWire();
    startHost(tap, wall(tap, 3, 3));
  },
  "a filter that swallows SYNs": () => startHost(openWire(), onlyIp((protocol) => protocol !== 6)),
  "a host that swallows everything": () => startHost(openWire(), onlyIp(() => false)),
  "the first SYN is lost": () => {
    let segments = 0;
    server(startHost(openWire(), onlyIp((protocol) => protocol !== 6 || segments++ > 0)), 80, web);
  },
  "nobody listens": () => startHost(openWire()),
  "it listens at another address": () => {
    openWire();
    return neglected("127.0.0.1", 8080, 5, 0);
  },
  "no port is free": async () => {
    server(startHost(openWire()), 80, web);
    sysctl({ name: "net.ipv4.ip_local_port_range", value: "40000 40000" });
    await Deno.connect({ hostname: STACK, port: 80 });
  },
  "the queue is full": () => neglected("127.0.0.1", 8080, 1, 2),
  "nobody accepts": () => neglected("127.0.0.1", 8080, 5, 1),
  "their queue is full": async () => {
    const process = createProcess(startHost(openWire()), { privileged: true });
    const listening = process.socket("inet", "stream");
    process.bind(listening, parseSocketAddress(`${STACK}:80`));
    process.listen(listening, 1);
    await Deno.connect({ hostname: STACK, port: 80 });
  },
  "what comes after the SYN is not taken": () => {
    const isSyn = (frame: Frame): boolean => (frame.view.getUint8(frame.start + FLAGS) & 2) !== 0;
    server(startHost(openWire(), onlyIp((protocol, _length, frame) => protocol !== 6 || isSyn(frame))), 80, web);
  },
  "it never says a word": () => server(startHost(openWire()), 22, () => Promise.resolve()),
  "it closes at once": () => server(startHost(openWire()), 80, (process, connection) => process.close(connection)),
  "it resets": () =>
    server(startHost(openWire()), 80, (process, connection) => {
      process.setsockopt(connection, "SO_LINGER", 0);
      return process.close(connection);
    }),
  "it is another server": () => server(startHost(openWire()), 80, saying("SSH-2.0-OpenSSH_9.2\r\n", { first: true })),
  "its inside is broken": () => server(startHost(openWire()), 80, saying("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")),
} as const satisfies Record<string, () => unknown>;

/** A scene. */
export type SceneName = keyof typeof SCENES;

/** With our name server in the place of this machine's; in a mount namespace of its own. */
const WITH_OUR_NAMES = `f=$(mktemp) && echo nameserver ${STACK} >$f && mount --bind $f /etc/resolv.conf && rm $f && exec "$@"`;

/** The command as its task has it. */
async function runCommand(words: readonly string[]): Promise<CommandSaid> {
  const root = decodeURIComponent(new URL("../..", import.meta.url).pathname);
  const { tasks } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  const [, verb = "", ...rest] = tasks.diagnose.command.split(" ") as string[];
  const options = [verb, "--no-prompt", `--config=${root}deno.json`, ...rest.slice(0, -1), `${root}${rest.at(-1)}`, ...words];
  const args = ["--mount", "--", "sh", "-c", WITH_OUR_NAMES, "sh", Deno.execPath(), ...options];
  const { code, stdout, stderr } = await new Deno.Command("unshare", { args, stdin: "null" }).output();
  return { status: code, out: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

if (import.meta.main) {
  dieWithParent();
  const { scene, target, system, command } = JSON.parse(Deno.args[0] as string) as StageOrder;
  try {
    prepareNamespace();
    await SCENES[scene]();
    console.log(JSON.stringify(target !== undefined ? await walk(target, () => {}, system) : await runCommand(command ?? [])));
  } catch (error) {
    if (!(error instanceof NoLiveWire)) throw error;
    console.log(JSON.stringify({ refused: { reason: error.reason, detail: error.message } }));
  }
  Deno.exit(0);
}
