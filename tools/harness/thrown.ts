/**
 * What an exception out of the subject means: who threw it, on whose behalf, and what to say about it. Lab functions never
 * throw because of a packet, so every exception ends the check; the words differ.
 */
import { fileOf, labs } from "../../labs/manifest.ts";
import { CheckFailed, NotWritten } from "./failure.ts";
import type { Thrown } from "./subject/protocol.ts";

/** Functions whose contract names an exception, for a caller that asks for what cannot be. */
const MAY_THROW = new Set(["createSendBuffer.copyInto", "createAcknowledger"]);

/** The check's end that an exception means. `called`: the function that the check itself had called, "createRoutes.add". */
export function failureOf(threw: Thrown, called: string | undefined): Error {
  const { symbol } = threw;
  if (symbol !== undefined) return knownFailure(threw.name, called?.endsWith(`.${symbol}`) ? called : symbol);
  const inner = culpritOf(threw.at);
  const culprit = inner === undefined || called?.split(".")[0] === inner.split(".")[0] ? called : inner;
  const details = { ...(culprit === undefined ? {} : { symbol: culprit }), ...(threw.at[0] === undefined ? {} : { at: threw.at[0] }) };
  const [, event, state] = /^Cannot happen: (".+") in (\S+)$/.exec(threw.message) ?? [];
  if (event !== undefined) return noArrow(event, state ?? "", inner);
  if (called === undefined && threw.at.length === 0) {
    const found = `the stack around your code found: ${thrownText(threw)}`;
    return new CheckFailed("the stack around your code to go on with what your functions gave it", found);
  }
  if (culprit === "createSendBuffer.copyInto" && threw.message.startsWith("Cannot use an empty ring")) return releasedTooEarly(threw);
  const reason = MAY_THROW.has(culprit ?? "") ? "what it was asked for is right" : "it never throws because of a packet";
  return new CheckFailed(`${culprit ?? "your code"} to return: ${reason}`, ownFrameFirst(threw), details);
}

/** The engine asked `nextState`, and there is no such arrow: either the table has a hole, or `asker` said an event that cannot happen there. */
function noArrow(event: string, state: string, asker: string | undefined): CheckFailed {
  const expected = `nextState to allow ${event} in ${state}${asker === undefined ? "" : `, or ${asker} not to say it there`}`;
  const failure = new CheckFailed(expected, `undefined: it cannot happen${asker === undefined ? "" : `, and ${asker} says it`}`, {
    symbol: "nextState",
  });
  if (asker !== undefined) failure.topic = { look: ["nextState", asker] };
  return failure;
}

/** The send buffer's ring is empty although bytes are held: whoever copies out of it is not to blame. */
function releasedTooEarly(threw: Thrown): CheckFailed {
  const failure = new CheckFailed("the bytes that the send buffer holds to be in its ring", thrownText(threw));
  const why =
    "A byte is held until it is acknowledged, sent or not. The ring forgets everything at once: its memory goes back when nothing is held any more, " +
    "and is reserved again when something is written.";
  failure.topic = { why, look: ["createSendBuffer.acknowledge", "createSendBuffer.write", "createSendBuffer.copyInto"] };
  return failure;
}

/** "RangeError: Cannot push 20 bytes: …, from Frame.push, called at writeIcmp (labs/03-ip/icmp.ts:43)". */
export function thrownText(threw: Thrown): string {
  const { at: [nearest], from } = threw;
  const where = nearest === undefined ? "" : from === undefined ? `, at ${nearest}` : `, called at ${nearest}`;
  return `${saidText(threw)}${from === undefined ? "" : `, from ${from}`}${where}${permissionText(threw)}`;
}

/** Lines of the student's own that led to an exception, at most. */
const OWN_FRAMES = 3;

/** The same with the student's own lines in front, one below the other: where to look is what is read first. */
function ownFrameFirst(threw: Thrown): string {
  const [nearest, ...outer] = threw.at;
  if (nearest === undefined) return thrownText(threw);
  const callers = outer.slice(0, OWN_FRAMES - 1).map((each) => `called by ${each}`);
  const thrower = threw.from === undefined ? "" : `, from ${threw.from}`;
  return [`${nearest}: ${saidText(threw)}${thrower}${permissionText(threw)}`, ...callers].join("\n");
}

/** What is said of an exception, wherever it came from. */
function saidText({ name, message }: Thrown): string {
  return `${name}: ${name === "NotCapable" ? message.replace(/, run again with the --allow-\S+ flag/, "") : message}`;
}

function permissionText({ name }: Thrown): string {
  return name === "NotCapable" ? ". Your code runs without any permission: console.log is all it has." : "";
}

/** What stands behind the call in the transcript: " threw RangeError". */
export function outcomeOf({ name, symbol }: Thrown): string {
  if (symbol !== undefined && name === "NotExported") return " is not there";
  return symbol !== undefined && name === "NeverReturned" ? " was not called again" : ` threw ${name}`;
}

/** The three things that our own side of the subject throws, with the function that each is about. */
function knownFailure(name: string, symbol: string): Error {
  if (name === "NotImplemented") return new NotWritten(symbol);
  if (name === "NeverReturned") {
    return new CheckFailed("an answer", `${symbol} did not come back in earlier checks, so it is not called again in this run`, { symbol });
  }
  const file = labs.map((lab) => fileOf(lab, symbol)).find((each) => each !== undefined);
  const [maker, method] = symbol.split(".");
  const what = method === undefined ? `${file ?? "the lab"} does not export ${symbol}` : `what ${maker} returned has no method ${method}`;
  return new CheckFailed(`${symbol} to be there`, what, { symbol });
}

/**
 * The contract's function among the lab's lines of a stack trace, the innermost first: helpers belong to the function that
 * called them. "createReassembly.poll" for a method of an object that a factory made.
 */
function culpritOf(at: readonly string[]): string | undefined {
  const frames = at.map((line) => /^(?:(\S+) \()?((?:labs|solutions)\/[^:]+)/.exec(line));
  const path = frames[0]?.[2];
  const file = path?.split("/").slice(-2).join("/");
  const [factory] =
    labs.flatMap((lab) =>
      Object.entries(lab.functions).filter(([name, each]) => name.startsWith("create") && `${lab.folder}/${each}` === file)
    )[0] ?? [];
  for (const frame of frames) {
    if (factory !== undefined && frame?.[2] !== path) break; // it was thrown inside a method, which another lab's function has called
    const name = frame?.[1]?.split(".").at(-1);
    if (name !== undefined && labs.some((lab) => fileOf(lab, name) !== undefined)) return name;
  }
  const method = frames.findLast((frame) => frame?.[2] === path)?.[1]?.split(".").at(-1);
  return factory === undefined || method === undefined ? factory : `${factory}.${method}`;
}
