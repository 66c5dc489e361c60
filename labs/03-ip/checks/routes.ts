/** Checks of createRoutes: the longest prefix, and what hosts with gateways and several interfaces make of it. */
import type { Route } from "../../../stack/contract/ip.ts";
import { networkOf, parseIpv4Address } from "../../../stack/wire/ipv4_address.ts";
import { ethernet, icmpEcho, ipv4, KERNEL_IP, KERNEL_MAC, STACK_IP, STACK_MAC } from "../../../tools/harness/packets.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { anyHost, route, show } from "./samples.ts";
import { SECOND_MAC } from "./ttl.ts";

export type Table = Awaited<ReturnType<Trial["ip"]["createRoutes"]>>;

/** A table with these routes, as text: "10.0.0.0/8 via 10.44.0.1 on 2". */
export async function tableOf(t: Trial, texts: readonly string[]): Promise<Table> {
  const table = await t.ip.createRoutes();
  for (const text of texts) {
    t.step(`add ${text}`);
    await table.add(route(text));
  }
  return table;
}

/** Looks an address up; the answer must be this route, given as text, or none. */
export async function expectWay(t: Trial, table: Table, to: string, expected: string | undefined): Promise<void> {
  const found = await table.lookup(parseIpv4Address(to));
  t.equal(textOf(found), expected, `the route to ${to}`);
}

/** A route as text. Whether host bits were cleared in it does not matter. */
export function textOf(found: Route | undefined): string | undefined {
  if (found === undefined || found === null) return undefined;
  const { network, prefixLength, gateway } = found;
  const via = gateway === undefined ? "" : ` via ${show(gateway)}`;
  return `${show(networkOf(network, prefixLength))}/${prefixLength}${via} on ${found.interface}`;
}

/** What the table lists, as text. */
export async function listOf(table: Table): Promise<(string | undefined)[]> {
  return (await table.list()).map(textOf);
}

/** The stack with two interfaces and a way to the rest of the world by the second. */
const TWO_ARMED = {
  interfaces: [{ mac: STACK_MAC, address: STACK_IP }, { mac: SECOND_MAC, address: "10.45.0.2" }],
  routes: [{ to: "0.0.0.0/0", gateway: "10.45.0.1", interface: 1 }, { to: "172.16.0.0/12", gateway: KERNEL_IP, interface: 0 }],
  peerAddresses: ["10.45.0.1"],
};

