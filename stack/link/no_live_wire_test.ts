import { assertEquals, assertMatch } from "@std/assert";
import { NoLiveWire, type NoLiveWireReason, refusedNode } from "./no_live_wire.ts";

const REASONS: readonly NoLiveWireReason[] = [
  "not linux",
  "no device",
  "no driver",
  "no permission",
  "no namespace",
  "no unshare",
  "not allowed",
  "no addon",
];

Deno.test("NoLiveWire says in one sentence what is the matter, and in one what helps", () => {
  for (const reason of REASONS) {
    const error = new NoLiveWire(reason, "so said the kernel");
    assertMatch(error.message, /^No live wire: [^\n]+\.\nRemedy: [^\n]+\.$/);
    assertEquals(error.message, `No live wire: ${error.what}\nRemedy: ${error.remedy}`);
  }
});

Deno.test("refusedNode() knows why /dev/net/tun does not open", () => {
  const reasons = ["ENOENT", "EACCES", "EPERM", "ENODEV", "ENXIO", "EMFILE"].map((code) => refusedNode(code)?.reason);
  assertEquals(reasons, ["no device", "no permission", "no permission", "no driver", "no driver", undefined]);
});
