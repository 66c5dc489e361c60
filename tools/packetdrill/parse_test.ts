import { assert, assertEquals } from "@std/assert";
import { formatMalformed, parseScript, printEvent } from "./parse.ts";
import type { ParseOptions } from "./parse.ts";
import type { Script, ScriptEvent } from "./script.ts";

function scriptOf(text: string, options?: ParseOptions): Script {
  const script = parseScript("a.pkt", text, options);
  if (!("events" in script)) throw new Error(formatMalformed(script));
  return script;
}

/** The events as they are printed. */
function printed(text: string, options?: ParseOptions): string[] {
  return scriptOf(text, options).events.map(printEvent);
}

function eventOf(text: string): ScriptEvent {
  const [event] = scriptOf(text).events;
  assert(event !== undefined);
  return event;
}

function malformed(text: string, options?: ParseOptions): string {
  const script = parseScript("a.pkt", text, options);
  assert(!("events" in script), `${text} is a script`);
  return formatMalformed(script);
}

function needsOf(text: string): string[] {
  return scriptOf(text).needs.map(({ place, what }) => `${place.line}: ${what}`);
}

Deno.test("parseScript() reads every kind of time", () => {
  const times: readonly [text: string, microseconds: unknown][] = [
    ["0", { kind: "absolute", at: 0 }],
    ["0.1", { kind: "absolute", at: 100_000 }],
    ["3", { kind: "absolute", at: 3_000_000 }],
    ["+.000001", { kind: "relative", at: 1 }],
    ["+0", { kind: "relative", at: 0 }],
    ["+1.1", { kind: "relative", at: 1_100_000 }],
    ["0.1~0.25", { kind: "absolute range", from: 100_000, to: 250_000 }],
    ["+.1~+.2", { kind: "relative range", from: 100_000, to: 200_000 }],
    ["+0 ~ +0.1", { kind: "relative range", from: 0, to: 100_000 }],
    ["*", { kind: "any" }],
  ];
  for (const [text, time] of times) assertEquals(eventOf(`${text} > . 1:1(0) ack 1`).time, time, text);
});

Deno.test("parseScript() reads when a call that waits has to be over", () => {
  for (
    const [text, at, until] of [["0...0.5", 0, 500_000], ["+0...0.5", 0, 500_000], [".1...0.2", 100_000, 200_000], [
      "1 ... 1",
      1e6,
      1e6,
    ]] as const
  ) {
    const event = eventOf(`${text} accept(3, ..., ...) = 4`);
    assert(event.kind === "call" && (event.time.kind === "absolute" || event.time.kind === "relative"));
    assertEquals([event.time.at, event.until], [at, until]);
  }
});

Deno.test("parseScript() reads a segment with all that can be said of it", () => {
  const text = "+0 < [ect0, ttl 64, tos 0x12] 40000 > 8080: SE.W 4294967295:9(10) ack 4294967295 win 65535 urg 3" +
    " <mss 1460, nop,eol,sackOK,wscale 14,TS val 4294967295 ecr 0>";
  assertEquals(eventOf(text), {
    kind: "packet",
    place: { file: "a.pkt", line: 1, column: 1 },
    time: { kind: "relative", at: 0 },
    direction: "in",
    ip: { ecn: "ect0", ttl: 64, tos: 0x12 },
    packet: {
      protocol: "tcp",
      ports: { source: 40_000, destination: 8080 },
      flags: "S.EW",
      seq: { from: 0xffff_ffff, to: 9, length: 10 },
      ack: 0xffff_ffff,
      window: 65_535,
      urgent: 3,
      options: [
        { kind: "mss", value: 1460 },
        { kind: "nop" },
        { kind: "eol" },
        { kind: "sackOK" },
        { kind: "wscale", value: 14 },
        { kind: "TS", value: 0xffff_ffff, echo: 0 },
      ],
    },
  });
});

