/**
 * Calls as a script writes them, made into calls of a machine: arguments that the script leaves open are filled in, descriptors and
 * addresses translated; and what came back beside what had to.
 */
import { type Linger, Missing, type Returned, type SocketAddress, type SystemCall } from "./machine.ts";
import type { CallEvent, Value } from "./script.ts";

/** What a call needs to know of the run. */
export interface Surroundings {
  /** The machine's descriptor for the script's. */
  descriptor(script: number): number;
  /** The machine's own address, for bind; the peer's, for connect. */
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** `count` bytes to be written on that descriptor. */
  text(descriptor: number, count: number): Uint8Array;
}

/** An argument that makes no sense; `expected` completes "expected …". */
export class BadArgument extends Error {
  override readonly name = "BadArgument";
  readonly expected: string;

  constructor(expected: string) {
    super(`expected ${expected}`);
    this.expected = expected;
  }
}

const NUMBERS: Readonly<Record<string, number>> = { O_RDONLY: 0, O_WRONLY: 1, O_RDWR: 2, O_NONBLOCK: 2048, true: 1, false: 0 };

/** The call that a line of a script asks for. Throws a Missing for one that there is not, a BadArgument for one that makes no sense. */
export function callOf(event: CallEvent, around: Surroundings): SystemCall {
  const { name, args } = event;
  const descriptor = (): number => around.descriptor(numberOf(args[0], "a descriptor"));
  switch (name) {
    case "socket":
      return { name, family: nameOf(args[0], "AF_INET"), type: namesOf(args[1]).join("|") || "SOCK_STREAM", protocol: protocolOf(args[2]) };
    case "bind":
      return { name, descriptor: descriptor(), address: addressOf(args[1], around.local) };
    case "connect":
      return { name, descriptor: descriptor(), address: addressOf(args[1], around.remote) };
    case "listen":
      return { name, descriptor: descriptor(), backlog: numberOf(args[1], "a backlog") };
    case "accept":
    case "close":
      return { name, descriptor: descriptor() };
    case "shutdown":
      return { name, descriptor: descriptor(), how: nameOf(args[1], "SHUT_WR") };
    case "read":
      return { name, descriptor: descriptor(), count: numberOf(args[2], "a number of bytes") };
    case "recv":
    case "recvfrom":
      return { name, descriptor: descriptor(), count: numberOf(args[2], "a number of bytes"), flags: namesOf(args[3]) };
    case "readv":
      return { name: "read", descriptor: descriptor(), count: vectorLength(args[1]) };
    case "recvmsg":
      return { name: "recv", descriptor: descriptor(), count: vectorLength(vectorsIn(args[1])), flags: namesOf(args[2]) };
    case "write":
      return { name, descriptor: descriptor(), bytes: bytesOf(args[1], args[2], descriptor(), around) };
    case "writev":
      return { name: "write", descriptor: descriptor(), bytes: around.text(descriptor(), vectorLength(args[1])) };
    case "sendmsg":
      return {
        name: "send",
        descriptor: descriptor(),
        bytes: around.text(descriptor(), vectorLength(vectorsIn(args[1]))),
        flags: namesOf(args[2]),
      };
    case "send":
      return { name, descriptor: descriptor(), bytes: bytesOf(args[1], args[2], descriptor(), around), flags: namesOf(args[3]) };
    case "sendto": {
      const address = args[4] === undefined || args[4].kind === "any" ? {} : { address: addressOf(args[4], around.remote) };
      const bytes = bytesOf(args[1], args[2], descriptor(), around);
      return { name, descriptor: descriptor(), bytes, flags: namesOf(args[3]), ...address };
    }
    case "fcntl":
      return { name, descriptor: descriptor(), command: nameOf(args[1], "F_SETFL"), flags: namesOf(args[2]) };
    case "setsockopt":
      return { name, descriptor: descriptor(), level: nameOf(args[1]), option: nameOf(args[2]), value: optionValue(args[3]) };
    case "getsockopt":
      return { name, descriptor: descriptor(), level: nameOf(args[1]), option: nameOf(args[2]) };
    case "poll":
      return { name, entries: pollEntries(args[0], around), timeout: numberOf(args[2], "a timeout") };
    case "ioctl":
      return { name, descriptor: descriptor(), request: nameOf(args[1]) };
    default:
      throw new Missing(`the system call ${name}()`);
  }
}

