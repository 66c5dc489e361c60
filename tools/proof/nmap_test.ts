/** A scanner looks at the stack in all the ways it has. What it finds, and why, is told in docs/proof.md. */
import { assertEquals, assertMatch } from "@std/assert";
import { whyNoLiveWire } from "../harness/kernel/kernel_peer.ts";
import { missingProgram, testWhen } from "../test_when.ts";
import { type CommandResult, inFolder, prove } from "./next_door.ts";
import { opinionOf } from "./opinion.ts";

const obstacle = await whyNoLiveWire() ?? missingProgram("nmap") ?? missingProgram("tshark");

/** Of 200 ports two listen. How a scan sees those, and by what it knows the others. */
const SCANS: readonly (readonly [scan: string, open: string, closed: string])[] = [
  ["-sS", "open", "reset"],
  ["-sT", "open", "conn-refused"],
  ["-sF", "open|filtered", "reset"],
  ["-sX", "open|filtered", "reset"],
  ["-sN", "open|filtered", "reset"],
];

/** What a report says of the ports: "7 open, 80 open, 198 closed by reset". */
function portsIn({ out }: CommandResult): string {
  const named = [...out.matchAll(/^(\d+)\/tcp +(\S+)/gm)].map(([, port, state]) => `${port} ${state}`);
  const [, count, why] = /^Not shown: (\d+) closed tcp ports \((.+)\)$/m.exec(out) ?? [];
  return [...named, `${count} closed by ${why}`].join(", ");
}

/** The fingerprint, line breaks undone: "SEQ(…)OPS(…)…". */
function fingerprintIn({ out }: CommandResult): Record<string, string> {
  const text = [...out.matchAll(/^OS:(.*)$/gm)].map(([, part]) => part).join("");
  return Object.fromEntries([...text.matchAll(/([A-Z]+\d?)\((.*?)\)/g)].map(([, test, answer]) => [test, answer]));
}

/** What nmap sees of us, but for what the time of day and chance have a part in. Line by line in docs/proof.md. */
const FINGERPRINT = {
  OPS: "O1=M5B4NNSNNT11NW4%O2=M5B4NNSNNT11NW4%O3=M5B4NNT11NW4%O4=M5B4NNSNNT11NW4%O5=M5B4NNSNNT11NW4%O6=M5B4NNSNNT11",
  WIN: "W1=FFFF%W2=FFFF%W3=FFFF%W4=FFFF%W5=FFFF%W6=FFFF",
  ECN: "R=Y%DF=Y%T=40%W=FFFF%O=M5B4NNSNW4%CC=N%Q=",
  T1: "R=Y%DF=Y%T=40%S=O%A=S+%F=AS%RD=0%Q=",
  T2: "R=N",
  T3: "R=Y%DF=Y%T=40%W=FFFF%S=O%A=S+%F=AS%O=M5B4NNSNNT11NW4%RD=0%Q=",
  T4: "R=Y%DF=Y%T=40%W=0%S=A%A=Z%F=R%O=%RD=0%Q=",
  T5: "R=Y%DF=Y%T=40%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=",
  T6: "R=Y%DF=Y%T=40%W=0%S=A%A=Z%F=R%O=%RD=0%Q=",
  T7: "R=Y%DF=Y%T=40%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=",
  U1: "R=Y%DF=N%T=40%IPL=164%UN=0%RIPL=G%RID=G%RIPCK=G%RUCK=G%RUD=G",
  IE: "R=Y%DFI=N%T=40%CD=S",
};

testWhen(
  obstacle,
  "proof: nmap finds the two ports that listen, in five ways, and a host of no known make",
  () =>
    inFolder(async (folder) => {
      const capture = `${folder}/capture.pcapng`;
      const nmap = (...words: string[]): string[] => ["nmap", "-n", "-p", "1-200", ...words, "10.44.0.2"];
      const fingerprint = nmap("-O", "-v", "--max-os-tries", "1", "--fuzzy");
      const { commands, counters, connections, framesLent } = await prove({
        capture,
        commands: [...SCANS.map(([scan]) => nmap(scan)), fingerprint],
      });
      for (const [index, [scan, open, closed]] of SCANS.entries()) {
        const said = commands[index] as CommandResult;
        assertEquals([scan, said.status, portsIn(said)], [scan, 0, `7 ${open}, 80 ${open}, 198 closed by ${closed}`]);
      }
      const last = commands.at(-1) as CommandResult;
      assertMatch(last.out, /^Network Distance: 1 hop$/m, last.err);
      assertMatch(last.out, /^TCP Sequence Prediction: .*Good luck!/m);
      const { SCAN: _where, SEQ: _chance, ...tests } = fingerprintIn(last);
      assertEquals(tests, FINGERPRINT);

      // A scanner that never answers our SYN+ACK, or answers it with a RST, leaves nothing behind.
      assertEquals([connections.filter((state) => state !== "TIME-WAIT"), framesLent], [[], 0]);
      assertEquals(Object.keys(counters).filter((name) => /checksum|malformed/.test(name)), []);
      // nmap's own segments are strange on purpose. Of ours nothing is to be said but that we reset, which is what it asked for.
      const { resets, complaints } = await opinionOf(capture);
      assertEquals(resets.some(({ from }) => from === "10.44.0.2"), true);
      assertEquals(complaints.filter(({ from }) => from !== "10.44.0.1"), []);
    }),
);