Deno.test("parseScript() reads segments in every spelling", () => {
  const spellings: readonly [text: string, canonical: string][] = [
    ["+0 > . 1(1000) ack 1", "+0 > . 1:1001(1000) ack 1"],
    ["+0 > . 4294967295(2)", "+0 > . 4294967295:1(2)"],
    ["+0>.1:1(0)", "malformed"],
    ["+0 > - 1:1(0)", "+0 > - 1:1(0)"],
    ["+0 > UPFARE.WS 1:1(0)", "+0 > SFRPU.EWA 1:1(0)"],
    ["+0 > P. 1:1(0) win 5 ack 1 <...>", "+0 > P. 1:1(0) ack 1 win 5 <...>"],
    ["+0 > . 1:1(0) ack 1 <>", "+0 > . 1:1(0) ack 1"],
    ["+0 < 40000 > 8080 S 0:0(0)", "+0 < 40000 > 8080: S 0:0(0)"],
    ["+0 > [noecn] . 1:1(0)\nack 1 # over lines\nwin 5", "+0 > [noecn] . 1:1(0) ack 1 win 5"],
    ["+0 > [ect01] . 0x10:0x11(0x1)", "+0 > [ect01] . 16:17(1)"],
    ["+0 > . 1:1(0) <sack 1:2 4294967295:4,nop>", "+0 > . 1:1(0) <sack 1:2 4294967295:4,nop>"],
    ["+0 < S 0:0(0) <FO>", "+0 < S 0:0(0) <unknown 34>"],
    ["+0 < S 0:0(0) <FO 0123abCD,nop>", "+0 < S 0:0(0) <unknown 34 0x0123abcd,nop>"],
    ["+0 < S 0:0(0) <FOEXP 12345678>", "+0 < S 0:0(0) <unknown 254 0xf98912345678>"],
    ["+0 < [damaged, offset 0xf] S 0:0(0) <raw 0x0200>", "+0 < [damaged,offset 15] S 0:0(0) <raw 0x0200>"],
    ["+0 < S 0:0(0) <unknown 253 0x00ff, unknown 200>", "+0 < S 0:0(0) <unknown 253 0x00ff,unknown 200>"],
  ];
  for (const [text, canonical] of spellings) {
    if (canonical === "malformed") malformed(text);
    else assertEquals(printed(text), [canonical]);
  }
});

Deno.test("parseScript() reads datagrams and ICMP", () => {
  assertEquals(printed("+0 < udp(1000)\n+0 > 53 > 1025: udp (0)"), ["+0 < udp (1000)", "+0 > 53 > 1025: udp (0)"]);
  const error = "+0 < icmp unreachable frag_needed mtu 1200 [1:1461(1460)]";
  assertEquals(printed(error), [error]);
  assertEquals(printed("+0 < [1:1461(1460)] icmp unreachable frag_needed mtu 1200"), [error]);
  assertEquals(printed("+0 < icmp unreachable frag_needed [1:1461(1460)] mtu 1200"), [error]);
  assertEquals(printed("+0 > [ttl 3] [udp (10)] icmp time_exceeded"), ["+0 > [ttl 3] icmp time_exceeded [udp (10)]"]);
  const { packet } = eventOf(error) as Extract<ScriptEvent, { kind: "packet" }>;
  assertEquals(packet, {
    protocol: "icmp",
    type: "unreachable",
    code: "frag_needed",
    mtu: 1200,
    about: { seq: { from: 1, to: 1461, length: 1460 } },
  });
});

Deno.test("parseScript() reads calls and what they return", () => {
  const call = eventOf("+0 read(4, ..., 0x3e8) = -1 EAGAIN (Resource  temporarily unavailable, can't wait)");
  assertEquals(call, {
    kind: "call",
    place: { file: "a.pkt", line: 1, column: 1 },
    time: { kind: "relative", at: 0 },
    name: "read",
    args: [{ kind: "number", value: 4 }, { kind: "any" }, { kind: "number", value: 1000 }],
    returns: { kind: "number", value: -1 },
    error: "EAGAIN",
    note: "Resource temporarily unavailable, can't wait",
  });
  const { returns } = eventOf("+0 f() = ?") as Extract<ScriptEvent, { kind: "call" }>;
  assertEquals(returns, undefined);
  const { returns: any } = eventOf("+0 f() = ...") as Extract<ScriptEvent, { kind: "call" }>;
  assertEquals(any, { kind: "any" });
});

Deno.test("parseScript() reads every form of argument", () => {
  const forms = [
    "setsockopt(3, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0",
    'connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("192.0.2.1")}, ...) = 0',
    "sendmsg(4, {msg_name(...)=..., msg_iov(2)=[{..., 1000}, {..., 20}], msg_flags=0}, MSG_A|MSG_B|4) = 1020",
    "poll([{fd=4, events=POLLIN|POLLOUT, revents=POLLOUT}], 1, -1) = 1",
    'write(4, "GET / \\"x\\"\\x00\\n"..., 8) = 8',
    "f([], [[1, [2]], {}], ?) = 0",
  ];
  for (const form of forms.slice(0, -1)) assertEquals(printed(`+0 ${form}`), [`+0 ${form}`]);
  assertEquals(malformed(`+0 ${forms.at(-1)}`), "a.pkt:1:26: expected a value, not '?'");
});

