import { assertEquals, assertStrictEquals } from "@std/assert";
import type { Segment, Tcb, TcpEffects } from "../../stack/contract/tcb.ts";
import type { Ipv4Address } from "../../stack/wire/ipv4_address.ts";
import { createRandom } from "../../stack/wire/random.ts";
import { seq, seqAdd } from "../../stack/wire/seq.ts";
import { ACK, FIN, PSH, RST, SYN, URG } from "../../stack/wire/tcp_flags.ts";
import { activeOpen, agreeOptions, answerStray, completeOpen, listenArrives, passiveOpen, synSentArrives } from "./open.ts";

/** Ours begins just below the wrap, theirs right before it. */
const ISS = seq(0xffff_ffff);
const IRS = seq(0xffff_fffe);

const TCB: Tcb = {
  localAddress: 0x0a2c_0002 as Ipv4Address,
  localPort: 80,
  remoteAddress: 0x0a2c_0001 as Ipv4Address,
  remotePort: 40000,
  state: "LISTEN",
  passive: false,
  iss: seq(0),
  irs: seq(0),
  sndUna: seq(0),
  sndNxt: seq(0),
  sndWnd: 0,
  maxSndWnd: 0,
  sndWl1: seq(0),
  sndWl2: seq(0),
  rcvNxt: seq(0),
  rcvWnd: 65535,
  sndUp: seq(0),
  rcvUp: seq(0),
  finQueued: false,
  finSent: false,
  finReceived: false,
  rcvMss: 1460,
  sndMss: 1460,
  rcvScale: 7,
  sndScale: 0,
  windowScaling: true,
  timestamps: true,
  sackPermitted: true,
  tsRecent: 0,
  tsRecentAt: 0,
  lastAckSent: seq(0),
};

const SEGMENT: Segment = {
  sourcePort: 40000,
  destinationPort: 80,
  seq: IRS,
  ack: seq(0),
  flags: SYN,
  window: 0xfaf0,
  urgentPointer: 0,
  text: 0,
  textLength: 0,
  length: 1,
  mss: 1460,
  windowScale: 3,
  sackPermitted: true,
  timestamps: true,
  tsVal: 777,
  tsEcr: 0,
  sackBlocks: 0,
  sackCount: 0,
};
const PLAIN = { mss: 0, windowScale: -1, sackPermitted: false, timestamps: false, tsVal: 0 };

function newTcb(fields: Partial<Tcb> = {}): Tcb {
  return { ...TCB, ...fields };
}

/** Effects that are written down: each as its name and what it was given. */
function recorder(): { effects: TcpEffects; take: () => unknown[][] } {
  const log: unknown[][] = [];
  const note = (name: string) => (...given: unknown[]): void => void log.push([name, ...given]);
  const effects = {
    send: note("send"),
    acknowledge: note("acknowledge"),
    challenge: note("challenge"),
    deliver: note("deliver"),
    acknowledged: note("acknowledged"),
    event: note("event"),
    startTimeWait: note("startTimeWait"),
    fail: note("fail"),
    urgent: note("urgent"),
  };
  return { effects, take: () => log.splice(0) };
}

/** A connection whose SYN is out. */
function synSent(fields: Partial<Tcb> = {}): Tcb {
  const tcb = newTcb({ state: "CLOSED", ...fields });
  activeOpen(tcb, ISS, recorder().effects);
  tcb.state = "SYN-SENT";
  return tcb;
}

/** A connection that a SYN opened. */
function synReceived(fields: Partial<Tcb> = {}, syn: Partial<Segment> = {}): Tcb {
  const tcb = newTcb(fields);
  passiveOpen(tcb, ISS, { ...SEGMENT, ...syn }, 5, recorder().effects);
  tcb.state = "SYN-RECEIVED";
  return tcb;
}

Deno.test("activeOpen() begins our numbers, and sends a SYN after the event", () => {
  const { effects, take } = recorder();
  const tcb = newTcb({ state: "CLOSED" });
  activeOpen(tcb, ISS, effects);
  assertEquals(take(), [["event", "active open"], ["send", SYN, ISS, 0]]);
  assertEquals(tcb, newTcb({ state: "CLOSED", iss: ISS, sndUna: ISS, sndUp: ISS, sndNxt: seq(0) }));
});

