/**
 * Packets as the functions of this lab are handed them: in a frame, with the header already read. The grader reads the
 * header itself, so that a fault in `parseIpv4` doesn't show in checks of what comes after it.
 */
import type { Arrival, Ipv4Header, Reassembly } from "../../../stack/contract/ip.ts";
import { dissect, type Layer, valueOf } from "../../../stack/wire/dissect.ts";
import { Frame } from "../../../stack/wire/frame.ts";
import { type Ipv4Address, parseIpv4Address } from "../../../stack/wire/ipv4_address.ts";
import { ethernet, ipv4, type Ipv4Fields, STACK_IP } from "../../../tools/harness/packets.ts";
import { amount, bytesText } from "../../../tools/harness/samples.ts";
import type { Remote, Trial } from "../../../tools/harness/suite.ts";

/** A packet that was received, and its header. */
export interface Received {
  readonly header: Ipv4Header;
  readonly frame: Frame;
}

/**
 * Puts a right IPv4 packet into a frame that ends where its buffer ends: reading further is an error and no luck. `padding` lies
 * behind the packet and inside of the frame, as Ethernet's does.
 */
export function received(packet: Uint8Array, padding: Uint8Array = new Uint8Array()): Received {
  const frame = new Frame(14 + packet.length + padding.length, 14);
  frame.bytes.set(packet, frame.append(packet.length));
  frame.bytes.set(padding, frame.append(padding.length));
  const ip = dissect(packet, "ip")[0] as Layer;
  const value = (name: string): number => valueOf(ip, name);
  const header = {
    typeOfService: value("typeOfService"),
    identification: value("identification"),
    dontFragment: value("dontFragment") === 1,
    moreFragments: value("moreFragments") === 1,
    fragmentOffset: value("fragmentOffset"),
    timeToLive: value("timeToLive"),
    protocol: value("protocol"),
    source: value("source") as Ipv4Address,
    destination: value("destination") as Ipv4Address,
    payload: frame.start + value("headerLength"),
    end: frame.start + packet.length,
  };
  return { header, frame };
}

/** How a packet arrives that was sent to the stack alone. */
export const ALONE: Arrival = {
  interfaces: [{ address: parseIpv4Address(STACK_IP), prefixLength: 24 }],
  linkBroadcast: false,
  forwarding: false,
};

/** The fragment that holds bytes `from` up to `to` of `data`. */
export function fragmentOf(data: Uint8Array, from: number, to: number, more: boolean, fields: Ipv4Fields = {}): Uint8Array<ArrayBuffer> {
  return ipv4({ protocol: 253, ...fields, fragmentOffset: from, moreFragments: more }, data.subarray(from, to));
}

/** An IPv4 packet in an Ethernet frame from the kernel to the stack. */
export function framed(packet: Uint8Array): Uint8Array<ArrayBuffer> {
  return ethernet({}, packet);
}

/** A reassembly table in the student's process. */
export interface Table {
  readonly reassembly: Remote<Reassembly>;
  /** Frames that the table holds, and those it gave away with a whole packet in them. */
  lent(): Promise<number>;
  /** Inserts the fragment; gives the payload when that makes a packet whole, else the word that came. `padding` lies behind it in its frame. */
  insert(packet: Uint8Array, now?: number, padding?: Uint8Array): Promise<Uint8Array | string>;
}

/** Makes a table. Default: 16 packets, 60 seconds, and frames enough. */
export async function createTable(
  t: Trial,
  options: { readonly timeout?: number; readonly maxPackets?: number; readonly limit?: number } = {},
): Promise<Table> {
  const pool = t.pool({ capacity: 65535 + 128, limit: options.limit ?? 64 });
  const made = await t.ip.createReassembly({
    timeout: options.timeout ?? 60_000,
    maxPackets: options.maxPackets ?? 16,
    acquire: pool.acquire,
    release: pool.release as (frame: Frame) => void,
  });
  const reassembly = made as unknown as Remote<Reassembly>;
  return {
    reassembly,
    lent: () => pool.lent(),
    async insert(packet: Uint8Array, now = 0, padding: Uint8Array = new Uint8Array()): Promise<Uint8Array | string> {
      const { header, frame } = received(packet, padding);
      const { identification, fragmentOffset, payload, end, moreFragments } = header;
      const last = fragmentOffset + end - payload - 1;
      const behind = padding.length === 0 ? "" : `; ${amount(padding.length)} of padding behind`;
      t.step(`packet ${identification}: bytes ${fragmentOffset}–${last}, ${moreFragments ? "more follow" : "the last"}${behind}`);
      const result = await reassembly.insert(header, frame, now) as Frame | string;
      return typeof result === "string" ? result : result.toBytes();
    },
  };
}

