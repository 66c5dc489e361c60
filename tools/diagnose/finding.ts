/** The words in which `deno task diagnose` thinks: steps, what was found at each, and where the walk stopped. */
import type { OutcomeName } from "./outcomes.ts";

/** The steps, from the program's end down to the wire and up again at the other end. */
export const STEPS = ["name", "route", "link", "ARP", "ICMP", "SYN", "accept queue", "application"] as const;
export type Step = typeof STEPS[number];

/**
 * What a step came to: in order; here it stops; worth knowing, though it goes on; cannot be seen with these means; not on this way, or not
 * reached.
 */
export type Mark = "fine" | "stop" | "note" | "unseen" | "none";

/** What was found at one step. */
export interface Finding {
  readonly step: Step;
  readonly mark: Mark;
  /** In one or two sentences. */
  readonly said: string;
}

/** Whom to look for. */
export interface Target {
  /** A name or an address. */
  readonly host: string;
  readonly port: number;
  /** Ask the application for its head page (RFC 9110 §9.3.2). */
  readonly http: boolean;
  /** The application speaks first. */
  readonly banner: boolean;
  /** Milliseconds for the whole walk. */
  readonly timeout: number;
}

/** What commands that show the same need to know. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly address: string;
  /** The interface, or "any". */
  readonly device: string;
  /** Whom ARP asks for. */
  readonly nextHop: string;
}

/** A walk that is over. */
export interface Diagnosis {
  readonly target: Target;
  readonly place: Place;
  readonly findings: readonly Finding[];
  /** Where it stopped. Undefined: nothing is wrong, as far as can be seen from here. */
  readonly outcome: OutcomeName | undefined;
}
