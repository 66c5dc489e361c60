/**
 * `deno task talk HOST PORT`: what `nc` does, over the reference stack: standard input goes out, what comes in goes to standard output. The
 * stack is in a namespace, where it has one neighbour, this machine's kernel at 10.44.0.1; the other end of the talk is a command in there.
 *
 *     deno task talk 10.44.0.1 9000 -- nc -l 9000
 *     deno task talk --listen 9000 -- nc 10.44.0.2 9000
 *     echo hello | deno task talk 10.44.0.1 9000 -- nc -N -l 9000
 */
import { parseArgs } from "@std/cli/parse-args";
import { parseIpv4Address } from "../stack/wire/ipv4_address.ts";
import { runNextDoor, splitCommand } from "./neighbour/outside.ts";
import { reportAndExit, WrongCommand } from "./neighbour/report.ts";
import { readWire, WIRE_HELP, type WireOptions } from "./neighbour/wire.ts";

const HELP = `deno task talk HOST PORT [-- COMMAND …]: nc over the reference stack
deno task talk --listen PORT [-- COMMAND …]

  deno task talk 10.44.0.1 9000 -- nc -l 9000
  deno task talk --listen 9000 -- nc 10.44.0.2 9000

What you type goes to the other end, what comes from there is printed. When
your input ends, the other end is told (a FIN), and may go on talking.

The stack has the address 10.44.0.2 in a network namespace of its own, and one
neighbour: the kernel of this machine, 10.44.0.1. COMMAND runs in there and is
whom you talk to; it has no input of its own. Without a command the stack waits,
and says how to get in from another terminal.

  --listen         wait for a connection to PORT, instead of making one
${WIRE_HELP}
  --help           this

Exit status: 0 the talk ended well, 1 it broke, 2 this command was wrong,
3 it cannot be done.`;

/** What is wanted: whom to call (undefined: somebody calls), over which wire, and whom to start. */
interface TalkOptions {
  readonly host: string | undefined;
  readonly port: number;
  readonly wire: WireOptions;
  readonly command: readonly string[];
}

/** Reads the command line. Throws a WrongCommand. */
function readOptions(words: readonly string[]): TalkOptions | "help" {
  const { own, command } = splitCommand(words);
  const args = parseArgs(own, {
    string: ["_", "mtu"],
    boolean: ["help", "listen", "offload"],
    alias: { h: "help", l: "listen" },
    unknown: (word: string) => {
      if (word.startsWith("-")) throw new WrongCommand(`There is no option ${word.split("=")[0]}. --help lists them all.`);
      return true;
    },
  });
  if (args.help === true) return "help";
  const rest = [...args._];
  const host = args.listen === true ? undefined : hostOf(rest.shift());
  const port = portOf(rest.shift());
  if (rest.length > 0) throw new WrongCommand(`Cannot make sense of "${rest[0]}": a command stands behind --.`);
  if (command?.length === 0) throw new WrongCommand("Behind -- there is no command.");
  return { host, port, wire: readWire(args), command: command ?? [] };
}

function hostOf(word: string | number | undefined): string {
  if (word === undefined) throw new WrongCommand("Talk to whom? For example: deno task talk 10.44.0.1 9000 -- nc -l 9000");
  try {
    parseIpv4Address(`${word}`);
    return `${word}`;
  } catch {
    throw new WrongCommand(`"${word}" is no IPv4 address; the neighbour's is 10.44.0.1.`);
  }
}

function portOf(word: string | number | undefined): number {
  const port = Number(word);
  if (word === undefined) throw new WrongCommand("At which port? For example: deno task talk 10.44.0.1 9000 -- nc -l 9000");
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new WrongCommand(`"${word}" is no port: 1 to 65535.`);
  return port;
}

if (import.meta.main) {
  try {
    const options = readOptions(Deno.args);
    if (options === "help") console.log(HELP);
    else {
      const { host, port, wire, command } = options;
      const orders = [JSON.stringify(wire), host ?? "listen", `${port}`, ...command];
      Deno.exit(await runNextDoor(new URL("talk/inside.ts", import.meta.url), [], orders));
    }
  } catch (error) {
    reportAndExit(error);
  }
}
