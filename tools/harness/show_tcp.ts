/**
 * The records of TCP in one line: of a segment what it says, of a connection what has begun, of its congestion control what has happened.
 * They have dozens of members; most of them say nothing yet, or were drawn at random, and would push out of the line what a failure is about.
 */
const FLAGS = [["SYN", 2], ["FIN", 1], ["RST", 4], ["PSH", 8], ["ACK", 16], ["URG", 32], ["ECE", 64], ["CWR", 128]] as const;

/** The numbers of a connection. Until its SYN is out, or has come, they are all 0, and mean nothing. */
const OURS = ["iss", "sndUna", "sndNxt"];
const THEIRS = ["irs", "rcvNxt"];
/** Members that mostly repeat another one: what they would repeat, they don't say. */
const ECHOES: Readonly<Record<string, string>> = {
  sndUp: "sndUna",
  sndWl1: "irs",
  sndWl2: "iss",
  rcvUp: "rcvNxt",
  lastAckSent: "rcvNxt",
  rcvMss: "sndMss",
  maxSndWnd: "sndWnd",
};
/** What is left out while it is 0 or false; the options that are offered, or agreed on, come last. */
const REST = ["sndWnd", "rcvWnd", "sndMss", "rcvScale", "sndScale", "tsRecent", "tsRecentAt"];
const YES = ["passive", "finQueued", "finSent", "finReceived", "windowScaling", "timestamps", "sackPermitted"];
/** Of congestion control: what is always told, what is left out while it is as in the beginning, and what only CUBIC has. */
const WINDOW = ["cwnd", "ssthresh", "smss"];
const HAPPENED: Readonly<Record<string, number>> = { growthLimit: 1, bytesAcked: 0, dupAcks: 0, recoveryPoint: -1, roundTrip: 0 };
const CUBIC = ["wMax", "cwndPrior", "epochStart", "k", "wEst"];
/** Longer texts come only of values that are no numbers. */
const LONGEST = 320;

type Members = Readonly<Record<string, unknown>>;

/**
 * "{ SYN-SENT iss 7 sndUna 7 sndNxt 8 … }" for a Tcb, "{ SYN seq 7 window 64240 mss 1460 }" for a segment, "{ recovery cwnd 8000 ssthresh 5000
 * smss 1000 … }" for a CongestionState; undefined for anything else.
 */
export function tcpText(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const members = value as Members;
  const has = (...names: string[]): boolean => names.every((name) => Object.hasOwn(members, name));
  const words = has("state", "sndUna", "rcvNxt", "sndMss")
    ? connectionWords(members)
    : has("flags", "seq", "ack", "windowScale", "mss")
    ? segmentWords(members)
    : has("phase", "cwnd", "ssthresh", "smss", "initialWindow")
    ? congestionWords(members)
    : undefined;
  return words === undefined ? undefined : `{ ${words.join(" ").slice(0, LONGEST)} }`;
}

/** A member as a word. They should all be numbers; what student code put there may be anything. */
function word(value: unknown): string {
  if (typeof value === "number") return `${Number(value.toFixed(3))}`;
  return typeof value === "object" && value !== null ? "{…}" : String(value);
}

function connectionWords(tcb: Members): string[] {
  const begun = (names: readonly string[]): string[] => names.some((name) => tcb[name] !== 0) ? [...names] : [];
  const own = Object.entries(ECHOES).filter(([name, other]) => tcb[name] !== tcb[other]).map(([name]) => name);
  const numbers = [...begun(OURS), ...begun(THEIRS), ...own.filter((name) => tcb[name] !== 0), ...REST.filter((name) => tcb[name] !== 0)];
  return [word(tcb.state), ...numbers.map((name) => `${name} ${word(tcb[name])}`), ...YES.filter((name) => tcb[name] === true)];
}

function congestionWords(state: Members): string[] {
  const { phase, smss, initialWindow, algorithm, sack, limited } = state;
  const happened = Object.entries(HAPPENED).filter(([name, begin]) => state[name] !== begin).map(([name]) => name);
  const names = [
    ...WINDOW,
    ...initialWindow === 4 * Number(smss) ? [] : ["initialWindow"],
    ...happened,
    ...algorithm === "cubic" ? CUBIC : [],
  ];
  return [
    word(phase),
    ...names.map((name) => `${name} ${word(state[name])}`),
    ...algorithm === "reno" ? [] : [word(algorithm)],
    ...sack === true ? ["sack"] : [],
    ...limited === true ? [] : ["not limited"],
  ];
}

function segmentWords(segment: Members): string[] {
  const { flags, seq, ack, window, mss, windowScale, sackPermitted, timestamps, tsVal, tsEcr, textLength, sackCount } = segment;
  const bits = typeof flags === "number" ? flags : 0;
  const names = FLAGS.filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name);
  const text = textLength === undefined || textLength === 0 ? [] : [`textLength ${word(textLength)}`];
  const urgent = bits & 32 ? [`urgentPointer ${word(segment.urgentPointer)}`] : [];
  const sack = Array.isArray(segment.sack) && segment.sack.length > 0 ? [`sack [${segment.sack.map(word).join(", ")}]`] : [];
  const options = [
    ...mss === 0 ? [] : [`mss ${word(mss)}`],
    ...windowScale === -1 ? [] : [`windowScale ${word(windowScale)}`],
    ...sackPermitted === true ? ["sackPermitted"] : [],
    ...timestamps === true ? [`tsVal ${word(tsVal)} tsEcr ${word(tsEcr)}`] : [],
    ...sackCount === undefined || sackCount === 0 ? sack : [`sackCount ${word(sackCount)}`],
  ];
  return [
    // Only who writes a segment chooses its ports: in one that was read the host has looked at them.
    ...segment.length === undefined ? [`${word(segment.sourcePort)} → ${word(segment.destinationPort)}`] : [],
    names.length === 0 ? "no flag" : names.join(" "),
    `seq ${word(seq)}`,
    ...bits & 16 ? [`ack ${word(ack)}`] : [],
    `window ${word(window)}`,
    ...urgent,
    ...text,
    ...options.length === 0 ? ["no options"] : options,
  ];
}

/** The bytes of a TCP segment, as far as a failure of its reader needs them: its options where there are some, or else its beginning. */
export function segmentBytes(bytes: Uint8Array): { readonly what: string; readonly bytes: Uint8Array } {
  const header = ((bytes[12] ?? 0) >> 4) * 4;
  if (bytes.length < 20 || header <= 20 || header > bytes.length) return { what: "", bytes };
  return { what: "options ", bytes: bytes.subarray(20, header) };
}
