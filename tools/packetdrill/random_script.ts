/** Random events in the language, for tests: whatever a script may say, also what no sensible one would. */
import type { Random } from "../../stack/wire/random.ts";
import type { EventTime, Field, IpFields, Place, ScriptEvent, SequenceRange, TcpOption, TcpPacket, Value } from "./script.ts";

const NOWHERE: Place = { file: "", line: 0, column: 0 };
const NAMES = ["a", "fd", "O_NONBLOCK", "SOL_TCP", "sa_family", "MSG_DONTWAIT", "x1", "_", "udp", "ack", "S"];

/** An event that is printed and parsed as itself. Its places say nothing. */
export function randomEvent(random: Random): ScriptEvent {
  const head = { place: NOWHERE, time: randomTime(random) };
  switch (random.pick(["packet", "packet", "call", "call", "command", "code"] as const)) {
    case "packet": {
      const direction = random.pick(["in", "out"] as const);
      return { kind: "packet", ...head, direction, ip: randomIp(random, direction), packet: randomPacket(random, direction) };
    }
    case "call":
      return { kind: "call", ...head, ...randomCall(random, head.time) };
    case "command":
      return { kind: "command", ...head, text: randomText(random).replaceAll("\\", "") };
    case "code":
      return { kind: "code", ...head, begins: NOWHERE, text: randomText(random).replaceAll("}", "") };
  }
}

function randomTime(random: Random): EventTime {
  const at = random.chance(0.5) ? random.int(0, 9) * 100_000 : random.int(0, 1e9);
  const to = at + random.int(0, 1e6);
  return random.pick<EventTime>([
    { kind: "absolute", at },
    { kind: "relative", at },
    { kind: "absolute range", from: at, to },
    { kind: "relative range", from: at, to },
    { kind: "any" },
  ]);
}

function randomIp(random: Random, direction: "in" | "out"): IpFields {
  const marks = ["noecn", "ect0", "ect1", "ce", direction === "out" ? "ect01" : "ce"] as const;
  return {
    ...(random.chance(0.3) ? { ecn: random.pick(marks) } : {}),
    ...(random.chance(0.2) ? { tos: random.int(0, 255) } : {}),
    ...(random.chance(0.2) ? { ttl: random.int(0, 255) } : {}),
  };
}

function randomPacket(random: Random, direction: "in" | "out"): Extract<ScriptEvent, { kind: "packet" }>["packet"] {
  const ports = random.chance(0.3) ? { ports: { source: random.int(0, 65_535), destination: random.int(0, 65_535) } } : {};
  if (random.chance(0.1)) return { protocol: "udp", ...ports, length: random.int(0, 65_507) };
  if (random.chance(0.1)) {
    return {
      protocol: "icmp",
      type: random.pick(["unreachable", "time_exceeded", "echo_request"]),
      ...(random.chance(0.5) ? { code: random.pick(["frag_needed", "port_unreachable"]) } : {}),
      ...(random.chance(0.5) ? { mtu: random.int(0, 65_535) } : {}),
      ...(random.chance(0.5) ? { about: random.chance(0.5) ? { udp: random.int(0, 65_507) } : { seq: randomRange(random) } } : {}),
    };
  }
  return { protocol: "tcp", ...ports, ...randomSegment(random, direction) };
}

function randomSegment(random: Random, direction: "in" | "out"): Omit<TcpPacket, "protocol" | "ports"> {
  return {
    flags: [..."SFRPU.EWA"].filter(() => random.chance(0.3)).join(""),
    seq: randomRange(random),
    ...(random.chance(0.7) ? { ack: random.int(0, 0xffff_ffff) } : {}),
    ...(random.chance(0.5) ? { window: random.int(0, 65_535) } : {}),
    ...(random.chance(0.1) ? { urgent: random.int(0, 65_535) } : {}),
    options: direction === "out" && random.chance(0.2) ? "any" : randomOptions(random),
  };
}

function randomRange(random: Random): SequenceRange {
  const from = random.chance(0.2) ? 0xffff_ffff - random.int(0, 10) : random.int(0, 100_000);
  const length = random.chance(0.5) ? 0 : random.int(0, 65_495);
  return { from, to: (from + length) % 2 ** 32, length };
}

/** At most three, the largest of 10 bytes. */
function randomOptions(random: Random): readonly TcpOption[] {
  const u32 = (): number => random.int(0, 0xffff_ffff);
  return Array.from({ length: random.int(0, 3) }, () =>
    random.pick<TcpOption>([
      { kind: "nop" },
      { kind: "eol" },
      { kind: "sackOK" },
      { kind: "mss", value: random.int(0, 65_535) },
      { kind: "wscale", value: random.int(0, 255) },
      { kind: "sack", blocks: [{ from: u32(), to: u32() }] },
      { kind: "TS", value: u32(), echo: u32() },
      { kind: "unknown", number: random.int(2, 255), bytes: [...random.bytes(random.int(0, 8))] },
      { kind: "raw", bytes: [...random.bytes(random.int(1, 8))] },
    ]));
}

type Call = Pick<Extract<ScriptEvent, { kind: "call" }>, "name" | "args" | "until" | "returns" | "error" | "note">;

function randomCall(random: Random, time: EventTime): Call {
  const waits = (time.kind === "absolute" || time.kind === "relative") && random.chance(0.2);
  return {
    name: random.pick(NAMES),
    args: Array.from({ length: random.int(0, 4) }, () => randomValue(random, 3)),
    ...(waits ? { until: time.at + random.int(0, 1e6) } : {}),
    ...(random.chance(0.8) ? { returns: random.pick<Value>([{ kind: "any" }, { kind: "number", value: random.int(-5, 1e6) }]) } : {}),
    ...(random.chance(0.3) ? { error: random.pick(["EAGAIN", "ECONNRESET"]) } : {}),
    ...(random.chance(0.3) ? { note: random.pick(["Resource temporarily unavailable", "can't `do` <that>, %{", ""]) } : {}),
  };
}

function randomValue(random: Random, depth: number): Value {
  const several = (): Value[] => Array.from({ length: random.int(0, 3) }, () => randomValue(random, depth - 1));
  const flat: readonly Value["kind"][] = ["any", "number", "string", "name"];
  const kinds: readonly Value["kind"][] = [...flat, "or", "list", "struct", "function"];
  switch (random.pick(depth === 0 ? flat : kinds)) {
    case "any":
      return { kind: "any" };
    case "number":
      return { kind: "number", value: random.int(-1, 1) * random.int(0, Number.MAX_SAFE_INTEGER) + 0 };
    case "string":
      return { kind: "string", value: randomText(random), more: random.chance(0.3) };
    case "name":
      return { kind: "name", name: random.pick(NAMES) };
    case "or":
      return { kind: "or", parts: Array.from({ length: random.int(2, 3) }, () => randomValue(random, 0)) };
    case "list":
      return { kind: "list", items: several() };
    case "struct":
      return { kind: "struct", fields: several().map((value) => randomField(random, value)) };
    case "function":
      return { kind: "function", name: random.pick(NAMES), args: several() };
  }
}

function randomField(random: Random, value: Value): Field {
  if (random.chance(0.3)) return { value };
  return { name: random.pick(NAMES), ...(random.chance(0.3) ? { of: randomValue(random, 0) } : {}), value };
}

function randomText(random: Random): string {
  const pieces = ["a", " ", "\n", '"', "\\", "`", "\x00", "\x7f", "\xe9", "\u{1f600}", "}", "%", "#", "//", "/*", "7", "x41", "..."];
  return Array.from({ length: random.int(0, 8) }, () => random.pick(pieces)).join("");
}
