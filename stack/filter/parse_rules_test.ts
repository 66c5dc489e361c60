import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { createRandom } from "../wire/random.ts";
import { parseIpv4Address } from "../wire/ipv4_address.ts";
import { MOST_RULES, parseRules } from "./parse_rules.ts";
import { formatRules, RuleError } from "./rules.ts";

const EXAMPLE = `
# What may come in.
chain input policy drop
  state established, related allow            # answers
  icmp echo-request count "pings # and more" allow
  tcp to port 80,8000-8080 allow
  from 10.44.0.0/24 tcp to port 22 reject with reset
  in 1 udp count

chain prerouting
  in 0 tcp to 192.0.2.1 port 8080 dnat to 10.44.1.2:80
chain postrouting
  out 0 from 10.44.1.0/24 tcp snat to 192.0.2.1:40000-40100
  out 0 masquerade
`;

Deno.test("parseRules() reads what a rule matches, and what it does", () => {
  const rules = parseRules(EXAMPLE, { interfaces: 2 });
  assertEquals(Object.keys(rules).sort(), ["input", "postrouting", "prerouting"]);
  const [answers, pings, web, ssh, count] = rules.input?.rules ?? [];
  assertEquals(rules.input?.policy, "drop");
  assertEquals(answers?.states, 2 + 4);
  assertEquals([pings?.protocol, pings?.icmpType, pings?.counter, pings?.line], [1, 8, "pings # and more", 5]);
  assertEquals(web?.to.ports, [{ first: 80, last: 80 }, { first: 8000, last: 8080 }]);
  assertEquals(ssh?.from, { network: parseIpv4Address("10.44.0.0"), prefixLength: 24, ports: [] });
  assertEquals(ssh?.verdict, { kind: "reject", reason: "reset" });
  assertEquals([count?.in, count?.verdict], [1, undefined]);
  assertEquals(rules.prerouting?.rules[0]?.verdict, { kind: "dnat", address: parseIpv4Address("10.44.1.2"), port: 80 });
  assertEquals(rules.postrouting?.policy, "allow");
  const ports = { first: 40000, last: 40100 };
  assertEquals(rules.postrouting?.rules[0]?.verdict, { kind: "snat", address: parseIpv4Address("192.0.2.1"), ports });
});

Deno.test("parseRules() reads flags that are set, and flags that are not", () => {
  const { input } = parseRules("chain input\n tcp flags syn,!ack, !rst drop");
  assertEquals([input?.rules[0]?.flags, input?.rules[0]?.flagsMask], [2, 2 + 16 + 4]);
});

