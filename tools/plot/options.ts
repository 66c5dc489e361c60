/** The words behind `deno task plot`: what they mean, and a plain sentence for those that mean nothing. */
import { parseArgs } from "@std/cli/parse-args";
import { readLabs } from "../lab/lab_numbers.ts";
import { UsageError } from "../lab/usage_error.ts";
import { packetsOf, type TransferSettings } from "./transfer.ts";

export const HELP = `deno task plot lab8: a long transfer over a bottleneck, drawn: cwnd, ssthresh,
flight, round trips and sequence numbers, yours beside the reference's

  --rate N         what the bottleneck lets through, in Mbit/s (2)
  --delay N        from end to end, each way, in ms (20)
  --queue N        packets that may wait in front of it (20)
  --loss N         per cent of the packets that are lost besides, by chance (0)
  --seed N         what chance follows from (1)
  --seconds N      how long the transfer takes, on virtual time (12)
  --algorithm A    reno or cubic (reno)
  --no-sack        the far end does not tell what it holds beyond a gap

  --out FILE.svg   where the picture goes (.wallsocket/plot-lab8.svg)
  --reference 1-7  these labs from the reference solutions
  --mine           all labs from you, where the reference would stand in
  --json           what was drawn as one JSON object, in place of the terminal's
  --help           this

Exit status: 0 it is drawn, 1 your code broke the transfer off, 2 the command
was wrong, 3 it could not be done.`;

export interface PlotOptions {
  readonly settings: TransferSettings;
  /** Undefined: where it goes by itself. */
  readonly out: string | undefined;
  readonly reference: ReadonlySet<number>;
  readonly mine: boolean;
  readonly json: boolean;
}

const VALUES = ["rate", "delay", "queue", "loss", "seed", "seconds", "algorithm", "out", "reference"];
/** More packets than this take too long, and nobody could tell them apart. */
const MOST_PACKETS = 100_000;

/** Reads the command line. Throws a UsageError. */
export function readOptions(words: readonly string[]): PlotOptions | "help" {
  const args = parseArgs(words, {
    string: [...VALUES, "_"],
    boolean: ["mine", "json", "help", "no-sack"],
    alias: { h: "help" },
    unknown: (word: string, key?: string) => {
      if (key !== undefined) throw new UsageError(`There is no option ${word.split("=")[0]}. --help lists them all.`);
    },
  });
  if (args.help === true) return "help";
  const [lab, more] = args._;
  if (lab === undefined) throw new UsageError("Which lab? There are plots for one:\ndeno task plot lab8");
  if (!/^(lab)?0?8$/.test(`${lab}`)) throw new UsageError(`There is no plot for "${lab}", but for lab8.`);
  if (more !== undefined) throw new UsageError(`Cannot make sense of "${more}". --help lists the options.`);
  const given = new Map<string, string>();
  for (const name of VALUES) {
    const value = args[name];
    if (typeof value !== "string") continue;
    if (value === "") throw new UsageError(`--${name} needs a value behind it. --help shows how.`);
    given.set(name, value);
  }
  const reference = given.get("reference");
  return {
    settings: readSettings(given, args["no-sack"] !== true),
    out: given.get("out"),
    reference: new Set(reference === undefined ? [] : readLabs(reference, "--reference")),
    mine: args.mine === true,
    json: args.json === true,
  };
}

function readSettings(given: ReadonlyMap<string, string>, sack: boolean): TransferSettings {
  const number = (name: string, otherwise: number, fits: (value: number) => boolean, what: string): number => {
    const text = given.get(name);
    const value = Number(text?.trim() || otherwise);
    if (!fits(value)) throw new UsageError(`--${name} ${text}: ${what}.`);
    return value;
  };
  const algorithm = given.get("algorithm") ?? "reno";
  if (algorithm !== "reno" && algorithm !== "cubic") throw new UsageError(`There is no algorithm "${algorithm}": reno or cubic.`);
  const rate = number("rate", 2, (value) => value > 0 && value <= 100_000, "Mbit/s, more than 0: else nothing gets through");
  const settings = {
    rate: rate * 1e6,
    delay: number("delay", 20, (value) => value >= 0 && value <= 10_000, "milliseconds, from 0 to 10000"),
    queue: number("queue", 20, (value) => isWhole(value, 0, 100_000), "packets, from 0 to 100000"),
    loss: number("loss", 0, (value) => value >= 0 && value < 100, "per cent, from 0 to less than 100") / 100,
    seed: number("seed", 1, (value) => isWhole(value, 0, 0xffff_ffff), "a whole number from 0 to 4294967295"),
    seconds: number("seconds", 12, (value) => value > 0 && value <= 3600, "more than 0 and at most 3600"),
    algorithm,
    sack,
  } as const;
  const packets = Math.round(packetsOf(settings));
  if (packets > MOST_PACKETS) {
    throw new UsageError(
      `${rate} Mbit/s for ${settings.seconds} s are ${packets} packets, and ${MOST_PACKETS} can be drawn: less --rate or --seconds.`,
    );
  }
  return settings;
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
