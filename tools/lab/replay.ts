/**
 * Plays stimuli to a subject: packets, what an application does, calls of functions, each at its time; and notes what can be seen
 * of the answer. Two plays of the same stimuli with different code differ where the code does.
 *
 * The answer to ARP requests is part of the wire, as in the checks themselves. Time passes from deadline to deadline,
 * so whatever stimuli are left out, timers go off when they are due.
 */
import { equal } from "@std/assert";
import { describe, describeProblems } from "../../stack/wire/describe.ts";
import { dissect, type Layer } from "../../stack/wire/dissect.ts";
import type { Medium } from "../../stack/link/device.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { callText, resultText } from "../harness/call_text.ts";
import { CheckFailed } from "../harness/failure.ts";
import { Marker } from "../harness/marker.ts";
import { Conversation } from "../harness/remote.ts";
import { type MadeCall, madeText, putText } from "../harness/remote_channels.ts";
import { showValue } from "../harness/show.ts";
import type { Reply, Request, Sent } from "../harness/subject/protocol.ts";
import type { Subject } from "../harness/subject.ts";
import { SubjectDied } from "../harness/subject_process.ts";
import { Transcript } from "../harness/transcript.ts";
import { startStation, type VirtualStation } from "../harness/virtual_station.ts";
import { isVisible, replyTexts, type Visible } from "./reply_text.ts";

/** Requests that no check makes of a student's code, or that do nothing to it. */
const NOT_PLAYED = ["reset", "refuse", "system call", "tcp info"] as const;

/** Something done to the subject: a request of a check's, or that time passes until `now`. A step brings exactly one packet. */
export type Stimulus = Exclude<Request, { readonly op: (typeof NOT_PLAYED)[number] }> | {
  readonly op: "wait";
  readonly host: number;
  readonly now: number;
};

/** Whether a request is something that can be played again. */
export function isPlayed(request: Request): request is Request & Stimulus {
  return !NOT_PLAYED.some((op) => op === request.op);
}

/** How the wire answers ARP requests by itself. */
export interface Wire {
  readonly answerArp: boolean;
  readonly peerAddresses: readonly string[];
}

/** What was seen: a packet, or what was returned or thrown. Times in virtual milliseconds. */
export type Seen =
  | {
    readonly kind: "packet";
    readonly time: number;
    readonly on: number;
    readonly medium: Medium;
    readonly fcs: boolean;
    readonly bytes: Uint8Array;
  }
  | { readonly kind: "value"; readonly of: string; readonly value: unknown }
  | { readonly kind: "end"; readonly what: string };

/** A play: what was seen after each stimulus, and the transcript. */
export interface Play {
  readonly seen: readonly (readonly Seen[])[];
  readonly transcript: Transcript;
}

/** Where two plays differ first. */
export interface Difference {
  /** The stimulus after which they do. */
  readonly at: number;
  /** What kind of difference it is, without the numbers: "TCP acknowledgment". Two with the same name are the same fault. */
  readonly kind: string;
  readonly expected: string;
  readonly got: string;
}

/** Plays the stimuli. Ends early when the subject's code throws, hangs or dies. Never throws for what that code does. */
export async function play(subject: Subject, stimuli: readonly Stimulus[], wire: Wire): Promise<Play> {
  const transcript = new Transcript();
  const conversation = new Conversation(subject, transcript);
  const stations: VirtualStation[] = [];
  const seen: Seen[][] = [];
  await subject.reset();
  for (const stimulus of stimuli) {
    const from = transcript.steps.length;
    const now: Seen[] = [];
    seen.push(now);
    let end: Seen | undefined;
    try {
      const value = await give(conversation, stations, stimulus, wire);
      if (value !== undefined) now.push({ kind: "value", of: nameOf(stimulus), value });
    } catch (error) {
      end = { kind: "end", what: endText(error) };
    }
    for (const step of transcript.steps.slice(from)) {
      if (step.kind !== "packet" || step.direction !== "from you") continue;
      now.push({ kind: "packet", time: step.time, on: step.on, medium: step.medium, fcs: step.fcs, bytes: step.bytes });
    }
    for (const station of stations) station.take();
    if (end === undefined) continue;
    now.push(end);
    break;
  }
  return { seen, transcript };
}

