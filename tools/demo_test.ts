/** The demo as a visitor meets it: a process of its own, with the permissions that its task gives it, in a folder of its own. */
import { assert, assertEquals, assertGreaterOrEqual, assertMatch, assertStringIncludes } from "@std/assert";
import { whyNoLiveWire } from "./harness/kernel/kernel_peer.ts";
import { tsharkComplaints, tsharkFields } from "./harness/tshark.ts";
import { missingProgram, testWhen } from "./test_when.ts";
import { temporaryFolder } from "./testing/temporary_folder.ts";

const ROOT = decodeURIComponent(new URL("..", import.meta.url).pathname);
const { tasks } = JSON.parse(Deno.readTextFileSync(`${ROOT}deno.json`));
const PERMISSIONS = tasks.demo.command.split(" ").filter((word: string) => word.startsWith("--allow"));
const noLiveWire = await whyNoLiveWire();

interface Said {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  readonly folder: string;
}

function command(folder: string, words: readonly string[], options: Deno.CommandOptions = {}, root = ROOT): Deno.Command {
  const args = ["run", "--quiet", "--no-prompt", `--config=${root}deno.json`, ...PERMISSIONS, `${root}tools/demo.ts`, ...words];
  return new Deno.Command(Deno.execPath(), { args, cwd: folder, stdin: "null", ...options });
}

async function demo(words: readonly string[], options: Deno.CommandOptions = {}, root = ROOT): Promise<Said> {
  const folder = await temporaryFolder();
  const { code, stdout, stderr } = await command(folder, words, options, root).output();
  const decoder = new TextDecoder();
  return { status: code, out: decoder.decode(stdout), err: decoder.decode(stderr), folder };
}

/** The texts stand in the output one after the other, which fits a terminal and says nothing of a failure. */
function checkText({ status, out, err }: Said, inOrder: readonly string[]): void {
  assertEquals([status, err], [0, ""], out);
  let at = 0;
  for (const text of inOrder) {
    const found = out.indexOf(text, at);
    assert(found >= 0, `"${text}" is missing, or not where it should be:\n${out}`);
    at = found;
  }
  for (const line of out.split("\n")) assert([...line].length <= 80, `${[...line].length} columns: ${line}`);
  assert(!out.includes("\x1b") && !out.includes("✘"), out);
}

/** What every demo shows, whoever is at the other end. */
async function check(said: Said, peer: string, fetcher: string): Promise<void> {
  checkText(said, [
    "1. Who has 10.44.0.2?",
    `${peer.padEnd(6)} ──▶ stack  ARP who has 10.44.0.2? tell 10.44.0.1`,
    `${peer.padEnd(6)} ◀── stack  ARP 10.44.0.2 is at 02:00:00:00:00:02`,
    "ICMP echo request",
    `The ${peer} got its echo`,
    "2. One of them, opened",
    "0000  02 00 00 00 00 02 02 00  00 00 00 01 08 00",
    "10.44.0.1 → 10.44.0.2  ttl 64  protocol 1 ICMP",
    "3. A packet that does not fit",
    "bytes 0–1479, more",
    "… and 2 more fragments of it, bytes 1480–4007",
    `The ${peer} got all 4000 bytes back, unchanged`,
    "4. Which way to 10.44.1.2?",
    "ICMP time exceeded in transit",
    "stack  ──▶ host   UDP",
    "1  10.44.0.2 ",
    "2  10.44.1.2 ",
    "5. A web page, out of the stack",
    `SYN-SENT     ──▶ SYN seq 0                     SYN-RECEIVED`,
    `ESTABLISHED  ◀── SYN seq 0 ack 1               SYN-RECEIVED`,
    "──▶ ack 1                         ESTABLISHED",
    "──▶ seq 1 ack 1, ",
    "GET / HTTP/1.1",
    "ESTABLISHED  ◀── seq 1 ack ",
    "HTTP/1.1 200 OK",
    "CLOSE-WAIT   ◀── FIN seq ",
    "LAST-ACK     ──▶ FIN seq ",
    "CLOSED       ◀── ack ",
    "TIME-WAIT       0     0",
    `${fetcher} got status 200 and 2175 bytes, as they were`,
    "6. The request, opened",
    "HTTP       a request of ",
    "TCP        ",
    "protocol 6 TCP",
    "47 45 54 20 2f 20 48 54", // "GET / HT"
    "tshark -r .wallsocket/demo.pcapng",
    "deno task lab1",
    "docs/handbook",
  ]);
  if (missingProgram("tshark") !== undefined) return;
  const capture = `${said.folder}/.wallsocket/demo.pcapng`;
  assertEquals(await tsharkComplaints(capture), []);
  const comments = await tsharkFields(capture, ["frame.comment"]);
  const acts = Map.groupBy(comments, ([comment]) => /^([1345])\. .*: (ARP|ICMP|IPv4|UDP|TCP) /.exec(comment ?? "")?.[1]);
  assertEquals([acts.get("1"), acts.get("3"), acts.get("4")].map((act) => act?.length), [4, 6, 8]);
  assertGreaterOrEqual(acts.get("5")?.length ?? 0, 9);
}

