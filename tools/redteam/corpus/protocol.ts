/** Attacks on the conversation between grader and subject: student code that speaks in the harness's place, on the same pipe. */
import { type Attack, every, file, FORGED, inPad, solvedBut } from "../attack.ts";

/** What code needs to speak the harness's language (tools/harness/message.ts). */
const SPEAK = `
const put = (bytes: Uint8Array) => { for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at)); };
const message = (json: string, length?: number) => {
  const text = new TextEncoder().encode(json), bytes = new Uint8Array(8 + text.length), view = new DataView(bytes.buffer);
  view.setUint32(0, length ?? 4 + text.length);
  view.setUint32(4, text.length);
  bytes.set(text, 8);
  return bytes;
};
const say = (value: unknown) => put(message(JSON.stringify(value)));
const take = (count: number) => {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count;) {
    const got = Deno.stdin.readSync(bytes.subarray(at));
    if (got === null) Deno.exit(0);
    at += got;
  }
  return bytes;
};
const hear = () => {
  const body = take(new DataView(take(4).buffer).getUint32(0));
  const length = new DataView(body.buffer).getUint32(0);
  return { request: JSON.parse(new TextDecoder().decode(body.subarray(4, 4 + length))), blobs: body.subarray(4 + length) };
};
`;
/** Takes the harness's place as the file is loaded: \`answer\` is said to every request but the resets between checks. */
function inItsPlace(name: string, tries: string, answer: string): Attack {
  const loop = `say({ hello: true });\nfor (let turn = 0;; turn++) {\n  const { request, blobs } = hear();
  if (request.op === "reset") say({}); else { ${answer} }\n}`;
  return file(name, tries, every("return undefined;", `${SPEAK}${loop}`), { anyhow: true });
}

const VALUE = (value: string): string => `say({ returned: { t: "value", value: ${value} }, out: [], deadline: 1e300 });`;
const MANY = (value: string): string =>
  `if (request.lists) say({ all: request.lists.map(() => ({ returned: { t: "value", value: ${value} } })) }); else`;

/** Answers that no harness gives, each of which could trip a reader that believes what it reads. */
const MALFORMED = String.raw`[
  null, 5, "text", [], [null], true, { returned: null }, { returned: 7 }, { returned: { t: "nothing" } }, { returned: { t: "handle" } },
  { returned: { t: "handle", id: -1, methods: [5] } }, { returned: { t: "frame" } }, { returned: { t: "frame", bytes: "x", start: 0, end: 9 } },
  { returned: { t: "frame", bytes: { $: "bytes", at: 0, length: 0 }, start: -1e308, end: 1e308 } },
  { returned: { t: "frame", bytes: { $: "bytes", at: 0, length: 1e9 }, start: 0, end: 0 } }, { returned: { t: "strange", what: {} } },
  { returned: { t: "value", value: { $: "nonsense" } } }, { returned: { t: "value", value: { $: "bigint", text: "x" } } },
  { returned: { t: "value", value: { $: "bigint", text: "9".repeat(3_000_000) } } }, { returned: { t: "value", value: { $: "object", value: 5 } } },
  { returned: { t: "value", value: { length: 1e15, then: 1, map: 1 } } },
  { threw: {} }, { threw: { name: 5, message: {}, at: 5 } }, { threw: { name: "NotImplemented", message: "", symbol: "::notice::x", at: [] } },
  { threw: { name: "x".repeat(1e6), message: "y".repeat(1e6), at: Array(1e5).fill("z") } }, { all: 5 }, { all: [5] }, { all: [{ returned: 5 }] },
  { frames: [5] }, { frames: [{ bytes: 5 }] }, { objects: 5 }, { recorded: 5 }, { recorded: [{ id: 1 }] }, { recorded: [{ id: 1, call: null }] },
  { recorded: [{ id: {}, call: { name: 5, args: 5 } }] }, { out: 5 }, { out: [{}] }, { out: [{ on: 99, bytes: "x" }] }, { out: [{ on: {}, bytes: [] }] },
  { deadline: "soon" }, { deadline: -1e308, out: [] }, { events: [5] }, { events: 5 }, { log: 5 }, { log: [5, {}] }, { log: Array(1e5).fill("x") },
  { lost: "x" }, { lost: -5 }, { hello: true },
]`;