async function give(conversation: Conversation, stations: VirtualStation[], stimulus: Stimulus, wire: Wire): Promise<unknown> {
  if (stimulus.op === "host") {
    const layers = stimulus.config.layers ?? 3;
    stations.push(await startStation(conversation, { ...stimulus.config, ...wire }, layers));
    return undefined;
  }
  if (!("host" in stimulus)) {
    const reply = await conversation.ask(stimulus);
    fileCall(conversation.transcript, stimulus, reply);
    return visible(reply);
  }
  const station = stations[stimulus.host];
  if (station === undefined) throw new CheckFailed("a host", "none");
  if (stimulus.now > station.now) await station.wait(stimulus.now - station.now);
  switch (stimulus.op) {
    case "wait":
      return undefined;
    case "step":
      for (const { on, bytes } of stimulus.frames) await station.sendRaw(bytes, "", on);
      return undefined;
    case "tcp":
      station.note(actText(stimulus.act, stimulus.args));
      return await station.act(stimulus.act, stimulus.args);
    case "udp":
      station.note(actText(stimulus.act, stimulus.args));
      return await station.actUdp(stimulus.act, stimulus.args);
    case "look":
      return stimulus.what === "counters" ? await station.counters() : await station.arpTable(stimulus.on);
    case "act":
      return await act(station, stimulus.act, stimulus.args);
  }
}

/** A call's line in the transcript. */
function fileCall(transcript: Transcript, stimulus: Stimulus, { returned, threw }: Reply): void {
  if (stimulus.op === "channels" && stimulus.act === "put") transcript.note(0, putText(stimulus.args));
  if (stimulus.op === "channels" && stimulus.act === "made" && returned?.t === "value") {
    for (const made of returned.value as MadeCall[]) transcript.note(0, madeText(made));
  }
  if (stimulus.op !== "call" && stimulus.op !== "method") return;
  const { name } = stimulus;
  const { args, of } = callText(name, stimulus.args.map(argument));
  const value = returned?.t === "value" && returned.value !== undefined ? ` → ${resultText(name, returned.value)}` : "";
  transcript.call({ time: 0, name, args, outcome: `${of}${threw === undefined ? value : ` threw ${threw.name}`}` });
}

/** What a check gave, as far as it can be shown. */
function argument(sent: Sent): unknown {
  switch (sent.t) {
    case "value":
    case "inout":
      return sent.value;
    case "view":
      return new DataView(Uint8Array.from(sent.bytes).buffer);
    case "frame": {
      const frame = new Frame(sent.bytes.length, sent.headroom);
      frame.bytes.set(sent.bytes);
      frame.start = sent.start;
      frame.end = sent.end;
      return frame;
    }
    case "record":
      return Object.fromEntries(Object.entries(sent.members).map(([key, member]) => [key, argument(member)]));
    default:
      return new Marker(sent);
  }
}

async function act(station: VirtualStation, name: "ping" | "output" | "outputLink", args: readonly unknown[]): Promise<void> {
  const to = args[0] as string;
  if (name === "output") return await station.output(to, args[1] as number, args[2] as Uint8Array);
  if (name === "outputLink") return await station.outputLink(to, args[1] as Uint8Array, args[2] as number);
  return await station.ping(to, { id: args[1] as number, seq: args[2] as number, size: (args[3] as Uint8Array).length });
}

/** "an application of yours: write, 23 bytes". */
function actText(name: string, args: readonly unknown[]): string {
  const bytes = args.find((arg) => arg instanceof Uint8Array);
  if (name === "selector") return `a program of yours with a selector: ${args.filter((arg) => typeof arg !== "object").join(" ")}`;
  const [, where] = args;
  const named = where !== undefined && (name === "listen" || name === "connect" || name === "bind");
  const port = named ? `, ${Array.isArray(where) ? where.join(":") : `port ${where}`}` : "";
  return `an application of yours: ${name}${port}${bytes === undefined ? "" : `, ${bytes.length} bytes`}`;
}

/** What a call came to, without what was printed. Places in the code are no part of what is seen. */
export function visible({ returned, threw, all, frames, objects, recorded }: Reply): Visible {
  const thrown = (each: Reply["threw"]): string | undefined => each?.name;
  return {
    returned,
    threw: thrown(threw),
    all: all?.map((each) => ({ returned: each.returned, threw: thrown(each.threw) })),
    frames,
    objects,
    recorded,
  };
}

function endText(error: unknown): string {
  if (error instanceof CheckFailed) return error.got;
  if (error instanceof SubjectDied) return error.message;
  if (error instanceof Error) return `${error.name}: ${error.message}`;
  return String(error);
}

function nameOf(stimulus: Stimulus): string {
  if ("act" in stimulus) return stimulus.act;
  if ("what" in stimulus) return stimulus.what;
  return "name" in stimulus ? stimulus.name : stimulus.op;
}

/** Where `got` differs first from `expected`, from stimulus `from` on; undefined when nowhere. `transcript`: the numbers of segments are told as they are there. */
export function difference(
  expected: readonly (readonly Seen[])[],
  got: readonly (readonly Seen[])[],
  transcript?: Transcript,
  from = 0,
): Difference | undefined {
  for (let at = from; at < Math.max(expected.length, got.length); at++) {
    const right = expected[at] ?? [], wrong = got[at] ?? [];
    for (let index = 0; index < Math.max(right.length, wrong.length); index++) {
      const found = differ(right[index], wrong[index], transcript);
      if (found !== undefined) return { at, ...found };
    }
  }
  return undefined;
}