/** All that differs between what a call came to and what the script says. The number of a new descriptor is the machine's own affair. */
export function callDifferences(event: CallEvent, call: SystemCall, { value, error, data }: Returned): string[] {
  const found: string[] = [];
  const { returns } = event;
  if (event.error !== undefined && error !== event.error) found.push(`error: ${error ?? "none"} in place of ${event.error}`);
  if (event.error === undefined && error !== undefined && returns !== undefined && returns.kind !== "any") {
    found.push(`error: ${error} in place of none`);
  }
  if (returns !== undefined && returns.kind !== "any") {
    const wanted = numberOf(returns, "a number");
    const isDescriptor = (call.name === "socket" || call.name === "accept") && wanted >= 0 && value >= 0;
    if (!isDescriptor && wanted !== value && found.length === 0) found.push(`result: ${value} in place of ${wanted}`);
  }
  if (value < 0) return found;
  if (call.name === "getsockopt") found.push(...optionDifferences(event.args[3], data));
  if (call.name === "ioctl") found.push(...optionDifferences(event.args[2], data));
  if (call.name === "poll") found.push(...pollDifferences(event.args[0], data));
  const string = event.args[1];
  if ((call.name === "read" || call.name === "recv") && string?.kind === "string" && data instanceof Uint8Array) {
    const got = new TextDecoder("latin1").decode(data);
    const fits = string.more ? got.startsWith(string.value) : got === string.value;
    if (!fits) found.push(`text: ${JSON.stringify(got.slice(0, 60))} in place of ${JSON.stringify(string.value)}`);
  }
  return found;
}

function optionDifferences(wanted: Value | undefined, data: unknown): string[] {
  const [first] = wanted?.kind === "list" ? wanted.items : [wanted];
  if (first === undefined || first.kind === "any") return [];
  if (first.kind === "struct") {
    const expected = lingerOf(first);
    const { on, seconds } = data as Linger;
    return expected.on === on && expected.seconds === seconds
      ? []
      : [`linger: ${on ? seconds : "off"} in place of ${expected.on ? expected.seconds : "off"}`];
  }
  if (typeof data === "string" && first.kind !== "string") throw new BadArgument("text in quotes");
  const expected = first.kind === "string" ? first.value : numberOf(first, "a value");
  return expected === data ? [] : [`value: ${data} in place of ${expected}`];
}

function pollDifferences(wanted: Value | undefined, data: unknown): string[] {
  if (wanted?.kind !== "list" || !Array.isArray(data)) return [];
  return wanted.items.flatMap((item, index) => {
    const revents = item.kind === "struct" ? fieldOf(item, "revents") : undefined;
    if (revents === undefined || revents.kind === "any") return [];
    const [expected, got] = [namesOf(revents), data[index] as readonly string[] ?? []].map((names) => [...names].sort().join("|") || "0");
    return expected === got ? [] : [`revents of entry ${index}: ${got} in place of ${expected}`];
  });
}

function pollEntries(value: Value | undefined, around: Surroundings): { descriptor: number; events: readonly string[] }[] {
  if (value?.kind !== "list") throw new BadArgument("a list of poll's entries");
  return value.items.map((item) => {
    if (item.kind !== "struct") throw new BadArgument("{fd=…, events=…}");
    return { descriptor: around.descriptor(numberOf(fieldOf(item, "fd"), "a descriptor")), events: namesOf(fieldOf(item, "events")) };
  });
}

