import { assert, assertEquals } from "@std/assert";
import { createRandom } from "../../stack/wire/random.ts";
import { evaluate, type Evaluation } from "./expression.ts";
import { formatMalformed } from "./malformed.ts";

const PLACE = { file: "a.pkt", line: 3, column: 6 };
const INFO = { tcpi_snd_cwnd: 8, tcpi_state: 1, tcpi_unacked: 0, tcpi_options: 7, tcpi_rto: 200_000 };

function asked(text: string): Evaluation {
  return evaluate(text, PLACE, INFO);
}

Deno.test("evaluate() reckons as Python does", () => {
  const holding = [
    "1 + 2 * 3 == 7 and (1 + 2) * 3 == 9 and 7 - 2 - 1 == 4",
    "-7 // 2 == -4 and -7 % 3 == 2 and 7 % -3 == -2 and 7 / 2 == 3.5 and 6 / 3 == 2",
    "1 | 2 ^ 3 & 4 << 1 == 3",
    "1 << 40 == 1099511627776 and -1 >> 5 == -1 and ~0 == -1 and 0xfff0 & 0xff == 0xf0",
    "1 < 2 <= 2 < 3 and not 1 < 3 < 2 and 3 > 2 >= 2 != 3",
    "not 0 and not not 5 and (0 or 3) == 3 and (2 and 3) == 3 and (0 and 1/0) == 0 and (1 or 1/0) == 1",
    "- - 3 == 3 and +-+3 == -3 and ~-1 == 0",
    "abs(-3) == 3 and min(3, 1, 2) == 1 and max(1, 2) == 2 and int(-2.5) == -2 and int(2.9) == 2",
    "True and not False and True == 1",
    "0x10 == 16 and 1e3 == 1000. and .5 == 0.5",
    "tcpi_state == TCP_ESTABLISHED and TCP_CLOSING == 11 and TCP_CA_Loss == 4",
    "tcpi_options & (TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK | TCPI_OPT_WSCALE) == 7 and tcpi_options & TCPI_OPT_ECN == 0",
  ];
  for (const text of holding) {
    assertEquals(asked(`assert ${text}`).kind, "passed", text);
    assertEquals(asked(`assert not (${text})`).kind, "failed", text);
  }
});

Deno.test("evaluate() gives the same as JavaScript where both have an operator", () => {
  const random = createRandom(9);
  const operators = new Map<string, (a: number, b: number) => number>([
    ["+", (a, b) => a + b],
    ["-", (a, b) => a - b],
    ["*", (a, b) => a * b],
    ["|", (a, b) => a | b],
    ["&", (a, b) => a & b],
    ["^", (a, b) => a ^ b],
    ["//", (a, b) => Math.floor(a / b)],
  ]);
  for (let round = 0; round < 2000; round++) {
    const [a, b] = [random.int(-1e6, 1e6), random.int(1, 1000)];
    const [operator, reckon] = random.pick([...operators]);
    assertEquals(asked(`assert (${a}) ${operator} ${b} == ${reckon(a, b)}`).kind, "passed", `${a} ${operator} ${b}`);
  }
});

Deno.test("evaluate() takes statements in lines and behind semicolons, and ignores what is printed", () => {
  const text = `
    # nothing
    assert tcpi_unacked == 0, "it's; \\"none\\"" # ;
    assert (tcpi_snd_cwnd ==
      8); print("cwnd", x[1]); pass;; assert(tcpi_rto >= 200000), 'rto %d' % tcpi_rto

    print tcpi_rto; assert 1 \\
      < 2`;
  assertEquals(asked(text), { kind: "passed" });
  assertEquals(asked(""), { kind: "passed" });
});

Deno.test("evaluate() says which assertion failed, where, and what its names are", () => {
  assertEquals(asked("assert 1\n  assert tcpi_snd_cwnd  == 10 and\\\n not tcpi_unacked, 'the window'\nassert 0"), {
    kind: "failed",
    place: { file: "a.pkt", line: 4, column: 10 },
    expected: "tcpi_snd_cwnd == 10 and not tcpi_unacked",
    got: "tcpi_snd_cwnd is 8, tcpi_unacked is 0 (the window)",
  });
  const got = (text: string): string => {
    const result = asked(text);
    assert(result.kind === "failed");
    return result.got;
  };
  assertEquals(got("assert 1 == 2"), "it does not hold");
  assertEquals(got("assert tcpi_state == TCP_LISTEN"), "tcpi_state is 1 (TCP_ESTABLISHED)");
  assertEquals(got("assert tcpi_snd_cwnd / tcpi_unacked > 1"), "it divides by zero, where tcpi_snd_cwnd is 8, tcpi_unacked is 0");
  assertEquals(got("assert 1 << 100000000"), "it shifts by 100000000");
  assertEquals(got("assert 1.5 & 1"), "it asks for the bits of 1.5");
});

