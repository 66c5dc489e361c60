/** A thread that is the kernel's side of the live soak: a server over Deno's own sockets, and programs that call the stack. */
import { createRandom } from "../../stack/wire/random.ts";
import { Callers } from "./callers.ts";
import { kernelParty } from "./parties.ts";
import { serve } from "./programs.ts";

/** This thread's end of the channel to the one that started it. */
const channel = globalThis as unknown as Worker;
channel.onmessage = async ({ data }: MessageEvent<{ seconds: number; seed: number; address: string; patience: number }>): Promise<void> => {
  const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const surroundings = { clock: { sleep }, random: createRandom(data.seed), checked: () => {} };
  serve(kernelParty(), surroundings, () => {}).catch(() => {});
  const began = performance.now();
  const callers = new Callers(kernelParty, data.address, surroundings);
  channel.postMessage(await callers.call(() => performance.now() - began >= data.seconds * 1000, data.patience));
};
