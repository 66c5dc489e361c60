/** What is made of the call: the answer to the SYN, the accept queue, the application. Pure functions of what was seen. */
import type { ListeningSocket } from "./netlink.ts";
import type { Connected, Heard } from "./call.ts";
import type { Target } from "./finding.ts";
import { duration, icmpText, type Judgment, outcomeOfIcmp, unseen } from "./way.ts";

/** Where programs speak first: FTP, SSH, mail. */
const SPEAK_FIRST = [21, 22, 25, 110, 143, 587];
/** Columns of what an application said. */
const SHOWN = 48;

/** What is known beside the call. */
export interface Circumstances {
  /** A ping was answered. */
  readonly pinged: boolean;
  /** Listening sockets of this machine, when it is called itself. */
  readonly listeners?: { readonly here: ListeningSocket | undefined; readonly elsewhere: readonly string[] };
}

export function judgeCall({ error, milliseconds, syns, icmp }: Connected, { pinged, listeners }: Circumstances): Judgment {
  const after = `after ${duration(milliseconds)}`;
  if (error === undefined) {
    if (syns === undefined || syns === 1) return { mark: "fine", said: `the connection is open ${after}` };
    return { mark: "note", said: `open ${after}, with SYN number ${syns}: ${syns === 2 ? "one" : syns - 1} got no answer` };
  }
  if (icmp !== undefined) return { mark: "stop", said: `${icmpText(icmp)}, ${after}`, outcome: outcomeOfIcmp(icmp) };
  if (error === "ECONNREFUSED") return { mark: "stop", said: `a RST ${after}${elsewhereText(listeners)}`, outcome: "refused" };
  if (error === "ECONNRESET") return { mark: "stop", said: `a RST ${after}`, outcome: "reset" };
  if (error === "silence" || error === "ETIMEDOUT") {
    const { here } = listeners ?? {};
    const said = `no answer in ${duration(milliseconds)}${syns === undefined ? "" : `; SYNs sent: ${syns}`}`;
    const isFull = here !== undefined && here.waiting > here.backlog;
    return { mark: "stop", said, outcome: isFull ? "queue-full" : pinged ? "syn-dropped" : "no-answer" };
  }
  if (error === "ENETUNREACH") return { mark: "stop", said: `${error}: there is no route`, outcome: "no-route" };
  if (error === "EHOSTUNREACH") {
    return { mark: "stop", said: `${error} ${after}`, outcome: syns === undefined ? "unreachable" : "nobody-there" };
  }
  return { mark: "stop", said: `${error}: this host's TCP refuses, and has sent nothing`, outcome: "refused-here" };
}

function elsewhereText(listeners: Circumstances["listeners"]): string {
  if (listeners === undefined || listeners.elsewhere.length === 0) return "";
  return `; somebody listens at this port, but at ${listeners.elsewhere.join(", ")}`;
}

/** `wasLong`: what we said filled a packet, and it is feared that such get lost. `here` was looked at after the call. */
export function judgeQueue(heard: Heard, { listeners }: Circumstances, wasLong: boolean): Judgment {
  const { here } = listeners ?? {};
  const hasSpoken = heard.bytes.length > 0 || heard.end !== undefined;
  if (heard.unacknowledged || heard.synAckAgain) {
    const said = heard.unacknowledged
      ? "what we said is not acknowledged, though it was sent again"
      : "their SYN ACK came again: they did not take our ACK";
    return { mark: "stop", said, outcome: wasLong ? "long-lost" : "unacknowledged" };
  }
  if (hasSpoken) return { mark: "fine", said: "their program has taken the connection" };
  if (here === undefined) return unseen("their TCP said yes; whether their program did, cannot be seen from here");
  if (here.waiting === 0) return { mark: "fine", said: "the program has taken the connection" };
  const said = `connections that wait for accept(): ${here.waiting}, ours among them; the backlog is ${here.backlog}`;
  return { mark: "stop", said, outcome: "not-accepted" };
}

export function judgeApplication({ bytes, end, milliseconds }: Heard, { http, banner, port }: Target): Judgment {
  const after = `after ${duration(milliseconds)}`;
  if (bytes.length === 0) {
    if (end === "RST") return { mark: "stop", said: `a RST ${after}, and not a byte`, outcome: "reset" };
    if (end === "FIN") return { mark: "stop", said: `it closed ${after}, and not a byte came`, outcome: "closed" };
    if (http) return { mark: "stop", said: `no answer to an HTTP request in ${duration(milliseconds)}`, outcome: "hung" };
    if (banner || SPEAK_FIRST.includes(port)) {
      return { mark: "stop", said: `it should speak first, and said nothing ${after}`, outcome: "hung" };
    }
    return {
      mark: "note",
      said: `silent for ${duration(milliseconds)}, as programs are that let the caller begin (--http asks, --banner insists)`,
    };
  }
  const text = printable(bytes);
  if (!http) return { mark: "fine", said: `it says "${text}" ${after}` };
  const status = /^HTTP\/\d\.\d (\d)\d\d/.exec(text)?.[1];
  if (status === undefined) return { mark: "stop", said: `it says "${text}"${guess(bytes, text)}: no HTTP`, outcome: "other-protocol" };
  if (status === "5") return { mark: "stop", said: `it says "${text}" ${after}`, outcome: "server-error" };
  return { mark: "fine", said: `it says "${text}" ${after}` };
}

function guess(bytes: Uint8Array, text: string): string {
  if (bytes[0] === 0x15 || bytes[0] === 0x16) return " (TLS)";
  if (text.startsWith("SSH-")) return " (SSH)";
  return /^220[ -]/.test(text) ? " (mail, or FTP)" : "";
}

/** The first line, as far as it can be shown: a stranger's bytes must not steer a terminal. */
function printable(bytes: Uint8Array): string {
  const line = new TextDecoder("latin1").decode(bytes).split(/\r?\n/, 1)[0] ?? "";
  return line.slice(0, SHOWN).replaceAll(/[^ -~]/g, "·");
}

/** A request for the head of "/"; with `length` it is padded to as many bytes. */
export function headRequest({ host, port }: Target, length = 0): Uint8Array<ArrayBuffer> {
  const name = host.includes(":") ? `[${host}]` : host;
  const lines = ["HEAD / HTTP/1.1", `Host: ${name}:${port}`, "User-Agent: wallsocket-diagnose", "Connection: close"];
  const short = [...lines, "", ""].join("\r\n");
  const padding = length - short.length - "Padding: \r\n".length;
  return new TextEncoder().encode(padding > 0 ? [...lines, `Padding: ${"x".repeat(padding)}`, "", ""].join("\r\n") : short);
}
