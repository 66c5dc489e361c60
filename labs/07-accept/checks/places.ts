/** Checks of addresses and ports on the virtual wire: whose they are, and when they are free again. */
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { NOT_OURS } from "./bench.ts";
import {
  accepts,
  clientClosesFirst,
  closesFirst,
  connects,
  exchange,
  expectNoneLeft,
  expectRefused,
  half,
  nobodyWaits,
  STACK,
  tunnel,
} from "./host_bench.ts";

export const places: Readonly<Record<string, CheckSpec>> = {
  "in-use": {
    title: "a second server on the same port is refused",
    kind: "scenario",
    covers: ["LA-3"],
    look: ["createPorts.bind", "createPorts.listen"],
    why: 'The first goes on undisturbed, the second is told "address in use"; and what is closed can be had again.',
    hints: [
      "See bind/taken and bind/any-address.",
      "Also the server's own address overlaps with 0.0.0.0.",
      "After closeListener the port is released as what it was taken for, `release(…, true)`: take the listener off, not one of the others.",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      const port = t.random.int(1, 9999);
      const first = await tcp.listen(port);
      await expectRefused(t, tcp, port, {}, "AddrInUse");
      await expectRefused(t, tcp, port, { address: STACK }, "AddrInUse");
      await expectRefused(t, tcp, port, { reuse: true }, "AddrInUse");
      await t.about(
        { why: NOT_OURS, look: ["createPorts.bind"] },
        () => expectRefused(t, tcp, port, { address: "10.44.0.77" }, "AddrNotAvailable"),
      );
      const peer = tcp.peer({ port });
      await half(peer);
      await tcp.closeListener(first);
      tcp.take(); // the half-open one is reset
      const again = await tcp.listen(port);
      const late = tcp.peer({ port });
      await connects(late);
      await accepts(t, tcp, late, again);
    },
  },

  "one-address": {
    title: "a server on one address is not reached by another",
    kind: "scenario",
    covers: ["MUST-43", "LA-2"],
    look: ["createConnectionTable.findListener", "createPorts.bind"],
    why: "RFC 9293 §3.9.1.1, MUST-43: open and listen take a local address. A server for the inside of a house listens on that " +
      "interface only, and for the other address there may be a different one.",
    hints: [
      "Two servers, one port, two addresses: which listener does a SYN find?",
      "The one with the address that the SYN went to.",
      "`findListener`: the listener of the very pair, or else that of 0.0.0.0; never that of another address with this port.",
    ],
    run: async (t) => {
      const inside = "10.45.0.2";
      const tcp = await t.tcp({ interfaces: [{ medium: "ip", address: STACK }, { medium: "ip", address: inside }] });
      const first = await tcp.listen(80, { address: STACK });
      const peer = tcp.peer();
      await connects(peer);
      const stranger = tcp.peer({ port: 81 });
      const second = await tcp.listen(81, { address: inside });
      await stranger.send({ flags: "SYN", seq: 0 });
      await stranger.expect({ flags: "RST ACK", ack: 1 }, "a SYN to an address on which nobody listens is answered by a RST");
      const third = await tcp.listen(81, { address: STACK });
      await connects(stranger);
      await accepts(t, tcp, stranger, third);
      await nobodyWaits(t, tcp, "on the other address", second);
      await accepts(t, tcp, peer, first);
    },
  },

  "ephemeral": {
    title: "each connection of yours gets a port of its own",
    kind: "scenario",
    weight: 2,
    covers: ["LA-6", "LA-1"],
    look: ["createPorts.bind"],
    why: "A client that is not asked takes any ephemeral port (RFC 6335 §6). Two connections to the same server differ in nothing " +
      "else, so the ports must differ.",
    hints: [
      "Which port do your SYNs come from?",
      "One between 49152 and 65535 that nobody holds.",
      "`findEphemeral`: first + (begin + i) % count, for i from 0 up to count; the first one that has no rivals is taken and returned.",
    ],
    run: async (t: Trial) => {
      const tcp = await tunnel(t);
      const ports = new Set<number>();
      for (let i = 0; i < 6; i++) {
        await tcp.connect(80);
        const peer = tcp.peer({ peerPort: 80 });
        const syn = await peer.expect({ flags: "SYN", seq: 0 }, "connecting sends a SYN");
        t.ok(syn.sourcePort >= 49_152, "an ephemeral port, 49152 to 65535", `${syn.sourcePort}`);
        t.ok(!ports.has(syn.sourcePort), "a port that no other connection has", `${syn.sourcePort} again`);
        ports.add(syn.sourcePort);
      }
    },
  },

  "time-wait": {
    title: "TIME-WAIT keeps its port",
    kind: "scenario",
    weight: 2,
    covers: ["LA-4"],
    look: ["createPorts.share", "createPorts.release", "createPorts.listen"],
    why: "Who closes first stays in TIME-WAIT for minutes (RFC 9293 §3.6.1), so that segments which lost their way are not taken for " +
      "a new connection's. Until then the port is held, although the server is gone and nobody has the connection any more.",
    hints: [
      "Who holds port 80 when the listener is closed and the connection is in TIME-WAIT?",
      "The connection: `share` took the port for it, and `release(…, false)` comes at the very end.",
      "`share` adds one to the others of this pair; `release(…, true)` takes off the listener and leaves the others as they are.",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      const first = await tcp.listen(80);
      const peer = tcp.peer();
      await connects(peer);
      const connection = await accepts(t, tcp, peer);
      await tcp.closeListener(first);
      await closesFirst(t, peer, connection);
      await expectRefused(t, tcp, 80, {}, "AddrInUse");
      await expectRefused(t, tcp, 80, { reuse: true }, "AddrInUse");
      await tcp.wait(240_000);
      await expectNoneLeft(t, tcp, "connections left after TIME-WAIT");
      const again = await tcp.listen(80);
      const late = tcp.peer();
      await connects(late);
      await accepts(t, tcp, late, again);
    },
  },

  "client-first": {
    title: "when the client closes first, the port is free at once",
    kind: "scenario",
    covers: ["LA-4", "LA-11"],
    look: ["createPorts.release", "createConnectionTable.remove"],
    why: "TIME-WAIT is for whoever closes first. If that is the client, nothing is left on the server's side when the last FIN is " +
      "acknowledged: port and place in the table come back.",
    hints: [
      "The connection is over: what still holds the port?",
      "The listener's hold and the connection's are two, and both must be given back.",
      "`release(…, false)` takes one off the others; when nobody is left and none listens, delete the pair from its Map (hold/release-one).",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      const first = await tcp.listen(80);
      const peer = tcp.peer();
      await connects(peer);
      const connection = await accepts(t, tcp, peer);
      await tcp.closeListener(first);
      await clientClosesFirst(tcp, peer, connection);
      await expectNoneLeft(t, tcp, "connections left");
      await tcp.listen(80);
    },
  },

  "restart": {
    title: "a server with reuse restarts beside TIME-WAIT",
    kind: "scenario",
    weight: 2,
    covers: ["LA-4", "MUST-41"],
    look: ["createPorts.bind", "createPorts.share", "createPorts.listen"],
    why: "Every server sets SO_REUSEADDR, and this is why: it may listen again while its old connections are in TIME-WAIT. They keep " +
      "their place in the table, and the new clients get theirs.",
    hints: [
      "Listener and connection both set reuse, and the connection does not listen. Does `bind` let the new listener in?",
      "`share` passes the listener's reuse on.",
      "`bind`: every rival has set reuse, so has the newcomer, and no rival listens. `release(…, true)` must have set `listening` to false.",
    ],
    run: async (t) => {
      const tcp = await tunnel(t);
      const first = await tcp.listen(80, { reuse: true });
      const old = tcp.peer();
      await connects(old);
      const connection = await accepts(t, tcp, old);
      await tcp.closeListener(first);
      await closesFirst(t, old, connection);
      await expectRefused(t, tcp, 80, {}, "AddrInUse");
      const second = await tcp.listen(80, { reuse: true });
      const client = tcp.peer();
      await connects(client);
      await exchange(t, tcp, client, await accepts(t, tcp, client, second));
      await old.send({ flags: "FIN ACK", seq: old.next - 1 }, "the old client's FIN once more");
      await old.expect({ flags: "ACK", ack: old.next }, "the old connection, in TIME-WAIT, still acknowledges its peer's FIN");
    },
  },
};
