/**
 * System calls:
 *
 *     read(4, ..., 1000) = -1 EAGAIN (Resource temporarily unavailable)
 *     poll([{fd=4, events=POLLIN, revents=POLLIN}], 1, 0) = 1
 *     recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 1000}], msg_flags=0}, 0) = ?
 *
 * An argument may be anything that `script.ts#Value` has, at most `MAX_NESTING` brackets deep; what it means is for whoever runs the call.
 */
import type { CallEvent, Field, Value } from "./script.ts";
import type { TokenReader } from "./token_reader.ts";

const MAX_NESTING = 64;

/** Reads a call, from its name to its note. */
export function parseCall(reader: TokenReader): Pick<CallEvent, "name" | "args" | "returns" | "error" | "note"> {
  if (reader.peek().kind !== "word") reader.fail("the name of a call");
  const name = reader.next().raw;
  reader.expect("(", "'(' and the arguments of the call");
  const args = list(reader, ")", (inside) => value(inside, 1));
  reader.expect("=", "'=' and what the call returns");
  const returns = reader.takes("?") ? undefined : value(reader, 0);
  const error = reader.peek().kind === "word" ? reader.next().raw : undefined;
  const note = reader.sees("(") ? noteText(reader) : undefined;
  return {
    name,
    args,
    ...(returns === undefined ? {} : { returns }),
    ...(error === undefined ? {} : { error }),
    ...(note === undefined ? {} : { note }),
  };
}

/** "(Resource temporarily unavailable)": anything, on one line. */
function noteText(reader: TokenReader): string {
  const open = reader.next();
  const text = reader.textUpTo(")");
  return text === undefined ? reader.fail("a ')' on the same line as this one", open) : text.trim().replaceAll(/\s+/g, " ");
}

/** What stands between brackets, separated by commas; the opening bracket is taken already. */
function list<T>(reader: TokenReader, close: string, item: (reader: TokenReader) => T): T[] {
  const items: T[] = [];
  if (reader.takes(close)) return items;
  do items.push(item(reader)); while (reader.takes(","));
  reader.expect(close, `',' or '${close}'`);
  return items;
}

/** One argument: a value, or several with "|" between them. */
function value(reader: TokenReader, depth: number): Value {
  if (depth > MAX_NESTING) reader.fail(`at most ${MAX_NESTING} brackets in each other`);
  const first = simple(reader, depth);
  if (!reader.sees("|")) return first;
  const parts = [first];
  while (reader.takes("|")) parts.push(simple(reader, depth));
  return { kind: "or", parts };
}

function simple(reader: TokenReader, depth: number): Value {
  const inside = (): Value => value(reader, depth + 1);
  const { kind, raw, text } = reader.peek();
  switch (kind) {
    case "ellipsis":
      reader.next();
      return { kind: "any" };
    case "integer":
    case "hex":
      return { kind: "number", value: reader.integer("a number", Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER) };
    case "string":
      reader.next();
      return { kind: "string", value: text, more: reader.takes("...") };
    case "word":
      if (!/^[A-Za-z_]/.test(raw)) break;
      reader.next();
      return reader.takes("(") ? { kind: "function", name: raw, args: list(reader, ")", inside) } : { kind: "name", name: raw };
    case "mark":
      if (reader.takes("[")) return { kind: "list", items: list(reader, "]", inside) };
      if (reader.takes("{")) return { kind: "struct", fields: list(reader, "}", () => field(reader, depth)) };
  }
  return reader.fail("a value");
}

/** "fd=4", "msg_iov(1)=[…]", or a value alone. */
function field(reader: TokenReader, depth: number): Field {
  const named = reader.peek().kind === "word" && reader.sees("=", 1);
  if (named) {
    const name = reader.next().raw;
    reader.next();
    return { name, value: value(reader, depth + 1) };
  }
  const first = value(reader, depth + 1);
  if (first.kind !== "function" || first.args.length !== 1 || !reader.takes("=")) return { value: first };
  return { name: first.name, of: first.args[0] as Value, value: value(reader, depth + 1) };
}
