/**
 * Calls of lab functions as people read them. A bare number does not say whether it is an address, a checksum or a time;
 * the function that it is passed to does. So the signatures that need it are listed here.
 */
import { Frame } from "../../stack/wire/frame.ts";
import { Marker } from "./marker.ts";
import { showBytes, showValue } from "./show.ts";

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
 * itself. A frame or a view with "start" and "end" behind it is shown by the bytes between them.
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
};

/** The longest text of one argument. */
const ARGUMENT = 110;

/** The call of `name` with these arguments; what only stands for something (recorders, pools) is left out. */
export function callText(name: string, all: readonly unknown[]): CallText {
  const args = all.filter((arg) => !(arg instanceof Marker));
  const kinds = keysOf(name).parameters;
  const [start, end] = [args[kinds.indexOf("start")], args[kinds.indexOf("end")]];
  const bytes = bytesOf(args[0]);
  const part = bytes !== undefined && typeof start === "number" && typeof end === "number" ? bytes.subarray(start, end) : undefined;
  const whole = part !== undefined && !(args[0] instanceof Frame) && part.length === bytes?.length;
  const shown = args.map((arg, index) => {
    if (index === 0 && part !== undefined && !whole && !(arg instanceof Frame)) return `${bytes?.length}-byte view`;
    return showValue(arg, kinds[index] ?? "", ARGUMENT);
  });
  return { name, args: shown.join(", "), of: part === undefined || whole ? "" : ` of ${showBytes(part, 12)}` };
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
