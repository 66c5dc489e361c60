/**
 * `deno task plot lab8`: a long transfer over a bottleneck, drawn, the student's beside the reference's. The code runs in subject processes
 * as in a lab, on virtual time; it is a plot and no grade, so what the student's code says of cwnd is believed.
 */
import { findLab, type Lab, labs } from "../labs/manifest.ts";
import { Subject } from "./harness/subject.ts";
import type { Selection } from "./harness/workspace.ts";
import { loadErrorText } from "./lab/load_error.ts";
import { placeOf } from "./lab/places.ts";
import { headerText, originsText } from "./lab/report.ts";
import { isLoadError, KIT, ROOT, selectOrigins, standInFor } from "./lab/run.ts";
import { milliseconds, wrapAround } from "./lab/text.ts";
import { UsageError } from "./lab/usage_error.ts";
import { comparedText, figuresOf, percent } from "./plot/figures.ts";
import { HELP, type PlotOptions, readOptions } from "./plot/options.ts";
import { pictureOf, type Run } from "./plot/picture.ts";
import { svgText } from "./plot/svg.ts";
import { terminalText } from "./plot/terminal.ts";
import { type Recording, recordTransfer, type TransferSettings } from "./plot/transfer.ts";

const DRAWN = 0, FAILED = 1, USAGE = 2, IMPOSSIBLE = 3;
const LAB = findLab(8) as Lab;
/** How long an answer is waited for, in milliseconds: a witness that repeats half a transfer to find the culprit needs some. */
const PATIENCE = 6000;
const YOURS = "yours";
const DEFAULT_FILE = ".wallsocket/plot-lab8.svg";

/** Whose code is drawn: the lab's own, and the finished stack beside it, if there is one. */
interface Drawn {
  readonly name: string;
  readonly selection: Selection;
}

/** It cannot be done, for a reason outside the student's code. */
class Impossible extends Error {}

/** Runs the command and returns its exit status. */
export async function main(words: readonly string[]): Promise<number> {
  try {
    const options = readOptions(words);
    if (options !== "help") return await plot(options);
    console.log(HELP);
    return DRAWN;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof Impossible)) throw error;
    console.error(wrapAround(error.message));
    return error instanceof UsageError ? USAGE : IMPOSSIBLE;
  }
}

async function plot(options: PlotOptions): Promise<number> {
  const { settings, json } = options;
  const [first, beside] = whatIsDrawn(options);
  let recordings: Recording[];
  try {
    recordings = await Promise.all([first, ...beside === undefined ? [] : [beside]].map(({ selection }) => record(selection, settings)));
  } catch (error) {
    if (!isLoadError(error)) throw error;
    console.log(json ? JSON.stringify({ version: 1, lab: LAB.number, error: error.message }) : loadErrorText(error.message));
    return FAILED;
  }
  const [own, other] = recordings as [Recording, Recording?];
  const runs = [runOf(first, own), ...beside === undefined || other === undefined ? [] : [runOf(beside, other)]];
  const finished = first.name === YOURS ? other : own;
  if (finished?.broken !== undefined) {
    throw new Impossible(`The finished stack broke the transfer off, which is our fault: ${finished.broken.why}`);
  }
  if (finished !== undefined && !isSomewhere(finished)) {
    throw new Impossible(`Nothing gets through here in ${settings.seconds} s: more --seconds, or less --loss or --delay.`);
  }
  const isPath = finished !== undefined && isStuck(finished);
  const trouble = troubleOf(own, settings) ?? (isStuck(own) && !isPath ? stuckText(own) : undefined);
  if (!isSomewhere(own)) {
    console.log(json ? JSON.stringify({ version: 1, lab: LAB.number, error: trouble }) : wrapAround(`${trouble}\n\n${adviceText(own)}`));
    return FAILED;
  }
  const picture = pictureOf(runs, settings);
  const path = await writePicture(svgText(picture), options.out);
  if (json) console.log(JSON.stringify(jsonOf(runs, settings, path), undefined, 2));
  else {
    console.log(headerText(LAB, first.selection.origins, "virtual wire"));
    console.log(terminalText(picture));
    console.log(`${tableText(runs, settings)}\n`);
    const [left, right] = runs;
    if (left !== undefined && right !== undefined) {
      console.log(`Compared   ${left.name} / ${right.name}: ${comparedText(left.recording.samples, right.recording.samples)}\n`);
    }
    if (beside === undefined && first.name === YOURS) console.log("There is no finished stack here that could be drawn beside yours.\n");
    if (trouble !== undefined) console.log(`${wrapAround(trouble)}\n`);
    console.log(`Drawn   ${path}`);
  }
  return trouble === undefined ? DRAWN : FAILED;
}