/** Calls that find a key of the prototype's name in what they are given back. */
const PROTO = String
  .raw`{"returned":{"t":"value","value":{"__proto__":{"etherType":2048,"payload":14},"constructor":{"prototype":{"polluted":true}}}},
"frames":[{"$":"undefined"}],"objects":[{"__proto__":{"polluted":true}}],"__proto__":{"returned":{"t":"value","value":true}}}`;

export const protocol: readonly Attack[] = [
  file(
    "answers-before-it-is-asked",
    "a thousand answers in the pipe before the first question",
    every(
      "return true;",
      `${SPEAK}say({ hello: true }); for (let i = 0; i < 1000; i++) ${VALUE("true")}`,
    ),
    { anyhow: true },
  ),
  inItsPlace("takes-the-place-of-the-harness", "reads the questions itself and says that all is well", `${MANY("true")} ${VALUE("true")}`),
  inItsPlace(
    "counts-what-it-likes",
    "in the harness's place, invents counters, tables and events",
    `${MANY("0")} say({ returned: { t: "value", value: { received: 1, sent: 1, "frames received": 1 } }, out: [], deadline: 1e300,
      events: [{ kind: "payload", from: "02:00:00:00:00:01" }] });`,
  ),
  inItsPlace(
    "replays-frames",
    "in the harness's place, sends every frame back that it was sent",
    `const out = (request.frames ?? []).map(({ on, bytes }: any) => ({ on, bytes: { $: "bytes", at: bytes.at, length: bytes.length } }));
    const text = new TextEncoder().encode(JSON.stringify({ out, deadline: 1e300, returned: { t: "value", value: true } }));
    const bytes = new Uint8Array(8 + text.length + blobs.length), view = new DataView(bytes.buffer);
    view.setUint32(0, bytes.length - 4); view.setUint32(4, text.length); bytes.set(text, 8); bytes.set(blobs, 8 + text.length); put(bytes);`,
  ),
  file("returns-what-it-was-given", "every function returns its argument", every("return args[0];")),
  file(
    "answers-twice",
    "an answer of its own in front of each of the harness's",
    solvedBut(
      `say({ returned: { t: "value", value: true } });`,
      SPEAK,
    ),
  ),
  file("steals-the-next-question", "reads standard input in the middle of a call", every("hear(); return true;", SPEAK)),
  inItsPlace("malformed-answers", "fifty answers of a wrong shape, one after the other", `say((${MALFORMED})[turn % 50]);`),
  inItsPlace("pollutes-the-grader", "answers with keys named __proto__ and constructor", `put(message(${JSON.stringify(PROTO)}));`),
  file(
    "half-a-message",
    "dies in the middle of an answer",
    inPad(
      `put(message('{"returned":{"t":"value","value":true}}').subarray(0, 20)); Deno.exit(0);`,
      SPEAK,
    ),
  ),
  file(
    "endless-message",
    "announces an answer of 4 GiB, and sends it",
    inPad(
      `put(message("{}", 0xffffffff)); for (;;) put(new Uint8Array(65536));`,
      SPEAK,
    ),
  ),
  file(
    "heavy-message",
    "an answer of 15 MiB of empty records",
    inPad(
      `const text = "[" + "{},".repeat(5_000_000) + "0]"; put(message('{"returned":{"t":"value","value":' + text + "}}"));`,
      SPEAK,
    ),
  ),
  file(
    "deep-message",
    "an answer that is nested a million times",
    inPad(
      `put(message('{"returned":{"t":"value","value":' + "[".repeat(1e6) + "]".repeat(1e6) + "}}")); return true;`,
      SPEAK,
    ),
  ),
  file(
    "invalid-utf8-message",
    "an answer that is no UTF-8",
    every(
      `const bytes = message('{"returned":"????"}'); bytes.fill(0xff, 21, 25); put(bytes); return true;`,
      SPEAK,
    ),
  ),
  file(
    "closes-its-pipes",
    "closes standard output and error, and goes on for ever",
    inPad(
      "try { Deno.stdout.close(); Deno.stderr.close(); Deno.stdin.close(); } catch { /* one was closed */ } for (;;);",
    ),
  ),
  file(
    "prints-by-the-runtime",
    "prints by the runtime's own means, below the console",
    every(
      `const inner = (Deno as any)[(Deno as any).internal]; inner?.core?.print?.(${FORGED}); inner?.core?.print?.(${FORGED}, true); return true;`,
    ),
  ),
];
