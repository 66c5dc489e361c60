import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { runSuite } from "./open_suite.ts";
import { seal, unseal } from "./sealed_file.ts";
import { createTermKey, readTermKey, SealError, SUITE_KEY, takeSuiteKey } from "./term_key.ts";

const PLACE = { lab: "03-ip", kit: "kit-hash" };
const PATH = "labs/03-ip/hidden.sealed";
const CODE = 'module.exports.default = { checks: ["a hidden check"] };'.repeat(20);
const key = await readTermKey(createTermKey(), "here");

Deno.test("unseal() gives back what seal() was given, and nothing of it stands in the file", async () => {
  const sealed = await seal(CODE, PLACE, key);
  assertEquals(await unseal(sealed, PATH, PLACE, key), CODE);
  assertEquals(await unseal(sealed.replaceAll("\n", "\r\n"), PATH, PLACE, key), CODE);
  assert(!sealed.includes("hidden check"));
  assertNotEquals(await seal(CODE, PLACE, key), sealed);
});

Deno.test("unseal() says what is wrong: the key, the lab, the kit, or the file", async () => {
  const sealed = await seal(CODE, PLACE, key);
  const other = await readTermKey(createTermKey(), "here");
  const [first = "", second = "", ...rest] = sealed.split("\n");
  const swapped = second[5] === "A" ? "B" : "A";
  const wrong: [string, Parameters<typeof unseal>, RegExp][] = [
    ["key", [sealed, PATH, PLACE, other], /was sealed with another key: it wants key [0-9a-f]{16}, and key [0-9a-f]{16} was given/],
    ["lab", [sealed, PATH, { ...PLACE, lab: "02-arp" }, key], /holds the hidden checks of lab 03-ip/],
    ["kit", [sealed, PATH, { ...PLACE, kit: "other" }, key], /another version of the kit/],
    ["one character", [[first, second.slice(0, 5) + swapped + second.slice(6), ...rest].join("\n"), PATH, PLACE, key], /is damaged/],
    ["cut off", [sealed.slice(0, -40), PATH, PLACE, key], /is damaged/],
    ["a lab's name changed", [sealed.replace("03-ip", "02-arp"), PATH, { ...PLACE, lab: "02-arp" }, key], /is damaged/],
    ["no header", [CODE, PATH, PLACE, key], /is damaged: its first line/],
    ["empty", ["", PATH, PLACE, key], /is damaged/],
    ["newer", [sealed.replace('"sealed":1', '"sealed":2'), PATH, PLACE, key], /newer version/],
  ];
  for (const [what, args, message] of wrong) {
    const error = await assertRejects(() => unseal(...args), SealError);
    assertMatch(error.message, message, what);
  }
});

Deno.test("readTermKey() refuses what is no key, and never repeats it", async () => {
  const text = createTermKey();
  for (const wrong of ["secret words", text.slice(0, -3), `${text}!`, "wallsocket-key-1:"]) {
    const error = await assertRejects(() => readTermKey(wrong, SUITE_KEY), SealError);
    assert(error.message.startsWith(SUITE_KEY) && !error.message.includes(wrong.slice(-12)), error.message);
  }
  assertEquals((await readTermKey(`  ${text}\n`, "here")).id, (await readTermKey(text, "here")).id);
});

Deno.test("takeSuiteKey() leaves nothing in the environment, and takes an empty key for none", () => {
  Deno.env.set(SUITE_KEY, "the key");
  assertEquals([takeSuiteKey(), Deno.env.get(SUITE_KEY), takeSuiteKey()], ["the key", undefined, undefined]);
  Deno.env.set(SUITE_KEY, "");
  assertEquals([takeSuiteKey(), Deno.env.get(SUITE_KEY)], [undefined, undefined]);
});

Deno.test("runSuite() gives the code the kit's own modules, and tells nothing of what goes wrong in it", async () => {
  const code =
    'const s = require("tools/harness/suite.ts"); module.exports = { default: s.suite({ lab: 1, visibility: "hidden", groups: {} }) };';
  assertEquals((await runSuite(code)).checks, []);
  for (const broken of ['throw new Error("secret words")', "secret words", 'require("labs/no/such.ts")']) {
    const error = await assertRejects(() => runSuite(broken), SealError);
    assert(!`${error.stack} ${error.cause}`.includes("secret words"));
  }
});
