/**
 * The words behind `deno task lab3`: what they mean, and a plain sentence for those that mean nothing.
 */
import { parseArgs } from "@std/cli/parse-args";
import { findLab, type Lab } from "../../labs/manifest.ts";
import type { Driver } from "../harness/kernel/kernel_peer.ts";
import { labNumbers, readLabs } from "./lab_numbers.ts";
import { UsageError } from "./usage_error.ts";

/** What a student asked for. */
export interface LabOptions {
  readonly lab: Lab;
  readonly reference: ReadonlySet<number>;
  readonly mine: boolean;
  readonly only: readonly string[];
  /** Undefined: draw one. */
  readonly seed: number | undefined;
  readonly virtual: boolean;
  readonly requireLive: boolean;
  readonly pcap: string | undefined;
  readonly json: boolean;
  /** The port on which the run waits for a debugger; false: it does not. */
  readonly inspect: number | false;
  readonly all: boolean;
  readonly driver: Driver;
  /** The check whose next hint is wanted. */
  readonly hint: string | undefined;
  readonly list: boolean;
  /** Keeps the failures that are shown as regression checks. */
  readonly saveFailure: boolean;
  /** Plays a failure that was kept, and nothing else. */
  readonly replay: string | undefined;
  /** Runs the student's own checks, and nothing else. */
  readonly myChecks: boolean;
}

/** What `--help` prints. */
export function helpText(lab: Lab | undefined): string {
  const name = lab === undefined ? "lab3" : `lab${lab.number}`;
  return `deno task ${name}: runs the checks of lab ${lab === undefined ? "3" : lab.number}${
    lab === undefined ? "" : ` (${lab.name})`
  } against your code

  --only ID        only this check, or this group of checks (may be repeated)
  --seed N         draw the same inputs as the run that printed this seed
  --hint ID        the next of three hints for a check
  --list           the checks by name, without running them
  --all            show every failure in full, not only the first three
                   (with --only all are)

  --watch          stay, and run again whenever a file is saved; takes --plain
                   and --poll, too (deno task learn --help)

  --save-failure   keep the failures that are shown: later runs play them again
  --replay FILE    play one failure that was kept, and nothing else

  --my-checks      run the checks that you wrote, on right code and on wrong

  --reference 1-3  take these labs from the reference solutions
  --mine           take all labs from you, where the reference would stand in

  --virtual        leave the live checks out
  --require-live   fail when the live checks cannot be run
  --driver NAME    ffi (as is) or tuntap2 (deno task tuntap2 builds it)
  --pcap DIR       keep a capture of every check, for Wireshark
  --inspect        wait for a debugger on port 9229 (--inspect=N: on port N);
                   all clocks are off, live checks left out
  --json           one JSON object in place of the report
  --help           this

Exit status: 0 all passed, 1 some failed, 2 the command was wrong, 3 the run
could not be done.`;
}

/** The options that stand alone, those with a value behind them, and those that may have one, after a "=". */
export const FLAGS = ["mine", "virtual", "require-live", "json", "help", "all", "list", "save-failure", "my-checks", "watch"] as const;
export const WITH_VALUE = ["only", "seed", "pcap", "reference", "driver", "hint", "replay"] as const;
export const MAY_HAVE_VALUE = ["inspect"] as const;
export const DRIVERS: readonly Driver[] = ["ffi", "tuntap2"];
/** Where debuggers look, if nothing else is said. */
const DEBUGGER_PORT = 9229;

/** Reads the command line; the first word is the lab's number. Returns "help" when that is asked for. Throws a UsageError. */
export function readOptions(words: readonly string[]): LabOptions | { readonly help: Lab | undefined } {
  const unknown: string[] = [];
  const args = parseArgs(words, {
    string: [...WITH_VALUE, ...MAY_HAVE_VALUE],
    boolean: [...FLAGS],
    collect: ["only"],
    alias: { h: "help" },
    unknown: (word: string, key?: string): boolean => {
      if (key === undefined) return true;
      unknown.push(word);
      return false;
    },
  });
  if (unknown[0] !== undefined) throw new UsageError(`There is no option ${unknown[0].split("=")[0]}. --help lists them all.`);
  const lab = readLab(args._[0]);
  if (args.help === true) return { help: lab };
  if (lab === undefined) throw new UsageError(`Which lab? There are ${labNumbers()}: deno task lab1`);
  if (args._.length > 1) throw new UsageError(`Cannot make sense of "${args._[1]}". --help lists the options.`);
  for (const name of WITH_VALUE) {
    const value = args[name];
    if (value === "" || Array.isArray(value) && value.includes("")) {
      throw new UsageError(`--${name} needs a value behind it. --help shows how.`);
    }
  }
  const driver = (args.driver ?? "ffi") as string;
  if (driver !== "ffi" && driver !== "tuntap2") throw new UsageError(`There is no driver "${driver}": ffi or tuntap2.`);
  return {
    lab,
    reference: new Set(args.reference === undefined ? [] : readLabs(args.reference as string, "--reference")),
    mine: args.mine === true,
    only: ((args.only ?? []) as string[]).flatMap((each) => each.split(",")).filter((each) => each !== ""),
    seed: readSeed(args.seed as string | undefined),
    virtual: args.virtual === true || args.inspect !== undefined,
    requireLive: args["require-live"] === true,
    pcap: args.pcap as string | undefined,
    json: args.json === true,
    inspect: args.inspect !== undefined && readPort(args.inspect as string),
    all: args.all === true,
    driver,
    hint: args.hint as string | undefined,
    list: args.list === true,
    saveFailure: args["save-failure"] === true,
    replay: args.replay as string | undefined,
    myChecks: args["my-checks"] === true,
  };
}

/** The port for a debugger; "": nothing was said of it. */
function readPort(text: string): number {
  const port = Number(text || DEBUGGER_PORT);
  if (!/^\d*$/.test(text) || port < 1024 || port > 65_535) {
    throw new UsageError(`--inspect=${text} is no port: a number from 1024 to 65535.`);
  }
  return port;
}

function readLab(word: string | number | undefined): Lab | undefined {
  if (word === undefined) return undefined;
  const lab = findLab(Number(word));
  if (lab === undefined) throw new UsageError(`There is no lab ${word}: there are ${labNumbers()}.`);
  return lab;
}

/** A seed as it is typed. Throws a UsageError. */
export function readSeed(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seed = Number(text);
  if (!/^\d+$/.test(text) || seed > 0xffff_ffff) throw new UsageError(`"${text}" is no seed: a whole number from 0 to 4294967295.`);
  return seed;
}
