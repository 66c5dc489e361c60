/**
 * `deno task demo`: what the kit is about, in a few seconds. The reference stack meets the Linux kernel in a network
 * namespace of its own: the kernel finds it by ARP, pings it with a packet that must be cut, and traces a route through
 * it, and fetches a web page from it; every packet is a line, two are opened, and all of them are left behind in a capture.
 * Where there is no live wire, a copy of the stack plays the kernel's part.
 *
 * Interrupted, it just ends: its namespace goes with it, and the capture holds the acts that were finished.
 */
import { parseArgs } from "@std/cli/parse-args";
import type { Modules } from "../stack/contract/modules.ts";
import { type CaptureFile, captureTo } from "../stack/link/capture.ts";
import { NoLiveWire } from "../stack/link/no_live_wire.ts";
import { run } from "../stack/runner.ts";
import { farewell, picture, play, type Stage } from "./demo/acts.ts";
import { startKernel } from "./demo/kernel.ts";
import { Ladder } from "./demo/ladder.ts";
import { buildScene, type Peer } from "./demo/scene.ts";
import { playSockets } from "./demo/sockets.ts";
import { StandIn } from "./demo/stand_in.ts";
import { snapshotOf } from "./demo/snapshot.ts";
import { playWeb } from "./demo/web.ts";
import type { Driver } from "./harness/kernel/kernel_peer.ts";
import { UsageError } from "./lab/usage_error.ts";
import { paint, WIDTH, wrap } from "./lab/text.ts";
import { loadReference, NoReference } from "./reference.ts";

const DONE = 0, WENT_WRONG = 1, USAGE = 2, IMPOSSIBLE = 3;
const FOLDER = ".wallsocket";
const CAPTURE = `${FOLDER}/demo.pcapng`;
/** Milliseconds between two acts, for people who read along. */
const PAUSE = 700;

const HELP = `deno task demo: the reference stack meets the Linux kernel, packet by packet

  --sockets        sockets and connections instead, in a table as ss prints it
  --virtual        without a live wire: a copy of the stack plays the kernel
  --driver NAME    ffi (as is) or tuntap2 (deno task tuntap2 builds it)
  --pause MS       wait between the acts (on a terminal ${PAUSE} ms, else none)
  --help           this

Exit status: 0 all went well, 1 something did not, 2 the command was wrong,
3 the demo could not be given.`;

interface DemoOptions {
  readonly sockets: boolean;
  readonly virtual: boolean;
  readonly driver: Driver;
  readonly pause: number;
}

/** The demo cannot be given, for a reason outside it. */
class ImpossibleError extends Error {}

/** Reads the command line. Throws a UsageError. */
function readOptions(words: readonly string[]): DemoOptions | "help" {
  const args = parseArgs(words, {
    string: ["driver", "pause"],
    boolean: ["sockets", "virtual", "help"],
    alias: { h: "help" },
    unknown: (word: string) => {
      throw new UsageError(
        word.startsWith("-")
          ? `There is no option ${word.split("=")[0]}. --help lists them all.`
          : `Cannot make sense of "${word}". --help lists the options.`,
      );
    },
  });
  if (args.help === true) return "help";
  const driver = args.driver ?? "ffi";
  if (driver !== "ffi" && driver !== "tuntap2") throw new UsageError(`There is no driver "${driver}": ffi or tuntap2.`);
  const pause = args.pause ?? (Deno.stdout.isTerminal() ? PAUSE : 0);
  if (!/^\d{1,5}$/.test(`${pause}`)) throw new UsageError(`"${pause}" is no pause: whole milliseconds, from 0 to 99999.`);
  return { sockets: args.sockets === true, virtual: args.virtual === true, driver, pause: Number(pause) };
}

/** Gives the demo. True when everything came out as it should. */
async function give(options: DemoOptions): Promise<boolean> {
  const modules = await loadReference();
  const file = openCapture();
  const { peer, about } = await findPeer(options, modules);
  const stop = new AbortController();
  const began = performance.now();
  const ladder = new Ladder(file, () => performance.now() - began);
  const { stack, everything, devices } = buildScene(modules, peer, ladder, began);
  ladder.look = (packet, device) => snapshotOf(stack, packet, device);
  const running = run(everything, devices, { signal: stop.signal });
  try {
    print([paint("bold", "Wallsocket: a TCP/IP stack in TypeScript, and the kernel that talks to it"), ""]);
    print(picture(peer, about));
    const pause = () => new Promise<void>((resolve) => setTimeout(resolve, options.pause));
    await pause();
    const stage = { modules, peer, stack, ladder, print, pause };
    const acts = options.sockets ? playSockets(stage) : playAll(stage);
    const good = await Promise.race([acts, running.then(() => false)]);
    file.close();
    print(farewell(CAPTURE, ladder.total));
    return good;
  } finally {
    stop.abort();
    await running;
    await peer.close();
  }
}

async function playAll(stage: Stage): Promise<boolean> {
  const packets = await play(stage);
  return await playWeb(stage) && packets;
}

/** The capture, whose every failure is an ImpossibleError. What is already in it when the demo ends early stays readable. */
function openCapture(): CaptureFile {
  try {
    Deno.mkdirSync(FOLDER, { recursive: true });
  } catch {
    // Whatever is the matter, opening the file runs into it too, and says it better.
  }
  const file = possible(() => captureTo(CAPTURE));
  const flush = () => possible(() => file.flush());
  flush();
  return { ...file, flush, close: () => possible(() => file.close()) };
}

function possible<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new ImpossibleError((error as Error).message);
  }
}

/** The kernel, or whoever stands in for it, and what to say about that. */
async function findPeer({ virtual, driver }: DemoOptions, modules: Modules): Promise<{ peer: Peer; about: string }> {
  const standIn = "A copy of the stack plays the kernel's part, on a wire in memory.";
  const both = "The stack: the reference solutions of all labs.";
  if (virtual) return { peer: new StandIn(modules), about: `${standIn} ${both}` };
  try {
    const about = `This machine's own kernel, in a network namespace that ends with the demo. ${both}`;
    return { peer: await startKernel(driver), about };
  } catch (error) {
    if (!(error instanceof NoLiveWire)) throw error;
    return { peer: new StandIn(modules), about: `${error.message}\n\n${standIn} ${both}` };
  }
}

function print(lines: readonly string[]): void {
  for (const line of lines) console.log(line);
}

/** Runs the command and returns its exit status. */
async function main(words: readonly string[]): Promise<number> {
  try {
    const options = readOptions(words);
    if (options !== "help") return await give(options) ? DONE : WENT_WRONG;
    console.log(HELP);
    return DONE;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ImpossibleError || error instanceof NoReference)) throw error;
    console.error(wrap(error.message, WIDTH).join("\n"));
    return error instanceof UsageError ? USAGE : IMPOSSIBLE;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
