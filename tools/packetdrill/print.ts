/**
 * An event written back in the language, in one form: one space where there may be any, times in seconds with as many digits as they need.
 * What is printed here, the parser reads as the same event.
 */
import type {
  CallEvent,
  EventTime,
  IcmpPacket,
  IpFields,
  PacketEvent,
  ScriptEvent,
  SequenceRange,
  TcpOption,
  TcpPacket,
  Value,
} from "./script.ts";

/** "+0.1 < S 0:0(0) win 1000 <mss 1000>". Commands and code keep their lines. */
export function printEvent(event: ScriptEvent): string {
  const time = printTime(event.time, event.kind === "call" ? event.until : undefined);
  switch (event.kind) {
    case "packet":
      return `${time} ${printPacket(event)}`;
    case "call":
      return `${time} ${printCall(event)}`;
    case "command":
      return `${time} \`${event.text.replaceAll("`", "\\`")}\``;
    case "code":
      return `${time} %{${event.text}}%`;
  }
}

/** "+0.1", "0.1~0.2", "0.1...0.2", "*". */
export function printTime(time: EventTime, until?: number): string {
  const end = until === undefined ? "" : `...${seconds(until)}`;
  switch (time.kind) {
    case "any":
      return "*";
    case "absolute":
      return `${seconds(time.at)}${end}`;
    case "relative":
      return `+${seconds(time.at)}${end}`;
    case "absolute range":
      return `${seconds(time.from)}~${seconds(time.to)}`;
    case "relative range":
      return `+${seconds(time.from)}~+${seconds(time.to)}`;
  }
}

/** "< [ect0] S 0:0(0) win 1000". */
export function printPacket({ direction, ip, packet }: PacketEvent): string {
  const ports = packet.protocol !== "icmp" && packet.ports !== undefined ? `${packet.ports.source} > ${packet.ports.destination}: ` : "";
  const head = `${direction === "in" ? "<" : ">"} ${printIp(ip)}${ports}`;
  if (packet.protocol === "udp") return `${head}udp (${packet.length})`;
  return `${head}${packet.protocol === "tcp" ? printTcp(packet) : printIcmp(packet)}`;
}

/** "accept(3, ..., ...) = 4", "read(4, ..., 10) = -1 EAGAIN (Resource temporarily unavailable)". */
export function printCall({ name, args, returns, error, note }: CallEvent): string {
  const result = returns === undefined ? "?" : printValue(returns);
  const behind = `${error === undefined ? "" : ` ${error}`}${note === undefined ? "" : ` (${note})`}`;
  return `${name}(${args.map(printValue).join(", ")}) = ${result}${behind}`;
}

/** An argument of a call. */
export function printValue(value: Value): string {
  switch (value.kind) {
    case "any":
      return "...";
    case "number":
      return `${value.value}`;
    case "string":
      return `"${value.value.replaceAll(/["\\\p{Cc}]/gu, escape)}"${value.more ? "..." : ""}`;
    case "name":
      return value.name;
    case "or":
      return value.parts.map(printValue).join("|");
    case "list":
      return `[${value.items.map(printValue).join(", ")}]`;
    case "struct":
      return `{${value.fields.map(printField).join(", ")}}`;
    case "function":
      return `${value.name}(${value.args.map(printValue).join(", ")})`;
  }
}

function printField({ name, of, value }: { readonly name?: string; readonly of?: Value; readonly value: Value }): string {
  if (name === undefined) return printValue(value);
  return `${name}${of === undefined ? "" : `(${printValue(of)})`}=${printValue(value)}`;
}

function escape(c: string): string {
  if (c === '"' || c === "\\") return `\\${c}`;
  if (c === "\n") return "\\n";
  return `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

function printIp({ ecn, tos, ttl, damaged, offset }: IpFields): string {
  const fields = [
    ecn,
    tos === undefined ? undefined : `tos 0x${tos.toString(16)}`,
    ttl === undefined ? undefined : `ttl ${ttl}`,
    damaged === true ? "damaged" : undefined,
    offset === undefined ? undefined : `offset ${offset}`,
  ];
  const written = fields.filter((field) => field !== undefined).join(",");
  return written === "" ? "" : `[${written}] `;
}

function printTcp({ flags, seq, ack, window, urgent, options }: TcpPacket): string {
  const parts = [flags === "" ? "-" : flags, range(seq)];
  if (ack !== undefined) parts.push(`ack ${ack}`);
  if (window !== undefined) parts.push(`win ${window}`);
  if (urgent !== undefined) parts.push(`urg ${urgent}`);
  if (options === "any") parts.push("<...>");
  else if (options.length > 0) parts.push(`<${options.map(printOption).join(",")}>`);
  return parts.join(" ");
}

/** "mss 1460", "TS val 100 ecr 0". */
export function printOption(option: TcpOption): string {
  switch (option.kind) {
    case "nop":
    case "eol":
    case "sackOK":
      return option.kind;
    case "mss":
    case "wscale":
      return `${option.kind} ${option.value}`;
    case "sack":
      return `sack ${option.blocks.map(({ from, to }) => `${from}:${to}`).join(" ")}`;
    case "TS":
      return `TS val ${option.value} ecr ${option.echo}`;
    case "raw":
      return `raw 0x${hexOf(option.bytes)}`;
    case "unknown": {
      const bytes = hexOf(option.bytes);
      return `unknown ${option.number}${bytes === "" ? "" : ` 0x${bytes}`}`;
    }
  }
}

function hexOf(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function printIcmp({ type, code, mtu, about }: IcmpPacket): string {
  const parts = ["icmp", type];
  if (code !== undefined) parts.push(code);
  if (mtu !== undefined) parts.push(`mtu ${mtu}`);
  if (about !== undefined) parts.push("seq" in about ? `[${range(about.seq)}]` : `[udp (${about.udp})]`);
  return parts.join(" ");
}

function range({ from, to, length }: SequenceRange): string {
  return `${from}:${to}(${length})`;
}

/** Microseconds as seconds: "0", "0.1", "1.000001". */
function seconds(microseconds: number): string {
  return `${Math.floor(microseconds / 1e6)}.${`${microseconds % 1e6}`.padStart(6, "0")}`.replace(/\.?0+$/, "");
}