function bytesOf(text: Value | undefined, count: Value | undefined, descriptor: number, around: Surroundings): Uint8Array {
  const length = numberOf(count, "a number of bytes");
  if (text?.kind !== "string") return around.text(descriptor, length);
  const bytes = new Uint8Array(length);
  for (let at = 0; at < Math.min(length, text.value.length); at++) bytes[at] = text.value.charCodeAt(at);
  return bytes;
}

/** How many bytes [{..., 100}, {..., 200}] have together. */
function vectorLength(value: Value | undefined): number {
  if (value?.kind !== "list") throw new BadArgument("a list of {..., LENGTH}");
  return value.items.reduce((sum, item) => {
    const last = item.kind === "struct" ? item.fields.at(-1) : undefined;
    return sum + numberOf(last?.value, "a length");
  }, 0);
}

/** The vectors in a struct msghdr. */
function vectorsIn(value: Value | undefined): Value | undefined {
  return value?.kind === "struct"
    ? value.fields.find((field) => field.name?.startsWith("msg_iov") && field.value.kind === "list")?.value
    : value;
}

function optionValue(value: Value | undefined): number | string | Linger {
  if (value?.kind === "struct") return lingerOf(value);
  const [first] = value?.kind === "list" ? value.items : [value];
  if (first?.kind === "struct") return lingerOf(first);
  if (first?.kind === "string") return first.value;
  return numberOf(first, "a value");
}

function lingerOf(value: Value & { kind: "struct" }): Linger {
  return { on: numberOf(fieldOf(value, "onoff"), "onoff=") !== 0, seconds: numberOf(fieldOf(value, "linger"), "linger=") };
}

function addressOf(value: Value | undefined, otherwise: SocketAddress): SocketAddress {
  if (value?.kind !== "struct") return otherwise;
  const family = fieldOf(value, "sa_family");
  if (family?.kind === "name" && family.name === "AF_INET6") throw new Missing("IPv6");
  const port = fieldOf(value, "sin_port");
  const address = fieldOf(value, "sin_addr");
  const [text] = address?.kind === "function" ? address.args : [];
  return {
    ip: text?.kind === "string" ? text.value : address?.kind === "name" && address.name === "INADDR_ANY" ? "0.0.0.0" : otherwise.ip,
    port: port?.kind === "function" ? numberOf(port.args[0], "a port") : otherwise.port,
  };
}

function protocolOf(value: Value | undefined): string | number {
  return value?.kind === "number" ? value.value : nameOf(value, "IPPROTO_TCP");
}

function fieldOf(value: Value & { kind: "struct" }, name: string): Value | undefined {
  return value.fields.find((field) => field.name === name)?.value;
}

/** A name; `otherwise` where the script leaves it open. */
function nameOf(value: Value | undefined, otherwise?: string): string {
  if (value?.kind === "name") return value.name;
  if (value?.kind === "number") return `${value.value}`;
  if (otherwise !== undefined && (value === undefined || value.kind === "any")) return otherwise;
  throw new BadArgument("a name");
}

/** The names in A|B; a number is none: 0 are no names. */
function namesOf(value: Value | undefined): readonly string[] {
  if (value === undefined || value.kind === "any") return [];
  if (value.kind === "or") return value.parts.flatMap(namesOf);
  if (value.kind === "name") return [value.name];
  if (value.kind === "number") return value.value === 0 ? [] : [`${value.value}`];
  throw new BadArgument("names joined by |");
}

/** A number, also as a name or as names joined by |. */
export function numberOf(value: Value | undefined, what: string): number {
  if (value?.kind === "number") return value.value;
  if (value?.kind === "list" && value.items.length === 1) return numberOf(value.items[0], what);
  if (value?.kind === "name" && NUMBERS[value.name] !== undefined) return NUMBERS[value.name] as number;
  if (value?.kind === "or") return value.parts.reduce((bits, part) => bits | numberOf(part, what), 0);
  if (value?.kind === "name") throw new Missing(`the name ${value.name}`);
  throw new BadArgument(what);
}
