/** Scripts against the Linux kernel in a network of its own. */
import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { whyNoLiveWire } from "../harness/kernel/kernel_peer.ts";
import { testWhen } from "../test_when.ts";
import { judge } from "./judge.ts";
import { linuxJudging, withKernel } from "./machines.ts";
import type { Verdict } from "./verdict.ts";

const obstacle = await whyNoLiveWire();
const TESTDATA = new URL("testdata/", import.meta.url);
/** Other tests run beside these. */
const TOLERANCE = 100_000;

const LISTENING = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 5) = 0
`;
const CONNECTED = `${LISTENING}+0 < S 0:0(0) win 65535 <mss 1000>
+0 > S. 0:0(0) ack 1 <mss 1460>
+.1 < . 1:1(0) ack 1 win 65535
+0 accept(3, ..., ...) = 4
`;

function withLinux(work: (judged: (text: string, longest?: number) => Promise<Verdict>) => Promise<void>): Promise<void> {
  const common = { options: [], tolerance: TOLERANCE, strict: false, defines: new Set(["STANDARD"]) };
  return withKernel((kernel) => work((text, longest) => judge("a.pkt", text, linuxJudging(kernel, common, longest))));
}

async function passes(judged: (text: string) => Promise<Verdict>, text: string): Promise<void> {
  const verdict = await judged(text);
  assert(verdict.verdict === "passed", JSON.stringify(verdict, undefined, 1));
}

testWhen(obstacle, "createKernelMachine() runs the scripts of testdata", () =>
  withLinux(async (judged) => {
    for (const { name } of Deno.readDirSync(TESTDATA)) {
      const verdict = await judged(await Deno.readTextFile(new URL(name, TESTDATA)));
      assert(verdict.verdict === "passed", `${name}: ${JSON.stringify(verdict)}`);
    }
  }));

testWhen(obstacle, "createKernelMachine() leaves nothing of the script before", () =>
  withLinux(async (judged) => {
    // The same port without SO_REUSEADDR: after close() it is in TIME-WAIT, and a setting of the script is set.
    const first = `\`sysctl -q net.ipv4.tcp_sack=0\`\n${CONNECTED}+0 close(4) = 0
+0 > F. 1:1(0) ack 1
+0 < F. 1:1(0) ack 2 win 65535
+0 > . 2:2(0) ack 2
`;
    await passes(judged, first);
    await passes(judged, first);
    await passes(judged, `${LISTENING}+0 < S 0:0(0) win 1000 <mss 1000,sackOK>\n+0 > S. 0:0(0) ack 1 <mss 1460,nop,nop,sackOK>\n`);
  }));

testWhen(obstacle, "createKernelMachine() needs what a network has not, by name", () =>
  withLinux(async (judged) => {
    const needs = async (text: string): Promise<string> => {
      const verdict = await judged(text);
      assert(verdict.verdict === "needs", JSON.stringify(verdict));
      return verdict.needs.map(({ what }) => what).join();
    };
    assertEquals(
      await needs(`\`sysctl -q net.ipv4.no_such_thing=1\`\n${LISTENING}`),
      "the sysctl net.ipv4.no_such_thing, which is not one of a namespace",
    );
    assertEquals(
      await needs(`\`sysctl -q kernel.hostname=x\`\n${LISTENING}`),
      "the sysctl kernel.hostname, which is not one of a namespace",
    );
    assertEquals(await needs(`${LISTENING}+0 setsockopt(3, SOL_TCP, TCP_NO_SUCH, [1], 4) = 0\n`), "the option TCP_NO_SUCH");
    assertEquals(await needs("0 socket(AF_UNIX, SOCK_STREAM, 0) = 3\n"), "sockets of the family AF_UNIX");
  }));

