/**
 * The engine of one connection: it performs what the labs decide. Labs 04 and 05 act on it through `TcpEffects`, which it implements;
 * lab 06 holds its bytes. What is its own: the order of the steps, the timers, and the arithmetic between sequence numbers and stream
 * offsets. The sending half is in `sender.ts`.
 *
 * Nothing is sent while segments are being taken in. A connection that has something to send is marked, and `flush` is called once
 * the batch is done, so one acknowledgment answers many segments (MUST-58, MUST-59).
 */
import type { Acknowledger, ReceiveBuffer } from "../contract/buffers.ts";
import type { CongestionControl } from "../contract/congestion.ts";
import type { Segment, Tcb, TcpEffects, TcpEvent, TcpFailure, TcpFlags } from "../contract/tcb.ts";
import type { SendOptions } from "../internet.ts";
import type { Frame } from "../wire/frame.ts";
import { type Seq, seq, seqAdd, seqBefore, seqDiff } from "../wire/seq.ts";
import { ACK, FIN, SYN } from "../wire/tcp_flags.ts";
import type { ConnectionContext } from "./context.ts";
import type { ConnectionNotice, ConnectionOptions } from "./options.ts";
import { blankFields } from "./segment_fields.ts";
import { Sender, type SenderPort, timestampOf } from "./sender.ts";
import type { Timed } from "./timer_heap.ts";

const KEEP_ALIVE_INTERVAL = 75_000;
const KEEP_ALIVE_PROBES = 9;
/** How long an application that has closed lets the peer hold FIN-WAIT-2. */
const ORPHAN_TIME = 60_000;

export class Connection implements TcpEffects, SenderPort, Timed {
  readonly tcb: Tcb;
  options: ConnectionOptions;
  scheduledFor = Infinity;
  marked = false;
  /** Set by whoever owns the connection: hears what happens to it. */
  notify: (notice: ConnectionNotice) => void = () => {};
  /** What made it, for whoever made it: a listening socket, for one. */
  owner: unknown;
  readonly #context: ConnectionContext;
  readonly #sender: Sender;
  readonly #receiving: ReceiveBuffer;
  readonly #acknowledger: Acknowledger;
  readonly #ipOptions: SendOptions;
  /** The frame of the segment that is being taken in. */
  #frame: Frame | undefined;
  #ackNow = false;
  #readerGone = false;
  #failed = false;
  #earlyFin: Segment | undefined;
  #lastHeard: number;
  #keepAlives = 0;
  #timeWaitUntil = Infinity;
  /** A duplicate to report with the next acknowledgment (RFC 2883); none when both are equal. */
  #duplicateFrom: Seq = seq(0);
  #duplicateTo: Seq = seq(0);

