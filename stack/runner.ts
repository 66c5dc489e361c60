/**
 * Where time comes from. A host only ever answers two questions: "what now?" (`poll`) and "when next?"
 * (`nextDeadline`). `run` asks them for as long as it is let, with the machine's clock and its devices: the only real
 * clock and the only real waiting in the stack.
 *
 *     const stop = new AbortController();
 *     const running = run(host, [tap], { signal: stop.signal });
 *     …
 *     stop.abort();
 *     await running;
 *     tap.close();
 *
 * Sleeping is dear: to go to sleep in `poll(2)` on another thread and be woken costs tens of microseconds, many times
 * what a packet costs. So the loop lingers: while packets keep coming it only lets the event loop turn, and it goes to
 * sleep when nothing has come for a while. And what an application writes goes out when it has written it, and not
 * when the event loop has come around: a peer that waits for an answer has often not gone to sleep yet.
 */
import type { Device } from "./link/device.ts";

/** What can be run: a `Host`, or several taken together. Times are milliseconds of the one clock that `run` was given. */
export interface Pollable {
  /** Receives what has come, does what is due, and returns how many frames it received. */
  poll(now: number): number;
  /** When it wants to be polled though nothing arrives; Infinity for never. */
  nextDeadline(): number;
  /** Set by `run`. To be called when an application has given it something to do, so that nobody sleeps over it. */
  wake?: () => void;
}

/** How to run. */
export interface RunOptions {
  /** Ends the run. */
  readonly signal: AbortSignal;
  /** The time in milliseconds, from any origin, never going back. Default: `performance.now`. */
  readonly clock?: () => number;
}

/** Milliseconds without a packet after which the loop goes to sleep. */
const LINGER = 0.25;
/** Milliseconds for which applications and host may hand each other work before the event loop has its turn. */
const LONGEST_TURN = 0.5;
/**
 * Milliseconds that it sleeps at most. Whoever calls the host in between may bring a deadline nearer, and the sleeper is
 * woken only for what is to be done at once; so it looks again before long. Where a device cannot be waited for, very soon.
 */
const LONGEST_SLEEP = 20;
const SHORT_SLEEP = 1;

/**
 * Runs `host` until `signal` is aborted; resolves then, within `LONGEST_SLEEP`. `devices` are those that the host receives
 * from: they are waited for, and nothing else is done with them. They are not closed. Rejects only with what `poll` throws.
 */
export async function run(host: Pollable, devices: readonly Device[], options: RunOptions): Promise<void> {
  const { signal, clock = () => performance.now() } = options;
  const longest = devices.every((device) => device.wait !== undefined) ? LONGEST_SLEEP : SHORT_SLEEP;
  let lastPacket = clock();
  let turnBegan = lastPacket;
  let isPolling = false;
  let waits: Promise<void>[] = [];
  let rouse = (): void => {};
  let failure: { readonly error: unknown } | undefined;

  const poll = (now: number): void => {
    isPolling = true;
    try {
      if (host.poll(now) > 0) lastPacket = now;
    } catch (error) {
      failure ??= { error };
    }
    isPolling = false;
  };
  const answer = (): void => {
    const now = clock();
    if (!signal.aborted && now - turnBegan < LONGEST_TURN) poll(now);
  };
  host.wake = (): void => {
    rouse();
    if (!isPolling) queueMicrotask(answer);
  };
  while (!signal.aborted) {
    turnBegan = clock();
    poll(turnBegan);
    if (failure !== undefined) break;
    if (turnBegan - lastPacket > LINGER) {
      waits = startWaiting(devices, Math.min(host.nextDeadline() - turnBegan, longest));
      turnBegan = Infinity; // asleep: whoever comes is the first
      await Promise.race([...waits, new Promise<void>((resolve) => rouse = resolve)]);
    }
    // Promises, timers and signals of everybody else have their turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  host.wake = undefined;
  // Those that were not the first to end would outlive the run.
  await Promise.all(waits);
  if (failure !== undefined) throw failure.error;
}

/** One promise for each device that can be waited for; where there is none, only time passes. */
function startWaiting(devices: readonly Device[], milliseconds: number): Promise<void>[] {
  const enough = Math.max(0, milliseconds);
  const waits = devices.flatMap((device) => device.wait?.(enough) ?? []);
  return waits.length > 0 ? waits : [new Promise((resolve) => setTimeout(resolve, enough))];
}
