/**
 * What came over the pipe, taken for an answer only when it has an answer's shape. Our own side of the subject never
 * sends anything else; but student code runs in the same process and can write to the same pipe. So nothing is
 * believed: a member of a wrong type is a MessageError, and texts are cut to what our side would have sent.
 *
 * What a function *returned* may be anything at all, and so may what stands in arguments and events: checks compare it.
 */
import { MessageError } from "./message.ts";
import type { RecordedCall, Reply, Returned, Thrown } from "./subject/protocol.ts";
import type { Completed } from "./subject/system_calls.ts";

/** Characters of an exception's name, of its message, and of a place. */
const NAME = 100, MESSAGE = 500, PLACE = 300;
const MAX_PLACES = 8;
/** As many lines as the subject's console keeps (`subject/console.ts`), and as long. */
const MAX_LINES = 50, LINE = 501;
/** A function of a contract, or a method: "createRoutes.add". */
const SYMBOL = /^[\w$]{1,60}(\.[\w$]{1,60})?$/;

type Members = Readonly<Record<string, unknown>>;

/** The first word. Throws a MessageError for anything else. */
export function readHello(message: unknown): void {
  if (record(message).hello !== true) throw new MessageError("the first word is another one");
}

/** The answer to what was asked as number `id`. Throws a MessageError for what is none. */
export function readReply(message: unknown, id: number): Reply {
  const reply = record(message);
  if (reply.id !== id) throw new MessageError("an answer to what was not asked");
  return {
    ...outcome(reply),
    ...optional(reply, "all", (all) => ({ all: list(all).map((each) => outcome(record(each))) })),
    ...optional(
      reply,
      "frames",
      (frames) => ({ frames: list(frames).map((each) => each === undefined ? undefined : frame(record(each))) }),
    ),
    ...optional(reply, "objects", (objects) => ({ objects: list(objects) })),
    ...optional(reply, "recorded", (recorded) => ({ recorded: list(recorded).map((each) => recordedCall(record(each))) })),
    ...optional(reply, "out", (out) => ({ out: list(out).map((each) => sentPacket(record(each))) })),
    ...optional(reply, "deadline", (deadline) => ({ deadline: deadline as number })), // see `deadlineOf`: it is the labs' own
    ...optional(reply, "events", (events) => ({ events: list(events).map(event) })),
    ...optional(reply, "completed", (completed) => ({ completed: list(completed).map((each) => completedCall(record(each))) })),
    ...optional(reply, "missing", (missing) => ({ missing: text(missing, NAME) })),
    ...optional(reply, "log", (log) => ({ log: list(log).slice(0, MAX_LINES).map((line) => text(line, LINE)) })),
    ...optional(reply, "lost", (lost) => ({ lost: whole(lost) })),
  };
}

function outcome(reply: Members): Pick<Reply, "returned" | "threw"> {
  return {
    ...optional(reply, "returned", (returned) => ({ returned: readReturned(record(returned)) })),
    ...optional(reply, "threw", (threw) => ({ threw: readThrown(record(threw)) })),
  };
}

function readReturned(returned: Members): Returned {
  switch (returned.t) {
    case "value":
      return { t: "value", value: returned.value };
    case "frame":
      return { t: "frame", ...frame(returned) };
    case "handle":
      return { t: "handle", id: whole(returned.id), methods: [] };
    case "promise":
      return { t: "promise" };
    case "strange":
      return { t: "strange", what: text(returned.what, MESSAGE) };
    default:
      throw new MessageError("an answer returns something of no known kind");
  }
}

function readThrown(threw: Members): Thrown {
  const { symbol, from } = threw;
  return {
    name: text(threw.name, NAME),
    message: text(threw.message, MESSAGE),
    ...(typeof symbol === "string" && SYMBOL.test(symbol) ? { symbol } : {}),
    at: list(threw.at).slice(0, MAX_PLACES).map((place) => text(place, PLACE)),
    ...(from === undefined ? {} : { from: text(from, PLACE) }),
  };
}

function recordedCall({ id, call }: Members): { id: number; call: RecordedCall } {
  const { name, args, beside } = record(call);
  return {
    id: whole(id),
    call: { name: text(name, NAME), args: list(args), ...(beside === undefined ? {} : { beside: list(beside) }) },
  };
}

function sentPacket({ on, bytes }: Members): { on: number; bytes: Uint8Array } {
  return { on: whole(on), bytes: byteArray(bytes) };
}

function completedCall({ call, value, error, data }: Members): Completed {
  if (!Number.isSafeInteger(value)) throw new MessageError("a call gives something else in place of a number");
  return {
    call: whole(call),
    value: value as number,
    ...(error === undefined ? {} : { error: text(error, NAME) }),
    ...(data === undefined ? {} : { data }),
  };
}

/** `start` and `end` are numbers that the student's code left, right or wrong. */
function frame({ bytes, start, end }: Members): { bytes: Uint8Array; start: number; end: number } {
  return { bytes: byteArray(bytes), start: start as number, end: end as number };
}

function event(value: unknown): unknown {
  if (typeof record(value).kind !== "string") throw new MessageError("an event is of no kind");
  return value;
}

function optional<Part>(members: Members, name: string, read: (value: unknown) => Part): Part | Record<never, never> {
  const value = Object.hasOwn(members, name) ? members[name] : undefined;
  return value === undefined ? {} : read(value);
}

function record(value: unknown): Members {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new MessageError("an answer is no record");
  return value as Members;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new MessageError("an answer has something else in place of a list");
  return value;
}

function text(value: unknown, limit: number): string {
  if (typeof value !== "string") throw new MessageError("an answer has something else in place of a text");
  return value.slice(0, limit);
}

function whole(value: unknown): number {
  if (!Number.isSafeInteger(value) || value as number < 0) throw new MessageError("an answer has something else in place of a number");
  return value as number;
}

function byteArray(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new MessageError("an answer has something else in place of bytes");
  return value;
}
