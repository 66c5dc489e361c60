/**
 * The demo's first acts, about packets: three things that the other end of the wire does, and what went over the wire meanwhile.
 */
import type { Modules } from "../../stack/contract/modules.ts";
import type { Host } from "../../stack/host.ts";
import type { Hop } from "../harness/kernel/operations.ts";
import { paint, WIDTH, wrap } from "../lab/text.ts";
import { type Ladder, ladderLines, openedLines, type Sighting } from "./ladder.ts";
import { type Peer, PLACES } from "./scene.ts";

/** Where the script plays, and how it speaks. */
export interface Stage {
  readonly modules: Modules;
  readonly peer: Peer;
  readonly stack: Host;
  readonly ladder: Ladder;
  readonly print: (lines: readonly string[]) => void;
  /** Gives people time to read. */
  readonly pause: () => Promise<void>;
}

/** Plays the first four acts. False when something did not come out as it should. */
export async function play(stage: Stage): Promise<boolean> {
  const { good, seen } = await resolve(stage);
  await open(stage, seen);
  return [good, await fragment(stage), await trace(stage)].every((each) => each);
}

async function resolve(stage: Stage): Promise<{ good: boolean; seen: readonly Sighting[] }> {
  const { peer, ladder, print } = stage;
  const title = `1. Who has ${PLACES.stack.address}?`;
  const echo = await peer.ping(PLACES.stack.address, 56);
  const mac = await peer.neighbour(PLACES.stack.address);
  const seen = ladder.end(title);
  print(heading(
    title,
    `The ${peer.name} wants to ping ${PLACES.stack.address}, so it first asks everybody on the wire who has that address (ARP, lab 02).`,
  ));
  print(ladderLines(seen));
  const good = echo.unchanged && mac === PLACES.stack.mac;
  print(verdict(good, good ? `The ${peer.name} got its echo, and has learned: ${PLACES.stack.address} is at ${mac}` : NO_ANSWER));
  await stage.pause();
  return { good, seen };
}

async function open(stage: Stage, seen: readonly Sighting[]): Promise<void> {
  const request = seen.find(({ text }) => text.startsWith("ICMP echo request"));
  if (request === undefined) return;
  stage.print(heading(
    "2. One of them, opened",
    "The echo request as it was on the wire, layer by layer, and on the left of its bytes their offset (Ethernet: lab 01; IPv4, ICMP: lab 03).",
  ));
  stage.print(openedLines(request));
  await stage.pause();
}

async function fragment(stage: Stage): Promise<boolean> {
  const { peer, ladder, print } = stage;
  const title = "3. A packet that does not fit";
  const echo = await peer.ping(PLACES.stack.address, 4000);
  const seen = ladder.end(title);
  print(heading(
    title,
    "A ping with 4000 bytes, and a frame carries 1500: the sender cuts the packet, and the receiver puts the fragments together (lab 03).",
  ));
  print(ladderLines(seen));
  const time = `${echo.milliseconds?.toFixed(2)} ms`;
  print(verdict(echo.unchanged, echo.unchanged ? `The ${peer.name} got all 4000 bytes back, unchanged, after ${time}` : NO_ANSWER));
  await stage.pause();
  return echo.unchanged;
}

async function trace(stage: Stage): Promise<boolean> {
  const { peer, ladder, print } = stage;
  const title = `4. Which way to ${PLACES.host.address}?`;
  const hops = await peer.traceroute(PLACES.host.address);
  const seen = ladder.end(title);
  print(heading(
    title,
    "There is a host behind the stack, and the stack is its router: it passes packets on, and says so when one has no hops left (lab 03).",
  ));
  print(ladderLines(seen));
  const good = hops.map((hop) => hop.from).join() === [PLACES.stack.address, PLACES.host.address].join();
  print(verdict(good, `The ${peer.name}'s traceroute`));
  print(hops.map(hopLine));
  await stage.pause();
  return good;
}

const NO_ANSWER = "No answer came, and one should have";

export function heading(title: string, text: string): string[] {
  return ["", paint("bold", title), ...wrap(text, WIDTH - 3).map((line) => `   ${line}`), ""];
}

export function verdict(good: boolean, text: string): string[] {
  return [`   ${paint(good ? "green" : "red", good ? "✔" : "✘")} ${text}`];
}

function hopLine({ ttl, from, type, rtt, error }: Hop): string {
  const what = type === 11 ? "a router: the packet's time was up" : type === 3 ? "arrived: nobody listens at that port" : "";
  return `     ${ttl}  ${(from ?? error ?? "*").padEnd(11)} ${(rtt === undefined ? "" : `${rtt.toFixed(2)} ms`).padStart(9)}  ${what}`
    .trimEnd();
}

/** The first lines: who is who. */
export function picture(peer: Peer, about: string): string[] {
  const { kernel, stack, stackInside, host } = PLACES;
  const ends = `   ${peer.name.padEnd(6)} ${rule(peer.wire)} stack ${rule("in memory")} host`;
  const addresses = `${`   ${kernel.address}`.padEnd(25)}${`${stack.address} · ${stackInside.address}`.padEnd(35)}${host.address}`;
  return [ends, paint("dim", addresses), "", ...wrap(about, WIDTH - 3).map((line) => `   ${line}`.trimEnd())];
}

/** A word in the middle of 22 columns of line. */
function rule(word: string): string {
  const left = Math.floor((20 - word.length) / 2);
  return `${"─".repeat(left)} ${word} ${"─".repeat(20 - word.length - left)}`;
}

/** The last lines: what is left behind, and where to go. */
export function farewell(path: string, packets: number): string[] {
  const where = [
    [`All ${packets} packets, with comments`, `wireshark ${path}`],
    ["the same without a window", `tshark -r ${path}`],
    ["Build this stack yourself", "deno task lab1   (labs/01-framing/README.md)"],
    ["Read how it works", "docs/handbook/01-the-wall-socket.md"],
  ];
  return ["", ...where.map(([what, how]) => `   ${what?.padEnd(32)} ${how}`)];
}
