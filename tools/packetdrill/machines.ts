/** Where the machines for scripts come from: labs in a subject, or the kernel in a network of its own. */
import { KernelPeer } from "../harness/kernel/kernel_peer.ts";
import type { Subject } from "../harness/subject.ts";
import type { JudgeOptions } from "./judge.ts";
import { createKernelMachine, type KernelMachine } from "./kernel_machine.ts";
import type { MachineSettings } from "./machine.ts";
import { createStackMachine, type StackMachine } from "./stack_machine.ts";

/** A new machine with the code of a subject, which forgets the one before. `layers`: 4 for one without lab 08. */
export function onStack(subject: Subject, layers: 4 | 5 = 5): (settings: MachineSettings) => Promise<StackMachine> {
  return async (settings) => {
    await subject.reset();
    return await createStackMachine((request) => subject.ask(request), { ...settings, layers });
  };
}

/** A new machine that is Linux, which forgets the one before. `longest`: seconds. */
export function onLinux(kernel: KernelPeer, longest?: number): (settings: MachineSettings) => Promise<KernelMachine> {
  return (settings) => createKernelMachine(kernel, settings, longest);
}

/** Judges a stack. */
export function stackJudging(subject: Subject, judging: Omit<JudgeOptions, "makeMachine">, layers: 4 | 5 = 5): JudgeOptions {
  return { ...judging, makeMachine: onStack(subject, layers) };
}

/** Judges Linux. */
export function linuxJudging(kernel: KernelPeer, judging: Omit<JudgeOptions, "makeMachine">, longest?: number): JudgeOptions {
  return { ...judging, system: "linux", makeMachine: onLinux(kernel, longest) };
}

/** Starts the kernel peer, and ends it afterwards. Throws a NoLiveWire where there is no live wire. */
export async function withKernel<T>(work: (kernel: KernelPeer) => Promise<T>): Promise<T> {
  const kernel = await KernelPeer.start();
  try {
    return await work(kernel);
  } finally {
    await kernel.close();
  }
}