function differ(right: Seen | undefined, wrong: Seen | undefined, transcript?: Transcript): Omit<Difference, "at"> | undefined {
  const told = { expected: seenText(right, transcript), got: seenText(wrong, transcript) };
  if (right === undefined || wrong === undefined) {
    const missing = wrong === undefined;
    return { kind: `${missing ? "missing" : "extra"} ${kindOf((missing ? right : wrong) as Seen)}`, ...told };
  }
  if (right.kind !== wrong.kind) return { kind: `${kindOf(wrong)} for ${kindOf(right)}`, ...told };
  if (right.kind === "packet" && wrong.kind === "packet") {
    const field = fieldThatDiffers(right, wrong);
    if (field !== undefined) return { kind: field, ...told };
    const timed = (text: string, time: number): string => `${text} at ${Math.round(time)} ms`;
    if (Math.abs(right.time - wrong.time) < 0.5) return undefined;
    return { kind: "time", expected: timed(told.expected, right.time), got: timed(told.got, wrong.time) };
  }
  if (equal(plain(right), plain(wrong))) return undefined;
  const calls = right.kind === "value" && wrong.kind === "value" && isVisible(right.value) && isVisible(wrong.value);
  return { kind: kindOf(right), ...calls ? replyTexts(right.of, right.value as Visible, wrong.value as Visible) : told };
}

function plain(seen: Seen): unknown {
  return seen.kind === "value" ? seen.value : seen;
}

function kindOf(seen: Seen): string {
  if (seen.kind === "value") return `value of ${seen.of}`;
  if (seen.kind === "end") return "end";
  const layer = dissect(seen.bytes, seen.medium, seen).findLast(({ name, quoted }) => !quoted && !CARRIED.has(name));
  const sort = layer?.fields.find(({ name }) => SORTS.has(name))?.text ?? "";
  return `packet of ${layer?.name} ${sort}`.trim();
}

/** Layers that say nothing of what a packet is; and the fields that say what sort it is. */
const CARRIED: ReadonlySet<string> = new Set(["data", "FCS", "padding"]);
const SORTS: ReadonlySet<string> = new Set(["flags", "type", "operation"]);

/** Fields that may be anything, as long as they are right in themselves. */
const FREE = new Set(["identification"]);

/** "TCP acknowledgment": the first field that differs, other than checksums that are right and identifications. */
function fieldThatDiffers(right: Seen & { kind: "packet" }, wrong: Seen & { kind: "packet" }): string | undefined {
  if (equal(right.bytes, wrong.bytes)) return undefined;
  const [good, bad] = [right, wrong].map((each) => dissect(each.bytes, each.medium, each)) as [Layer[], Layer[]];
  for (let index = 0; index < Math.max(good.length, bad.length); index++) {
    const a = good[index], b = bad[index];
    if (a === undefined || b === undefined || a.name !== b.name) return `layer ${b?.name ?? "none"} for ${a?.name ?? "none"}`;
    const names = new Set([...a.fields, ...b.fields].map(({ name }) => name));
    for (const name of names) {
      const [x, y] = [a, b].map((layer) => layer.fields.find((field) => field.name === name));
      const alike = x?.ok !== undefined || y?.ok !== undefined ? x?.ok === y?.ok : x?.text === y?.text && x?.value === y?.value;
      if (!alike && !FREE.has(name)) return `${a.name} ${name}`;
    }
    if (a.name === "data" && !equal(bytesOf(right, a), bytesOf(wrong, b))) return "data";
  }
  return right.bytes.length === wrong.bytes.length ? undefined : "length";
}

function bytesOf({ bytes }: { readonly bytes: Uint8Array }, { offset, length }: Layer): Uint8Array {
  return bytes.subarray(offset, offset + length);
}

function seenText(seen: Seen | undefined, transcript?: Transcript): string {
  if (seen === undefined) return "nothing";
  if (seen.kind === "packet") {
    const bare = seen.fcs ? seen.bytes.subarray(0, -4) : seen.bytes;
    const line = transcript?.describe(bare, seen.medium) ?? describe(seen.bytes, seen.medium, seen);
    return [line, ...describeProblems(seen.bytes, seen.medium, seen)].join(", ");
  }
  if (seen.kind === "end") return seen.what;
  const { returned, threw } = (seen.value ?? {}) as Partial<Reply>;
  if (returned?.t === "value" && threw === undefined) return `${seen.of}: ${resultText(seen.of, returned.value)}`;
  return `${seen.of}: ${showValue(threw ?? seen.value)}`;
}