testWhen(obstacle, "KernelMachine.take() and waitUntil() end with what a script may take of real time", () =>
  withLinux(async (judged) => {
    const began = performance.now();
    for (
      const text of [
        `${LISTENING}* > . 1:1(0)\n`,
        `${LISTENING}+3600 < S 0:0(0) win 1000\n`,
        `${LISTENING}+0...60 accept(3, ..., ...) = 4\n+60 < S 0:0(0) win 1\n`,
      ]
    ) {
      const verdict = await judged(text, 0.2);
      assert(verdict.verdict === "needs", JSON.stringify(verdict));
      assertEquals(verdict.needs[0]?.what, "more than 0.2 s of real time");
    }
    assertLess(performance.now() - began, 20_000);
  }));

testWhen(obstacle, "KernelMachine.call() makes only descriptors of the script's own usable", () =>
  withLinux(async (judged) => {
    for (const descriptor of [0, 1, 2, 3, 5, 9, 20]) {
      await passes(judged, `0 close(${descriptor}) = -1 EBADF (Bad file descriptor)\n+0 write(${descriptor}, ..., 10) = -1 EBADF\n`);
    }
    await passes(judged, `${LISTENING}+0 close(3) = 0\n+0 read(3, ..., 10) = -1 EBADF\n`);
  }));

testWhen(obstacle, "KernelMachine.call() waits where a program would", () =>
  withLinux(async (judged) => {
    const full = `${CONNECTED}+0 setsockopt(4, SOL_SOCKET, SO_SNDBUF, [4608], 4) = 0\n`;
    // Nobody acknowledges: what does not fit into the buffer waits.
    const failed = await judged(`${full}+0 write(4, ..., 100000) = 100000\n`);
    assert(failed.verdict === "failed", JSON.stringify(failed));
    assertMatch(failed.failure.got, /has to wait/);
    // MSG_WAITALL wants everything; MSG_DONTWAIT nothing that is not there.
    await passes(
      judged,
      `${CONNECTED}+0 recv(4, ..., 100, MSG_DONTWAIT) = -1 EAGAIN (Resource temporarily unavailable)
+0...0.2 recv(4, ..., 200, MSG_WAITALL) = 200
+.1 < P. 1:101(100) ack 1 win 65535
+0~+.05 > . 1:1(0) ack 101
+.1 < P. 101:201(100) ack 1 win 65535
+0~+.05 > . 1:1(0) ack 201
`,
    );
    // close() with SO_LINGER waits until the FIN is acknowledged.
    await passes(
      judged,
      `${CONNECTED}+0 setsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=5}, 8) = 0
+0...0.3 close(4) = 0
+0 > F. 1:1(0) ack 1
+.3 < . 1:1(0) ack 2 win 65535
`,
    );
  }));

testWhen(obstacle, "KernelMachine.call() polls several descriptors at once", () =>
  withLinux((judged) =>
    passes(
      judged,
      `${CONNECTED}+0...0.2 poll([{fd=3, events=POLLIN, revents=0}, {fd=4, events=POLLIN, revents=POLLIN}], 2, 2000) = 1
+.2 < P. 1:101(100) ack 1 win 65535
+0~+.05 > . 1:1(0) ack 101
+0 read(4, ..., 100) = 100
+0...0.1 poll([{fd=3, events=POLLIN, revents=0}, {fd=99, events=POLLIN, revents=POLLNVAL}], 2, 100) = 1
`,
    )
  ));

testWhen(obstacle, "KernelMachine.info() tells what TCP_INFO says", () =>
  withLinux(async (judged) => {
    await passes(
      judged,
      `${CONNECTED}+0 write(4, ..., 1000) = 1000\n+0 > P. 1:1001(1000) ack 1\n+0 %{ assert tcpi_unacked == 1, tcpi_unacked; assert tcpi_snd_mss == 1000; assert tcpi_state == TCP_ESTABLISHED }%\n`,
    );
    const wrong = await judged(`${CONNECTED}+0 %{ assert tcpi_snd_mss == 999 }%\n`);
    assertEquals(wrong.verdict, "failed");
  }));
