/**
 * `deno task serve DIR`: a folder over HTTP, from the reference stack. The machine's own network is left alone, so the stack and whoever
 * asks it live in a namespace: a command of the user's is run in there.
 *
 *     deno task serve docs -- curl http://10.44.0.2/glossary.md
 *     deno task serve docs -- wget -r http://10.44.0.2/
 *     deno task serve docs                                        stays, and says how to get in
 */
import { parseArgs } from "@std/cli/parse-args";
import { runNextDoor, splitCommand } from "./neighbour/outside.ts";
import { reportAndExit, WrongCommand } from "./neighbour/report.ts";
import { readWire, WIRE_HELP, type WireOptions } from "./neighbour/wire.ts";

const HELP = `deno task serve DIR [-- COMMAND …]: the stack serves a folder by HTTP

  deno task serve docs -- curl http://10.44.0.2/

COMMAND is any program of this machine. It runs in a network namespace of its
own, in which the stack is its neighbour, 10.44.0.2; it sees this terminal and
these files, and no other network. When it ends, everything ends, with its
exit status. Without a command the stack stays until Ctrl-C, and says how to
get in from another terminal.

  --port N         serve on this port instead of 80
${WIRE_HELP}
  --help           this

Exit status: the command's; 2 this command was wrong, 3 it cannot be done.`;

/** What is served, where, over which wire, and to whom: nobody yet, if there is no command. */
interface ServeOptions {
  readonly folder: string;
  readonly port: number;
  readonly wire: WireOptions;
  readonly command: readonly string[];
}

/** Reads the command line. Throws a WrongCommand. */
function readOptions(words: readonly string[]): ServeOptions | "help" {
  const { own, command } = splitCommand(words);
  const args = parseArgs(own, {
    string: ["port", "mtu"],
    boolean: ["help", "offload"],
    alias: { h: "help" },
    unknown: (word: string) => {
      if (word.startsWith("-")) throw new WrongCommand(`There is no option ${word.split("=")[0]}. --help lists them all.`);
      return true;
    },
  });
  if (args.help === true) return "help";
  const [folder, more] = args._ as (string | undefined)[];
  if (folder === undefined) throw new WrongCommand("Which folder? For example: deno task serve docs -- curl http://10.44.0.2/");
  if (more !== undefined) throw new WrongCommand(`Cannot make sense of "${more}": a command stands behind --.`);
  if (command?.length === 0) throw new WrongCommand("Behind -- there is no command.");
  const port = Number(args.port ?? 80);
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new WrongCommand(`"${args.port}" is no port: 1 to 65535.`);
  return { folder: realFolder(`${folder}`), port, wire: readWire(args), command: command ?? [] };
}

function realFolder(folder: string): string {
  try {
    const real = Deno.realPathSync(folder);
    for (const _ of Deno.readDirSync(real)) break;
    return real;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new WrongCommand(`Cannot serve ${folder}: it does not exist.`);
    if (error instanceof Deno.errors.PermissionDenied) throw new WrongCommand(`Cannot serve ${folder}: this user may not read it.`);
    throw new WrongCommand(`Cannot serve ${folder}: it is no folder.`);
  }
}

if (import.meta.main) {
  try {
    const options = readOptions(Deno.args);
    if (options === "help") console.log(HELP);
    else {
      const { folder, port, wire, command } = options;
      const orders = [JSON.stringify(wire), folder, `${port}`, ...command];
      Deno.exit(await runNextDoor(new URL("serve/inside.ts", import.meta.url), [`--allow-read=${folder}`], orders));
    }
  } catch (error) {
    reportAndExit(error);
  }
}
