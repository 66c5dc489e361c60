/** What the scenarios share: looking at a connection from above, and the numbers of `inState` by name. */
import type { TcpState } from "../../../stack/contract/tcb.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

export type TcpStation = Awaited<ReturnType<Trial["tcp"]>>;
export type TcpPeer = ReturnType<TcpStation["peer"]>;
export type StackConnection = NonNullable<Awaited<ReturnType<TcpStation["accept"]>>>;

/** Fails unless the connection is in this state. */
export async function expectState(t: Trial, connection: StackConnection, state: TcpState, when: string): Promise<void> {
  await sameState(t, (await connection.look()).state as TcpState, state, `the state ${when}`);
}

const CLOSES = { says: "close", event: "close" };
const OURS = { says: "checkAck", event: "fin acknowledged" };
const THEIRS = { says: "checkFin", event: "fin received" };
/** The way down: by which event each state is left for another one, and who says it. */
const DOWN: Readonly<Partial<Record<TcpState, Partial<Record<TcpState, typeof CLOSES>>>>> = {
  "ESTABLISHED": { "FIN-WAIT-1": CLOSES, "CLOSE-WAIT": THEIRS },
  "FIN-WAIT-1": { "FIN-WAIT-2": OURS, "CLOSING": THEIRS, "TIME-WAIT": OURS },
  "FIN-WAIT-2": { "TIME-WAIT": THEIRS },
  "CLOSE-WAIT": { "LAST-ACK": CLOSES },
  "CLOSING": { "TIME-WAIT": OURS },
  "LAST-ACK": { "CLOSED": OURS },
};

/** Fails unless the state is this one; where the connection has stayed in one before, the Why is what has not happened. */
export async function sameState(t: Trial, got: TcpState, state: TcpState, what: string): Promise<void> {
  const compare = (): void => t.equal(got, state, what);
  const arrow = got === state ? undefined : DOWN[got]?.[state];
  if (arrow === undefined) return compare();
  const why =
    `${got} is left when ${arrow.says} says “${arrow.event}”, and nextState knows where that leads (RFC 9293 §3.3.2, figure 5). Either nobody has said it, or nextState stays in ${got}.`;
  await t.about({ why, look: [arrow.says, "nextState"] }, compare);
}

/** The application accepts; fails when nobody waits. */
export async function expectAccepted(t: Trial, tcp: TcpStation): Promise<StackConnection> {
  const connection = await tcp.accept();
  t.ok(connection !== undefined, "a connection that the application can accept", "none");
  return connection;
}

/** Fails unless the stack's table holds connections in exactly these states. */
export async function expectTable(t: Trial, tcp: TcpStation, states: readonly TcpState[], when: string): Promise<void> {
  const table = (await tcp.connections()).map((connection) => connection.state);
  t.equal(table, [...states], `the stack's connections ${when}`);
}

/** Fails unless the application was told this since it last looked. */
export async function expectNotice(t: Trial, connection: StackConnection, notice: string, when: string): Promise<void> {
  const { notices } = await connection.look();
  t.ok(notices.includes(notice), `the application to be told "${notice}" ${when}`, notices.length === 0 ? "nothing" : notices.join(", "));
}

/** Fails unless the connection is over, and the application was told so by this word. */
export async function expectEnded(t: Trial, connection: StackConnection, notice: string, when: string): Promise<void> {
  const { state, notices } = await connection.look();
  await sameState(t, state as TcpState, "CLOSED", `the state ${when}`);
  const told = notices.length === 0 ? "nothing" : notices.join(", ");
  await aboutItsEnd(t, notice, () => t.ok(notices.includes(notice), `the application to be told "${notice}" ${when}`, told));
}

/** What is about the word that the application hears in the end. */
export function aboutItsEnd(t: Trial, notice: string, part: () => void): Promise<void> {
  return t.about({ why: HOW_IT_ENDED, look: FAILS[notice] ?? [] }, part);
}

const HOW_IT_ENDED =
  "The connection is over, and that is right. But the application must learn how it ended: a good end, a reset and a refusal are not the same to it (MUST-12). It hears the word that " +
  '`effects.fail` was given; where nobody says one, it hears "closed".';
/** Who says the word. */
const FAILS: Readonly<Record<string, CheckSpec["look"]>> = { reset: ["checkReset"], aborted: ["abort"] };

/** The peer sends his FIN as it comes next, and it must be acknowledged: `matcher` says by what. */
export async function expectFinTaken(t: Trial, peer: TcpPeer, matcher: Parameters<TcpPeer["expect"]>[0], what: string): Promise<void> {
  await peer.send({ flags: "FIN ACK" });
  const why =
    "The peer's FIN has a number of its own, behind his last byte. checkFin moves rcvNxt over it, and asks for an acknowledgment at once, which then covers it (RFC 9293 §3.10.7.4, eighth step).";
  await t.about({ why, look: ["checkFin"] }, () => peer.expect(matcher, what, 600));
}

/** The end of who closes second. */
export const ENDS_ALL = {
  why:
    "The ACK of our FIN ends all in LAST-ACK: checkAck says “fin acknowledged”, and nextState leads to CLOSED at once. There is no TIME-WAIT for who closes second (RFC 9293 §3.6, figure 12).",
  look: ["nextState", "checkAck"],
};

/** Says that what follows happens on a host of its own, whose clock begins at 0; not of the first one. */
export function tellNewHost(t: Trial, state: TcpState, first: TcpState): void {
  if (state !== first) t.step(`the same in ${state}, on another host`);
}

/** The peer sends text, which must be acknowledged and come up to the application. `from`: its number, where somebody has guessed meanwhile. */
export async function expectHeard(t: Trial, peer: TcpPeer, connection: StackConnection, length: number, from = peer.next): Promise<void> {
  const data = t.random.bytes(length);
  await peer.send({ flags: "ACK PSH", seq: from, data });
  await peer.expect({ flags: "ACK", ack: from + length }, "text that is in order is acknowledged", 600);
  t.equal(await connection.read(), data, "what the application reads");
}

/** The application writes text, which must reach the peer; he acknowledges it. */
export async function expectSaid(t: Trial, peer: TcpPeer, connection: StackConnection, length: number): Promise<void> {
  const data = t.random.bytes(length);
  await connection.write(data);
  await peer.expect({ flags: "ACK", seq: peer.stackNext, data }, "what the application writes is sent", 300);
  await peer.send({ flags: "ACK" });
}

/** As `expectHeard`, where a check only proves that the connection works (in the end, or at first). */
export function expectStillHeard(...args: Parameters<typeof expectHeard>): Promise<void> {
  const why =
    "Here the check proves that the connection works: text in order is delivered and acknowledged (RFC 9293 §3.10.7.4, seventh step). " +
    "If the group `text` passes, look at what the steps before have done to the connection.";
  return args[0].about({ why, look: ["takeText"] }, () => expectHeard(...args));
}

/** As `expectSaid`, where a check only proves that the connection works. */
export function expectStillSaid(...args: Parameters<typeof expectSaid>): Promise<void> {
  const why = "Here the check proves that the connection works: what the application writes goes out, at sndNxt (RFC 9293 §3.10.2). " +
    "If the group `ack` passes, look at what the steps before have done to the connection.";
  return args[0].about({ why, look: ["checkAck"] }, () => expectSaid(...args));
}

/** The Why of the part of a check that shows the opposite case, so that a function which never does anything fails too. */
export function opposite(what: string, look: CheckSpec["look"]): Parameters<Trial["about"]>[0] {
  return { why: `This is the opposite case, which the check shows beside its own: ${what}`, look };
}
