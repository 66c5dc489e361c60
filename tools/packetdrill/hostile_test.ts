/** Files that were not made to be read: large, deep, random. Each has to come to an end, with a value, in time that grows with its length only. */
import { assert, assertEquals } from "@std/assert";
import { createRandom } from "../../stack/wire/random.ts";
import { parseScript } from "./parse.ts";

const MEGABYTES = 10;

/** So much text, of one piece again and again. */
function large(piece: string, megabytes = MEGABYTES): string {
  return piece.repeat(Math.ceil(megabytes * 1e6 / piece.length));
}

/** The same, for what is read to its end: enough for anything that grows faster than its length to be noticed. */
function long(piece: string): string {
  return large(piece, 1);
}

/** Whether it is a script at all. */
function isScript(text: string): boolean {
  return "events" in parseScript("large.pkt", text);
}

Deno.test("parseScript() refuses megabytes of anything that is no script", () => {
  const event = "0 a() = 0\n";
  const refused = [
    ...["(", "[", "{", "a", "9", '"', "`", " ", "\n", "-", "--a", "+", "*", "%{", "#ifdef A\n", "#endif\n", "/*", "\\", "\u{1f600}"].map(
      large,
    ),
    ...["(", "[", "{a=", "g("].map((open) => `+0 f(${large(open)}`),
    ...["a", "9", "f", ".", "1.", "\\", "\\x", "-"].map((inside) => `+0 f(${long(inside)})`),
    ...["S", ".", "P ", "5", "S5"].map((flags) => `+0 < ${long(flags)} 0:0(0)`),
    ...["nop,", "sack 1:2 ", "1:2 ", "unknown 5 0x"].map((options) => `+0 < S 0:0(0) <${long(options)}>`),
    `+0 < S 0:0(0) <sack ${long("1:2 ")}>`,
    `+0 < S 0:0(0) <FO ${long("12")}>`,
    `+0 < S 0:0(0) <unknown 5 0x${long("12")}>`,
    `+0 < [${long("ect0,")}] S 0:0(0)`,
    `+0 f() = 0 (${long(" ")}`,
    `${event}#ifdef ${long("a")}\n`,
    `${event}#ifdef STANDARD\n${long("x\n")}`,
    `${event}#ifdef NOT\n${long("#ifdef x\n")}`,
  ];
  for (const text of refused) assert(!isScript(text), `${text.slice(0, 30)}…`);
});

Deno.test("parseScript() reads megabytes of script, whether in lines or in one", () => {
  const texts = [
    large("+0 < . 1:1(0) ack 1 win 1000\n"),
    long("+0 < . 1:1(0) ack 1 win 1000 "),
    `0 f(${long("1, ")}1) = 0`,
    `0 f(${long("A|")}A) = 0`,
    `0 f("${long("\\x41\\n")}") = 0`,
    `0 f() = 0 (${long("word  ")})`,
    `${long("// comment\n")}0 f() = 0`,
    `${long("/* */")}0 f() = 0`,
    `${long("#ifdef A\n#else\n#endif\n")}0 f() = 0`,
    `0 %{${long("assert 1\n")}}%`,
    `\`${long("\\`")}\`0 f() = 0`,
    `0 f() = 0\n+0 < S 0:0(0) <${large("mp_")}>`,
    `--a=${long("a")} 0 f() = 0`,
    `0 f() = 0\n+0 < mpls ${long("(a) ")}`,
  ];
  for (const text of texts) assert(isScript(text), `${text.slice(0, 30)}…`);
});

Deno.test("parseScript() takes random bytes and random words for what they are", () => {
  const random = createRandom(51);
  const bytes = new TextDecoder().decode(random.bytes(MEGABYTES * 1e6));
  assert(!isScript(bytes));
  const words = [
    ...'+0 0.1 < > [ect0] S. 0:0(0) ack win <mss 1000> <...> ( ) [ ] { } , = ... - ~ * " ` %{ }% | // /* */ # udp icmp read'.split(" "),
    ..."\n #ifdef A\n #else\n #endif\n --a=b 1 -1 0x1f -1 EAGAIN (a) \\".split(" "),
  ];
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from({ length: random.int(1, 20) }, () => random.pick(words)).join(random.pick(["", " ", "\n"]));
    const script = parseScript("random.pkt", text);
    if ("events" in script) continue;
    const { place: { line, column }, expected, found } = script;
    assert(line >= 1 && line <= text.split("\n").length && column >= 1, text);
    assert(expected !== "" && found !== "" && !/\p{Cc}/u.test(found), text);
  }
});

Deno.test("parseScript() refuses a script at whatever character it is cut", () => {
  const text =
    '0 f([{a=1, b(2)="x"}], ...) = -1 EAGAIN (no)\n+.1~+.2 > [ect0] S. 0:0(0) ack 1 <mss 1000,TS val 1 ecr 2>\n+0 %{ a }%\n+0 `b`';
  let scripts = 0;
  for (let end = 0; end <= text.length; end++) if (isScript(text.slice(0, end))) scripts++;
  assertEquals([isScript(text), scripts < 40], [true, true]);
});
