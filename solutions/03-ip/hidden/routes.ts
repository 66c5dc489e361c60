/** Hidden checks of routes: tables of any shape, the upper half of the addresses, and hosts without a way. */
import { expectWay, listOf, tableOf, textOf } from "../../../labs/03-ip/checks/routes.ts";
import { anyHost, route, show } from "../../../labs/03-ip/checks/samples.ts";
import { SECOND_MAC } from "../../../labs/03-ip/checks/ttl.ts";
import type { Route } from "../../../stack/contract/ip.ts";
import { type Ipv4Address, networkOf } from "../../../stack/wire/ipv4_address.ts";
import { KERNEL_IP, STACK_IP, STACK_MAC } from "../../../tools/harness/packets.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const routes: Readonly<Record<string, CheckSpec>> = {
  "any-table": {
    title: "lookup finds what a search through everything finds",
    kind: "table",
    weight: 3,
    covers: ["IP-12"],
    look: ["createRoutes"],
    why:
      "Nets inside nets inside nets, added, replaced and removed in any order: whatever clever structure you keep, it must say what the plain definition says (RFC 1812 §5.2.4.3).",
    hints: [
      "Replay the steps of the transcript on paper. Which one does your table get wrong?",
      "After a removal the next shorter prefix must be found again.",
      "A sorted array and a loop are enough for this lab.",
    ],
    run: async (t) => {
      const table = await t.ip.createRoutes();
      const all = new Map<string, Route>();
      for (let i = 0; i < 60; i++) {
        const prefixLength = t.random.int(0, 32);
        // Few different bits, so that nets lie in each other and meet again.
        const address = (t.random.int(0, 3) * 0x4000_0000 + t.random.int(0, 3) * 0x1_0000 + t.random.int(0, 3)) as Ipv4Address;
        const network = networkOf(address, prefixLength);
        const key = `${show(network)}/${prefixLength}`;
        if (i > 20 && t.random.chance(0.4)) {
          t.equal(await table.remove(address, prefixLength), all.delete(key), `what remove returns for ${key}`);
        } else {
          const entry = { network: address, prefixLength, interface: i };
          t.step(`add ${key} on ${i}`);
          await table.add(entry);
          all.set(key, { ...entry, network });
        }
        if (i < 10) continue;
        const to = (t.random.int(0, 3) * 0x4000_0000 + t.random.int(0, 3) * 0x1_0000 + t.random.int(0, 3)) as Ipv4Address;
        const fitting = [...all.values()].filter((each) => networkOf(to, each.prefixLength) === each.network);
        const best = fitting.sort((a, b) => b.prefixLength - a.prefixLength)[0];
        t.equal(textOf(await table.lookup(to)), textOf(best), `the route to ${show(to)}`);
      }
    },
  },

  "upper-half": {
    title: "networks above 127.255.255.255 are found like all others",
    kind: "table",
    covers: ["IP-12"],
    look: ["createRoutes"],
    why:
      "JavaScript's `&` gives signed numbers: 192.168.0.0 under its mask is negative, and never equal to the unsigned number in the table. Half of the Internet has the highest bit set.",
    hints: [
      "Do 10.0.0.0/8 and 192.168.0.0/16 behave differently?",
      "After `&` comes `>>> 0`; `networkOf` does both.",
      "Compare unsigned with unsigned.",
    ],
    run: async (t) => {
      const texts = [
        "192.168.0.0/16 on 1",
        "128.0.0.0/1 on 2",
        "203.0.113.0/24 via 10.44.0.1 on 3",
        "255.255.255.255/32 on 4",
        "223.255.255.254/31 on 5",
      ];
      const table = await tableOf(t, t.random.shuffle(texts));
      await expectWay(t, table, `192.168.${t.random.int(0, 255)}.${t.random.int(0, 255)}`, texts[0]);
      await expectWay(t, table, `${t.random.int(128, 191)}.1.2.3`, texts[1]);
      await expectWay(t, table, `203.0.113.${t.random.int(0, 255)}`, texts[2]);
      await expectWay(t, table, "255.255.255.255", texts[3]);
      await expectWay(t, table, "223.255.255.255", texts[4]);
      await expectWay(t, table, "127.255.255.255", undefined);
    },
  },

  "two-tables": {
    title: "two tables know nothing of each other",
    kind: "table",
    covers: ["IP-12"],
    look: ["createRoutes"],
    why:
      "Each host has a table of its own, and here several hosts run in one process. State that lies outside of the factory is shared by all of them.",
    hints: [
      "Where is your array declared?",
      "Inside createRoutes: each call makes a new one.",
      "A `const` at the top of the file is made once for all.",
    ],
    run: async (t) => {
      const third = t.random.int(0, 255);
      const first = await tableOf(t, [`10.${third}.0.0/16 on 1`]);
      const second = await tableOf(t, ["10.0.0.0/8 on 2"]);
      await expectWay(t, first, `10.${third}.0.1`, `10.${third}.0.0/16 on 1`);
      await expectWay(t, second, `10.${third}.0.1`, "10.0.0.0/8 on 2");
      await first.remove(route(`10.${third}.0.0/16`).network, 16);
      t.equal([await listOf(first), await listOf(second)], [[], ["10.0.0.0/8 on 2"]], "what the two tables list");
    },
  },

  "no-way": {
    title: "what has no route is not sent, and counted",
    kind: "scenario",
    covers: ["IP-12", "ARP-5"],
    look: ["createRoutes"],
    why:
      "A host without a default route knows its neighbours and nobody else. It must not ask ARP for an address that is not on its link (RFC 1122 §3.3.1.1): nobody there would answer.",
    hints: [
      "What did lookup return for a far address?",
      '`undefined`: the host counts "no route".',
      "The route to its own net has prefix length 24.",
    ],
    run: async (t) => {
      const station = await t.host({ answerArp: false });
      await station.ping(show(anyHost(t.random)));
      await station.expectSilence(2000, "there is no way there, so nothing is sent, not even ARP");
      await t.counter(station, "ip: no route", 1);
      await station.ping("10.44.0.200");
      await station.expect({ arp: { targetIp: "10.44.0.200" } }, "a neighbour is asked for");
    },
  },

  "several-gateways": {
    title: "each far net has a gateway of its own",
    kind: "scenario",
    weight: 2,
    covers: ["IP-12"],
    look: ["createRoutes"],
    why:
      "A host must be able to keep more than one default gateway or route (RFC 1122 §3.3.1.2), and choose by destination: here a branch office behind one neighbour, a single server in it behind another, and the world " +
      "behind a third, on another interface.",
    hints: [
      "Which neighbour was asked for, and which should have been?",
      "A /32 is a route like any other, and the longest there is.",
      "Several routes fit: the longest prefix wins, whatever the order in the configuration.",
    ],
    run: async (t) => {
      const server = `172.16.5.${t.random.int(1, 254)}`;
      const station = await t.host({
        interfaces: [{ mac: STACK_MAC, address: STACK_IP }, { mac: SECOND_MAC, address: "10.45.0.2" }],
        routes: t.random.shuffle([
          { to: "0.0.0.0/0", gateway: "10.45.0.9", interface: 1 },
          { to: "172.16.5.0/24", gateway: "10.44.0.7" },
          { to: `${server}/32`, gateway: "10.44.0.8" },
        ]),
        answerArp: false,
      });
      const other = server === "172.16.5.77" ? "172.16.5.78" : "172.16.5.77";
      const rows: [to: string, ask: string, mac: string][] = [
        [show(anyHost(t.random)), "10.45.0.9", SECOND_MAC],
        [other, "10.44.0.7", STACK_MAC],
        [server, "10.44.0.8", STACK_MAC],
        [KERNEL_IP, KERNEL_IP, STACK_MAC],
      ];
      for (const [to, targetIp, source] of t.random.shuffle(rows)) {
        await station.output(to, 253, t.random.bytes(20));
        await station.expect({ ethernet: { source }, arp: { operation: 1, targetIp } }, `the next hop to ${to} is ${targetIp}`);
      }
    },
  },
};
