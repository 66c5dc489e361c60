/** Times and calls as a ladder shows them. */
import type { Returned } from "./machine.ts";
import type { CallEvent, Value } from "./script.ts";

/** "0.200", seconds, with as many digits as there are. */
export function timeText(microseconds: number): string {
  if (microseconds === Infinity) return "the end";
  return (microseconds / 1e6).toFixed(6).replace(/0{1,3}$/, "");
}

/** "accept(3, ..., ...) = 4", as it is written, or with what it came to. */
export function callText({ name, args, returns, error }: CallEvent, returned?: Returned): string {
  const wanted = `${returns === undefined ? "?" : valueText(returns)}${error === undefined ? "" : ` ${error}`}`;
  const came = returned === undefined ? wanted : `${returned.value}${returned.error === undefined ? "" : ` ${returned.error}`}`;
  return `${name}(${args.map(valueText).join(", ")}) = ${came}`;
}

/** An argument in the language. */
export function valueText(value: Value): string {
  switch (value.kind) {
    case "any":
      return "...";
    case "number":
      return `${value.value}`;
    case "string":
      return `${JSON.stringify(value.value)}${value.more ? "..." : ""}`;
    case "name":
      return value.name;
    case "or":
      return value.parts.map(valueText).join("|");
    case "list":
      return `[${value.items.map(valueText).join(", ")}]`;
    case "struct":
      return `{${value.fields.map((field) => `${field.name === undefined ? "" : `${field.name}=`}${valueText(field.value)}`).join(", ")}}`;
    case "function":
      return `${value.name}(${value.args.map(valueText).join(", ")})`;
  }
}
