/** Programs that follow connections in captures read ours: tcpflow puts the streams together, tcptrace counts, p0f looks for a make. */
import { assert, assertEquals } from "@std/assert";
import { createRandom } from "../../stack/wire/random.ts";
import { whyNoLiveWire } from "../harness/kernel/kernel_peer.ts";
import { inFolder, PATIENT_KERNEL, type ProofOrder, prove } from "../proof/next_door.ts";
import { missingProgram, testWhen } from "../test_when.ts";

const obstacle = await whyNoLiveWire() ?? missingProgram("nc") ?? missingProgram("ip") ?? missingProgram("editcap");

/** Runs a program that reads a file; gives what it says. */
async function ask(program: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args, stdin: "null" }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/**
 * nc sends a file to port 7, where it comes back with a line behind it. Gives the file, what nc heard, and the capture in the older format, which
 * all of these programs read.
 */
async function record(
  folder: string,
  size: number,
  order: Partial<ProofOrder>,
): Promise<{ file: Uint8Array; heard: Uint8Array; pcap: string; lost: number }> {
  const [file, capture, pcap] = [createRandom(size).bytes(size), `${folder}/capture.pcapng`, `${folder}/capture.pcap`];
  await Deno.writeFile(`${folder}/file`, file);
  const talk = ["sh", "-c", `nc -N -w 20 10.44.0.2 7 < ${folder}/file > ${folder}/heard`];
  const { commands, wire } = await prove({ capture, ...order, commands: [...order.commands ?? [], talk] });
  assertEquals(commands.map(({ status }) => status), commands.map(() => 0));
  await ask("editcap", "-F", "pcap", capture, pcap);
  return { file, heard: await Deno.readFile(`${folder}/heard`), pcap, lost: wire.send.drop + wire.receive.drop };
}

for (const [name, wire] of [["a wire that loses nothing", {}], ["one that loses and reorders", { drop: 0.02, reorder: 0.02 }]] as const) {
  testWhen(
    obstacle ?? missingProgram("tcpflow"),
    `foreign: tcpflow finds in a capture what was delivered, over ${name}`,
    () =>
      inFolder(async (folder) => {
        const bad = { send: wire, receive: wire, patience: 5, seed: 7 };
        const { file, heard, pcap, lost } = await record(folder, 1_000_000, { wire: bad, tcp: { leastTimeout: 10 } });
        assert("drop" in wire ? lost > 10 : lost === 0, `${lost} packets were lost`);
        // What port 7 was delivered, it sent back; and what the kernel was delivered, nc wrote down.
        assertEquals(heard.subarray(0, file.length), file);
        assertEquals(new TextDecoder().decode(heard.subarray(file.length)), "1000000 bytes\n");
        await ask("tcpflow", "-r", pcap, "-o", `${folder}/flows`);
        const names = [...Deno.readDirSync(`${folder}/flows`)].map((entry) => entry.name).filter((entry) => entry !== "report.xml").sort();
        assertEquals(names.map((each) => each.replaceAll(/\.\d{5}(?=-|$)/g, "")), [
          "010.044.000.001-010.044.000.002",
          "010.044.000.002-010.044.000.001",
        ]);
        const streams = await Promise.all(names.map((each) => Deno.readFile(`${folder}/flows/${each}`)));
        assertEquals(streams, [file, heard]);
      }),
  );
}

testWhen(
  obstacle ?? missingProgram("tcptrace"),
  "foreign: tcptrace counts no byte twice and none missing, and sees all that was agreed on",
  () =>
    inFolder(async (folder) => {
      const { file, heard, pcap } = await record(folder, 1_000_000, { commands: [PATIENT_KERNEL] });
      const report = await ask("tcptrace", "-l", "-n", pcap);
      assertEquals(/complete conn: (.*)/.exec(report)?.[1], "yes");
      const lines = new Map<string, [there: string, back: string]>();
      for (const [, name = "", there = "", again, back = ""] of report.matchAll(/^ +([^:\n]+): +(\S+)(?: \w+)? +([^:\n]+): +(\S+)/gm)) {
        if (name === again) lines.set(name, [there, back]);
      }
      const expected: Record<string, [string, string]> = {
        "unique bytes sent": [`${file.length}`, `${heard.length}`],
        "ttl stream length": [`${file.length}`, `${heard.length}`],
        "rexmt data pkts": ["0", "0"],
        "outoforder pkts": ["0", "0"],
        "missed data": ["0", "0"],
        "SYN/FIN pkts sent": ["1/1", "1/1"],
        "req 1323 ws/ts": ["Y/Y", "Y/Y"],
        "req sack": ["Y", "Y"],
        "mss requested": ["1460", "1460"],
      };
      assertEquals(Object.fromEntries(Object.keys(expected).map((name) => [name, lines.get(name)])), expected);
      assertEquals(lines.get("adv wind scale")?.[1], "4");
    }),
);

testWhen(
  obstacle ?? missingProgram("p0f"),
  "foreign: p0f knows no such make, and reads our SYN+ACK as it is",
  () =>
    inFolder(async (folder) => {
      const { pcap } = await record(folder, 1000, {});
      const about = (await ask("p0f", "-r", pcap)).split(/^\.-\[ /m).map((part) => part.split("\n"));
      const [, ...answer] = about.find(([title]) => title?.endsWith("(syn+ack) ]-")) ?? [];
      const said = Object.fromEntries(answer.map((line) => line.slice(2).split(" = ").map((part) => part.trim())));
      // Version and TTL, distance, IP options, MSS, window and scale, options in their order; "don't fragment", and an identification all the same.
      const signature = "4:64+0:0:1460:65535,4:mss,nop,nop,sok,nop,nop,ts,nop,ws:df,id+:0";
      assertEquals([said.server, said.os, said.dist, said.raw_sig], ["10.44.0.2/7", "???", "0", signature]);
    }),
);
