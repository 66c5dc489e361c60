/** How a connection is brought into each state: the shortest honest exchange, every step of it checked. */
import type { TcpState } from "../../stack/contract/tcb.ts";
import { about, CheckFailed } from "./failure.ts";
import type { ConnectionView, StackConnection, TcpStation } from "./tcp_station.ts";
import type { PeerOptions, SeenSegment, SegmentMatcher, TcpPeer } from "./tcp_peer.ts";

interface Reached {
  readonly peer: TcpPeer;
  readonly connection: StackConnection;
}

/** The parts of the way: what each is about, and the contract functions of labs 04 and 05 that it needs. */
const WAY = {
  open: { why: "Who connects sends a SYN, and is in SYN-SENT (RFC 9293 §3.10.1).", look: ["activeOpen", "nextState"] },
  answer: {
    why: "A SYN to a listening port is answered by SYN and ACK; that is SYN-RECEIVED (RFC 9293 §3.10.7.2).",
    look: ["passiveOpen", "nextState"],
  },
  cross: {
    why: "A SYN that crosses ours leads to SYN-RECEIVED, and is answered by SYN and ACK (RFC 9293 §3.10.7.3).",
    look: ["synSentArrives", "nextState"],
  },
  complete: {
    why: "The peer's SYN and ACK answers our SYN: ESTABLISHED, and he gets an ACK (RFC 9293 §3.10.7.3).",
    look: ["synSentArrives", "nextState"],
  },
  third: {
    why: "The third segment of the handshake is an ACK of our SYN, which passes all steps: ESTABLISHED (RFC 9293 §3.10.7.4).",
    look: ["completeOpen", "checkSequence", "checkAck", "nextState"],
  },
  close: {
    why:
      "The application closes: a FIN follows its last byte, as far as the peer's window allows, which checkAck has noted (RFC 9293 §3.10.4).",
    look: ["close", "nextState", "checkAck"],
  },
  closed: {
    why: "The peer's ACK covers our FIN: FIN-WAIT-2 (RFC 9293 §3.10.7.4, fifth step).",
    look: ["checkAck", "nextState"],
  },
  fin: {
    why: "The peer's FIN passes all steps, takes one number and is acknowledged at once (RFC 9293 §3.10.7.4, eighth step).",
    look: ["checkFin", "checkAck", "nextState"],
  },
} as const;

/** Brings a new connection into `state`. What fails on the way is said to be on the way. */
export async function driveTo(tcp: TcpStation, state: TcpState, options: PeerOptions): Promise<Reached> {
  const reached = await drive(tcp, state, options);
  if (state === "CLOSED" || state === "LISTEN") return reached;
  const { peer } = reached;
  const view = (await tcp.connections()).find(({ localPort, remotePort }) => localPort === peer.stackPort && remotePort === peer.peerPort);
  await onTheWay(LAST_PART[state], () => {
    if (view?.state === state) return;
    throw new CheckFailed(`a connection in ${state}, with which this check begins`, view === undefined ? "none" : `one in ${view.state}`);
  });
  return reached;
}

/** The part of the way that leads into a state. */
const LAST_PART: Readonly<Record<Exclude<TcpState, "CLOSED" | "LISTEN">, keyof typeof WAY>> = {
  "SYN-SENT": "open",
  "SYN-RECEIVED": "answer",
  "ESTABLISHED": "third",
  "FIN-WAIT-1": "close",
  "FIN-WAIT-2": "closed",
  "CLOSING": "fin",
  "TIME-WAIT": "fin",
  "CLOSE-WAIT": "fin",
  "LAST-ACK": "close",
};

/** A part of the way: what is wrong here is not what the check is about. */
function onTheWay<T>(part: keyof typeof WAY, work: () => T | Promise<T>): Promise<T> {
  const { why, look } = WAY[part];
  return about({ why: `The connection is still on its way to the state in which this check begins. ${why}`, look }, work);
}

/** The next packet on the way must be this segment. */
function expectOnTheWay(part: keyof typeof WAY, peer: TcpPeer, matcher: SegmentMatcher, why: string, within = 0): Promise<SeenSegment> {
  return onTheWay(part, () => peer.expect(matcher, why, within));
}

