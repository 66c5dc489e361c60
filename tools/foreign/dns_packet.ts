/**
 * DNS in the words of the package dns-packet, in a program of its own: nothing else in the kit needs it. A line of JSON in, a line of JSON out.
 *
 *     { "encode": packet }      →  bytes
 *     { "decode": [bytes, …] }  →  packets
 */
const PACKAGE = "npm:dns-packet@5.6.1";

interface DnsPacket {
  encode(packet: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

const { Buffer } = await import("node:buffer");
const dns = (await import(PACKAGE)).default as DnsPacket;
const { encode, decode } = JSON.parse(Deno.args[0] ?? "{}") as { encode?: unknown[]; decode?: number[][] };
const result = encode?.map((packet) => [...dns.encode(packet)]) ?? decode?.map((bytes) => dns.decode(Buffer.from(bytes)));
console.log(JSON.stringify(result));
