/**
 * Calls of lab functions as people read them. A bare number does not say whether it is an address, a checksum or a time;
 * the function that it is passed to does. So the signatures that need it are listed here.
 */
import { Frame } from "../../stack/wire/frame.ts";
import { InOut, Marker } from "./marker.ts";
import { showBytes, showValue } from "./show.ts";
import { segmentBytes } from "./show_tcp.ts";

/** A call, taken apart. */
export interface CallText {
  /** "createRoutes.add". */
  readonly name: string;
  /** "10.0.0.0/8 via 10.44.0.1 on 0". */
  readonly args: string;
  /** What the arguments don't show by themselves: " of [07 03 04]", the bytes that were to be looked at. */
  readonly of: string;
}

/**
 * For each function, what its arguments are, and its result behind the arrow, as `showValue` knows them. "-" speaks for
 * itself; "text" is bytes that are text. A frame or a view with "start" and "end" behind it is shown by the bytes between them, a frame that is a "segment"
 * by its options; of "bytes" only the length matters. What stands in parentheses only stands for something, and is called so.
 */
const SIGNATURES: Readonly<Record<string, string>> = {
  writeEthernet: "- mac mac etherType",
  filterMac: "mac -",
  demultiplex: "etherType",
  crc32: "- start end → crc",
  "createArpCache.resolve": "address - ms",
  "createArpCache.receive": "- ms",
  "createArpCache.poll": "ms",
  "createArpCache.entries": "ms",
  "createArpCache.nextDeadline": "→ ms",
  "createAddressClaim.start": "ms",
  "createAddressClaim.announce": "ms",
  "createAddressClaim.receive": "- ms",
  "createAddressClaim.poll": "ms",
  "createAddressClaim.nextDeadline": "→ ms",
  internetChecksum: "- start end checksum → checksum",
  updateChecksum: "checksum checksum checksum → checksum",
  findBadOption: "- start end",
  classifyAddress: "address -",
  createIdentifiers: "seed",
  "createIdentifiers.next": "address address -",
  "createRoutes.remove": "network -",
  "createRoutes.lookup": "destination",
  "createReassembly.insert": "- - ms",
  "createReassembly.poll": "ms",
  "createReassembly.nextDeadline": "→ ms",
  parseSegment: "segment address address (checksum)",
  writeSegment: "- - address address (checksum)",
  chooseIss: "address - address - ms (hash) → seq",
  activeOpen: "- seq (effects)",
  passiveOpen: "- seq - ms (effects)",
  agreeOptions: "- - ms",
  synSentArrives: "- - ms (effects)",
  completeOpen: "- - (effects)",
  checkTimestamps: "- - ms (effects)",
  checkSequence: "- - ms (effects)",
  checkReset: "- - (effects)",
  checkSyn: "- - (effects)",
  checkAck: "- - (effects)",
  checkUrgent: "- - (effects)",
  takeText: "- - (effects)",
  checkFin: "- - (effects)",
  close: "- (effects)",
  abort: "- (effects)",
  createChallengeLimit: "- ms",
  "createChallengeLimit.allow": "ms",
  createSendBuffer: "count",
  "createSendBuffer.write": "bytes count count → count",
  "createSendBuffer.start": "→ count",
  "createSendBuffer.next": "→ count",
  "createSendBuffer.end": "→ count",
  "createSendBuffer.room": "→ count",
  "createSendBuffer.sent": "count",
  "createSendBuffer.pieceToResend": "count count",
  "createSendBuffer.copyInto": "- count count",
  "createSendBuffer.acknowledge": "count",
  createReceiveBuffer: "count",
  "createReceiveBuffer.insert": "count - count count → count",
  "createReceiveBuffer.next": "→ count",
  "createReceiveBuffer.readable": "→ count",
  "createReceiveBuffer.read": "bytes count count → count",
  "createReceiveBuffer.edge": "→ count",
  "createReceiveBuffer.announce": "count count → count",
  "createReceiveBuffer.beyond": "- → count",
  "createRetransmission.timeout": "→ ms",
  "createRetransmission.sample": "ms",
  "createRetransmission.sent": "ms",
  "createRetransmission.acknowledged": "ms -",
  "createRetransmission.deadline": "→ ms",
  "createRetransmission.fired": "ms",
  createAcknowledger: "ms",
  "createAcknowledger.received": "- count count ms",
  "createAcknowledger.deadline": "→ ms",
  probeDelay: "- ms ms → ms",
  "createPorts.bind": "address - - address",
  "createPorts.listen": "address -",
  "createPorts.share": "address - -",
  "createPorts.release": "address - -",
  "createConnectionTable.add": "address - address - -",
  "createConnectionTable.remove": "address - address -",
  "createConnectionTable.find": "address - address -",
  "createConnectionTable.addListener": "address - -",
  "createConnectionTable.removeListener": "address -",
  "createConnectionTable.findListener": "address -",
  initialWindow: "count - - → count",
  slowStart: "- count",
  growReno: "- count",
  reduceReno: "- count",
  restartAfterIdle: "- ms ms",
  sendWindow: "- → count",
  isDuplicateAck: "- - seq count - count",
  duplicateAck: "- count count -",
  newAck: "- count count count ms",
  timedOut: "- count count -",
  createScoreboard: "count",
  "createScoreboard.acknowledged": "count",
  "createScoreboard.update": "count count → count",
  "createScoreboard.isSacked": "count",
  "createScoreboard.isLost": "count",
  "createScoreboard.pipe": "count count → count",
  "createScoreboard.nextSegment": "count count count -",
  "createScoreboard.timedOut": "count",
  growCubic: "- count ms",
  reduceCubic: "- count",
  parseChunkSize: "- → count",
  "createRequestReader.push": "text ms → count",
  "createRequestReader.next": "ms",
  "createRequestReader.deadline": "→ ms",
  planAnswer: "- - - - count",
  writeHead: "- - - - → text",
  writeChunk: "text → text",
  readinessOf: "- → ready",
  readOutcome: "- count → count",
  writeOutcome: "- count → count",
  "createSelector.register": "- interest -",
  "createSelector.setInterest": "- interest",
  parseDatagram: "- address address (checksum)",
  writeDatagram: "- - - address address (checksum)",
  "createDatagramTable.add": "address - -",
  "createDatagramTable.remove": "address - -",
  "createDatagramTable.connect": "address - - address -",
  "createDatagramTable.find": "address - address -",
  "createDatagramTable.forEach": "address - address -",
  createDatagramQueue: "count",
  "createDatagramQueue.push": "- count count address - address",
  "createDatagramQueue.read": "bytes count count -",
  "createDatagramQueue.nextLength": "→ count",
};

