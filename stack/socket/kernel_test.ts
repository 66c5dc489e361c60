/** Sockets with the kernel at the other end. What is played there: tools/testing/kernel_sockets.ts. */
import { assertEquals } from "@std/assert";
import { whyNoLiveWire } from "../../tools/harness/kernel/kernel_peer.ts";
import { spawnInNamespace } from "../../tools/harness/namespace.ts";
import { testWhen } from "../../tools/test_when.ts";

const noLiveWire = await whyNoLiveWire();
let played: Promise<Record<string, unknown>> | undefined;

/** Plays everything once, and gives what came of a scene. */
async function scene(name: string): Promise<unknown> {
  return (await (played ??= play()))[name];
}

async function play(): Promise<Record<string, unknown>> {
  const program = new URL("../../tools/testing/kernel_sockets.ts", import.meta.url).href;
  const permissions = ["--allow-ffi", "--allow-net=10.44.0.1,10.44.0.2"];
  const command = [Deno.execPath(), "run", "--quiet", "--no-config", "--no-prompt", "--no-check", "--cached-only", ...permissions, program];
  const child = spawnInNamespace(command, { stdin: "null", stdout: "piped", stderr: "piped", signal: AbortSignal.timeout(60_000) });
  const { stdout, stderr } = await child.output();
  const lines = new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
  if (stderr.length > 0) console.error(new TextDecoder().decode(stderr));
  return Object.fromEntries(lines.map((line) => JSON.parse(line)));
}

testWhen(noLiveWire, "descriptors: the kernel is accepted, and a half that is closed leaves the other open", async () => {
  const heard = ["question", "still here", null];
  assertEquals(await scene("accepted"), { descriptor: 4, heard, kernelHeard: ["answer", null], right: true });
});

testWhen(noLiveWire, "descriptors: we connect to the kernel without waiting, from a port of our choice", async () => {
  assertEquals(await scene("connected"), { codes: ["EINPROGRESS", "EAGAIN"], from: 5555, heard: "hello", end: null });
});

testWhen(noLiveWire, "descriptors: the kernel refuses, resets, and is written to in vain", async () => {
  assertEquals(await scene("broken"), ["ECONNREFUSED", "ECONNRESET", "EPIPE", "EPIPE"]);
});

testWhen(noLiveWire, "descriptors: the kernel is refused and reset", async () => {
  assertEquals(await scene("breaking"), ["ConnectionRefused", "ConnectionReset", "EADDRINUSE"]);
});

testWhen(noLiveWire, "descriptors: poll, TCP_CORK, TCP_MAXSEG, MSG_PEEK and keep-alive with the kernel at the other end", async () => {
  const ready = [["POLLIN"], ["POLLIN"]];
  const told = { ready, segment: 588, unsent: 9, heard: "one piece", looked: "look", taken: "look", later: "still here" };
  assertEquals(await scene("settings"), told);
});

testWhen(noLiveWire, "TcpConn: 5 MB go both ways at once as they were", async () => {
  assertEquals(await scene("bulk"), [true, true]);
});

testWhen(noLiveWire, "ConnDuplex: node:http asks Deno.serve on the kernel's side", async () => {
  assertEquals(await scene("web"), [200, "got a question"]);
});

testWhen(noLiveWire, "sockets: nothing but TIME-WAIT is left behind", async () => {
  assertEquals(await scene("left"), []);
});