export const routes: Readonly<Record<string, CheckSpec>> = {
  "empty": {
    title: "a table knows no way outside of its routes",
    kind: "table",
    covers: ["IP-12"],
    look: ["createRoutes"],
    why:
      "No route is an answer: the packet cannot be sent, and whoever wanted to is told so at once (RFC 1122 §3.3.1). A stack that invents a way sends packets into nowhere.",
    hints: [
      "What do you return when no route fits?",
      "`undefined`, not null and not the last route you looked at.",
      "A destination fits when its network, under the route's prefix length, is the route's network.",
    ],
    run: async (t) => {
      const table = await t.ip.createRoutes();
      t.equal(await table.lookup(anyHost(t.random)), undefined, "what lookup returns from an empty table");
      t.equal(await listOf(table), [], "what an empty table lists");
      const third = t.random.int(1, 254);
      await table.add(route(`10.1.${third}.0/24 on 1`));
      await expectWay(t, table, `10.1.${third}.77`, `10.1.${third}.0/24 on 1`);
      await expectWay(t, table, `10.1.${third - 1}.255`, undefined);
      await expectWay(t, table, `10.1.${third + 1}.0`, undefined);
    },
  },

  "longest-prefix": {
    title: "of all routes that fit, the longest prefix wins",
    kind: "table",
    weight: 3,
    covers: ["IP-12"],
    look: ["createRoutes"],
    why:
      "A long prefix is a statement about few addresses, so it knows more about them than a short one (RFC 1812 §5.2.4.3). The order in which routes were added says nothing.",
    hints: [
      "Do you return the first route that fits? Then the order decides.",
      "Look at all that fit and keep the longest; or keep the table sorted by prefix length.",
      "Sorted from long to short, the first that fits is the answer.",
    ],
    run: async (t) => {
      const texts = [
        "0.0.0.0/0 via 10.44.0.1 on 0",
        "10.0.0.0/8 via 10.44.0.2 on 0",
        "10.44.0.0/24 on 0",
        "10.44.0.128/25 on 1",
        "10.44.0.200/32 on 2",
      ];
      for (let i = 0; i < 4; i++) {
        const table = await tableOf(t, t.random.shuffle(texts));
        await expectWay(t, table, show(anyHost(t.random)), texts[0]);
        await expectWay(t, table, `10.${t.random.int(45, 255)}.${t.random.int(0, 255)}.9`, texts[1]);
        await expectWay(t, table, `10.44.0.${t.random.int(0, 127)}`, texts[2]);
        await expectWay(t, table, `10.44.0.${t.random.int(128, 199)}`, texts[3]);
        await expectWay(t, table, "10.44.0.200", texts[4]);
      }
    },
  },

  "default-route": {
    title: "0.0.0.0/0 fits everything that nothing else fits",
    kind: "table",
    covers: ["IP-12"],
    look: ["createRoutes"],
    why:
      "The default route is no special case but the shortest prefix of all (RFC 1122 §3.3.1.2). Beware: a shift by 32 does nothing in JavaScript, so `-1 << 32` is all ones, and " +
      "not the mask of a /0.",
    hints: [
      "What is the mask of prefix length 0 in your code?",
      "`prefixMask(0)` in stack/wire/ipv4_address.ts is 0; with it every destination has network 0.",
      "Compare `networkOf(destination, prefixLength)` with the route's network.",
    ],
    run: async (t) => {
      const texts = ["0.0.0.0/0 via 10.44.0.1 on 3", "10.44.0.0/16 on 0"];
      const table = await tableOf(t, t.random.shuffle(texts));
      for (const to of ["0.0.0.0", "255.255.255.255", "128.0.0.1", show(anyHost(t.random))]) await expectWay(t, table, to, texts[0]);
      await expectWay(t, table, `10.44.${t.random.int(0, 255)}.1`, texts[1]);
    },
  },

  "replaced": {
    title: "a second route to the same net takes the place of the first",
    kind: "table",
    covers: ["IP-12"],
    look: ["createRoutes"],
    why:
      "Gateways change. If the old route stayed beside the new one, the table would grow with every change, and the answer would depend on chance. The same net means the same " +
      "network and the same length.",
    hints: [
      "How many routes does your table list after the second `add`?",
      "10.44.0.5/24 is the net 10.44.0.0/24: clear the host bits before you compare.",
      "Take the old one out, then put the new one in.",
    ],
    run: async (t) => {
      const host = t.random.int(1, 254);
      const table = await tableOf(t, ["10.44.0.0/24 on 0", "10.44.0.0/25 on 1", `10.44.0.${host}/24 via 10.44.0.9 on 2`]);
      await expectWay(t, table, "10.44.0.200", "10.44.0.0/24 via 10.44.0.9 on 2");
      await expectWay(t, table, "10.44.0.100", "10.44.0.0/25 on 1");
      t.equal(await listOf(table), ["10.44.0.0/25 on 1", "10.44.0.0/24 via 10.44.0.9 on 2"], "what the table lists");
    },
  },

  "removed": {
    title: "what is removed is no longer a way, and the next best one is",
    kind: "table",
    covers: ["IP-12"],
    look: ["createRoutes"],
    why:
      "When an interface goes down its routes go with it, and traffic falls back on what is left: a shorter prefix, or the default gateway. Only the very net named may go: the same " +
      "network under its mask, as in `add`, and the same length.",
    hints: [
      "Does `remove` compare the length too?",
      "Host bits don't count here either.",
      "It returns whether there was such a route.",
    ],
    run: async (t) => {
      const third = t.random.int(1, 254);
      const table = await tableOf(t, ["10.0.0.0/8 via 10.44.0.1 on 0", `10.1.${third}.0/24 on 1`, "10.1.0.0/16 on 2"]);
      const remove = async (net: string, length: number): Promise<boolean> => await table.remove(parseIpv4Address(net), length);
      t.equal(await remove(`10.1.${third}.0`, 25), false, "what remove returns for a net of another length");
      await expectWay(t, table, `10.1.${third}.5`, `10.1.${third}.0/24 on 1`);
      const host = `10.1.${third}.${t.random.int(1, 255)}`;
      t.equal(
        await remove(host, 24),
        true,
        `what remove returns for ${host}/24, which is the net 10.1.${third}.0/24: host bits don't count`,
      );
      await expectWay(t, table, `10.1.${third}.5`, "10.1.0.0/16 on 2");
      t.equal(await remove(`10.1.${third}.0`, 24), false, "what remove returns the second time");
      t.equal(await remove("10.1.0.0", 16), true, "what remove returns for 10.1.0.0/16");
      await expectWay(t, table, `10.1.${third}.5`, "10.0.0.0/8 via 10.44.0.1 on 0");
    },
  },

  "listed": {
    title: "the table lists all its routes, longest prefix first",
    kind: "table",
    covers: ["IP-12"],
    look: ["createRoutes"],
    why:
      "People read a table in the order in which it is searched: what stands further up wins. A route that is not listed is one that nobody finds when packets go astray.",
    hints: [
      "Are the routes in the order in which they were added?",
      "Sort by prefix length, falling.",
      "If your table is kept in that order for `lookup`, there is nothing to sort.",
    ],
    run: async (t) => {
      const lengths = t.random.shuffle(Array.from({ length: 33 }, (_, n) => n)).slice(0, 12);
      const table = await tableOf(t, lengths.map((length) => `10.77.77.77/${length} on ${length}`));
      const listed = await table.list();
      t.equal(listed.map((each) => each.prefixLength), lengths.toSorted((a, b) => b - a), "the prefix lengths, as listed");
      t.equal(listed.map((each) => each.interface), listed.map((each) => each.prefixLength), "the interfaces, as listed");
    },
  },

  "default-gateway": {
    title: "a packet for a far host goes in a frame to the gateway",
    kind: "scenario",
    weight: 2,
    covers: ["IP-12"],
    look: ["createRoutes"],
    why:
      "IP addresses say where a packet goes in the end, Ethernet addresses who takes it next (RFC 1122 §3.3.1.1). The host asks ARP for the next hop: the gateway for what is far, the " +
      "destination itself for what is near.",
    hints: [
      "For whom does the ARP request in the transcript ask?",
      "The route that lookup returns must still have its `gateway`.",
      "10.44.0.1 is near: the route to 10.44.0.0/24 has no gateway and is longer than the default route.",
    ],
    run: async (t) => {
      const gateway = "10.44.0.254";
      const station = await t.host({ routes: [{ to: "0.0.0.0/0", gateway }], answerArp: false });
      const far = show(anyHost(t.random));
      await station.ping(far, { id: 9, seq: 1 });
      await station.expect({ arp: { operation: 1, targetIp: gateway } }, `${far} is far, so the host asks for its gateway`, 50);
      await station.ping(KERNEL_IP, { id: 9, seq: 2 });
      await station.expect({ arp: { operation: 1, targetIp: KERNEL_IP } }, "10.44.0.1 is near, so the host asks for it by itself", 50);
    },
  },

  "through-the-gateway": {
    title: "pings from far away are answered through the gateway",
    kind: "scenario",
    covers: ["IP-12"],
    look: ["createRoutes"],
    why:
      "A reply finds its way by the table, as any packet does, and not by the way on which the request came (RFC 1122 §3.3.1). Its IP addresses are the two ends; the gateway's is nowhere in it.",
    hints: [
      "Does routes/default-gateway pass?",
      "The reply's destination is the far host, its next hop is the gateway.",
      'Look at the counters in the transcript: "ip: no route" says that lookup found nothing.',
    ],
    run: async (t) => {
      const station = await t.host({ routes: [{ to: "0.0.0.0/0", gateway: KERNEL_IP }] });
      for (let i = 0; i < 3; i++) {
        const [far, id, data] = [show(anyHost(t.random)), t.random.int(1, 0xffff), t.random.bytes(30)];
        await station.send(ethernet({}, ipv4({ source: far, identification: id }, icmpEcho({ id }, data))), `${far} pings us`);
        const frame = {
          ethernet: { destination: KERNEL_MAC },
          ipv4: { source: STACK_IP, destination: far },
          icmp: { type: 0, identifier: id },
          data,
        };
        await station.expect(frame, "the reply goes to the far host, in a frame to the gateway", 50);
      }
    },
  },

  "several-interfaces": {
    title: "each packet leaves by the interface of its route",
    kind: "scenario",
    weight: 2,
    covers: ["IP-12"],
    look: ["createRoutes"],
    why:
      "A host with two feet in two nets must choose one for each packet, and puts the address of that one into it (RFC 1122 §3.3.4.3): an answer to another address of ours might not find " +
      "the way back.",
    hints: [
      "By which interface did the packet leave? Its Ethernet source tells.",
      "lookup must return the route with the `interface` that was added with it.",
      "172.16.0.0/12 reaches from 172.16.0.0 to 172.31.255.255.",
    ],
    run: async (t) => {
      const station = await t.host(TWO_ARMED);
      const rows: [to: string, mac: string, source: string][] = [
        [KERNEL_IP, STACK_MAC, STACK_IP],
        ["10.45.0.1", SECOND_MAC, "10.45.0.2"],
        [`172.${t.random.int(16, 31)}.${t.random.int(0, 255)}.7`, STACK_MAC, STACK_IP],
        [`172.${t.random.int(32, 255)}.${t.random.int(0, 255)}.7`, SECOND_MAC, "10.45.0.2"],
      ];
      for (const [to, mac, source] of t.random.shuffle(rows)) {
        await station.output(to, 253, t.random.bytes(40));
        const packet = { ethernet: { source: mac }, ipv4: { source, destination: to, protocol: 253 } };
        await station.expect(packet, `${to} lies behind the interface ${source}`, 50);
      }
    },
  },
};
