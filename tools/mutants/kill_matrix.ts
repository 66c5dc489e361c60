/**
 * The kill matrix in words and as data: for each mutant of a lab the checks that fail on it, the one that it names first.
 */
import type { Lab } from "../../labs/manifest.ts";
import type { Visibility } from "../harness/suite.ts";
import type { Fate } from "./fate.ts";

/** How many of the other checks a line names. */
const SHOWN = 3;
const NAME = 30;

/** One line for a mutant: "✔ 03 odd-byte-dropped   checksum/odd-length (public) + 12: 8 public, 4 hidden: echo/live …". */
export function fateLine(lab: Lab, fate: Fate): string {
  const caught = fate.outcome === "caught";
  const head = `${caught ? "✔" : "✘"} ${lab.folder.slice(0, 2)} ${fate.mutant.name.padEnd(NAME)}`;
  const named = `${fate.mutant.caughtBy} (${fate.named?.visibility ?? "unknown"})`;
  const others = othersOf(fate);
  const rest = others.length === 0 ? "" : ` + ${others.length}: ${others.slice(0, SHOWN).join(" ")}${others.length > SHOWN ? " …" : ""}`;
  return caught ? `${head} ${named}${rest}` : `${head} ${fate.outcome.toUpperCase()}: ${fate.why}${rest}`;
}

/** What the mutants of a lab came to: "05: 58 of 58 caught; by public checks 40, by hidden checks alone 18; 9 by their own check alone". */
export function labLine(lab: Lab, fates: readonly Fate[]): string {
  const caught = fates.filter(({ outcome }) => outcome === "caught");
  const hidden = caught.filter((fate) => killers(fate, "public").length === 0).length;
  const alone = caught.filter(({ kills }) => kills.length === 1).length;
  return `  ${lab.folder.slice(0, 2)}: ${caught.length} of ${fates.length} caught by the check they name; ` +
    `${caught.length - hidden} by public checks, ${hidden} by hidden ones alone; ${alone} by one check alone`;
}

/** A lab's part of the matrix, for other programs. */
export function matrixOf(lab: Lab, fates: readonly Fate[]): unknown {
  return {
    lab: lab.number,
    caught: fates.filter(({ outcome }) => outcome === "caught").length,
    mutants: fates.map((fate) => ({
      name: fate.mutant.name,
      file: fate.mutant.file,
      caughtBy: fate.mutant.caughtBy,
      visibility: fate.named?.visibility ?? null,
      outcome: fate.outcome,
      ...(fate.why === undefined ? {} : { why: fate.why }),
      public: killers(fate, "public"),
      hidden: killers(fate, "hidden"),
    })),
  };
}

function othersOf({ kills, mutant }: Fate): string[] {
  return kills.map(({ check }) => check.id).filter((id) => id !== mutant.caughtBy);
}

function killers({ kills }: Fate, visibility: Visibility): string[] {
  return kills.filter(({ check }) => check.visibility === visibility).map(({ check }) => check.id);
}
