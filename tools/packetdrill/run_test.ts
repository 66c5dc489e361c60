/** Scripts against the reference stack: what passes, what is found, and in which words. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { labs } from "../../labs/manifest.ts";
import { Subject } from "../harness/subject.ts";
import { ROOT, selectOrigins } from "../lab/run.ts";
import { judge } from "./judge.ts";
import { createStackMachine } from "./stack_machine.ts";
import type { Failure, Verdict } from "./verdict.ts";

const LISTENING = `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 5) = 0
`;
const CONNECTED = `${LISTENING}+0 < S 0:0(0) win 65535 <mss 1000>
+0 > S. 0:0(0) ack 1 <mss 1460>
+.1 < . 1:1(0) ack 1 win 65535
+0 accept(3, ..., ...) = 4
`;

async function withJudge(work: (judged: (text: string) => Promise<Verdict>) => Promise<void>): Promise<void> {
  const everyLab = new Set(labs.map(({ number }) => number));
  const subject = new Subject({ root: ROOT, origins: selectOrigins(7, { reference: everyLab }) });
  try {
    await work((text) =>
      judge("a.pkt", text, {
        makeMachine: async (settings) => {
          await subject.reset();
          return await createStackMachine((request) => subject.ask(request), settings);
        },
        options: [],
        tolerance: 1000,
        strict: false,
        defines: new Set(["STANDARD"]),
      })
    );
  } finally {
    subject.close();
  }
}

async function failureOf(verdict: Promise<Verdict>): Promise<Failure> {
  const found = await verdict;
  assert(found.verdict === "failed", JSON.stringify(found));
  return found.failure;
}

Deno.test("runScript() counts on from the first SYN when a later one is only challenged", () =>
  withJudge(async (judged) => {
    const verdict = await judged(`${CONNECTED}+.1 < S 5000:5000(0) win 1000 <mss 1000>
+0 > . 1:1(0) ack 1
+0 < P. 1:11(10) ack 1 win 65535
+.04 > . 1:1(0) ack 11
+0 read(4, ..., 100) = 10
`);
    assertEquals(verdict.verdict, "passed", JSON.stringify(verdict));
  }));

Deno.test("runScript() counts anew when a SYN is answered by a new one", () =>
  withJudge(async (judged) => {
    const verdict = await judged(`${CONNECTED}+.1 close(4) = 0
+0 > F. 1:1(0) ack 1
+.1 < F. 1:1(0) ack 2 win 65535
+0 > . 2:2(0) ack 2
+.1 < S 5000:5000(0) win 1000 <mss 1000>
+0 > S. 0:0(0) ack 5001 <mss 1460>
+.1 < P. 5001:5011(10) ack 1 win 65535
+.04 > . 1:1(0) ack 5011
+0 accept(3, ..., ...) = 5
+0 read(5, ..., 100) = 10
`);
    assertEquals(verdict.verdict, "passed", JSON.stringify(verdict));
  }));

Deno.test("runScript() follows a connection from the handshake to the last ACK", () =>
  withJudge(async (judged) => {
    const verdict = await judged(`${CONNECTED}+0 write(4, ..., 2000) = 2000
+0 > . 1:1001(1000) ack 1
+0 > P. 1001:2001(1000) ack 1
+.1 < P. 1:501(500) ack 2001 win 65535
+.04 > . 2001:2001(0) ack 501
+0 read(4, ..., 1000) = 500
+0 close(4) = 0
+0 > F. 2001:2001(0) ack 501
+.1 < F. 501:501(0) ack 2002 win 65535
+0 > . 2002:2002(0) ack 502
`);
    assertEquals(verdict, { script: "a.pkt", verdict: "passed", took: 340_000 });
  }));

Deno.test("runScript() tells the line, what was expected, what came, and the way there", () =>
  withJudge(async (judged) => {
    const failure = await failureOf(judged(`${LISTENING}+0 < S 0:0(0) win 1000 <mss 1000>
+0 > S. 0:0(0) ack 2 win 7 <mss 1460,sackOK>
`));
    assertEquals(failure.place.line, 5);
    assertEquals(failure.expected, "S. 0:0(0) ack 2 win 7 <mss 1460,sackOK>");
    assertEquals(failure.got, "S. 0:0(0) ack 1 win 65535 <mss 1460>");
    assertEquals(failure.differences, ["ack: 1 in place of 2", "window: 65535 in place of 7", "option sackOK: missing"]);
    assertEquals(failure.story.map(({ kind, line }) => `${kind} ${line}`), ["call 1", "call 2", "call 3", "packet 4", "packet 5"]);
  }));

Deno.test("runScript() refuses what comes too early, too late or not at all", () =>
  withJudge(async (judged) => {
    const syn = `${LISTENING}+0 < S 0:0(0) win 1000 <mss 1000>\n`;
    const early = await failureOf(judged(`${syn}+.5 > S. 0:0(0) ack 1 <...>\n`));
    assertMatch(early.differences.join(), /time: 0.000 in place of 0.500/);
    assertEquals(early.expected, "S. 0:0(0) ack 1 <...> at 0.500");
    assertMatch(early.got, / at 0.000$/);
    assertEquals((await judged(`${syn}+0~+.5 > S. 0:0(0) ack 1 <...>\n`)).verdict, "passed");
    const late = await failureOf(judged(`${syn}+0 > S. 0:0(0) ack 1 <...>\n+.5 > S. 0:0(0) ack 1 <...>\n`));
    assertEquals(late.got, "nothing until 0.501");
    assertEquals((await judged(`${syn}+0 > S. 0:0(0) ack 1 <...>\n* > S. 0:0(0) ack 1 <...>\n`)).verdict, "passed");
    assertEquals((await judged(`${syn}--tolerance_usecs=1000\n`)).verdict, "malformed");
  }));

Deno.test("runScript() lets several segments meet one expectation, unless it is strict", () =>
  withJudge(async (judged) => {
    const script = `${CONNECTED}+0 write(4, ..., 3000) = 3000\n+0 > P. 1:3001(3000) ack 1\n`;
    assertEquals((await judged(script)).verdict, "passed");
    const strict = await failureOf(judged(`--strict_segments\n${script}`));
    assertMatch(strict.differences.join(), /length: 1000 in place of 3000/);
  }));

Deno.test("runScript() does not compare where text is pushed, if that does not matter", () =>
  withJudge(async (judged) => {
    const script = `${CONNECTED}+0 write(4, ..., 3000) = 3000\n+0 > . 1:3001(3000) ack 1\n`;
    assertEquals((await failureOf(judged(script))).differences, ["flags: P. in place of ."]);
    assertEquals((await judged(`--ignore_push\n${script}`)).verdict, "passed");
  }));

Deno.test("runScript() has a network with congestion control, and an initial window of ten", () =>
  withJudge(async (judged) => {
    const script = `${CONNECTED}+0 write(4, ..., 30000) = 30000
+0 > . 1:10001(10000) ack 1
+0 %{ assert tcpi_snd_cwnd == 10 and tcpi_unacked == 10 and tcpi_ca_state == TCP_CA_Open }%
+.1 < . 1:1(0) ack 2001 win 65535
+0 > . 10001:14001(4000) ack 1
`;
    assertEquals((await judged(script)).verdict, "passed");
    const narrow = await failureOf(judged(`\`ip route change default initcwnd 3\`\n${script}`));
    assertEquals(narrow.got, "nothing until 0.101");
    assertEquals((await judged(`\`sysctl net.inet.tcp.initcwnd_segments=0\`\n${script}`)).verdict, "failed");
  }));

Deno.test("runScript() sets congestion control by its name", () =>
  withJudge(async (judged) => {
    const option = "IPPROTO_TCP, TCP_CONGESTION";
    const script = `${CONNECTED}+0 getsockopt(4, ${option}, "reno", [16]) = 0
+0 setsockopt(4, ${option}, "cubic", 5) = 0
+0 getsockopt(4, SOL_TCP, TCP_CONGESTION, "cubic", [16]) = 0
+0 setsockopt(4, ${option}, [1], 4) = -1 EINVAL
+0 setsockopt(4, IPPROTO_TCP, TCP_NODELAY, "on", 2) = -1 EINVAL
`;
    assertEquals((await judged(script)).verdict, "passed");
    assertEquals((await failureOf(judged(`\`sysctl net.ipv4.tcp_congestion_control=cubic\`\n${script}`))).differences, [
      "value: cubic in place of reno",
    ]);
    const other = await judged(`${CONNECTED}+0 setsockopt(4, ${option}, "bbr", 3) = 0\n`);
    assertEquals(other.verdict === "needs" && other.needs[0]?.what, "TCP_CONGESTION bbr");
  }));

Deno.test("runScript() compares the text itself", () =>
  withJudge(async (judged) => {
    const literal = `${CONNECTED}+0 < P. 1:6(5) ack 1 win 65535\n+0 read(4, "hello", 5) = 5\n`;
    assertMatch((await failureOf(judged(literal))).differences.join(), /text: .* in place of "hello"/);
  }));

Deno.test("runScript() waits for calls that block, and only for those", () =>
  withJudge(async (judged) => {
    const handshake = `+.1 < S 0:0(0) win 65535 <mss 1000>\n+0 > S. 0:0(0) ack 1 <...>\n+.1 < . 1:1(0) ack 1 win 65535\n`;
    assertEquals((await judged(`${LISTENING}+0...0.2 accept(3, ..., ...) = 4\n${handshake}`)).verdict, "passed");
    assertMatch((await failureOf(judged(`${LISTENING}+0...0.3 accept(3, ..., ...) = 4\n${handshake}`))).got, /over at 0.200/);
    assertEquals((await failureOf(judged(`${LISTENING}+0 accept(3, ..., ...) = 4\n`))).got, "accept() has to wait");
    assertMatch((await failureOf(judged(`${LISTENING}+0...0.2 accept(3, ..., ...) = 4\n`))).got, /still waits at 0.201/);
    assertMatch((await failureOf(judged(`${LISTENING}+.1...0.2 accept(3, ..., ...) = 4\n`))).got, /still waits at 0.201/);
  }));

Deno.test("runScript() keeps several connections apart by their ports", () =>
  withJudge(async (judged) => {
    const verdict = await judged(`${LISTENING}+0 < 40000 > 8080: S 0:0(0) win 65535 <mss 1000>
+0 < 40001 > 8080: S 100:100(0) win 65535 <mss 900>
+0 > 8080 > 40000: S. 0:0(0) ack 1 <...>
+0 > 8080 > 40001: S. 0:0(0) ack 101 <...>
+0 < 40001 > 8080: . 101:101(0) ack 1 win 65535
+0 < 40000 > 8080: . 1:1(0) ack 1 win 65535
+0 accept(3, ..., ...) = 4
+0 accept(3, ..., ...) = 5
+0 write(4, ..., 10) = 10
+0 > 8080 > 40001: P. 1:11(10) ack 101
+0 write(5, ..., 10) = 10
+0 > 8080 > 40000: P. 1:11(10) ack 1
`);
    assertEquals(verdict.verdict, "passed", JSON.stringify(verdict));
  }));

Deno.test("runScript() maps timestamps, and the numbers of a connection that wraps", () =>
  withJudge(async (judged) => {
    const verdict = await judged(`${LISTENING}+0 < S 4294967290:4294967290(0) win 65535 <mss 1000,TS val 700 ecr 0>
+0 > S. 4294967000:4294967000(0) ack 4294967291 <mss 1460,TS val 100 ecr 700>
+.1 < . 4294967291:4294967291(0) ack 4294967001 win 65535 <TS val 800 ecr 100>
+0 accept(3, ..., ...) = 4
+0 write(4, ..., 900) = 900
+0 > P. 4294967001:605(900) ack 4294967291 <TS val 200 ecr 800>
+.1 < P. 4294967291:95(100) ack 605 win 65535 <TS val 900 ecr 200>
+0 read(4, ..., 100) = 100
`);
    assertEquals(verdict.verdict, "passed", JSON.stringify(verdict));
  }));

Deno.test("runScript() says what is needed, by name", () =>
  withJudge(async (judged) => {
    const needs = async (text: string): Promise<string[]> => {
      const verdict = await judged(text);
      return verdict.verdict === "needs" ? verdict.needs.map(({ what }) => what) : [JSON.stringify(verdict)];
    };
    assertEquals(await needs(`0 epoll_create(1) = 3\n`), ["the system call epoll_create()"]);
    assertEquals(await needs(`0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n`), ["UDP sockets"]);
    assertEquals(await needs(`31536000 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n`), ["more than a day of time"]);
  }));

Deno.test("runScript() keeps a thousand connections apart", () =>
  withJudge(async (judged) => {
    const lines = [LISTENING.replace("listen(3, 5)", "listen(3, 4096)").trimEnd()];
    for (let i = 0; i < 1000; i++) {
      lines.push(`+0 < ${20000 + i} > 8080: S 0:0(0) win 65535 <mss 1000>`, `+0 > 8080 > ${20000 + i}: S. 0:0(0) ack 1 <...>`);
      lines.push(`+0 < ${20000 + i} > 8080: . 1:1(0) ack 1 win 65535`, `+0 accept(3, ..., ...) = ${4 + i}`);
    }
    for (let i = 999; i >= 0; i--) lines.push(`+0 write(${4 + i}, ..., 9) = 9`, `+0 > 8080 > ${20000 + i}: P. 1:10(9) ack 1`);
    assertEquals((await judged(`${lines.join("\n")}\n`)).verdict, "passed");
  }));