  constructor(tcb: Tcb, context: ConnectionContext, options: ConnectionOptions, congestion: CongestionControl) {
    this.tcb = tcb;
    this.options = options;
    this.#context = context;
    this.#sender = new Sender(this, context.buffers, congestion);
    this.#receiving = context.buffers.createReceiveBuffer(options.receiveBuffer);
    this.#acknowledger = context.buffers.createAcknowledger(options.delayedAck);
    this.#ipOptions = {
      source: tcb.localAddress,
      dontFragment: true,
      timeToLive: options.timeToLive,
      typeOfService: options.typeOfService,
    };
    this.#lastHeard = context.now();
  }

  // ── What the application does ──────────────────────────────────────────────────────────────────────────────

  /** Takes what fits of `bytes[at … at + count)`; returns how many bytes. They are sent when the poll is done. */
  write(bytes: Uint8Array, at = 0, count = bytes.length - at): number {
    const taken = this.#sender.buffer.write(bytes, at, count);
    if (taken > 0) this.#context.mark(this);
    return taken;
  }

  /** Copies up to `count` bytes into `target` at `at`; returns how many. 0: there are none now. */
  read(target: Uint8Array, at = 0, count = target.length - at): number {
    const copied = this.#receiving.read(target, at, count);
    if (copied > 0 && !this.tcb.finReceived) this.#openWindow();
    return copied;
  }

  /** Bytes that can be read now. */
  get readable(): number {
    return this.#receiving.readable();
  }

  /** Bytes that could be written now. */
  get room(): number {
    return this.#sender.buffer.room();
  }

  /** Bytes that the application wrote and the peer has not acknowledged. */
  get unacknowledged(): number {
    return this.#sender.buffer.end() - this.#sender.buffer.start();
  }

  /** Segments that were sent more than once. */
  get resent(): number {
    return this.#sender.resent;
  }

  /** Everything that the peer will ever send has been read. */
  get atEnd(): boolean {
    return this.tcb.finReceived && this.#receiving.readable() === 0;
  }

  /** No more will be written: a FIN follows the last byte. Reading goes on. */
  shutdown(): void {
    this.#context.states.close(this.tcb, this);
    this.#context.mark(this);
  }

  /** Neither reads nor writes any more. Where that loses text that the peer sent, it is told by a RST (SHLD-3). */
  close(): void {
    if (this.#readerGone) return;
    this.#readerGone = true;
    if (this.#receiving.readable() > 0) return this.abort();
    this.shutdown();
    if (this.tcb.state === "FIN-WAIT-2") this.#timeWaitUntil = this.#context.now() + ORPHAN_TIME;
    this.#context.schedule(this);
  }

  /** Gives up at once, with a RST where there is somebody to tell. */
  abort(): void {
    this.#context.states.abort(this.tcb, this);
  }

  // ── What happens to it ─────────────────────────────────────────────────────────────────────────────────────

  /** Opens: a SYN goes out. */
  open(iss: Seq): void {
    this.#sender.begin(iss, this.#context.now());
    this.#context.handshake.activeOpen(this.tcb, iss, this);
  }

  /** Opens in answer to a SYN. */
  openPassively(iss: Seq, segment: Segment): void {
    this.#sender.begin(iss, this.#context.now());
    this.#context.handshake.passiveOpen(this.tcb, iss, segment, this.#context.now(), this);
  }

  /** Takes a segment that belongs to this connection. The frame stays the caller's. */
  arrives(segment: Segment, frame: Frame, now: number): void {
    this.#frame = frame;
    this.#lastHeard = now;
    this.#keepAlives = 0;
    const unaBefore = this.tcb.sndUna;
    if (this.tcb.state === "SYN-SENT") {
      if (this.#context.handshake.synSentArrives(this.tcb, segment, now, this) === "continue") this.#takeIn(segment);
    } else if (this.#passesChecks(segment, now)) {
      if (this.tcb.sndUna === unaBefore) this.#sender.countDuplicate(segment, now);
      else this.#sender.measure(segment, now);
      this.#takeIn(segment);
    }
    this.#frame = undefined;
    if (this.tcb.state !== "CLOSED") this.#context.mark(this);
  }

  /** RFC 9293 §3.10.7.4, steps one to five. */
  #passesChecks(segment: Segment, now: number): boolean {
    const { handshake, states } = this.#context;
    const { tcb } = this;
    if (states.checkTimestamps(tcb, segment, now, this) === "drop") return false;
    this.#noteDuplicate(segment);
    if (states.checkSequence(tcb, segment, now, this) === "drop") return false;
    if (states.checkReset(tcb, segment, this) === "drop") return false;
    if (states.checkSyn(tcb, segment, this) === "drop") return false;
    if (tcb.state === "SYN-RECEIVED" && handshake.completeOpen(tcb, segment, this) === "drop") return false;
    return states.checkAck(tcb, segment, this) === "continue";
  }

  /** Steps six to eight. A FIN that came before its time is looked at again when a gap was filled. */
  #takeIn(segment: Segment): void {
    const { states } = this.#context;
    states.checkUrgent(this.tcb, segment, this);
    states.takeText(this.tcb, segment, this);
    states.checkFin(this.tcb, segment, this);
    if (this.tcb.finReceived) return;
    if ((segment.flags & FIN) !== 0) this.#earlyFin ??= segment;
    else if (this.#earlyFin !== undefined) states.checkFin(this.tcb, this.#earlyFin, this);
  }

  /** Sends what may go, and the acknowledgment that is due. */
  flush(now: number): void {
    const { state } = this.tcb;
    if (state === "CLOSED") return;
    if (state !== "SYN-SENT" && state !== "SYN-RECEIVED") this.#sender.sendText(now);
    if (this.#ackNow || this.#acknowledger.deadline() <= now) this.#sendEmpty(ACK, this.tcb.sndNxt);
    this.#context.schedule(this);
  }

  deadline(): number {
    return Math.min(this.#sender.deadline(), this.#acknowledger.deadline(), this.#timeWaitUntil, this.#keepAliveAt());
  }

  /** Does what is due at `now`. */
  fire(now: number): void {
    // TIME-WAIT is over; or FIN-WAIT-2 is, because nobody above waits for the peer's FIN any more.
    if (this.#timeWaitUntil <= now) return this.event(this.tcb.state === "TIME-WAIT" ? "time-wait over" : "timeout");
    this.#sender.fire(now, this.#lastHeard);
    if (this.#keepAliveAt() <= now) this.#keepAlive();
    this.flush(now);
  }

  /**
   * An ICMP error came about a segment of ours. Soft errors are only passed on (MUST-56); "fragmentation needed" lowers the segment
   * size; protocol or port unreachable end a connection that is being opened (RFC 5927 warns of more).
   */
  icmpError(type: number, code: number, mtu: number): void {
    const { tcb } = this;
    if (type === 3 && code === 4) {
      const mss = Math.max(28, mtu - 40 - (tcb.timestamps ? 12 : 0));
      if (mtu > 0 && mss < tcb.sndMss) this.#sender.shrinkSegments(mss);
      return;
    }
    const opening = tcb.state === "SYN-SENT" || tcb.state === "SYN-RECEIVED";
    if (!opening || type !== 3 || code !== 2 && code !== 3) return this.notify("trouble");
    this.event("abort");
    this.fail("refused");
  }

  // ── What the labs say ──────────────────────────────────────────────────────────────────────────────────────

  send(flags: TcpFlags, number: Seq, _ack: Seq): void {
    this.#sendEmpty(flags, number);
    if ((flags & SYN) === 0) return;
    this.#sender.sent(this.#context.now());
    this.#context.schedule(this);
  }

  acknowledge(when: "now" | "later"): void {
    if (when === "now") this.#ackNow = true;
    this.#context.mark(this);
  }

  challenge(): void {
    if (this.#context.challengeAllowed()) this.acknowledge("now");
  }

  deliver(first: Seq, at: number, count: number): void {
    if (this.#readerGone) return this.abort(); // the peer must not believe that anybody reads this
    const { tcb } = this;
    const offset = this.#receiving.next() + seqDiff(first, tcb.rcvNxt);
    const hadGap = this.#receiving.beyond(1).length > 0;
    const moved = this.#receiving.insert(offset, this.#frame as Frame, at, count);
    tcb.rcvNxt = seqAdd(tcb.rcvNxt, moved);
    tcb.rcvWnd = Math.max(0, tcb.rcvWnd - moved);
    const when = moved === 0 || hadGap ? "now" : "later"; // RFC 5681 §4.2: at once about a gap, and when one is filled
    if (this.#acknowledger.received(when, count, tcb.rcvMss, this.#context.now())) this.#ackNow = true;
    if (moved > 0) this.notify("readable");
  }

  acknowledged(ack: Seq): void {
    this.#sender.acknowledged(ack, this.#context.now());
  }

  event(event: TcpEvent): void {
    const { tcb } = this;
    const from = tcb.state;
    const next = this.#context.states.nextState(from, event);
    if (next === undefined) throw new Error(`Cannot happen: "${event}" in ${from}`);
    tcb.state = next;
    this.#context.changed(this, from, event);
    if (next === "ESTABLISHED") this.notify("connected");
    if (event === "fin received" && from !== next) this.notify("end");
    if (event === "fin acknowledged") this.notify("delivered");
    if (next === "FIN-WAIT-2" && this.#readerGone) this.#timeWaitUntil = this.#context.now() + ORPHAN_TIME;
    if (next === "CLOSED" && from !== "CLOSED") this.#end();
  }

  startTimeWait(): void {
    this.#sender.stop();
    this.#timeWaitUntil = this.#context.now() + this.options.timeWait;
    this.#context.schedule(this);
  }

  fail(reason: TcpFailure): void {
    if (this.#failed) return;
    this.#failed = true;
    this.notify(reason);
  }

  urgent(_up: Seq): void {
    this.notify("urgent");
  }

  acquire(): Frame | undefined {
    return this.#context.acquire();
  }

  trouble(): void {
    this.notify("trouble");
  }

  giveUp(): void {
    this.event("timeout");
    this.fail("timed out");
  }

  writable(): void {
    this.notify("writable");
  }

  /** Fills in what every segment says of us: acknowledgment, window, timestamp, SACK. */
  transmit(frame: Frame, flags: TcpFlags, number: Seq): void {
    const { tcb } = this;
    const syn = (flags & SYN) !== 0;
    const acknowledges = (flags & ACK) !== 0;
    if (!syn && !tcb.finReceived) {
      const announced = this.#receiving.next() + tcb.rcvWnd;
      tcb.rcvWnd = this.#receiving.announce(announced, tcb.rcvMss) - this.#receiving.next();
    }
    fields.sourcePort = tcb.localPort;
    fields.destinationPort = tcb.remotePort;
    fields.seq = number;
    fields.ack = acknowledges ? tcb.rcvNxt : seq(0);
    fields.flags = flags;
    fields.window = Math.min(0xffff, syn || !tcb.windowScaling ? tcb.rcvWnd : Math.floor(tcb.rcvWnd / 2 ** tcb.rcvScale));
    fields.mss = syn ? tcb.rcvMss : 0;
    fields.windowScale = syn && tcb.windowScaling ? tcb.rcvScale : -1;
    fields.sackPermitted = syn && tcb.sackPermitted;
    fields.timestamps = tcb.timestamps;
    fields.tsVal = timestampOf(this.#context.now());
    fields.tsEcr = acknowledges ? tcb.tsRecent : 0;
    fields.sack = syn || !tcb.sackPermitted ? NO_BLOCKS : this.#sackBlocks();
    this.#context.transmit(frame, fields, tcb, this.#ipOptions);
    if (!acknowledges) return;
    this.#ackNow = false;
    this.#acknowledger.sent();
    tcb.lastAckSent = tcb.rcvNxt;
  }

  /** Sends a segment without text. */
  #sendEmpty(flags: TcpFlags, number: Seq): void {
    const frame = this.#context.acquire();
    if (frame !== undefined) this.transmit(frame, flags, number);
  }

  /** What lies beyond a gap, and first of all a duplicate that just came (RFC 2883). */
  #sackBlocks(): readonly Seq[] {
    const duplicate = this.#duplicateFrom !== this.#duplicateTo;
    const beyond = this.#receiving.beyond((this.tcb.timestamps ? 3 : 4) - (duplicate ? 1 : 0));
    if (beyond.length === 0 && !duplicate) return NO_BLOCKS;
    const next = this.#receiving.next();
    const blocks = beyond.map((offset) => seqAdd(this.tcb.rcvNxt, offset - next));
    if (!duplicate) return blocks;
    const reported = [this.#duplicateFrom, this.#duplicateTo, ...blocks];
    this.#duplicateTo = this.#duplicateFrom;
    return reported;
  }

  /** Text that we have already: to be reported as a duplicate. */
  #noteDuplicate(segment: Segment): void {
    if (segment.textLength === 0 || !this.tcb.sackPermitted || !seqBefore(segment.seq, this.tcb.rcvNxt)) return;
    const end = seqAdd(segment.seq, segment.textLength);
    this.#duplicateFrom = segment.seq;
    this.#duplicateTo = seqBefore(end, this.tcb.rcvNxt) ? end : this.tcb.rcvNxt;
  }

  /** The application read: if the window can open by enough, the peer is told (RFC 9293 §3.8.6.2.2). */
  #openWindow(): void {
    const announced = this.#receiving.next() + this.tcb.rcvWnd;
    if (this.#receiving.announce(announced, this.tcb.rcvMss) > announced) this.acknowledge("now");
  }

  #keepAliveAt(): number {
    const { keepAlive } = this.options;
    if (keepAlive === 0 || this.tcb.state !== "ESTABLISHED" && this.tcb.state !== "CLOSE-WAIT") return Infinity;
    return this.#lastHeard + keepAlive + this.#keepAlives * KEEP_ALIVE_INTERVAL;
  }

  /** An idle peer is asked whether it is still there, by a segment that it must answer (RFC 9293 §3.8.4). */
  #keepAlive(): void {
    if (this.#keepAlives >= KEEP_ALIVE_PROBES) return this.giveUp();
    this.#keepAlives++;
    this.#sendEmpty(ACK, seqAdd(this.tcb.sndNxt, -1));
  }

  #end(): void {
    this.#sender.stop();
    this.#acknowledger.sent();
    this.#ackNow = false;
    this.#timeWaitUntil = Infinity;
    this.#context.ended(this);
  }

  /** Called once the poll in which it ended is done: what ended without a failure has ended well. */
  finish(): void {
    if (!this.#failed) this.notify("closed");
  }
}

const NO_BLOCKS: readonly Seq[] = [];

/** One record for every segment that is sent: it is read before the next one is filled in. */
const fields = blankFields();
