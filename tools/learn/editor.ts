/** The program with which a file is opened: what the environment names. */
import { placeOf } from "../lab/places.ts";
import { ROOT } from "../lab/run.ts";
import type { Session } from "./session.ts";

/** Programs that take "+31" for a line. */
const WITH_LINE = ["vi", "vim", "nvim", "nano", "emacs", "emacsclient", "kak", "micro", "joe", "less", "more"];

/** Command, arguments and folder; or a sentence. `path`: the file; undefined: the one in which the function is that the check is about. */
export function editorFor(session: Session, path: string | undefined): readonly [string, readonly string[], string] | string {
  const words = ["VISUAL", "EDITOR", "PAGER"].map((name) => Deno.env.get(name)?.trim() ?? "").find((value) => value !== "")?.split(/\s+/);
  if (words === undefined) return "None of VISUAL, EDITOR and PAGER names a program.";
  const [command = "", ...args] = words;
  const symbol = session.at === undefined ? undefined : session.symbolOf(session.at);
  const place = symbol === undefined ? undefined : placeOf(symbol, session.lab)?.file;
  const [file, line] = path === undefined ? (place ?? `labs/${session.lab.folder}/${session.lab.files[0]}`).split(":") : [path];
  const name = command.slice(command.lastIndexOf("/") + 1);
  return [command, [...args, ...(line !== undefined && WITH_LINE.includes(name) ? [`+${line}`] : []), file as string], ROOT];
}
