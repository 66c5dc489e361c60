/** `deno task serve` as a user meets it: a process of its own, with the permissions that its task gives it, and programs nobody here wrote. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { whyNoLiveWire } from "./harness/kernel/kernel_peer.ts";
import { missingProgram, testWhen } from "./test_when.ts";
import { allGoneWithin, goneWithin, linesOf, sha256, spawnDenoTask, spawnTask, taskOutput } from "./testing/tasks.ts";
import { temporaryFolder } from "./testing/temporary_folder.ts";

const noCurl = await whyNoLiveWire() ?? missingProgram("curl");

async function folder(): Promise<string> {
  const folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder}/index.html`, "<h1>from the stack</h1>\n");
  return folder;
}

testWhen(noCurl, "serve: curl fetches a page, and 10 MB as they were", async () => {
  const root = await folder();
  const big = new Uint8Array(10_000_000).map((_, index) => index * 31 + (index >> 9));
  await Deno.writeFile(`${root}/big`, big);
  const page = await taskOutput("serve", [root, "--", "curl", "--silent", "--show-error", "http://10.44.0.2/"]);
  assertEquals(page, { status: 0, out: "<h1>from the stack</h1>\n", err: "" });
  const { status, out } = await taskOutput("serve", [root, "--", "sh", "-c", "curl --silent http://10.44.0.2/big | sha256sum"]);
  assertEquals([status, out.split(" ")[0]], [0, await sha256(big)]);
});

for (const [device, ...options] of [["tap0"], ["tun0", "--offload"]] as const) {
  testWhen(noCurl ?? missingProgram("ip"), `serve: 20 MB come as they were by ${device}, while its MTU changes`, async () => {
    const root = await folder();
    const big = new Uint8Array(20_000_000).map((_, index) => index * 31 + (index >> 9));
    await Deno.writeFile(`${root}/big`, big);
    const changes = `while :; do for m in 600 9000 1500 68; do ip link set ${device} mtu $m; sleep 0.05; done; done`;
    const command = `(${changes}) & curl --silent http://10.44.0.2/big | sha256sum; kill $!`;
    const { status, out, err } = await taskOutput("serve", [root, ...options, "--", "sh", "-c", command]);
    assertEquals([status, out.split(" ")[0]], [0, await sha256(big)]);
    assertEquals(err, device === "tun0" ? "Offload is on: TCP segments of up to 64 KB cross tun0.\n" : "");
  });
}

testWhen(noCurl, "serve: the command's exit status is passed on, and its errors are its own", async () => {
  const { status, out } = await taskOutput("serve", [
    await folder(),
    "--port",
    "8080",
    "--",
    "curl",
    "--silent",
    "--fail",
    "http://10.44.0.2:8080/x",
  ]);
  assertEquals([status, out], [22, ""]);
  assertEquals((await taskOutput("serve", [await folder(), "--", "curl", "--silent", "http://10.44.0.2:81/"])).status, 7);
});

testWhen(noCurl, "serve: without a command it says how to get in; interrupted, it leaves nothing behind", async () => {
  const child = spawnTask("serve", [await folder()]);
  const lines = linesOf(child.stdout);
  let how = "";
  while (how === "") {
    const { value = "", done } = await lines.next();
    if (done === true) throw new Error("it ended early");
    how = /^ {2}(nsenter .*)$/.exec(value)?.[1] ?? "";
  }
  const { stdout } = await new Deno.Command("sh", { args: ["-c", `${how} --silent`] }).output();
  assertStringIncludes(new TextDecoder().decode(stdout), "from the stack");
  const pid = Number(/--target (\d+)/.exec(how)?.[1]);
  child.kill("SIGINT");
  assertEquals((await child.status).code, 130);
  await lines.return(undefined);
  await child.stderr.cancel();
  assertEquals(await goneWithin(2000, pid), true);
});

/** Prints three process numbers: of a process in the background, of the command itself, and of the program that started it. */
const LONG_COMMAND = ["sh", "-c", "sleep 300 & echo $! $$ $PPID; wait"];

for (const who of ["deno task", "its program", "the program inside"]) {
  testWhen(await whyNoLiveWire(), `serve: when ${who} is killed, the command ends, and what it has started`, async () => {
    const start = who === "deno task" ? spawnDenoTask : spawnTask;
    const child = start("serve", [await folder(), "--", ...LONG_COMMAND]);
    const lines = linesOf(child.stdout);
    const pids = `${(await lines.next()).value}`.split(" ").map(Number);
    assertEquals(pids.length, 3);
    if (who !== "the program inside") child.kill("SIGKILL");
    else await new Deno.Command("sh", { args: ["-c", `kill -9 ${pids[2]}`] }).output();
    await child.status;
    for (const pid of pids) assertEquals(await goneWithin(2000, pid), true, `${pid} of ${pids}`);
    await lines.return(undefined);
    await child.stderr.cancel();
  });
}

testWhen(await whyNoLiveWire(), "serve: killed before it has begun, it leaves nothing behind", async () => {
  const root = await folder();
  for (const after of [50, 150, 300, 500, 800]) {
    const child = spawnTask("serve", [root, "--", "sh", "-c", "sleep 299; true", root]);
    await new Promise((resolve) => setTimeout(resolve, after));
    child.kill("SIGKILL");
    await child.status;
    await child.stdout.cancel();
    await child.stderr.cancel();
    assertEquals(await allGoneWithin(2000, root), true, `killed after ${after} ms`);
  }
});

Deno.test("serve: a wrong command is one sentence and status 2", async () => {
  const root = await folder();
  const wrong: [words: string[], sentence: RegExp][] = [
    [[], /^Which folder\?/],
    [["/nowhere/at/all"], /does not exist/],
    [[`${root}/index.html`], /is no\s+folder/],
    [[root, "more"], /Cannot make sense of "more"/],
    [[root, "--"], /there is no command/],
    [[root, "--port", "70000"], /"70000" is no port/],
    [[root, "--mtu", "67"], /"67" is no MTU/],
    [[root, "--frobnicate"], /There is no option --frobnicate/],
  ];
  for (const [words, sentence] of wrong) {
    const { status, out, err } = await taskOutput("serve", words);
    assertEquals([status, out], [2, ""], words.join(" "));
    assertMatch(err, sentence);
    assertEquals(err.trim().split("\n").length, 1, err);
  }
  const { status, out } = await taskOutput("serve", ["--help"]);
  assertEquals(status, 0);
  for (const line of out.split("\n")) assertEquals(line.length <= 80, true, line);
});

Deno.test("serve: without a live wire it says why and what helps, with status 3", async () => {
  const { status, out, err } = await taskOutput("serve", [await folder(), "--", "true"], { PATH: "/nowhere" });
  assertEquals([status, out], [3, ""]);
  assertMatch(err, /^No live wire: .*\n(.*\n)?Remedy: /);
});

testWhen(await whyNoLiveWire(), "serve: a command that does not exist is one sentence and status 2", async () => {
  const { status, err } = await taskOutput("serve", [await folder(), "--", "no-such-command"]);
  assertEquals([status, err], [2, 'Cannot run "no-such-command": there is no such command.\n']);
});
