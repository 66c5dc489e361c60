/** `deno task talk` as a user meets it, with `nc` at the other end: two programs that have never heard of each other. */
import { assertEquals, assertMatch } from "@std/assert";
import { whyNoLiveWire } from "./harness/kernel/kernel_peer.ts";
import { missingProgram, testWhen } from "./test_when.ts";
import { goneWithin, linesOf, sha256, spawnTask, taskOutput } from "./testing/tasks.ts";
import { temporaryFolder } from "./testing/temporary_folder.ts";

const noLiveWire = await whyNoLiveWire();
const noNc = noLiveWire ?? missingProgram("nc");
const THERE = ["10.44.0.1", "9000", "--"];

testWhen(noNc, "talk: nc hears us, and the end of what we say", async () => {
  assertEquals(await taskOutput("talk", [...THERE, "nc", "-l", "9000"], {}, "hello\n"), { status: 0, out: "hello\n", err: "" });
});

testWhen(noNc, "talk: nc calls us", async () => {
  const { status, out } = await taskOutput("talk", ["--listen", "9000", "--", "sh", "-c", "echo from nc | nc -N 10.44.0.2 9000"], {}, "");
  assertEquals([status, out], [0, "from nc\n"]);
});

testWhen(noNc, "talk: half closed by us, we still hear what nc says", async () => {
  const late = "(sleep 0.3; echo late) | nc -N 10.44.0.2 9000";
  const { status, out } = await taskOutput("talk", ["--listen", "9000", "--", "sh", "-c", late], {}, "early\n");
  assertEquals([status, out], [0, "early\nlate\n"]);
});

testWhen(noNc, "talk: half closed by nc, it still hears what we say", async () => {
  const child = spawnTask("talk", ["--listen", "9000", "--", "sh", "-c", "echo question | nc -N 10.44.0.2 9000 | tr a-z A-Z"], {
    stdin: "piped",
  });
  const writer = child.stdin.getWriter();
  const lines = linesOf(child.stdout);
  assertEquals((await lines.next()).value, "question");
  await writer.write(new TextEncoder().encode("answer\n"));
  await writer.close();
  assertEquals((await lines.next()).value, "ANSWER");
  assertEquals([(await child.status).code, (await lines.next()).done], [0, true]);
  await child.stderr.cancel();
});

testWhen(noNc, "talk: 10 MB arrive at nc as they were", async () => {
  const data = new Uint8Array(10_000_000).map((_, index) => index * 31 + (index >> 9));
  const { status, out } = await taskOutput("talk", [...THERE, "sh", "-c", "nc -l 9000 | sha256sum"], {}, data);
  assertEquals([status, out.split(" ")[0]], [0, await sha256(data)]);
});

testWhen(noLiveWire, "talk: what cannot be done is a sentence and status 1", async () => {
  const { status, err } = await taskOutput("talk", ["10.9.9.9", "80", "--", "sleep", "1"]);
  assertEquals([status, err], [1, "Cannot connect to 10.9.9.9:80: there is no route\n"]);
  assertEquals((await taskOutput("talk", [...THERE, "true"])).status, 1, "a command that ends without a talk");
});

testWhen(noLiveWire, "talk: killed, it takes the command along, and what that has started", async () => {
  const file = `${await temporaryFolder()}/pids`;
  await Deno.writeTextFile(file, "");
  const child = spawnTask("talk", ["--listen", "9000", "--", "sh", "-c", `sleep 300 & echo $! $$ $PPID > ${file}; wait`]);
  let pids: number[] = [];
  while (pids.length < 3) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    pids = (await Deno.readTextFile(file)).split(" ").map(Number);
  }
  child.kill("SIGKILL");
  await child.status;
  for (const pid of pids) assertEquals(await goneWithin(2000, pid), true, `${pid} of ${pids}`);
  await child.stdout.cancel();
  await child.stderr.cancel();
});

Deno.test("talk: a wrong command is one sentence and status 2", async () => {
  const wrong: [words: string[], sentence: RegExp][] = [
    [[], /^Talk to whom\?/],
    [["somewhere", "80"], /"somewhere" is no IPv4 address/],
    [["10.44.0.1"], /^At which port\?/],
    [["10.44.0.1", "http"], /"http" is no port/],
    [["10.44.0.1", "80", "90"], /Cannot make sense of "90"/],
    [["--listen"], /^At which port\?/],
    [["--listen", "80", "--"], /there is no command/],
    [["--udp", "10.44.0.1", "80"], /There is no option --udp/],
  ];
  for (const [words, sentence] of wrong) {
    const { status, out, err } = await taskOutput("talk", words);
    assertEquals([status, out], [2, ""], words.join(" "));
    assertMatch(err, sentence);
    assertEquals(err.trim().split("\n").length, 1, err);
  }
  const { status, out } = await taskOutput("talk", ["--help"]);
  assertEquals(status, 0);
  for (const line of out.split("\n")) assertEquals(line.length <= 80, true, line);
});

Deno.test("talk: without a live wire it says why and what helps, with status 3", async () => {
  const { status, err } = await taskOutput("talk", [...THERE, "true"], { PATH: "/nowhere" });
  assertEquals(status, 3);
  assertMatch(err, /^No live wire: .*\n(.*\n)?Remedy: /);
});
