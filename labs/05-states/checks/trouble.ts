/** ICMP errors about our segments: a hint, and seldom a verdict. RFC 9293 §3.9.2.2, RFC 1122 §4.2.3.9, RFC 5927. */
import { ethernet, icmp, ipv4 } from "../../../tools/harness/packets.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { expectEnded, expectStillHeard, type StackConnection, type TcpPeer, type TcpStation } from "./wire.ts";

/** The types and codes that are only hints, whatever the state (MUST-56). */
const SOFT = [[3, 0], [3, 1], [3, 5], [11, 0], [11, 1], [12, 0]] as const;

/** The way to where the checks begin. */
const WRITES = {
  why:
    "No ICMP error has come yet: the check only sets up a connection that has text on its way. It is sent when the window allows it, and the window comes from the " +
    "segments that checkAck has seen (RFC 9293 §3.10.7.4, fifth step).",
  look: ["checkAck", "nextState"],
};

/** The end of a connection that was only being opened. */
const GIVEN_UP = {
  why:
    "The ICMP errors were taken as they should be. In the end the application has enough, and aborts: from SYN-SENT that leads to CLOSED, and nobody is told " +
    "(RFC 9293 §3.10.5).",
  look: ["abort", "nextState"],
};

/** A router says that this packet of ours could not be delivered. */
export async function complain(tcp: TcpStation, type: number, code: number, frame: Uint8Array): Promise<void> {
  const quote = frame.subarray(14, 14 + 28); // the IP header, and the first 8 bytes behind it
  await tcp.send(
    ethernet({}, ipv4({ protocol: 1 }, icmp({ type, code }, quote))),
    `an ICMP error of type ${type}, code ${code}, about that segment`,
  );
}

/** A connection whose text is on its way, and the frame that carries it. */
export async function withTextOut(
  t: Trial,
  tcp: TcpStation,
): Promise<{ peer: TcpPeer; connection: StackConnection; frame: Uint8Array; data: Uint8Array }> {
  const { peer, connection } = await tcp.inState("ESTABLISHED");
  const data = t.random.bytes(50);
  await connection.write(data);
  const frame = await t.about(WRITES, () => tcp.expect({ ipv4: { protocol: 6 }, dataLength: 50 }, "what the application writes is sent"));
  return { peer, connection, frame, data };
}

/** Fails unless the connection lives, and its application heard that there was trouble. */
export async function expectTrouble(t: Trial, connection: StackConnection, state: string, type: number, code: number): Promise<void> {
  const view = await connection.look();
  t.equal<string>(view.state, state, `the state after ICMP type ${type}, code ${code}`);
  const told = view.notices.some((notice) => notice === "trouble" || notice === "unreachable");
  t.ok(told, `the application to be told of ICMP type ${type}, code ${code}`, view.notices.join(", ") || "nothing");
}

export const trouble: Readonly<Record<string, CheckSpec>> = {
  "soft": {
    title: "“unreachable” does not end a connection that is being opened",
    kind: "scenario",
    covers: ["MUST-56", "MUST-47", "SHLD-25", "ICMP-9"],
    look: ["nextState"],
    why:
      "A route may be gone for a second. Net and host unreachable, time exceeded and parameter problem are told to the application, and the connection goes on trying (MUST-56).",
    hints: [
      "Does any event belong to a soft error?",
      "None: the state stays SYN-SENT, and the SYN is sent again.",
      "The engine sees to it; what your table must do is let the handshake complete afterwards.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const connection = await tcp.connect(80);
      const syn = await tcp.expect({ ipv4: { protocol: 6 } }, "connecting sends a SYN");
      for (const [type, code] of SOFT) {
        await complain(tcp, type, code, syn);
        await expectTrouble(t, connection, "SYN-SENT", type, code);
      }
      await tcp.expect({ ipv4: { protocol: 6 } }, "the SYN is sent again", 3000);
      await t.about(GIVEN_UP, async () => {
        await connection.abort();
        t.equal((await connection.look()).state, "CLOSED", "the state, when the application gives up");
      });
    },
  },

  "hard": {
    title: "no ICMP error ends an open connection",
    kind: "scenario",
    covers: ["MUST-56", "ICMP-9", "SHLD-25"],
    look: ["checkAck", "takeText", "nextState"],
    why:
      "Anybody can forge an ICMP error. On a connection that works, even “port unreachable” is only a hint: the acknowledgments tell better whether the peer is there (RFC 5927 §5.2).",
    hints: [
      "How do you know whether the peer is still there?",
      "By his ACKs. Nothing else ends the connection but a RST with the right number, or time.",
      "The state stays ESTABLISHED, and the ACK that comes later counts.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection, frame } = await withTextOut(t, tcp);
      for (const [type, code] of [...SOFT, [3, 2], [3, 3]] as const) {
        await complain(tcp, type, code, frame);
        await expectTrouble(t, connection, "ESTABLISHED", type, code);
      }
      await peer.send({ flags: "ACK", ack: 51 });
      t.equal((await connection.look()).unacknowledged, 0, "bytes that are not acknowledged, after the ACK");
      await expectStillHeard(t, peer, connection, 10);
    },
  },

  "nobody-listens": {
    title: "“port unreachable” for our SYN means refused",
    kind: "scenario",
    covers: ["SHLD-26", "MUST-12"],
    look: ["nextState"],
    why:
      "Some hosts and firewalls refuse by ICMP. While nothing is established there is little to lose, and waiting three minutes helps nobody (RFC 9293 §3.9.2.2; RFC 5927 §5.2 allows it here).",
    hints: [
      "Which event leads from SYN-SENT to CLOSED, if no RST came?",
      '"abort": the engine gives up.',
      "See table/any-end.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const connection = await tcp.connect(80);
      const syn = await tcp.expect({ ipv4: { protocol: 6 } }, "connecting sends a SYN");
      await complain(tcp, 3, t.random.pick([2, 3]), syn);
      await expectEnded(t, connection, "refused", "after port unreachable");
    },
  },
};
