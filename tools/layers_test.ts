import { assertEquals, assertMatch } from "@std/assert";
import { edgesOf, refuseImport } from "./layers.ts";

const allowed: [from: string, to: string, typeOnly?: boolean][] = [
  ["stack/host.ts", "stack/link/device.ts"],
  ["stack/link/tuntap_npm.ts", "tuntap2"],
  ["stack/socket/duplex.ts", "node:stream"],
  ["stack/contract/ip.ts", "stack/wire/frame.ts", true],
  ["stack/wire/frame_pool.ts", "stack/wire/frame.ts"],
  ["stack/host_test.ts", "solutions/reference.ts"],
  ["labs/manifest.ts", "stack/contract/modules.ts", true],
  ["labs/03-ip/icmp.ts", "stack/contract/ip.ts", true],
  ["labs/03-ip/icmp.ts", "labs/03-ip/checksum.ts"],
  ["solutions/03-ip/mod.ts", "solutions/03-ip/checksum.ts"],
  ["solutions/03-ip/icmp.ts", "stack/wire/ipv4_address.ts"],
  ["labs/03-ip/suite.ts", "labs/03-ip/checks/ttl.ts"],
  ["labs/03-ip/checks/ttl.ts", "tools/harness/suite.ts"],
  ["labs/03-ip/checks/ttl.ts", "stack/host_config.ts", true],
  ["solutions/03-ip/hidden/icmp.ts", "labs/03-ip/checks/icmp.ts"],
  ["solutions/03-ip/mutants/ipv4.ts", "tools/harness/mutant.ts", true],
  ["solutions/reference.ts", "solutions/03-ip/mod.ts"],
  ["tools/demo.ts", "solutions/reference.ts"],
];

const refused: [from: string, to: string, typeOnly: boolean, why: RegExp][] = [
  ["stack/host.ts", "solutions/reference.ts", false, /stack\/ imports only stack\//],
  ["stack/host.ts", "labs/03-ip/mod.ts", true, /stack\/ imports only stack\//],
  ["stack/runner.ts", "tools/harness/suite.ts", true, /stack\/ imports only/],
  ["stack/host.ts", "tuntap2", false, /stack\/ imports only/],
  ["stack/host.ts", "node:stream", false, /stack\/ imports only/],
  ["stack/link/pipe.ts", "@std/assert", false, /stack\/ imports only/],
  ["stack/contract/ip.ts", "stack/wire/frame.ts", false, /import type/],
  ["stack/contract/ip.ts", "tools/harness/suite.ts", true, /only from stack/],
  ["stack/wire/frame.ts", "stack/host.ts", true, /the bottom/],
  ["labs/03-ip/icmp.ts", "stack/contract/ip.ts", false, /import type/],
  ["labs/03-ip/icmp.ts", "stack/host.ts", true, /a lab imports/],
  ["labs/03-ip/icmp.ts", "stack/wire/dissect.ts", false, /itself/],
  ["labs/03-ip/icmp.ts", "labs/02-arp/cache.ts", false, /a lab imports/],
  ["labs/03-ip/icmp.ts", "solutions/03-ip/icmp.ts", false, /a lab imports/],
  ["solutions/03-ip/icmp.ts", "labs/03-ip/checksum.ts", false, /a lab imports/],
  ["labs/03-ip/icmp.ts", "labs/03-ip/checks/icmp.ts", false, /a lab imports/],
  ["labs/03-ip/icmp.ts", "@std/assert", false, /a lab imports/],
  ["labs/03-ip/checks/ttl.ts", "labs/03-ip/ipv4.ts", false, /a suite imports/],
  ["labs/03-ip/checks/ttl.ts", "stack/host.ts", false, /import type/],
  ["labs/03-ip/checks/ttl.ts", "tools/harness/kernel/peer.ts", false, /a suite imports/],
  ["labs/03-ip/checks/ttl.ts", "npm:left-pad", false, /no package/],
  ["labs/manifest.ts", "tools/ok.ts", false, /a list of labs/],
];

Deno.test("refuseImport() lets each room import what is meant for it", () => {
  for (const [from, to, typeOnly = false] of allowed) assertEquals(refuseImport(from, to, typeOnly), undefined, `${from} → ${to}`);
});

Deno.test("refuseImport() says why an import crosses a wall", () => {
  for (const [from, to, typeOnly, why] of refused) assertMatch(refuseImport(from, to, typeOnly) ?? "allowed", why, `${from} → ${to}`);
});

Deno.test("edgesOf() makes paths relative, calls packages by their bare names and knows types from code", () => {
  const span = { start: { line: 4 } };
  const graph = {
    modules: [{
      specifier: "file:///kit/stack/host.ts",
      dependencies: [
        { specifier: "./a.ts", type: { specifier: "file:///kit/stack/a.ts", span } },
        { specifier: "@std/assert", code: { specifier: "file:///kit/tools/std/assert.ts", span } },
        { specifier: "tuntap2", code: { specifier: "npm:/tuntap2@1", span } },
        { specifier: "../tools/std/assert.ts", code: { specifier: "file:///kit/tools/std/assert.ts", span } },
      ],
    }],
  };
  assertEquals(edgesOf(graph, "file:///kit/"), [
    { from: "stack/host.ts", to: "stack/a.ts", typeOnly: true, line: 5 },
    { from: "stack/host.ts", to: "@std/assert", typeOnly: false, line: 5 },
    { from: "stack/host.ts", to: "tuntap2", typeOnly: false, line: 5 },
    { from: "stack/host.ts", to: "tools/std/assert.ts", typeOnly: false, line: 5 },
  ]);
});
