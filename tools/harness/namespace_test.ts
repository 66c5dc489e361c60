import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { NoLiveWire } from "../../stack/link/no_live_wire.ts";
import { testWhen } from "../test_when.ts";
import { whyNoLiveWire } from "./kernel/kernel_peer.ts";
import { enterNamespace, joinNamespace, refusalOf } from "./namespace.ts";

const TRY = new URL("kernel/try_live_wire.ts", import.meta.url).href;
/** How a process is made that is root only of a user namespace of its own, and how one that is an ordinary user there. */
const AS_ROOT = ["unshare", "--user", "--map-root-user"];
const AS_USER = ["unshare", "--user", "--map-user=1000", "--map-group=1000"];
const obstacle = await whyNoLiveWire() ?? await whyNoUserNamespace();

const notLinux = Deno.build.os === "linux" ? undefined : obstacle;

/** Even where root makes network namespaces, user namespaces may be switched off. */
async function whyNoUserNamespace(): Promise<string | undefined> {
  const { success } = await new Deno.Command("unshare", { args: [...AS_ROOT.slice(1), "--mount", "true"], stderr: "null" }).output();
  return success ? undefined : "user namespaces are switched off here";
}

Deno.test("enterNamespace() makes a user namespace for everyone but root", () => {
  assertEquals(enterNamespace(["deno", "run"], { uid: 0, system: "linux" }), { command: "unshare", args: ["--net", "--", "deno", "run"] });
  const args = ["--user", "--map-root-user", "--net", "--", "deno", "run"];
  assertEquals(enterNamespace(["deno", "run"], { uid: 1000, system: "linux" }), { command: "unshare", args });
});

Deno.test("joinNamespace() joins the user namespace too, for everyone but root", () => {
  assertEquals(joinNamespace(7, ["curl"], { uid: 0 }), { command: "nsenter", args: ["--net", "--target", "7", "--", "curl"] });
  const args = ["--user", "--preserve-credentials", "--net", "--target", "7", "--", "curl"];
  assertEquals(joinNamespace(7, ["curl"], { uid: 1000 }), { command: "nsenter", args });
});

Deno.test("enterNamespace() says that other systems have no live wire", () => {
  for (const [system, name] of [["darwin", "macOS"], ["windows", "Windows"], ["freebsd", "freebsd"]] as const) {
    const error = assertThrows(() => enterNamespace(["true"], { uid: 1000, system }), NoLiveWire, name);
    assertEquals(error.reason, "not linux");
  }
});

Deno.test("refusalOf() tells the words of unshare from those of the command", () => {
  assertEquals(refusalOf("unshare: unshare failed: Operation not permitted\n")?.detail, "operation not permitted");
  assertEquals(refusalOf("unshare: unshare failed: No space left on device\n")?.detail, "the limit on namespaces is reached");
  assertEquals(refusalOf("unshare: write failed /proc/self/uid_map: Operation not permitted\n")?.reason, "no namespace");
  assertEquals(refusalOf("unshare: failed to execute deno: No such file or directory\n"), undefined);
  assertEquals(refusalOf("error: Uncaught Error: unshare\n"), undefined);
});

/** Tries for a live wire behind `prefix` and gives what it said. */
async function tryLiveWire(prefix: readonly string[], env: Record<string, string> = {}): Promise<Record<string, string>> {
  const [command = "", ...args] = [...prefix, Deno.execPath(), "run", "--no-check", "--allow-all", TRY];
  const { stdout, stderr } = await new Deno.Command(command, { args, stdin: "null", env }).output();
  const text = new TextDecoder().decode(stdout);
  if (text === "") throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(text);
}

/** Runs a command of the shell first; the rest of the line follows it. */
function after(script: string): string[] {
  return ["sh", "-c", `${script} && exec "$@"`, "sh"];
}

testWhen(obstacle, "a live wire is there for an ordinary user of his own namespace", async () => {
  assertEquals((await tryLiveWire(AS_USER)).device, "tap0");
});

testWhen(obstacle, "NoLiveWire: no device, when /dev/net/tun does not exist", async () => {
  const { reason, message } = await tryLiveWire([...AS_ROOT, "--mount", ...after("mount -t tmpfs none /dev/net")]);
  assertEquals(reason, "no device");
  assertMatch(message ?? "", /modprobe tun/);
});

testWhen(obstacle, "NoLiveWire: no permission, when /dev/net/tun may not be opened", async () => {
  const script = "mount --bind /dev/net/tun /dev/net/tun && mount -o remount,bind,nodev /dev/net/tun";
  const { reason, message } = await tryLiveWire([...AS_ROOT, "--mount", ...after(script)]);
  assertEquals(reason, "no permission");
  assertMatch(message ?? "", /^No live wire: \/dev\/net\/tun exists, but this user may not open it \(permission denied\)\./);
});

testWhen(obstacle, "NoLiveWire: no namespace, when namespaces are switched off", async () => {
  const { reason, message } = await tryLiveWire([...AS_ROOT, ...after("echo 0 > /proc/sys/user/max_net_namespaces")]);
  assertEquals(reason, "no namespace");
  assertMatch(message ?? "", /the limit on namespaces is reached.*\n.*max_user_namespaces/);
});

testWhen(notLinux, "NoLiveWire: no unshare, when the command is not installed", async () => {
  assertEquals((await tryLiveWire([], { PATH: "/nowhere" })).reason, "no unshare");
});
