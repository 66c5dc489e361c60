/**
 * A web server on the virtual wire, and clients of it that say exactly what a check says, in segments that end where the check wants. The site: see
 * tools/harness/subject/web_site.ts.
 */
import { latin1Bytes, latin1Text } from "../../../stack/wire/latin1.ts";
import type { Trial } from "../../../tools/harness/suite.ts";
import type { TcpStation } from "../../../tools/harness/tcp_station.ts";
import { head } from "./bench.ts";

type SiteOptions = Parameters<TcpStation["serve"]>[0];

/** Limits that are soon reached; times in virtual milliseconds. */
export const SITE = {
  idleTime: 5000,
  lingerTime: 1000,
  limits: { requestLine: 300, headerLine: 300, headers: 1000, headerCount: 20, body: 5000, headTime: 3000, requestTime: 8000 },
} as const satisfies SiteOptions;

/** More than any answer here has: whoever is told so much is told it for ever. */
const ENDLESS = 200_000;

/** A client, and what it has heard. */
export interface Client {
  /** Sends text in one segment. */
  say(text: string): Promise<void>;
  /** Everything that has come so far, when the server has been silent for `within` milliseconds. */
  hear(within?: number): Promise<string>;
  /** How the server has ended the connection: "FIN", "RST", or not yet. */
  ended(): "FIN" | "RST" | "not at all";
}

/** The stack on a tunnel, with a web server on it. */
export async function site(t: Trial, options: SiteOptions = SITE): Promise<TcpStation> {
  const tcp = await t.tcp({ interfaces: [{ medium: "ip", address: "10.44.0.2" }] });
  await tcp.serve(options);
  return tcp;
}

/** A client that has connected. */
export async function visit(tcp: TcpStation): Promise<Client> {
  const peer = tcp.peer();
  await peer.send({ flags: "SYN", seq: 0, mss: 1460 });
  await peer.expect({ flags: "SYN ACK", seq: 0, ack: 1 }, "a SYN to the server's port is answered by SYN and ACK");
  await peer.send({ flags: "ACK", seq: 1, ack: 1 });
  let text = "";
  let end: "FIN" | "RST" | "not at all" = "not at all";

  /** Takes what is queued; whether there was anything new in it. */
  const take = async (within: number): Promise<boolean> => {
    let isNew = false;
    for (let seen = await peer.seen(within); seen !== undefined; seen = await peer.seen()) {
      if (seen.flags.includes("RST")) end = "RST";
      if (seen.seq === 1 + text.length && seen.data.length > 0) {
        text += latin1Text(seen.data);
        isNew = true;
      }
      if (seen.flags.includes("FIN") && end === "not at all") {
        end = "FIN";
        isNew = true;
      }
    }
    return isNew;
  };
  return {
    say: async (said) => {
      const shown = JSON.stringify(said.length > 60 ? `${said.slice(0, 60)}…` : said);
      await peer.send({ flags: "ACK PSH", data: latin1Bytes(said) }, `the client says ${shown}`);
    },
    hear: async (within = 0) => {
      for (let wait = within; text.length < ENDLESS && await take(wait); wait = 0) {
        if (end !== "RST") await peer.send({ flags: end === "FIN" ? "FIN ACK" : "ACK" });
      }
      return text;
    },
    ended: () => end,
  };
}

/** Says these pieces over a connection of its own, and gives what the server said to it. */
export async function exchange(tcp: TcpStation, pieces: readonly string[]): Promise<{ text: string; ended: ReturnType<Client["ended"]> }> {
  const client = await visit(tcp);
  for (const piece of pieces) {
    await client.say(piece);
    await client.hear();
  }
  return { text: await client.hear(), ended: client.ended() };
}

/** A request for a page. */
export function get(target: string, ...lines: readonly string[]): string {
  return head(`GET ${target} HTTP/1.1`, "Host: wall", ...lines);
}

/** Fails unless this is what /bytes/N and /pieces/N give. */
export function expectNumbers(t: Trial, body: string, count: number, what: string): void {
  t.equal(body.length, count, `bytes of the body, ${what}`);
  for (let i = 0, at = 0; at < count; i++) {
    const wanted = `${i} `.slice(0, count - at);
    const got = body.slice(at, at + wanted.length);
    t.ok(got === wanted, `the body, ${what}: ${JSON.stringify(wanted)} at byte ${at}`, JSON.stringify(got));
    at += wanted.length;
  }
}

/** The topic of where an answer ends, by what its head says. */
export function sentBy(text: string): { readonly why: string; readonly look: readonly string[] } {
  return text.includes("\r\nTransfer-Encoding: chunked\r\n")
    ? {
      why:
        "In front of each chunk stands how many bytes it has, in hexadecimal digits, and behind it CR LF (RFC 9112 §7.1). By a wrong size, or without its CR LF, the " +
        "client looks for the next chunk in the wrong place.",
      look: ["writeChunk"],
    }
    : {
      why: "This answer has no chunks: it ends where its Content-Length says or, without one, where the connection ends (RFC 9112 §6.3).",
      look: ["planAnswer", "writeHead"],
    };
}

/** The same, as the last over its connection. */
export function lastGet(target: string): string {
  return get(target, "Connection: close");
}

/** What /tell says about such a request. */
export function told(method: string, target: string, headers: readonly string[], length = 0, version = "1.1"): string {
  return [`${method} ${target} ${version}`, ...headers, `${length} bytes`, ""].join("\n");
}