/** The longest text of one argument. */
const ARGUMENT = 120;

/** The call of `name` with these arguments; what only stands for something (recorders, pools) is left out where no signature names it. */
export function callText(name: string, all: readonly unknown[]): CallText {
  const { parameters } = keysOf(name);
  const kinds: string[] = [];
  const args = all.filter((arg) => {
    const kind = parameters[kinds.length] ?? "";
    if (arg instanceof Marker && !(arg instanceof InOut) && !kind.startsWith("(")) return false;
    kinds.push(kind);
    return true;
  });
  const { bytes, what, whole } = partOf(args[0], kinds, args);
  const shown = args.map((arg, index) => {
    const kind = kinds[index] ?? "";
    const value = arg instanceof InOut ? arg.target : arg;
    if (kind === "bytes" && value instanceof Uint8Array) return `${value.length}-byte array`;
    if (arg instanceof InOut) return showValue(value, kind, ARGUMENT);
    if (arg instanceof Marker) return kind.slice(1, -1);
    if (index === 0 && bytes !== undefined && !whole && arg instanceof DataView) return `${arg.byteLength}-byte view`;
    return showValue(arg, kind, ARGUMENT);
  });
  return {
    name,
    args: shown.join(", "),
    of: bytes === undefined || whole ? "" : ` of ${what}${showBytes(bytes, kinds[0] === "segment" ? 40 : 12)}`,
  };
}

/** The bytes of the first argument that the function is to look at, as far as its signature tells; `whole`: the argument shows them itself. */
function partOf(
  first: unknown,
  kinds: readonly string[],
  args: readonly unknown[],
): { readonly bytes?: Uint8Array; readonly what: string; readonly whole: boolean } {
  const all = bytesOf(first);
  if (kinds[0] === "segment" && first instanceof Frame) return { ...segmentBytes(first.toBytes()), whole: false };
  const [start, end] = [args[kinds.indexOf("start")], args[kinds.indexOf("end")]];
  if (all === undefined || typeof start !== "number" || typeof end !== "number") return { what: "", whole: false };
  const bytes = all.subarray(start, end);
  return { bytes, what: "", whole: !(first instanceof Frame) && bytes.length === all.length };
}

/** What a call of `name` returned. */
export function resultText(name: string, value: unknown): string {
  return showValue(value, keysOf(name).result, ARGUMENT);
}

function keysOf(name: string): { readonly parameters: readonly string[]; readonly result: string } {
  const [parameters = "", result = ""] = (SIGNATURES[name] ?? "").split("→");
  return { parameters: parameters.trim().split(" "), result: result.trim() };
}

/** The whole buffer behind an argument: offsets count from its beginning. */
function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Frame || value instanceof Uint8Array) return value instanceof Frame ? value.bytes : value;
  return value instanceof DataView ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : undefined;
}
