/** iperf3 measures the way to our stack and back: all that it sends arrives, over one stream or several, and over a wire that loses. */
import { assert, assertEquals } from "@std/assert";
import { whyNoLiveWire } from "../harness/kernel/kernel_peer.ts";
import { type CommandResult, inFolder, PATIENT_KERNEL, prove } from "../proof/next_door.ts";
import { opinionOf } from "../proof/opinion.ts";
import { missingProgram, testWhen } from "../test_when.ts";

const obstacle = await whyNoLiveWire() ?? missingProgram("iperf3") ?? missingProgram("ip") ?? missingProgram("tshark");

const iperf3 = (...words: string[]): string[] => ["iperf3", "--client", "10.44.0.2", "--json", ...words];

/** Bytes sent and bytes received, of each stream. */
function movedBy({ status, out, err }: CommandResult): [sent: number, received: number][] {
  const report = JSON.parse(out) as { error?: string; end: { streams: { sender: { bytes: number }; receiver: { bytes: number } }[] } };
  assertEquals([status, report.error, err], [0, undefined, ""]);
  return report.end.streams.map(({ sender, receiver }) => [sender.bytes, receiver.bytes]);
}

const total = (moved: readonly [number, number][], which: 0 | 1): number => moved.reduce((sum, each) => sum + each[which], 0);

testWhen(
  obstacle,
  "foreign: iperf3 sends 10 MB and has 10 MB sent, over one stream, over three, and both ways at once",
  () =>
    inFolder(async (folder) => {
      const capture = `${folder}/capture.pcapng`;
      const size = 10_000_000;
      const runs = [[], ["--reverse"], ["--parallel", "3"], ["--bidir"]].map((words) => iperf3("--bytes", `${size}`, ...words));
      const { commands, connections, framesLent } = await prove({ capture, commands: [PATIENT_KERNEL, ...runs] });
      const [there = [], back = [], three = [], both = []] = commands.slice(1).map(movedBy);
      assertEquals([there, back, three, both].map((streams) => streams.length), [1, 1, 3, 2]);
      // What iperf3 sends, we have to the last byte. What we send on when it has heard enough, it does not wait for.
      for (const [sent, received] of [...there, ...three, ...both.slice(0, 1)]) assertEquals(received, sent);
      for (const streams of [there, back, three]) assert(total(streams, 1) >= size);
      assert(both.every(([, received]) => received > size / 10));
      assertEquals([connections.filter((state) => state !== "TIME-WAIT"), framesLent], [[], 0]);
      const { recovery, complaints } = await opinionOf(capture);
      assertEquals({ recovery, complaints }, { recovery: [], complaints: [] });
    }),
);

testWhen(obstacle, "foreign: iperf3 sends 5 MB and has 5 MB sent over a wire that loses 1 % each way", () =>
  inFolder(async (folder) => {
    const capture = `${folder}/capture.pcapng`;
    const size = 5_000_000;
    const wire = { send: { drop: 0.01 }, receive: { drop: 0.01 }, seed: 5201 };
    const commands = [iperf3("--bytes", `${size}`), iperf3("--bytes", `${size}`, "--reverse")];
    const result = await prove({ capture, commands, wire, tcp: { leastTimeout: 10 } });
    const [there = [], back = []] = result.commands.map(movedBy);
    assertEquals(total(there, 0), total(there, 1));
    assert(total(there, 1) >= size && total(back, 1) >= size);
    assert(result.wire.send.drop > 10 && result.wire.receive.drop > 10);
    assertEquals([result.connections.filter((state) => state !== "TIME-WAIT"), result.framesLent], [[], 0]);
    const { recovery, complaints } = await opinionOf(capture);
    assert(recovery.length > 0);
    assertEquals(complaints, []);
  }));
