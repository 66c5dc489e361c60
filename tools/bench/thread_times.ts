/** Processor time of the thread that asks: how much a measurement cost, however busy the machine was with other things. */
import { readKernelFile } from "../harness/kernel/tables.ts";

/** Nanoseconds that this thread has run so far, and that it was ready to and could not. Zeros where the kernel does not count them. */
export function threadTimes(): { readonly ran: number; readonly waited: number } {
  try {
    const [ran = 0, waited = 0] = readKernelFile("/proc/thread-self/schedstat").split(" ").map(Number);
    return { ran, waited };
  } catch {
    return { ran: 0, waited: 0 };
  }
}
