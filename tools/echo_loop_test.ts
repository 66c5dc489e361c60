/** That the two echo servers are measured. Their figures are nobody's business here: no test depends on time. */
import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { echoLoopLines, measureEchoLoop } from "./echo_loop.ts";
import type { ServerFigures } from "./echo_loop/measure.ts";
import { whyNoLiveWire } from "./harness/kernel/kernel_peer.ts";
import { testWhen } from "./test_when.ts";

testWhen(await whyNoLiveWire(), "measureEchoLoop() asks both servers for echoes, from all clients", async () => {
  const { clients, loop, tasks } = await measureEchoLoop({ clients: 30, echoes: 300, turns: 1 });
  assertEquals(clients, 30);
  for (const { echoesPerSecond, processorPerEcho } of [loop, tasks]) assert(echoesPerSecond > 0 && processorPerEcho > 0);
});

Deno.test("echoLoopLines() puts both beside each other, in 80 columns", () => {
  const lines = echoLoopLines({
    clients: 1000,
    loop: { echoesPerSecond: 51_029, turns: [40_000, 52_000], processorPerEcho: 13_700 },
    tasks: { echoesPerSecond: 45_123, turns: [39_000, 49_999], processorPerEcho: 16_000 },
  });
  for (const line of lines) assertLessOrEqual(line.length, 80);
  assertEquals(lines.filter((line) => /51 029 +40 000–52 000 +13\.7$|45 123 +39 000–49 999 +16\.0$/.test(line)).length, 2);
});

Deno.test("echoLoopLines() calls one of them faster when none of its turns is as slow as one of the other's", () => {
  const figures = (turns: readonly [number, number]): ServerFigures => ({ echoesPerSecond: turns[1], turns, processorPerEcho: 1 });
  const verdict = (loop: readonly [number, number], tasks: readonly [number, number]): string =>
    echoLoopLines({ clients: 10, loop: figures(loop), tasks: figures(tasks) })[6] ?? "";
  assertEquals(verdict([30, 40], [10, 20]), "The loop does 2.00 times as many.");
  assertEquals(verdict([10, 20], [30, 50]), "The tasks do 2.50 times as many.");
  assertEquals(verdict([10, 30], [30, 50]), "Neither is faster: turns of one are among those of the other.");
});

Deno.test("deno task echo-loop refuses what makes no sense", async () => {
  const program = new URL("echo_loop.ts", import.meta.url).href;
  for (const [words, said] of [[["--clients", "0"], "Cannot measure"], [["--fast"], "--fast"]] as const) {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), { args: ["run", "--quiet", program, ...words], stdin: "null" })
      .output();
    assertEquals([code, new TextDecoder().decode(stderr).includes(said)], [2, true]);
  }
});
