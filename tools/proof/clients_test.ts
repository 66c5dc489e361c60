/** Many clients at once, and one that has said everything before it hears anything. */
import { assertEquals, assertMatch } from "@std/assert";
import { whyNoLiveWire } from "../harness/kernel/kernel_peer.ts";
import { tsharkFields } from "../harness/tshark.ts";
import { missingProgram, testWhen } from "../test_when.ts";
import { inFolder, PATIENT_KERNEL, prove } from "./next_door.ts";
import { opinionOf } from "./opinion.ts";

const obstacle = await whyNoLiveWire() ?? missingProgram("tshark");

testWhen(
  obstacle ?? missingProgram("ab") ?? missingProgram("ip"),
  "proof: ab keeps 100 connections busy, and no request fails",
  () =>
    inFolder(async (folder) => {
      const capture = `${folder}/capture.pcapng`;
      const ab = ["ab", "-q", "-k", "-c", "100", "-n", "5000", "http://10.44.0.2/"];
      const { commands: [, said], connections, framesLent } = await prove({ capture, commands: [PATIENT_KERNEL, ab] });
      assertMatch(said?.out ?? "", /^Complete requests: +5000$/m, said?.err);
      assertMatch(said?.out ?? "", /^Failed requests: +0$/m);
      assertMatch(said?.out ?? "", /^Keep-Alive requests: +5000$/m);
      assertEquals(said?.out.includes("Non-2xx"), false);
      assertEquals([connections.filter((state) => state !== "TIME-WAIT"), framesLent], [[], 0]);
      const opinion = await opinionOf(capture);
      assertEquals(opinion, { closings: 200, flowControl: [], recovery: [], resets: [], complaints: [] });
    }),
);

testWhen(obstacle ?? missingProgram("nc"), "proof: nc finishes its half, and then hears the answer", () =>
  inFolder(async (folder) => {
    const capture = `${folder}/capture.pcapng`;
    const command = ["sh", "-c", `printf 'one\\ntwo\\n' | nc -N -w 5 10.44.0.2 7`];
    const { commands: [said], connections } = await prove({ capture, commands: [command] });
    assertEquals([said?.status, said?.out, said?.err], [0, "one\ntwo\n8 bytes\n", ""]);
    assertEquals(connections.filter((state) => state !== "TIME-WAIT"), []);
    // The order on the wire: their text, their FIN, and only then ours and our FIN.
    const packets = await tsharkFields(capture, ["ip.src", "tcp.len", "tcp.flags.fin"], ["-Y", "tcp.len > 0 || tcp.flags.fin == 1"]);
    const told = packets.flatMap((
      [from, length, fin],
    ) => [...(length === "0" ? [] : [`${from} text`]), ...(fin === "1" ? [`${from} FIN`] : [])]);
    assertEquals([...new Set(told)], ["10.44.0.1 text", "10.44.0.1 FIN", "10.44.0.2 text", "10.44.0.2 FIN"]);
    const { resets, complaints } = await opinionOf(capture);
    assertEquals({ resets, complaints }, { resets: [], complaints: [] });
  }));