Deno.test("evaluate() needs Python for everything else, and the fields that nobody gives", () => {
  const needs: readonly [text: string, what: string, line: number, column: number][] = [
    ["import time", "Python", 3, 6],
    ["assert 0\nif tcpi_rto: pass", "Python", 4, 1],
    ["for i in x: assert i", "Python", 3, 6],
    ["tcpi_rto = 5", "Python", 3, 6],
    ["assert tcpi_rto[1]", "Python", 3, 21],
    ["assert tcpi_rto.bit_length()", "Python", 3, 21],
    ["assert 2 ** 3", "Python", 3, 15],
    ["assert len(x)", "Python", 3, 13],
    ["assert 1 if 2 else 3", "Python", 3, 15],
    ["assert 'a' == 'a'", "Python", 3, 13],
    ["assert (1, 'always true')", "Python", 3, 15],
    ["assert 1 in [1]", "Python", 3, 15],
    ["assert tcpi_xyz == 1", "tcpi_xyz", 3, 13],
    ["assert toString", "the name 'toString'", 3, 13],
    ["assert __proto__", "the name '__proto__'", 3, 13],
  ];
  for (const [text, what, line, column] of needs) {
    assertEquals(asked(text), { kind: "needs", need: { place: { file: "a.pkt", line, column }, what } }, text);
  }
});

Deno.test("evaluate() says where a block is malformed", () => {
  const wrong: readonly [text: string, message: string][] = [
    ["assert", "3:12: expected a number, a name or '(', not the end of the code"],
    ["assert 1 +\nassert 2", "3:16: expected a number, a name or '(', not the end of the line"],
    ["assert (1", "3:15: expected ')', not the end of the code"],
    ["assert 1)", "3:14: expected the end of the statement, not ')'"],
    ["assert 1 2", "3:15: expected the end of the statement, not '2'"],
    ["assert min(1)", "3:13: expected min() with two arguments or more, not 'min'"],
    ["assert 1e999", "3:13: expected a number that is not that large, not '1e999'"],
    ["assert 5x", "3:13: expected a number, a name or '(', not '5x'"],
    ["\n\n$", "5:1: expected a statement, not '$'"],
    [`assert ${"(".repeat(1000)}`, "3:77: expected at most 64 brackets in each other, not '('"],
    ["x".repeat(100_001), "3:6: expected code of 100000 characters at most, not 100001 of them"],
  ];
  for (const [text, message] of wrong) {
    const result = asked(text);
    assert(result.kind === "malformed", `${text.slice(0, 50)} ${JSON.stringify(result)}`);
    assertEquals(formatMalformed(result.malformed), `a.pkt:${message}`);
  }
});

Deno.test("evaluate() comes to an end whatever it is given", () => {
  const random = createRandom(10);
  const pieces = [
    "assert ",
    "1",
    "tcpi_rto",
    " not ",
    "-",
    "~",
    "(",
    ")",
    "min(",
    ",",
    "==",
    "<",
    "/",
    "%",
    "<<",
    "and",
    "\n",
    ";",
    "'",
    '"""',
    "#",
    "\\",
    "[",
    "print ",
  ];
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from({ length: random.int(1, 15) }, () => random.pick(pieces)).join("");
    assert(["passed", "failed", "needs", "malformed"].includes(asked(text).kind), text);
  }
  for (const piece of ["1+", "not ", "-", "1 and ", "1 < ", "assert 1;", "'", '"""', "print ", "\\\n", "9"]) {
    const text = `assert ${piece.repeat(Math.floor(90_000 / piece.length))}`;
    assert(["passed", "failed", "needs", "malformed"].includes(asked(`${text}1`).kind), text.slice(0, 20));
  }
});