testWhen(noLiveWire, "demo: the kernel resolves, pings and traces", async () => {
  await check(await demo([]), "kernel", "Deno's fetch");
});

Deno.test("demo --virtual: a copy of the stack does the same", async () => {
  const said = await demo(["--virtual"]);
  await check(said, "peer", "node:http");
  assertStringIncludes(said.out, "A copy of the stack plays the kernel's part");
});

testWhen(noLiveWire ?? missingProgram("curl"), "demo: curl fetches the page too", async () => {
  assertMatch((await demo([])).out, /✔ curl got the same page, in \d+ segments/);
});

/** What `--sockets` shows, whoever is at the other end. */
const TABLES = [
  "▸ socket(inet, stream) → 3",
  "UNCONN          0      0  0.0.0.0:0           *                   server:3",
  "▸ listen(3, 5)",
  "LISTEN          0      5  0.0.0.0:80          *                   server:3",
  "▸ the second client: connect",
  "LISTEN          2      5  0.0.0.0:80          *                   server:3",
  "ESTAB           5      0  10.44.0.2:80        10.44.0.1:",
  "▸ accept(3) → 4",
  "LISTEN          1      5  0.0.0.0:80 ",
  "server:4",
  "▸ accept(3) → 5",
  "▸ read(4) → 5 bytes",
  "▸ write(5) again and again, until EAGAIN → ",
  "ESTAB           0 524288  10.44.0.2:80 ",
  "▸ write(5) → ECONNRESET",
  "▸ dup(4) → 5",
  "server:4,5",
  "▸ close(4)",
  "▸ close(3)",
  "▸ close(5)",
  "FIN-WAIT-2      0      0  10.44.0.2:80 ",
  "▸ the first client: close",
  "TIME-WAIT       0      0  10.44.0.2:80 ",
  "✔ Everything was given back",
];

testWhen(noLiveWire, "demo --sockets: tables while clients of the kernel's come and go", async () => {
  checkText(await demo(["--sockets"]), TABLES);
});

Deno.test("demo --sockets --virtual: the same with a copy of the stack", async () => {
  checkText(await demo(["--sockets", "--virtual"]), TABLES);
});

Deno.test("demo without a live wire says why, what helps, and goes on without", async () => {
  const said = await demo([], { env: { PATH: "/nowhere" } });
  await check(said, "peer", "node:http");
  assertMatch(said.out, /No live wire: .*\n(.*\n)? +Remedy: /);
  assertStringIncludes(said.out, "A copy of the stack plays the kernel's part");
});

Deno.test("demo: a wrong command is one sentence and status 2", async () => {
  const wrong: [string, string][] = [
    ["--frobnicate", "There is no option --frobnicate"],
    ["now", `Cannot make sense of "now"`],
    ["--driver=magic", `There is no driver "magic"`],
    ["--pause=long", `"long" is no pause`],
  ];
  for (const [word, sentence] of wrong) {
    const { status, out, err } = await demo([word]);
    assertEquals([status, out], [2, ""]);
    assertStringIncludes(err, sentence);
    assertEquals(err.trim().split("\n").length, 1);
  }
  assertEquals((await demo(["--help"])).status, 0);
});

Deno.test("demo: a capture that cannot be written is one sentence and status 3", async () => {
  const folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder}/.wallsocket`, "a file, where a folder is wanted");
  const { code, stdout, stderr } = await command(folder, ["--virtual"]).output();
  assertEquals([code, stdout.length], [3, 0]);
  assertMatch(new TextDecoder().decode(stderr), /^Cannot write the capture \.wallsocket\/demo\.pcapng: [^\n]+\n$/);
});

Deno.test("demo: a tree without solutions/ is told so, with status 3", async () => {
  const tree = await temporaryFolder();
  shell(`for name in deno.json deno.lock labs stack tools; do ln -s '${ROOT}'$name '${tree}'; done`);
  const { status, out, err } = await demo(["--virtual"], {}, `${tree}/`);
  assertEquals([status, out], [3, ""]);
  assertStringIncludes(err, "solutions/ is not here");
});

testWhen(noLiveWire, "demo: interrupted in the middle, it leaves no process and no namespace", async () => {
  const folder = await temporaryFolder();
  const child = command(folder, ["--pause", "60000"], { stdout: "piped", stderr: "piped" }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!said.includes("in a network namespace")) said += (await reader.read()).value;
  const peer = shell(`grep -lx 'PPid:\t${child.pid}' /proc/[0-9]*/status`)[0]?.replace("/status", "");
  const [namespace] = shell(`readlink ${peer}/ns/net`);
  assertMatch(namespace ?? "", /^net:/);
  child.kill("SIGINT");
  await reader.cancel();
  await child.stderr.cancel();
  assertEquals((await child.status).signal, "SIGINT");
  const left = () => shell("readlink /proc/[0-9]*/ns/net").filter((one) => one === namespace);
  for (let tries = 0; tries < 100 && left().length > 0; tries++) await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(left(), []);
});

/** The lines that a command of the shell prints. */
function shell(script: string): string[] {
  const { stdout } = new Deno.Command("sh", { args: ["-c", script], stderr: "null" }).outputSync();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
}