Deno.test("parseScript() undoes C's escapes in strings", () => {
  const escaped: readonly [written: string, meant: string][] = [
    [String.raw`a\n\t\r\\\"`, 'a\n\t\r\\"'],
    [String.raw`\x41\101\0\x0d\q`, "AA\0\rq"],
    ["é\u{1f600} two\nlines", "é\u{1f600} two\nlines"],
  ];
  for (const [written, meant] of escaped) {
    const call = eventOf(`+0 write(4, "${written}", 5) = 5`);
    assert(call.kind === "call");
    assertEquals(call.args[1], { kind: "string", value: meant, more: false });
  }
});

Deno.test("parseScript() keeps commands and code as they are, with their lines", () => {
  const text = "`first\n \\`second\\``\n0 `third`\n+0 %{\nassert tcpi_unacked == 0 # } %\n}%\n";
  const { setup, events } = scriptOf(text);
  assertEquals(setup, [{ place: { file: "a.pkt", line: 1, column: 1 }, text: "first\n `second`" }]);
  assertEquals(events.map((event) => "text" in event ? event.text : ""), ["third", "\nassert tcpi_unacked == 0 # } %\n"]);
  assert(events[1]?.kind === "code");
  assertEquals([events[1].place.line, events[1].begins], [4, { file: "a.pkt", line: 4, column: 6 }]);
});

Deno.test("parseScript() reads options, with and without values, behind comments and before commands", () => {
  const text = `// first
--tolerance_usecs=75000 --ip_version=ipv4 // both
# another
--verbose /* nothing */ --local_ip=192.168.0.1/16# bits
--code_command="a \\"b\\" c" --name = value
\`sysctl\` --late=1
0 close(3) = 0`;
  const { options, setup, lines } = scriptOf(text);
  assertEquals(options.map(({ name, value, place }) => `${place.line} ${name} ${value}`), [
    "2 tolerance_usecs 75000",
    "2 ip_version ipv4",
    "4 verbose ",
    "4 local_ip 192.168.0.1/16",
    '5 code_command a "b" c',
    "5 name value",
    "6 late 1",
  ]);
  assertEquals([setup.length, lines.length, lines[0]], [1, 7, "// first"]);
});

Deno.test("parseScript() looks only at what #ifdef leaves", () => {
  const script = (body: string): string => `0 a() = 0\n${body}\n+0 z() = 0\n`;
  const names = (body: string, defines?: ReadonlySet<string>): string =>
    printed(script(body), defines === undefined ? {} : { defines }).map((line) => line.replace(/.* (\w+)\(\).*/, "$1")).join("");
  assertEquals(names('#ifdef STANDARD\n+0 b() = 0\n#else\n+0 c( " `\n#endif'), "abz");
  assertEquals(names("#ifndef STANDARD\n+0 b() = 0\n#else // or\n+0 c() = 0\n  #endif"), "acz");
  assertEquals(
    names("#ifdef A\n#ifdef B\n#else\n#endif\n+0 b() = 0\n#else\n#ifndef B\n+0 c() = 0\n#else\n+0 d() = 0\n#endif\n#endif"),
    "acz",
  );
  assertEquals(names("#ifdef A\n#ifdef B\n+0 b() = 0\n#else\n+0 c() = 0\n#endif\n#endif", new Set(["A"])), "acz");
  assertEquals(names("#ifdefinitely a comment\n# ifdef a comment, too\n#elsewhere"), "az");
});

Deno.test("parseScript() includes what `read` gives, with places of its own", () => {
  const files = new Map([["dir/b.pkt", '+0 b() = 0\n#include "sub/c.pkt"\n'], ["dir/sub/c.pkt", "+0 c() = 0"], [
    "dir/self.pkt",
    '#include "self.pkt"\n',
  ]]);
  const read = (path: string): string | undefined => files.get(path);
  const script = parseScript("dir/a.pkt", '0 a() = 0\n#include "b.pkt"\n+0 z() = 0', { read });
  assert("events" in script);
  assertEquals(script.events.map(({ place }) => `${place.file}:${place.line}`), [
    "dir/a.pkt:1",
    "dir/b.pkt:1",
    "dir/sub/c.pkt:1",
    "dir/a.pkt:3",
  ]);
  assertEquals(malformed('#include "none.pkt"', { read }), "a.pkt:1:1: expected a file that can be read, not 'none.pkt'");
  const endless = parseScript("dir/self.pkt", '#include "self.pkt"\n', { read });
  assert(!("events" in endless));
  assertEquals(endless.expected, "at most 100 files to include");
});

