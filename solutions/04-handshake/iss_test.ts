import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { Ipv4Address } from "../../stack/wire/ipv4_address.ts";
import { createRandom } from "../../stack/wire/random.ts";
import { seq, seqAdd, seqDiff } from "../../stack/wire/seq.ts";
import { createKeyedHash } from "../../stack/wire/siphash.ts";
import { chooseIss } from "./iss.ts";

const LOCAL = 0x0a2c_0002 as Ipv4Address;
const REMOTE = 0x0a2c_0001 as Ipv4Address;
const HASH = createKeyedHash([1, 2, 3, 4]);
const issAt = (now: number, remotePort = 40000, hash = HASH): ReturnType<typeof chooseIss> =>
  chooseIss(LOCAL, 80, REMOTE, remotePort, now, hash);

Deno.test("chooseIss() moves on by one every 4 microseconds", () => {
  const nothing = (): number => 0;
  assertEquals([0, 0.004, 1, 1000, 60_000].map((now) => issAt(now, 1, nothing)), [0, 1, 250, 250_000, 15_000_000]);
  const first = issAt(5000);
  for (const elapsed of [1, 7, 1000, 3_600_000]) assertStrictEquals(issAt(5000 + elapsed), seqAdd(first, 250 * elapsed));
});

Deno.test("chooseIss() goes around, and stays a sequence number after years and with fractions", () => {
  const turn = 2 ** 32 / 250;
  assertStrictEquals(issAt(turn + 4), issAt(4));
  for (const now of [0, 0.1, 1e3 / 3, turn - 0.001, 1.8e12, 1.8e12 + 0.123]) {
    const iss = issAt(now);
    assertStrictEquals(iss, seq(iss));
  }
  const heavy = (): number => 0xffff_ffff;
  assertEquals([issAt(0, 1, heavy), issAt(0.004, 1, heavy)], [0xffff_ffff, 0]);
});

Deno.test("chooseIss() hashes both address pairs", () => {
  const asked: number[][] = [];
  chooseIss(LOCAL, 80, REMOTE, 40000, 0, (...words) => asked.push(words));
  assertEquals(asked.map((words) => words.sort((a, b) => a - b)), [[80, 40000, REMOTE, LOCAL]]);
  const random = createRandom(6528);
  const seen = new Set<number>();
  for (let i = 0; i < 1000; i++) {
    const [a, b] = [random.int(0, 0xffff_ffff) as Ipv4Address, random.int(0, 0xffff_ffff) as Ipv4Address];
    const [p, q] = [random.int(1, 65535), random.int(1, 65535)];
    seen.add(chooseIss(a, p, b, q, 0, HASH)).add(chooseIss(b, p, a, q, 0, HASH)).add(chooseIss(a, q, b, p, 0, HASH));
  }
  assert(seen.size > 2990, `${seen.size} different ones of 3000`);
});

Deno.test("chooseIss() lets no step from one port to the next be told from another", () => {
  const steps = new Set<number>();
  for (let port = 1000; port < 1200; port++) steps.add(seqDiff(issAt(9, port + 1), issAt(9, port)));
  assertStrictEquals(steps.size, 200);
  assert(issAt(9, 1, createKeyedHash([1, 2, 3, 5])) !== issAt(9, 1));
});