async function drive(tcp: TcpStation, state: TcpState, options: PeerOptions): Promise<Reached> {
  switch (state) {
    case "CLOSED":
      return { peer: tcp.peer(options), connection: unheld(tcp) };
    case "LISTEN":
      await tcp.listen(options.port ?? 80);
      return { peer: tcp.peer(options), connection: unheld(tcp) };
    case "SYN-SENT":
      return await synSent(tcp, options);
    case "SYN-RECEIVED":
      return await synReceived(tcp, options);
    case "ESTABLISHED":
      return await established(tcp, options);
    case "FIN-WAIT-1":
      return await closedByUs(tcp, options);
    case "FIN-WAIT-2": {
      const reached = await closedByUs(tcp, options);
      await reached.peer.send({ flags: "ACK" });
      return reached;
    }
    case "CLOSING": {
      const reached = await closedByUs(tcp, options);
      await reached.peer.send({ flags: "FIN ACK", ack: reached.peer.stackNext - 1 });
      const wanted = { flags: ["ACK", "FIN ACK"], ack: reached.peer.next };
      await expectOnTheWay("fin", reached.peer, wanted, "a FIN is acknowledged, also when both sides close at once", 600);
      return reached;
    }
    case "TIME-WAIT": {
      const reached = await closedByUs(tcp, options);
      await onTheWay("fin", () => reached.peer.send({ flags: "FIN ACK" }));
      await expectOnTheWay("fin", reached.peer, { flags: "ACK", ack: reached.peer.next }, "the last FIN is acknowledged", 600);
      return reached;
    }
    case "CLOSE-WAIT":
      return await closedByPeer(tcp, options);
    case "LAST-ACK": {
      const reached = await closedByPeer(tcp, options);
      await onTheWay("close", () => reached.connection.shutdown());
      await expectOnTheWay("close", reached.peer, { flags: "FIN ACK", seq: reached.peer.stackNext }, "shutdown sends a FIN");
      return reached;
    }
  }
}

function offer(options: PeerOptions): Pick<PeerOptions, "mss" | "window" | "windowScale" | "sackPermitted" | "timestamps"> {
  const { mss = 1460, window, windowScale, sackPermitted, timestamps } = options;
  return {
    mss,
    ...(window === undefined ? {} : { window }),
    ...(windowScale === undefined ? {} : { windowScale }),
    ...(sackPermitted === undefined ? {} : { sackPermitted }),
    ...(timestamps === undefined ? {} : { timestamps }),
  };
}

async function synSent(tcp: TcpStation, options: PeerOptions): Promise<Reached> {
  const peer = tcp.peer({ ...options, peerPort: options.port ?? 80 });
  const to = options.address === undefined ? {} : { to: options.address };
  const connection = await onTheWay("open", () => tcp.connect(options.port ?? 80, to));
  peer.learn(await expectOnTheWay("open", peer, { flags: "SYN", seq: 0 }, "connecting sends a SYN"));
  return { peer, connection };
}

async function synReceived(tcp: TcpStation, options: PeerOptions): Promise<Reached> {
  if (options.active) {
    const reached = await synSent(tcp, options);
    await reached.peer.send({ flags: "SYN", seq: 0, ...offer(options) }, "a SYN that crosses ours");
    const wanted = { flags: "SYN ACK", seq: 0, ack: 1 };
    await expectOnTheWay("cross", reached.peer, wanted, "a SYN that crosses ours is answered by SYN and ACK");
    return reached;
  }
  await tcp.listen(options.port ?? 80);
  const peer = tcp.peer(options);
  await peer.send({ flags: "SYN", seq: 0, ...offer(options) });
  await expectOnTheWay("answer", peer, { flags: "SYN ACK", seq: 0, ack: 1 }, "a SYN to a listening port is answered by SYN and ACK");
  return { peer, connection: unheld(tcp) };
}

async function established(tcp: TcpStation, options: PeerOptions): Promise<Reached> {
  const window = options.window === undefined ? {} : { window: options.window };
  const timestamps = options.timestamps === undefined ? {} : { timestamps: options.timestamps };
  if (options.active) {
    const reached = await synSent(tcp, options);
    await reached.peer.send({ flags: "SYN ACK", seq: 0, ack: 1, ...offer(options) });
    await expectOnTheWay("complete", reached.peer, { flags: "ACK", seq: 1, ack: 1 }, "a SYN+ACK is acknowledged");
    return reached;
  }
  const { peer } = await synReceived(tcp, options);
  await peer.send({ flags: "ACK", seq: 1, ack: 1, ...window, ...timestamps });
  return await onTheWay("third", async () => {
    const connection = await tcp.accept();
    if (connection === undefined) throw new CheckFailed("a connection to accept after the third segment of the handshake", "nobody waits");
    return { peer, connection };
  });
}

async function closedByUs(tcp: TcpStation, options: PeerOptions): Promise<Reached> {
  const reached = await established(tcp, options);
  await onTheWay("close", () => reached.connection.shutdown());
  await expectOnTheWay("close", reached.peer, { flags: "FIN ACK", seq: 1, ack: 1 }, "shutdown sends a FIN");
  return reached;
}

async function closedByPeer(tcp: TcpStation, options: PeerOptions): Promise<Reached> {
  const reached = await established(tcp, options);
  await onTheWay("fin", () => reached.peer.send({ flags: "FIN ACK" }));
  await expectOnTheWay("fin", reached.peer, { flags: "ACK", ack: 2 }, "a FIN takes one sequence number, and is acknowledged", 600);
  return reached;
}

/** A connection that no application holds yet: it can only be looked at. */
function unheld(tcp: TcpStation): StackConnection {
  const refuse = (): Promise<never> => Promise.reject(new TypeError("No application holds this connection yet"));
  return {
    write: refuse,
    read: refuse,
    shutdown: refuse,
    close: refuse,
    abort: refuse,
    look: async () => (await tcp.connections())[0] ?? { state: "CLOSED", notices: [] } as unknown as ConnectionView,
  };
}