Deno.test("listenArrives() judges all 64 combinations of flags", () => {
  for (let flags = 0; flags < 64; flags++) {
    const expected = flags & RST ? "drop" : flags & ACK ? "reset" : flags & SYN ? "open" : "drop";
    assertStrictEquals(listenArrives({ ...SEGMENT, flags }), expected, `flags ${flags}`);
  }
});

Deno.test("passiveOpen() notes everything that a SYN says, and answers it after the event", () => {
  const { effects, take } = recorder();
  const tcb = newTcb();
  passiveOpen(tcb, ISS, SEGMENT, 5, effects);
  const next = seq(0xffff_ffff);
  assertEquals(take(), [["event", "syn received"], ["send", SYN | ACK, ISS, next]]);
  assertEquals(
    tcb,
    newTcb({
      passive: true,
      iss: ISS,
      sndUna: ISS,
      sndUp: ISS,
      sndNxt: seq(0),
      irs: IRS,
      rcvNxt: next,
      rcvUp: next,
      lastAckSent: next,
      sndWnd: 0xfaf0,
      maxSndWnd: 0xfaf0,
      sndWl1: IRS,
      sndWl2: ISS,
      sndMss: 1448,
      sndScale: 3,
      tsRecent: 777,
      tsRecentAt: 5,
    }),
  );
});

Deno.test("passiveOpen() leaves text and FIN of a SYN unacknowledged", () => {
  const tcb = synReceived({}, { flags: SYN | FIN | PSH, textLength: 100, length: 102 });
  assertStrictEquals(tcb.rcvNxt, seqAdd(IRS, 1));
});

Deno.test("agreeOptions() keeps an option only when both sides have it", () => {
  for (const ours of [true, false]) {
    for (const theirs of [true, false]) {
      const tcb = newTcb({ windowScaling: ours, timestamps: ours, sackPermitted: ours, rcvScale: ours ? 7 : 0 });
      agreeOptions(tcb, { ...SEGMENT, ...theirs ? {} : PLAIN }, 99);
      const both = ours && theirs;
      assertEquals([tcb.windowScaling, tcb.timestamps, tcb.sackPermitted], [both, both, both]);
      assertEquals([tcb.rcvScale, tcb.sndScale], both ? [7, 3] : [0, 0]);
      assertEquals([tcb.tsRecent, tcb.tsRecentAt], both ? [777, 99] : [0, 0]);
    }
  }
});

Deno.test("agreeOptions() decides each option for itself", () => {
  const random = createRandom(7323);
  for (let i = 0; i < 300; i++) {
    const bit = (): boolean => random.chance(0.5);
    const ours = { windowScaling: bit(), timestamps: bit(), sackPermitted: bit() };
    const theirs = { windowScale: bit() ? random.int(0, 14) : -1, timestamps: bit(), sackPermitted: bit() };
    const tcb = newTcb(ours);
    agreeOptions(tcb, { ...SEGMENT, ...theirs }, 0);
    assertEquals([tcb.windowScaling, tcb.timestamps, tcb.sackPermitted], [
      ours.windowScaling && theirs.windowScale >= 0,
      ours.timestamps && theirs.timestamps,
      ours.sackPermitted && theirs.sackPermitted,
    ]);
  }
});

Deno.test("agreeOptions() takes a shift of 0 as scaling, and one above 14 as 14", () => {
  for (const [windowScale, expected] of [[0, 0], [1, 1], [14, 14], [15, 14], [255, 14]] as const) {
    const tcb = newTcb();
    agreeOptions(tcb, { ...SEGMENT, windowScale }, 0);
    assertEquals([tcb.windowScaling, tcb.sndScale, tcb.rcvScale], [true, expected, 7]);
  }
});

Deno.test("agreeOptions() takes the smaller MSS, 536 without one, and never so little that text does not fit", () => {
  const agreed = (mss: number, own: number, timestamps: boolean): number => {
    const tcb = newTcb({ sndMss: own, timestamps });
    agreeOptions(tcb, { ...SEGMENT, mss }, 0);
    return tcb.sndMss;
  };
  assertEquals([0, 1460, 1000, 65535].map((mss) => agreed(mss, 1460, false)), [536, 1460, 1000, 1460]);
  assertEquals([0, 1460, 1000, 65535].map((mss) => agreed(mss, 1460, true)), [524, 1448, 988, 1448]);
  assertEquals([1, 12, 63, 64, 65].map((mss) => agreed(mss, 1460, true)), [52, 52, 52, 52, 53]);
  assertEquals([agreed(1460, 28, true), agreed(0, 500, false)], [16, 500]);
});