Deno.test("formatRules() prints what can be read again, with the counts as comments", () => {
  const rules = parseRules(EXAMPLE);
  const first = rules.input?.rules[0];
  assert(first !== undefined);
  first.packets = 1;
  first.bytes = 40;
  const text = formatRules(rules);
  assertEquals(text.split("\n")[0]?.replace(/ +/g, " "), "chain prerouting policy allow # 0 packets, 0 bytes");
  assert(text.includes("  state established,related allow  "));
  assert(text.includes("# 1 packet, 40 bytes"));
  const strip = (counted: string): string => counted.replaceAll(/# \d+.*$/gm, "").replaceAll(/ +$/gm, "");
  assertEquals(strip(formatRules(parseRules(text))), strip(text));
  assertEquals(new Set(text.trimEnd().split("\n").map((line) => line.lastIndexOf("  # "))).size, 1); // one column
});

const WRONG: readonly (readonly [text: string, line: number, column: number, words: string])[] = [
  ["tcp allow", 1, 1, "belongs to a chain"],
  ["chain", 1, 6, "a chain (prerouting, input, forward, output, postrouting) is missing"],
  ["chain inptu", 1, 7, '"inptu" is not a chain'],
  ["chain input drop", 1, 13, '"drop" is not what may follow: policy'],
  ["chain input policy", 1, 19, "a policy (allow, drop) is missing"],
  ["chain input policy reject", 1, 20, '"reject" is not a policy'],
  ["chain input policy drop tcp allow", 1, 25, "A rule has a line of its own"],
  ["chain input\nchain output\n\nchain input", 4, 1, "has been there already"],
  ["chain input\n  tcp to port 80 accept", 2, 18, "say allow"],
  ["chain input\n  tcp dport 80 allow", 2, 7, "say to port"],
  ["chain input\n  tcp port 80 allow", 2, 7, "say from port, or to port"],
  ["chain input\n  frobnicate", 2, 3, '"frobnicate" means nothing here.'],
  ["chain input\n  constructor drop", 2, 3, "means nothing here"],
  ["chain input\n  icmp constructor drop", 2, 8, "means nothing here"],
  ["chain input\n  tcp", 2, 6, "The rule does nothing"],
  ["chain input\n  tcp udp allow", 2, 7, 'says "protocol" twice'],
  ["chain input\n  from 10.0.0.1 from 10.0.0.2 allow", 2, 17, 'says "from" twice'],
  ["chain input\n  tcp allow drop", 2, 13, "The rule is decided"],
  ["chain input\n  count tcp", 2, 9, "only a verdict does"],
  ['chain input\n  count "" allow', 2, 9, "A counter's name"],
  ['chain input\n  count "pings allow', 2, 9, "A counter's name"],
  ["chain input\n  from allow", 2, 8, '"allow" is not an address'],
  ["chain input\n  from", 2, 7, "an address or a port is missing"],
  ["chain input\n  from 10.44.0.300 drop", 2, 8, '"10.44.0.300" is not an address'],
  ["chain input\n  from 10.44.0.0/33 drop", 2, 8, "its length is 0 to 32"],
  ["chain input\n  from 10.44.0.0/ drop", 2, 8, "its length is 0 to 32"],
  ["chain input\n  from 10.44.0.0/8/8 drop", 2, 8, "its length is 0 to 32"],
  ["chain input\n  from 10.44.0.1/24 drop", 2, 8, "in the net 10.44.0.0/24: write the net"],
  ["chain input\n  from port 80 drop", 2, 8, "Only tcp and udp have ports"],
  ["chain input\n  icmp to port 80 drop", 2, 11, "Only tcp and udp have ports"],
  ["chain input\n  tcp to port 65536 drop", 2, 15, '"65536" is not a port'],
  ["chain input\n  tcp to port 90-80 drop", 2, 15, '"90-80" is not a port'],
  ["chain input\n  tcp to port 80, drop", 2, 19, '"drop" is not a port'],
  ["chain input\n  tcp to port", 2, 14, "a port is missing"],
  ["chain input\n  flags syn drop", 2, 3, "Only tcp has that"],
  ["chain input\n  tcp flags sin drop", 2, 13, '"sin" is not a flag'],
  ["chain input\n  tcp flags syn,!syn drop", 2, 17, 'says "syn" twice'],
  ["chain input\n  udp reject with reset", 2, 19, "Only tcp has that"],
  ["chain input\n  tcp reject with pleasure", 2, 19, '"pleasure" is not a reason: net-unreachable'],
  ["chain input\n  state old drop", 2, 9, '"old" is not a state'],
  ["chain input\n  protocol 256 drop", 2, 12, "is not a protocol's number: 0 to 255"],
  ["chain input\n  in 2 drop", 2, 6, "is not the number of an interface: 0 to 1"],
  ["chain input\n  out 1 drop", 2, 3, "is for forward, output, postrouting, and this is input"],
  ["chain output\n  reject", 2, 3, "is for input, forward, and this is output"],
  ["chain input\n  dnat to 10.0.0.1", 2, 3, "is for prerouting"],
  ["chain prerouting\n  tcp dnat 10.0.0.1", 2, 12, "An address is missing: dnat to"],
  ["chain prerouting\n  tcp dnat to", 2, 14, "an address is missing"],
  ["chain prerouting\n  tcp dnat to 10.0.0.1:0", 2, 15, "has no port behind the colon"],
  ["chain prerouting\n  tcp dnat to 10.0.0.1:1:2", 2, 15, "has no port behind the colon"],
  ["chain prerouting\n  tcp dnat to 10.0.0.1:1-2", 2, 7, "dnat goes to one port"],
  ["chain prerouting\n  dnat to 10.0.0.1:80", 2, 11, "Only tcp and udp have ports"],
  ["chain postrouting\n  snat to somewhere", 2, 11, '"somewhere" is not an address'],
  ["chain input\n  \u001b[31m drop", 2, 3, "means nothing here"],
];

for (const [text, line, column, words] of WRONG) {
  Deno.test(`parseRules() says what is wrong with ${JSON.stringify(text)}`, () => {
    const error = assertThrows(() => parseRules(text, { file: "my.rules", interfaces: 2 }), RuleError, words);
    assert(error.message.startsWith(`my.rules:${line}:${column}: `), error.message);
    assertEquals([error.line, error.column], [line, column]);
    assert(/^[ -~…]+\.$/.test(error.message), error.message);
  });
}

Deno.test("parseRules() takes so many rules, and not one more", () => {
  const rules = "chain input\n" + "tcp drop\n".repeat(MOST_RULES);
  assertStrictEquals(parseRules(rules).input?.rules.length, MOST_RULES);
  assertThrows(() => parseRules(rules + "tcp drop"), RuleError, `rules:${MOST_RULES + 2}:1: A host has 1000 rules at most`);
});

Deno.test("parseRules() says where it is wrong, or reads it: whatever the text is", () => {
  const random = createRandom(2663);
  const vocabulary = EXAMPLE.split(/[ \n]+/).concat([
    "chain",
    "input",
    "\n",
    "\n",
    ",",
    '"',
    "#",
    "!",
    "/",
    ":",
    "-1",
    "1e9",
    "\0",
    "\u{1f600}",
  ]);
  let good = 0;
  for (let run = 0; run < 20_000; run++) {
    const words = Array.from({ length: random.int(0, 12) }, () => random.chance(0.1) ? junk(random.int(0, 20)) : random.pick(vocabulary));
    const text = (random.chance(0.7) ? "chain input\n" : "") + words.join(random.pick([" ", " ", "", "\n"]));
    try {
      parseRules(text);
      good++;
    } catch (error) {
      assert(error instanceof RuleError, `${JSON.stringify(text)}: ${error}`);
      assert(/^rules:[1-9]\d*:[1-9]\d*: [^\n]+\.$/.test(error.message), error.message);
    }
  }
  assert(good > 100);

  function junk(length: number): string {
    return String.fromCharCode(...random.bytes(length));
  }
});

Deno.test("parseRules() reads a megabyte of nonsense in one go", () => {
  for (const piece of ["a", '"', ",", "chain input\n", "from ", "#", "tcp to port 1,", "\n"]) {
    const text = "chain output\n" + piece.repeat(1_000_000 / piece.length);
    try {
      parseRules(text);
    } catch (error) {
      assert(error instanceof RuleError, `${error}`);
      assert(error.message.length < 200);
    }
  }
});
