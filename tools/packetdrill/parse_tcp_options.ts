/**
 * The options of a TCP segment, between "<" and ">":
 *
 *     <mss 1460,nop,wscale 7>   <sackOK,TS val 100 ecr 0>   <nop,nop,sack 1:1001 2001:3001>   <FO 0123abcd>   <unknown 254 0x0102>   <...>
 *
 * Fast Open's cookie is given in hex and comes out as option 34 with these bytes (RFC 7413 §4.1.1), its experimental form FOEXP as option 254
 * behind the magic 0xf989. Any other option is "unknown", its number, and its bytes behind the length as one hexadecimal number.
 * "raw 0x0200" puts these bytes there as they are, for options that are none: that is an addition of this kit's.
 */
import type { TcpOption } from "./script.ts";
import { MAX_U32, type TokenReader } from "./token_reader.ts";

/** What the header's length leaves for options. */
const MAX_BYTES = 40;

/** Options that packetdrill has been taught and that we have not. */
const OTHER_OPTIONS =
  /^(md5|ao|tcp_?ao|exp|exid|gre|accecn|e[01]b|ceb|e[cv]e?|mp_?\w+|mptcp|dss|dack[48]?|dsn[48]?|add_addr\w*|remove_addr\w*|rm_addr\w*|dll|ssn)$/i;

/** Reads options up to and with the ">". "any" is "...". */
export function parseTcpOptions(reader: TokenReader): readonly TcpOption[] | "any" {
  const options: TcpOption[] = [];
  if (reader.takes("...")) {
    reader.expect(">");
    return "any";
  }
  if (reader.takes(">")) return options;
  let bytes = 0;
  do {
    const begin = reader.peek();
    const option = tcpOption(reader);
    bytes += optionLength(option);
    if (bytes > MAX_BYTES) reader.fail(`options of ${MAX_BYTES} bytes at most`, begin);
    options.push(option);
  } while (reader.takes(","));
  reader.expect(">", "',' or '>'");
  return options;
}

function tcpOption(reader: TokenReader): TcpOption {
  const token = reader.peek();
  const { raw } = token;
  if (OTHER_OPTIONS.test(raw)) reader.unsupported(`the TCP option ${raw.slice(0, 40)}`);
  if (!/^(nop|eol|sackOK|mss|wscale|sack|TS|FO|FOEXP|unknown|raw)$/.test(raw)) reader.fail("a TCP option");
  reader.next();
  switch (raw) {
    case "nop":
    case "eol":
    case "sackOK":
      return { kind: raw };
    case "mss":
      return { kind: raw, value: reader.integer("an MSS", 65_535) };
    case "wscale":
      return { kind: raw, value: reader.integer("a scale", 255) };
    case "sack":
      return { kind: raw, blocks: sackBlocks(reader) };
    case "TS":
      return timestamps(reader);
    case "FO":
      return { kind: "unknown", number: 34, bytes: cookie(reader) };
    case "FOEXP":
      return { kind: "unknown", number: 254, bytes: [0xf9, 0x89, ...cookie(reader)] };
    case "raw":
      return { kind: raw, bytes: rawBytes(reader) };
    default:
      return { kind: "unknown", number: reader.integer("the number of an option", 255, 2), bytes: bytesIn(reader) };
  }
}

/** "1:1001 2001:3001". */
function sackBlocks(reader: TokenReader): { from: number; to: number }[] {
  const blocks: { from: number; to: number }[] = [];
  do {
    const from = reader.integer("a sequence number", MAX_U32);
    reader.expect(":");
    blocks.push({ from, to: reader.integer("a sequence number", MAX_U32) });
    if (blocks.length > 4) reader.fail("four blocks at most");
  } while (reader.peek().kind === "integer");
  return blocks;
}

/** "val 100 ecr 0". */
function timestamps(reader: TokenReader): TcpOption {
  reader.expect("val");
  const value = reader.integer("a timestamp", MAX_U32);
  reader.expect("ecr");
  return { kind: "TS", value, echo: reader.integer("a timestamp", MAX_U32) };
}

/** Bytes in hex, an even number of digits, behind 0x; none where there is no number. */
function bytesIn(reader: TokenReader): number[] {
  const { kind, raw } = reader.peek();
  if (kind !== "hex") return [];
  if (raw.length % 2 !== 0) reader.fail("two hexadecimal digits for each byte");
  reader.next();
  return hexBytes(raw.slice(2));
}

/** Bytes in hex, one at least. */
function rawBytes(reader: TokenReader): number[] {
  return reader.peek().kind === "hex" ? bytesIn(reader) : reader.fail("bytes in hexadecimal, as in: raw 0x0200");
}

/** A cookie: bytes in hex, with or without 0x. */
function cookie(reader: TokenReader): number[] {
  const { kind, raw } = reader.peek();
  if (kind === "hex") return bytesIn(reader);
  if (kind !== "word" && kind !== "integer") return [];
  if (!/^[0-9a-fA-F]+$/.test(raw)) reader.unsupported(`the Fast Open cookie ${raw.slice(0, 40)}`);
  if (raw.length % 2 !== 0) reader.fail("two hexadecimal digits for each byte");
  reader.next();
  return hexBytes(raw);
}

function hexBytes(digits: string): number[] {
  const bytes: number[] = [];
  // More than fit are cut: they are refused all the same.
  for (let i = 0; i < Math.min(digits.length, 2 * MAX_BYTES); i += 2) bytes.push(parseInt(digits.slice(i, i + 2), 16));
  return bytes;
}

/** Bytes that an option takes in the header. */
function optionLength(option: TcpOption): number {
  switch (option.kind) {
    case "nop":
    case "eol":
      return 1;
    case "sackOK":
      return 2;
    case "mss":
      return 4;
    case "wscale":
      return 3;
    case "sack":
      return 2 + 8 * option.blocks.length;
    case "TS":
      return 10;
    case "unknown":
      return 2 + option.bytes.length;
    case "raw":
      return option.bytes.length;
  }
}