Deno.test("parseScript() lists what it cannot have as needs, and leaves those events out", () => {
  const text = `0 a() = 0
+0 < ipv4 1.2.3.4 > 5.6.7.8: gre: . 1:1(0) ack 1
+0 < S 0:0(0) <mss 1000, mp_capable a flags[b],
   nop> win 7
+0 < sctp: INIT[flgs=0, tag=1]
+0 < icmpv6 packet_too_big mtu 1280
+0 > 5. 1:1(0)
+0 < S 0:0(0) <FO TFO_COOKIE>
#define SPEED 3
+0 z() = 0`;
  assertEquals(printed(text), ["0 a() = 0", "+0 z() = 0"]);
  assertEquals(needsOf(text).sort(), [
    "2: encapsulation in ipv4",
    "3: the TCP option mp_capable",
    "5: the protocol sctp",
    "6: the protocol icmpv6",
    "7: AccECN's counter among the flags",
    "8: the Fast Open cookie TFO_COOKIE",
    "9: the directive #define",
  ]);
});

Deno.test("parseScript() says where a file is no script, and what should stand there", () => {
  const wrong: readonly [text: string, message: string][] = [
    ["", "1:1: expected a time, not the end of the file"],
    ["// nothing\n", "2:1: expected a time, not the end of the file"],
    ["\n\n  foo", "3:3: expected a time, not 'foo'"],
    ["0 < S 0:0(0)\n--late=1", "2:1: expected a time, not '--late=1'"],
    ["--name=\n0 a() = 0", "1:8: expected a value for --name, not the end of the line"],
    ["+x a() = 0", "1:2: expected a time behind '+', not 'x'"],
    ["+-1 a() = 0", "1:2: expected a time that is not negative, not '-1'"],
    ["9999999999 a() = 0", "1:1: expected a time of 1000000000 seconds at most, not '9999999999'"],
    ["+.1~.2 a() = 0", "1:5: expected '+', as in +.1~+.2, not '.2'"],
    ["+.2~+.1 a() = 0", "1:6: expected a time that is not before the one in front of '~', not '.1'"],
    ["1 a() = 0\n+1 a() = 0\n1.5 a() = 0", "3:1: expected a time that is not before line 2's, not '1.5'"],
    ["0.5...0.4 a() = 0", "1:7: expected a time that is not before the one in front of '...', not '0.4'"],
    ["*...0.4 a() = 0", "1:2: expected a call, as only one time can stand before '...', not '...'"],
    ["+0 foo", "1:4: expected a packet, a call, a command or code, not 'foo'"],
    ["+0 < X 0:0(0)", "1:6: expected flags: letters of SFRPU.EWA, each once, or '-', not 'X'"],
    ["+0 < SS 0:0(0)", "1:6: expected flags: letters of SFRPU.EWA, each once, or '-', not 'SS'"],
    ["+0 < 0:0(0)", "1:6: expected flags: letters of SFRPU.EWA, each once, or '-', not '0'"],
    ["+0 < . 1:3(1)", "1:10: expected 2, as 1 and a length of 1 make, not '3'"],
    ["+0 < . 1", "1:9: expected ':' or '(' behind the sequence number, not the end of the file"],
    ["+0 < . -1:0(1)", "1:8: expected a sequence number from 0 to 4294967295, not '-1'"],
    ["+0 < . 4294967296:0(1)", "1:8: expected a sequence number from 0 to 4294967295, not '4294967296'"],
    ["+0 < . 1:70001(70000)", "1:8: expected 65495 bytes at most in a packet that is given, not '1'"],
    ["+0 < . 1:1(0) ack 1.5", "1:19: expected an acknowledgment number from 0 to 4294967295, not '1.5'"],
    ["+0 < . 1:1(0) win 65536", "1:19: expected a window from 0 to 65535, not '65536'"],
    ["+0 < . 1:1(0) urg", "1:18: expected an urgent pointer from 0 to 65535, not the end of the file"],
    ["+0 < . 1:1(0) ack 1 ack 1", "1:21: expected a time, not 'ack'"],
    ["+0 < S 0:0(0) <mss 65536>", "1:20: expected an MSS from 0 to 65535, not '65536'"],
    ["+0 < S 0:0(0) <wscale 300>", "1:23: expected a scale from 0 to 255, not '300'"],
    ["+0 < S 0:0(0) <mss 1 nop>", "1:22: expected ',' or '>', not 'nop'"],
    ["+0 < S 0:0(0) <foo 3>", "1:16: expected a TCP option, not 'foo'"],
    ["+0 < S 0:0(0) <...>", "1:15: expected the options of a packet that is given, not '<'"],
    ["+0 > . 1:1(0) <sack 1:2 1:2 1:2 1:2 1:2>", "1:40: expected four blocks at most, not '>'"],
    ["+0 > . 1:1(0) <TS val 1 ecr 1,sack 1:2 1:2 1:2 1:2>", "1:31: expected options of 40 bytes at most, not 'sack'"],
    ["+0 > . 1:1(0) <TS val 1>", "1:24: expected 'ecr', not '>'"],
    ["+0 > . 1:1(0) <unknown 254 0x123>", "1:28: expected two hexadecimal digits for each byte, not '0x123'"],
    ["+0 > . 1:1(0) <unknown 1 0x12>", "1:24: expected the number of an option from 2 to 255, not '1'"],
    ["+0 < . 1:1(0) <raw 5>", "1:20: expected bytes in hexadecimal, as in: raw 0x0200, not '5'"],
    ["+0 > [damaged] . 1:1(0)", "1:7: expected an ECN mark, tos or ttl, each once, not 'damaged'"],
    ["+0 < [offset 16] . 1:1(0)", "1:14: expected an offset from 0 to 15, not '16'"],
    ["+0 < [ect01] . 1:1(0)", "1:7: expected one of ect0 and ect1 for a packet that is given, not 'ect01'"],
    ["+0 < [tos 256] . 1:1(0)", "1:11: expected a TOS from 0 to 255, not '256'"],
    ["+0 < [wet] . 1:1(0)", "1:7: expected an ECN mark, tos or ttl, each once, not 'wet'"],
    ["+0 < 65536 > 1: . 1:1(0)", "1:6: expected a port from 0 to 65535, not '65536'"],
    ["+0 < udp (65508)", "1:11: expected a length from 0 to 65507, not '65508'"],
    ["+0 < icmp [1:1(0)]", "1:11: expected a type of ICMP, as in: icmp unreachable, not '['"],
    ["+0 < icmp unreachable frag_needed mtu 65536", "1:39: expected an MTU from 0 to 65535, not '65536'"],
    ["+0 f(1", "1:7: expected ',' or ')', not the end of the file"],
    ["+0 f(1,) = 0", "1:8: expected a value, not ')'"],
    ["+0 f() 0", "1:8: expected '=' and what the call returns, not '0'"],
    ["+0 f(9007199254740992) = 0", "1:6: expected a number from -9007199254740991 to 9007199254740991, not '9007199254740992'"],
    ["+0 f() = -1 EAGAIN (no\nend)", "1:20: expected a ')' on the same line as this one, not '('"],
    ['+0 f("abc', "1:6: expected a closing quote for this one, not the end of the file"],
    ["+0 `abc", "1:4: expected a closing backtick for this one, not the end of the file"],
    ["+0 %{ abc", "1:4: expected a }% at the end of this code, not the end of the file"],
    ["/* abc", "1:1: expected a */ at the end of this comment, not the end of the file"],
    ["#ifdef A\n#ifdef B\n#endif", "1:1: expected an #endif for this #ifdef, not the end of the file"],
    ["#ifdef STANDARD\n0 a() = 0", "1:1: expected an #endif for this #ifdef, not the end of the file"],
    ["0 a() = 0\n#endif", "2:1: expected an #ifdef before this, not '#endif'"],
    ["#ifdef STANDARD\n#else\n#else\n#endif", "3:1: expected the #endif of line 1, not a second '#else'"],
    ["#ifdef", "1:1: expected a name behind #ifdef, not the end of the line"],
    ["0 \x1b[2J\u202e", "1:3: expected a packet, a call, a command or code, not '\\u{1b}'"],
  ];
  for (const [text, message] of wrong) assertEquals(malformed(text), `a.pkt:${message}`);
});