/** Fails unless the fragment waits for others. A packet that is given too soon is told by its length: its bytes say nothing. */
export async function expectWaiting(t: Trial, result: Uint8Array | string, what: string): Promise<void> {
  if (typeof result === "string") return waits(t, result, what);
  const why =
    "A packet was delivered that is not whole yet: bytes of it never came. It is whole when no hole is left, and not when its last fragment has come, nor " +
    "when there are bytes enough (RFC 791 §3.2, RFC 815). A new packet is one hole, from 0 to infinity; a fragment fills only what it covers.";
  await t.about({ why, look: ["createReassembly"] }, () => waits(t, result, what));
}

/** The same, without a word about why a packet was given too soon. */
export function waits(t: Trial, result: Uint8Array | string, what: string): void {
  if (typeof result === "string") t.equal(result, "waiting", what);
  else t.ok(false, `${what}: "waiting"`, `a packet of ${amount(result.length)}`);
}

/** Fails unless both are the same bytes, and names the first that differs. A word in place of bytes is named too. */
export function sameBytes(t: Trial, actual: Uint8Array | string, expected: Uint8Array, what: string): void {
  if (typeof actual === "string") return t.ok(false, `${what}: ${amount(expected.length)}`, JSON.stringify(actual));
  t.equal(actual.length, expected.length, `the length of ${what}`);
  const at = expected.findIndex((byte, index) => actual[index] !== byte);
  const show = (bytes: Uint8Array): string => `0x${(bytes[at] ?? 0).toString(16).padStart(2, "0")}`;
  t.ok(at < 0, `${what}, with byte ${at} being ${show(expected)}`, `byte ${at} is ${show(actual)}`);
}

/** Fails unless both are the same ICMP message: first the fields, and the checksum last, for it follows from them. */
export function sameMessage(t: Trial, actual: Uint8Array, expected: Uint8Array, what: string): void {
  t.equal(actual.length, expected.length, `the length of ${what}`);
  const rows: [name: string, at: number, end: number][] = [["type", 0, 1], ["code", 1, 2], ["`rest`", 4, 8]];
  const part = (bytes: Uint8Array, at: number, end: number): string => bytesText(bytes.subarray(at, end));
  for (const [name, at, end] of rows) sameText(t, part(actual, at, end), part(expected, at, end), `${name} of ${what}, at byte ${at}`);
  sameBytes(t, actual.subarray(8), expected.subarray(8), `what lies behind the 8 bytes of header in ${what}`);
  sameText(t, part(actual, 2, 4), part(expected, 2, 4), `the checksum of ${what}, at byte 2`);
}

function sameText(t: Trial, actual: string, expected: string, what: string): void {
  t.ok(actual === expected, `${what}: ${expected}`, actual);
}

/** Inserts fragments that make one packet whole with the last of them; fails at the first that answers anything else. */
export async function insertAll(t: Trial, table: Table, fragments: readonly Uint8Array[], whole: Uint8Array, what: string): Promise<void> {
  for (const [index, fragment] of fragments.entries()) {
    const result = await table.insert(fragment);
    if (index < fragments.length - 1) {
      await expectWaiting(t, result, `${what}: after ${index + 1} of ${amount(fragments.length, "fragment")}, insert`);
    } else sameBytes(t, result, whole, `${what}: the packet that the last fragment completes`);
  }
}
