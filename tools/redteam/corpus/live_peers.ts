/**
 * Attacks with the live checks on: student code that lays hands on the device, and does to the kernel's side, and to the grader
 * between the two, whatever comes to its mind.
 */
import { type Attack, solutionOf, stubsDoing } from "../attack.ts";

/** What takes the place of `todo` in lab 03: a header for every packet, and with the first of them the way to the device. */
const WITH_DEVICE = `
import { Frame as RawFrame } from "../../stack/wire/frame.ts";
const header = { source: 0x0a2c0001, destination: 0x0a2c0002, protocol: 1, timeToLive: 64, tos: 0, identification: 7, payload: 34, start: 14, end: 60,
  fragmentOffset: 0, moreFragments: false, dontFragment: false, options: 20, optionsEnd: 20, length: 46 };
/** Sends what begins with these bytes, as long as that, as it is. */
const raw = (device: any, length: number, ...begin: number[]) => {
  const frame = new RawFrame(Math.max(length, 64) + 128, 0);
  frame.bytes.set(begin, frame.append(length));
  return device.send(frame);
};
const todo = (name: string, ...args: any[]): any => {
  const device = args[1]?.interfaces?.[0]?.device ?? (globalThis as any).device;
  if (name === "parseIpv4") return header;
  if (name === "admit") (globalThis as any).device = device;
  `;

const onDevice = (name: string, tries: string, body: string): Attack => ({
  name,
  tries,
  earns: 0,
  lab: 3,
  live: true,
  write: async (folder) => {
    const texts = await stubsDoing(3, `${WITH_DEVICE}${body}\n};`);
    for (const [file, text] of Object.entries(texts)) await Deno.writeTextFile(`${folder}/${file}`, text);
    return folder;
  },
});

const TWICE = "const twice = (actions: any) => ({ send: (...packet: any[]) => { actions.send(...packet); actions.send(...packet); } });\n";

export const livePeers: readonly Attack[] = [
  onDevice(
    "live-floods-the-device",
    "as many frames as fit for each packet that comes",
    "if (device !== undefined) while (raw(device, 1514, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5)); return 'deliver';",
  ),
  onDevice(
    "live-speaks-out-of-turn",
    "something to say at every moment, asked or not",
    `if (name === "createReassembly.nextDeadline") return -Infinity;
  if (device !== undefined) raw(device, 60, 255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 2, 8, 6, 0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 2, 10, 44, 0, 2); return [];`,
  ),
  onDevice(
    "live-forges-the-sender",
    "frames in the kernel's own name, and in everybody's",
    `const address = [10, 44, 0, 1], mac = [2, 0, 0, 0, 0, 1];
  if (device !== undefined) {
    for (let host = 0; host < 256; host++) {
      raw(device, 60, 255, 255, 255, 255, 255, 255, ...mac, 8, 6, 0, 1, 8, 0, 6, 4, 0, 2, ...mac, 10, 44, 0, host, 255, 255, 255, 255, 255, 255, ...address);
    }
    raw(device, 60, ...mac, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 1, 0, 0, 127, 0, 0, 1, ...address, 0, 0, 0xff, 0xff);
    raw(device, 60, ...mac, ...mac, 8, 0, 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, ...address, ...address);
  }
  return "deliver";`,
  ),
  onDevice(
    "live-frames-of-any-size",
    "frames of one byte, of none, and of 64 KiB",
    "if (device !== undefined) for (const length of [0, 1, 13, 14, 15, 1515, 9000, 65535, 70000, 1 << 20]) raw(device, length); return true;",
  ),
  onDevice(
    "live-spins-in-poll",
    "an endless loop where time is told",
    `if (name === "createReassembly.nextDeadline") return 0;\n  for (;;);`,
  ),
  onDevice(
    "live-grows",
    "keeps ten MiB of each packet",
    "((globalThis as any).kept ??= []).push(new Uint8Array(10 << 20).fill(1)); return 'deliver';",
  ),
  onDevice("live-exits", "ends in the middle of the kernel's question", `if (name === "createReassembly.size") return 0;\n  Deno.exit(0);`),
  onDevice(
    "live-throws",
    "exceptions of every kind, thrown and later",
    "Promise.reject(new Error('late')); throw { toString() { throw device; } };",
  ),
  {
    name: "live-answers-twice",
    tries: "right answers, each of them two times",
    earns: 0,
    atMost: 99,
    lab: 2,
    live: true,
    write: async (folder) => {
      const texts = await solutionOf(2);
      for (const [file, text] of Object.entries(texts)) {
        await Deno.writeTextFile(`${folder}/${file}`, `${text.replaceAll("actions.send(", "twice(actions).send(")}\n${TWICE}`);
      }
      return folder;
    },
  },
];