Deno.test("synSentArrives() takes a SYN+ACK: everything is noted, and acknowledged at once", () => {
  const { effects, take } = recorder();
  const tcb = synSent();
  const segment = { ...SEGMENT, flags: SYN | ACK, ack: seq(0) };
  assertStrictEquals(synSentArrives(tcb, segment, 8, effects), "continue");
  assertEquals(take(), [["event", "syn-ack received"], ["acknowledged", 0], ["acknowledge", "now"]]);
  const next = seq(0xffff_ffff);
  assertEquals(
    tcb,
    newTcb({
      state: "SYN-SENT",
      iss: ISS,
      sndUna: seq(0),
      sndUp: ISS,
      sndNxt: seq(0),
      irs: IRS,
      rcvNxt: next,
      rcvUp: next,
      lastAckSent: next,
      sndWnd: 0xfaf0,
      maxSndWnd: 0xfaf0,
      sndWl1: IRS,
      sndWl2: seq(0),
      sndMss: 1448,
      sndScale: 3,
      tsRecent: 777,
      tsRecentAt: 8,
    }),
  );
});

Deno.test("synSentArrives() takes a SYN alone as a simultaneous open, which an ACK completes", () => {
  const { effects, take } = recorder();
  const tcb = synSent();
  assertStrictEquals(synSentArrives(tcb, SEGMENT, 8, effects), "drop");
  assertEquals(take(), [["event", "syn received"], ["send", SYN | ACK, ISS, seqAdd(IRS, 1)]]);
  assertEquals([tcb.sndUna, tcb.sndNxt, tcb.sndWl2, tcb.passive, tcb.sndMss], [ISS, 0, ISS, false, 1448]);
  const answer = { ...SEGMENT, flags: ACK, seq: seqAdd(IRS, 1), ack: seq(0), window: 10 };
  assertStrictEquals(completeOpen(tcb, answer, effects), "continue");
  assertEquals([tcb.sndWnd, take()], [80, [["event", "syn acknowledged"]]]);
});

Deno.test("completeOpen() takes the SYN+ACK of a simultaneous open too, and does not scale its window", () => {
  const { effects, take } = recorder();
  const tcb = synSent();
  synSentArrives(tcb, SEGMENT, 8, effects);
  take();
  assertStrictEquals(completeOpen(tcb, { ...SEGMENT, flags: SYN | ACK, ack: seq(0), window: 10 }, effects), "continue");
  assertEquals([tcb.sndWnd, take()], [10, [["event", "syn acknowledged"]]]);
});

Deno.test("synSentArrives() by its table: each ACK with each combination of RST and SYN", () => {
  const refused = [["event", "reset received"], ["fail", "refused"]];
  const acks = [
    // What is acknowledged, and whether it is our SYN.
    [seqAdd(ISS, 1), true],
    [ISS, false],
    [seqAdd(ISS, 2), false],
    [seqAdd(ISS, -1), false],
    [seqAdd(ISS, 0x7000_0000), false],
  ] as const;
  for (const [ack, good] of acks) {
    for (const extra of [0, FIN, PSH, URG]) {
      const outcome = (flags: number): unknown[] => {
        const { effects, take } = recorder();
        const tcb = synSent();
        const verdict = synSentArrives(tcb, { ...SEGMENT, flags: flags | extra, ack }, 0, effects);
        return [verdict, take().filter(([name]) => name !== "acknowledged" && name !== "acknowledge"), tcb.irs];
      };
      assertEquals(outcome(ACK), ["drop", good ? [] : [["send", RST, ack, 0]], 0]);
      assertEquals(outcome(ACK | RST), ["drop", good ? refused : [], 0]);
      assertEquals(outcome(ACK | RST | SYN), ["drop", good ? refused : [], 0]);
      const established = ["continue", [["event", "syn-ack received"]], IRS];
      assertEquals(outcome(ACK | SYN), good ? established : ["drop", [["send", RST, ack, 0]], 0]);
    }
  }
  for (const flags of [0, RST, RST | SYN, FIN, PSH | URG]) {
    const { effects, take } = recorder();
    const tcb = synSent();
    assertStrictEquals(synSentArrives(tcb, { ...SEGMENT, flags }, 0, effects), "drop");
    assertEquals([take(), tcb], [[], synSent()]);
  }
});

