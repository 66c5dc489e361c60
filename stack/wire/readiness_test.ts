import { assertEquals } from "@std/assert";
import { ACCEPT, CONNECT, formatReadiness, READ, WRITE } from "./readiness.ts";

Deno.test("formatReadiness() names the bits", () => {
  const texts = [0, READ, WRITE | READ, ACCEPT, CONNECT | WRITE, 15].map(formatReadiness);
  assertEquals(texts, ["nothing", "READ", "READ + WRITE", "ACCEPT", "CONNECT + WRITE", "ACCEPT + CONNECT + READ + WRITE"]);
});