function whatIsDrawn({ reference, mine }: PlotOptions): [Drawn, Drawn?] {
  for (const number of reference) {
    const lab = findLab(number) as Lab;
    if (standInFor(lab) === undefined) {
      throw new UsageError(`Cannot take lab ${number} from the reference: solutions/${lab.folder} is not here.`);
    }
  }
  if (KIT !== undefined && !KIT.labs.includes(LAB.number)) throw new UsageError(`Lab ${LAB.number} is not in this kit.`);
  const standIn = standInFor(LAB);
  const origins = selectOrigins(LAB.number, { reference, mine });
  const isYours = labs.some(({ number, module }) => number <= LAB.number && origins[module] === "yours");
  const first: Drawn = { name: isYours ? YOURS : standIn ?? "reference", selection: { root: ROOT, origins, lab: LAB.number } };
  if (!isYours || standIn === undefined) return [first];
  const finished = selectOrigins(LAB.number, { reference: new Set(labs.map(({ number }) => number)) });
  return [first, { name: standIn, selection: { root: ROOT, origins: finished, lab: LAB.number } }];
}

async function record(selection: Selection, settings: TransferSettings): Promise<Recording> {
  const subject = new Subject(selection, { limits: { request: PATIENCE } });
  try {
    await subject.start();
    return await recordTransfer((request) => subject.ask(request), settings);
  } finally {
    subject.close();
  }
}

function runOf({ name, selection }: Drawn, recording: Recording): Run {
  return { name, origins: name === YOURS ? originsText(LAB, selection.origins) : "", recording };
}

function isSomewhere({ acked }: Recording): boolean {
  return acked.length > 0;
}

/** Nothing was acknowledged in the second half of the time. */
function isStuck({ acked, end }: Recording): boolean {
  return (acked.at(-1)?.time ?? 0) < end / 2;
}

function stuckText({ acked, samples }: Recording): string {
  const last = acked.at(-1)?.time ?? 0;
  return `Your transfer stands still: after ${milliseconds(last)} nothing more was acknowledged${cwndText(samples)}.`;
}

/** "; cwnd is 0 segments" in the end. */
function cwndText(samples: Recording["samples"]): string {
  const cwnd = samples.at(-1)?.cwnd;
  return `; cwnd is ${cwnd === undefined ? "no number" : `${cwnd} ${cwnd === 1 ? "segment" : "segments"}`}`;
}

/** What went wrong with the student's, in a sentence. */
function troubleOf({ acked, samples, broken, end }: Recording, { seconds }: TransferSettings): string | undefined {
  if (broken?.notWritten !== undefined) {
    const place = placeOf(broken.notWritten, LAB);
    return `Your transfer ends after ${milliseconds(end)}: ${broken.why}${place === undefined ? "" : ` (${place.file})`}.`;
  }
  if (broken !== undefined) return `Your transfer ends after ${milliseconds(end)}: ${broken.why}`;
  if (acked.length > 0) return undefined;
  return `Your transfer gets nowhere: in ${seconds} s not a byte of it was acknowledged, so there is nothing to draw${cwndText(samples)}.`;
}

/** What helps, when there is nothing to draw. */
function adviceText({ broken }: Recording): string {
  if (broken?.notWritten === undefined) return `The checks say more:\ndeno task lab${LAB.number}`;
  const looks = `What it will look like:\ndeno task plot lab${LAB.number} --reference 1-${LAB.number}`;
  const [isOwn, standIn] = [Object.hasOwn(LAB.functions, broken.notWritten.split(".")[0] ?? ""), standInFor(LAB)];
  if (isOwn || standIn === undefined) return looks;
  return `To draw yours on the ${standIn}'s labs:\ndeno task plot lab${LAB.number} --reference 1-${LAB.number - 1}\n\n${looks}`;
}

async function writePicture(svg: string, out: string | undefined): Promise<string> {
  const path = out ?? `${ROOT}/${DEFAULT_FILE}`;
  try {
    if (out === undefined) await Deno.mkdir(`${ROOT}/.wallsocket`, { recursive: true });
    await Deno.writeTextFile(path, svg);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "there is no such folder"
      : (error as Error).message.replace(/ ?\(os error.*/s, "");
    throw new Impossible(`Cannot write ${out ?? DEFAULT_FILE}: ${reason}.`);
  }
  return out ?? DEFAULT_FILE;
}

/** The figures of each transfer, in a line. */
function tableText(runs: readonly Run[], settings: TransferSettings): string {
  const rows = runs.map(({ name, recording }) => {
    const { goodput, share, lost, sentAgain, timeouts, falls } = figuresOf(recording, settings);
    return [name, `${(goodput / 1e6).toFixed(2)} Mbit/s, ${percent(share)}`, `${lost}`, `${sentAgain}`, `${timeouts}`, `${falls}`];
  });
  const heads = ["", "goodput", "lost", "sent again", "timeouts", "cwnd fell"];
  const widths = heads.map((_, column) => Math.max(...[heads, ...rows].map((row) => (row[column] as string).length)));
  const lines = [heads, ...rows].map((row) =>
    row.map((cell, column) => column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number)).join("   ")
      .trimEnd()
  );
  return lines.join("\n");
}

function jsonOf(runs: readonly Run[], settings: TransferSettings, svg: string): unknown {
  return {
    version: 1,
    lab: LAB.number,
    settings,
    svg,
    runs: runs.map(({ name, origins, recording }) => ({ name, origins, figures: figuresOf(recording, settings), ...recording })),
  };
}

if (import.meta.main) Deno.exit(await main(Deno.args));
