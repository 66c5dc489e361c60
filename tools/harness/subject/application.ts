/** An application above the subject's TCP, moved by the grader: it listens, connects, reads and writes when it is told. */
import type { HttpModule } from "../../../stack/contract/http.ts";
import type { SelectorModule } from "../../../stack/contract/selector.ts";
import type { Host } from "../../../stack/host.ts";
import type { Connection } from "../../../stack/tcp/connection.ts";
import type { Listener } from "../../../stack/tcp/listener.ts";
import { formatIpv4Address, parseIpv4Address } from "../../../stack/wire/ipv4_address.ts";
import type { SelectorAct, SiteOptions, TcpAct } from "./protocol.ts";
import { SelectorApplication } from "./selector_application.ts";
import { WebSite } from "./web_site.ts";
import { placesIn } from "./values.ts";

/** One connection, with what it was told since somebody looked. */
interface Held {
  readonly connection: Connection;
  notices: string[];
}

export class Application {
  /** The web site, once one is served. */
  site: WebSite | undefined = undefined;
  readonly #host: Host;
  /** The program with a selector, once it has done something. */
  selector: SelectorApplication | undefined = undefined;
  readonly #http: HttpModule;
  readonly #rules: SelectorModule;
  readonly #listeners: Listener[] = [];
  /** How the lengths of a listener's queues are asked for, taken before any lab can get hold of the queue. */
  readonly #lengths: (() => { halfOpen: number; accept: number })[] = [];
  readonly #held: Held[] = [];

  constructor(host: Host, http: HttpModule, rules: SelectorModule) {
    this.#host = host;
    this.#http = http;
    this.#rules = rules;
  }

  /** Does one thing; returns plain data. Errors of the socket layer are returned as { error }. */
  act(act: TcpAct, args: readonly unknown[], now: number): unknown {
    try {
      return this.#do(act, args, now);
    } catch (error) {
      // A TypeError of the socket layer's is an answer; one out of a lab's code is an exception, which is told with its place.
      const misused = error instanceof TypeError && placesIn(`${error.stack ?? ""}`).at.length === 0;
      const known = misused || Object.values(Deno.errors).some((kind) => error instanceof kind);
      if (error instanceof Error && known) return { error: error.name, message: error.message };
      throw error;
    }
  }

  #do(act: TcpAct, args: readonly unknown[], now: number): unknown {
    const tcp = this.#host.tcp;
    if (tcp === undefined) throw new Error("this host has no TCP");
    const number = args[0] as number;
    switch (act) {
      case "listen":
        return this.#keep(tcp.listen(parseIpv4Address(args[0] as string), args[1] as number, args[2] as number, args[3] as boolean));
      case "serve":
        this.site = new WebSite(this.#host, this.#http, args[0] as number, args[1] as SiteOptions);
        return 0;
      case "selector":
        this.selector ??= new SelectorApplication(this.#host, this.#rules);
        return this.selector.act(args[0] as SelectorAct, args.slice(1));
      case "accept": {
        const connection = this.#listeners[number]?.accept();
        return connection === undefined ? -1 : this.#hold(connection);
      }
      case "closeListener":
        return tcp.closeListener(this.#listeners[number] as Listener);
      case "queues":
        return this.#lengths[number]?.() ?? {};
      case "connect": {
        const [address, port, localPort, options] = args as [string, number, number | undefined, object | undefined];
        const local = localPort === undefined ? {} : { port: localPort };
        return this.#hold(tcp.connect({ address: parseIpv4Address(address), port }, now, local, options));
      }
      case "connections":
        return tcp.connections().map(describe);
      default:
        return this.#withConnection(act, this.#held[number] as Held, args[1]);
    }
  }

  #withConnection(act: TcpAct, held: Held, argument: unknown): unknown {
    const { connection } = held;
    switch (act) {
      case "write":
        return connection.write(argument as Uint8Array);
      case "writeUrgent":
        return (connection as unknown as { writeUrgent(bytes: Uint8Array): number }).writeUrgent(argument as Uint8Array);
      case "read": {
        const target = new Uint8Array(Math.min(argument as number, connection.readable));
        return target.subarray(0, connection.read(target));
      }
      case "shutdown":
        return connection.shutdown();
      case "close":
        return connection.close();
      case "abort":
        return connection.abort();
      case "info":
        return connection.info();
      default: {
        const notices = held.notices;
        held.notices = [];
        return { ...describe(connection), notices };
      }
    }
  }

  #keep(listener: Listener): number {
    const { queue } = listener;
    const { halfOpenCount, acceptCount } = queue;
    this.#lengths.push(() => ({ halfOpen: halfOpenCount.call(queue), accept: acceptCount.call(queue) }));
    return this.#listeners.push(listener) - 1;
  }

  #hold(connection: Connection): number {
    const held: Held = { connection, notices: [] };
    connection.application = { hear: (notice) => void held.notices.push(notice) };
    return this.#held.push(held) - 1;
  }
}

function describe(connection: Connection): Record<string, unknown> {
  const { tcb } = connection;
  return {
    ...tcb,
    localAddress: formatIpv4Address(tcb.localAddress),
    remoteAddress: formatIpv4Address(tcb.remoteAddress),
    readable: connection.readable,
    room: connection.room,
    unacknowledged: connection.unacknowledged,
    resent: connection.resent,
  };
}