Deno.test("synSentArrives() and passiveOpen() never scale the window of a SYN", () => {
  const tcb = synSent();
  synSentArrives(tcb, { ...SEGMENT, flags: SYN | ACK, ack: seq(0), windowScale: 14, window: 65535 }, 0, recorder().effects);
  assertEquals([tcb.sndWnd, tcb.maxSndWnd, tcb.sndScale], [65535, 65535, 14]);
  assertEquals([synReceived({}, { windowScale: 14, window: 65535 }).sndWnd], [65535]);
});

Deno.test("completeOpen() takes an ACK of our SYN, whose window is the first that is scaled", () => {
  const { effects, take } = recorder();
  const tcb = synReceived();
  const segment = { ...SEGMENT, ...PLAIN, flags: ACK, seq: seqAdd(IRS, 1), ack: seq(0), window: 65535 };
  assertStrictEquals(completeOpen(tcb, segment, effects), "continue");
  assertEquals(take(), [["event", "syn acknowledged"]]);
  const before = synReceived();
  assertEquals(tcb, { ...before, sndWnd: 65535 * 8, maxSndWnd: 65535 * 8, sndWl1: seqAdd(IRS, 1), sndWl2: seq(0) });

  const plain = synReceived({}, PLAIN);
  completeOpen(plain, { ...segment, window: 10 }, effects);
  assertEquals([plain.sndWnd, plain.maxSndWnd], [10, 0xfaf0]);
  const wide = synReceived({}, { windowScale: 14 });
  completeOpen(wide, segment, effects);
  assertStrictEquals(wide.sndWnd, 65535 * 2 ** 14);
});

Deno.test("completeOpen() resets what acknowledges anything else, and drops what acknowledges nothing", () => {
  for (const ack of [ISS, seqAdd(ISS, -1), seqAdd(ISS, 2), seqAdd(ISS, 0x7fff_0000)]) {
    const { effects, take } = recorder();
    const tcb = synReceived();
    assertStrictEquals(completeOpen(tcb, { ...SEGMENT, flags: ACK, seq: seqAdd(IRS, 1), ack }, effects), "drop");
    assertEquals([take(), tcb], [[["send", RST, ack, 0]], synReceived()]);
  }
  const { effects, take } = recorder();
  const tcb = synReceived();
  assertStrictEquals(completeOpen(tcb, { ...SEGMENT, flags: PSH, ack: seq(0) }, effects), "drop");
  assertEquals([take(), tcb], [[], synReceived()]);
});

Deno.test("answerStray() by its table, for all 64 combinations of flags", () => {
  const random = createRandom(793);
  for (let flags = 0; flags < 64; flags++) {
    const textLength = random.int(0, 1460);
    const length = textLength + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0);
    const segment = { ...SEGMENT, flags, ack: seq(flags & ACK ? 12345 : 0), textLength, length };
    const expected = flags & RST
      ? undefined
      : flags & ACK
      ? { flags: RST, seq: seq(12345), ack: seq(0) }
      : { flags: RST | ACK, seq: seq(0), ack: seqAdd(IRS, length) };
    assertEquals(answerStray(segment), expected, `flags ${flags}`);
  }
});

Deno.test("two connections open each other with each other's numbers", () => {
  const random = createRandom(3);
  for (let i = 0; i < 500; i++) {
    const [ours, theirs] = [seq(random.int(0, 0xffff_ffff)), seq(random.int(0, 0xffff_ffff))];
    const [client, server] = [newTcb(), newTcb({ sndMss: 960 })];
    const { effects, take } = recorder();
    /** The segment that the last `send` describes. */
    const sent = (): Segment => {
      const [, flags, number, ack] = take().findLast(([name]) => name === "send") as [string, number, typeof ours, typeof ours];
      return { ...SEGMENT, flags, seq: number, ack };
    };
    activeOpen(client, ours, effects);
    passiveOpen(server, theirs, sent(), 0, effects);
    assertStrictEquals(synSentArrives(client, sent(), 0, effects), "continue");
    const last = { ...SEGMENT, flags: ACK, seq: client.sndNxt, ack: client.rcvNxt };
    assertStrictEquals(completeOpen(server, last, effects), "continue");
    assertEquals([client.rcvNxt, server.rcvNxt], [seqAdd(theirs, 1), seqAdd(ours, 1)]);
    assertEquals([client.sndNxt, server.sndNxt, client.sndUna], [server.rcvNxt, client.rcvNxt, server.rcvNxt]);
  }
});
