/**
 * The engine of one connection: it performs what the labs decide. Labs 04 and 05 act on it through `TcpEffects`, which it implements; lab 06 holds its
 * bytes. Its own are the order of the steps and the timers. The halves are in `sender.ts` and `receiver.ts`.
 * Nothing is sent while segments are being taken in. A connection that has something to send is marked, and `flush` is called once the batch is
 * done, so one acknowledgment answers many segments (MUST-58, MUST-59). The application hears of a segment when it is dealt with, and may read, write and close.
 */
import type { Segment, Tcb, TcpEffects, TcpEvent, TcpFailure, TcpFlags } from "../contract/tcb.ts";
import type { PacketError } from "../packet_error.ts";
import type { Frame } from "../wire/frame.ts";
import { type Seq, seqAdd, seqBefore } from "../wire/seq.ts";
import { ACK, FIN } from "../wire/tcp_flags.ts";
import type { ConnectionContext, SenderPort } from "./context.ts";
import { judgePacketError, segmentSize } from "./packet_error.ts";
import { type Application, type ConnectionNotice, type ConnectionOptions, NOTICES } from "./options.ts";
import { countSegmentsIn } from "./offload.ts";
import { Receiver } from "./receiver.ts";
import { fillFields, timestampOf } from "./segment_fields.ts";
import { Silence } from "./silence.ts";
import { type TcpInfo, tcpInfo } from "./tcp_info.ts";
import { Sender } from "./sender.ts";
import { mayBeHeard } from "./tcb.ts";
import type { Timed } from "./timer_heap.ts";
export class Connection implements TcpEffects, SenderPort, Timed {
  readonly tcb: Tcb;
  /** As it is now, which `change` replaces; and as it was made: its buffers never hold more than that says. */
  options: ConnectionOptions;
  readonly made: ConnectionOptions;
  heapPlace = -1;
  marked = false;
  /** Segments that it ever sent; and when it was made. */
  segmentsSent = 0;
  readonly openedAt: number;
  /** The application has closed: nobody reads, and nobody hears anything. */
  orphaned = false;
  /** Set by whoever owns the connection; and what made it, for whoever made it: a listening socket, for one. */
  application: Application | undefined = undefined;
  owner: unknown;
  readonly #context: ConnectionContext;
  readonly #sender: Sender;
  /** Undefined while it rests, which it does until something comes; and what it had received by then. */
  #awake: Receiver | undefined;
  #received = 0;
  readonly #silence: Silence;
  /** The segment that is being taken in, and its frame; and a FIN behind a gap, which is looked at again when text comes. */
  #segment: Segment | undefined;
  #frame: Frame | undefined;
  #earlyFin: Segment | undefined;
  /** Text came that nobody will read; and the last that was heard is that the peer cannot be reached. */
  #isTextLost = false;
  #isUnreachable = false;
  /** What the application is yet to hear: bits, in the order of NOTICES; and how it ended badly. */
  #notices = 0;
  #failure: TcpFailure | undefined;
  /** When TIME-WAIT is over; or FIN-WAIT-2, because nobody above waits for the peer's FIN any more. */
  #overAt: number | undefined;

  constructor(tcb: Tcb, context: ConnectionContext, options: ConnectionOptions) {
    this.tcb = tcb;
    this.options = this.made = options;
    this.openedAt = context.now();
    this.#context = context;
    this.#sender = new Sender(this, context);
    this.#silence = new Silence(this.openedAt);
    Object.preventExtensions(this); // labs 04 and 05 are handed it as effects: no member of theirs shall hide one of the class
  }

  // ── What the application does ──────────────────────────────────────────────────────────────────────────────

  /**
   * Takes what fits of `bytes[at … at + count)`; returns how many bytes: none when the connection is over. They are sent when the poll is done;
   * but with `more`, what is less than a segment waits for the next write, 200 ms at most. Throws a `Deno.errors.BrokenPipe` after `shutdown`.
   */
  write(bytes: Uint8Array, at = 0, count = bytes.length - at, more = false): number {
    if (this.tcb.finQueued) throw new Deno.errors.BrokenPipe("Cannot write: the connection was shut down");
    if (this.tcb.state === "CLOSED") return 0;
    const taken = this.#sender.write(bytes, at, count, more);
    if (taken > 0) this.#context.mark(this);
    return taken;
  }

  /** Writes like `write`; and the peer is told at once, window or not, that everything up to here is urgent (RFC 9293 §3.8.5). */
  writeUrgent(bytes: Uint8Array, at = 0, count = bytes.length - at): number {
    const taken = this.write(bytes, at, count);
    if (taken === 0) return 0;
    this.tcb.sndUp = this.#sender.endNumber();
    this.acknowledge("now");
    return taken;
  }

  /** Copies up to `count` bytes into `target` at `at`; returns how many. 0: there are none now. */
  read(target: Uint8Array, at = 0, count = target.length - at): number {
    const copied = this.#awake?.read(target, at, count) ?? 0;
    if (copied > 0 && this.#receiver.canOpenWindow()) this.acknowledge("now");
    return copied;
  }

  /** Bytes that can be read now. */
  get readable(): number {
    return this.#awake?.readable ?? 0;
  }

  /** Bytes from the next one to be read up to the end of urgent data, some of which may be yet to come; 0 when there is none (MUST-33). */
  get urgentRemaining(): number {
    return this.#awake?.urgentRemaining ?? 0;
  }

  /** Whether something came beyond what is missing. */
  get hasGap(): boolean {
    return this.#awake?.hasGap ?? false;
  }

  /** Bytes that could be written now. */
  get room(): number {
    return this.#sender.room();
  }

  /** Bytes that the application wrote and the peer has not acknowledged. */
  get unacknowledged(): number {
    return this.#sender.buffer.end() - this.#sender.buffer.start();
  }

  /** Segments that were sent more than once. */
  get resent(): number {
    return this.#sender.resent;
  }

  /** What is known of it, by the names of Linux. */
  info(): TcpInfo {
    return tcpInfo(this, this.#sender, this.#receiver, this.#silence);
  }

  /** From now on it behaves like this. A smaller receive buffer takes back nothing that the peer was promised (SHLD-14). */
  change(options: ConnectionOptions): void {
    const isLarger = options.receiveBuffer > this.options.receiveBuffer;
    this.options = options;
    this.#sender.congestion?.choose(options.congestion);
    const owesAck = options.quickAck && this.#receiver.deadline() !== Infinity;
    if (owesAck || isLarger && this.#receiver.canOpenWindow()) this.acknowledge("now");
    this.#context.mark(this);
  }

  /** Everything that the peer will ever send was read. */
  get atEnd(): boolean {
    return this.tcb.finReceived && this.readable === 0;
  }

  /** No more will be written: a FIN follows the last byte. Reading goes on. */
  shutdown(): void {
    this.#context.states.close(this.tcb, this);
    if (this.tcb.state !== "CLOSED") this.#context.mark(this);
    this.#tellAll();
  }

  /** Neither reads nor writes any more. Where that loses text that the peer sent, it is told by a RST (SHLD-3). */
  close(): void {
    if (this.orphaned) return;
    this.orphaned = true;
    if (this.readable > 0 && mayBeHeard(this.tcb)) return this.abort();
    if (this.tcb.state === "FIN-WAIT-2") {
      this.#overAt = this.#context.now() + this.options.orphanTime;
      this.#context.schedule(this);
    }
    this.shutdown();
  }

  /** Gives up at once, with a RST where there is somebody to tell. */
  abort(): void {
    this.#context.states.abort(this.tcb, this);
    this.#tellAll();
  }

  // ── What happens to it ─────────────────────────────────────────────────────────────────────────────────────

  /** Opens: a SYN goes out, in answer to the one in `segment` if there is one. */
  open(iss: Seq, segment?: Segment): void {
    this.#sender.begin();
    if (segment === undefined) this.#context.handshake.activeOpen(this.tcb, iss, this);
    else this.#context.handshake.passiveOpen(this.tcb, iss, segment, this.#context.now(), this);
    this.#context.schedule(this);
  }

  /** Takes a segment that belongs to this connection. The frame stays the caller's. */
  arrives(segment: Segment, frame: Frame, now: number): void {
    const { tcb } = this;
    this.#segment = segment;
    this.#frame = frame;
    this.#silence.heard(now, countSegmentsIn(frame, segment.textLength));
    this.#isUnreachable = false;
    if (tcb.state === "SYN-SENT") {
      if (this.#context.handshake.synSentArrives(tcb, segment, now, this) === "continue") this.#takeIn(segment);
    } else {
      const { sndUna, sndWnd } = tcb;
      if (this.#passesChecks(segment, now)) {
        this.#sender.heard(segment, frame, tcb.sndWnd === sndWnd, tcb.sndUna !== sndUna);
        this.#takeIn(segment);
      }
    }
    this.#segment = this.#frame = undefined;
    if (this.#isTextLost) this.#context.states.abort(tcb, this); // the peer must not believe that anybody reads (SHLD-3)
    if (tcb.state !== "CLOSED") this.#context.mark(this);
    this.#tellAll();
  }

  /** RFC 9293 §3.10.7.4, steps one to five. */
  #passesChecks(segment: Segment, now: number): boolean {
    const { tcb } = this, { handshake, states } = this.#context;
    if (states.checkTimestamps(tcb, segment, now, this) === "drop") return false;
    this.#receiver.noteDuplicate(segment);
    if (states.checkSequence(tcb, segment, now, this) === "drop") return false;
    if (states.checkReset(tcb, segment, this) === "drop") return false;
    if (states.checkSyn(tcb, segment, this) === "drop") return false;
    if (tcb.state === "SYN-RECEIVED" && handshake.completeOpen(tcb, segment, this) === "drop") return false;
    return states.checkAck(tcb, segment, this) === "continue";
  }

  /** Steps six to eight. A FIN that came before its time is acknowledged at once (RFC 5681 §4.2), and looked at again when text came. */
  #takeIn(segment: Segment): void {
    const { tcb } = this, { states } = this.#context;
    states.checkUrgent(tcb, segment, this);
    states.takeText(tcb, segment, this);
    states.checkFin(tcb, segment, this);
    const isEarly = (segment.flags & FIN) !== 0 && !tcb.finReceived;
    if (isEarly) this.acknowledge("now");
    else if (this.#earlyFin !== undefined) states.checkFin(tcb, this.#earlyFin, this);
    this.#earlyFin = tcb.finReceived ? undefined : isEarly ? segment : this.#earlyFin;
  }

  /** Sends what may go, and the acknowledgment that is due. Before the peer's SYN there is nothing to acknowledge. */
  flush(now: number): void {
    const { state } = this.tcb;
    if (state === "CLOSED") return;
    if (state !== "SYN-SENT") {
      for (let due = this.#receiver.bareAcksDue(); due > 0; due--) this.#sendEmpty(ACK, this.#sender.acceptableNumber());
      this.#sender.sendText(now);
      if (this.#receiver.isAckDue(now)) this.#sendEmpty(ACK, this.#sender.acceptableNumber());
    }
    this.#context.schedule(this);
  }

  deadline(): number {
    return Math.min(this.#sender.deadline(), this.#awake?.deadline() ?? Infinity, this.#overAt ?? Infinity, this.#keepAliveAt());
  }

  /** Nothing is due any more: what is only of use at work goes back. */
  rest(): void {
    this.#sender.rest();
    this.#sender.congestion?.rest?.();
    if (this.#awake?.isIdle !== true) return;
    this.#received = this.#awake.received;
    this.#awake = undefined;
  }

  /** Does what is due at `now`. */
  fire(now: number): void {
    if (this.#overAt !== undefined && this.#overAt <= now) {
      this.event(this.tcb.state === "TIME-WAIT" ? "time-wait over" : "timeout");
    } else {
      this.#sender.fire(now, this.#silence.lastHeard);
      if (this.#keepAliveAt() <= now) {
        // An idle peer is asked whether it is still there, by a segment that it must answer: its number is old.
        if (this.#silence.probe(this.options, now)) this.#sendEmpty(ACK, seqAdd(this.tcb.sndNxt, -1));
        else this.giveUp();
      }
      this.flush(now);
    }
    this.#tellAll();
  }

  /** There is an error about our segment that begins at `number`. */
  packetError(error: PacketError, number: Seq): void {
    const { tcb } = this;
    const verdict = judgePacketError(tcb, error, number);
    switch (verdict) {
      case "ignore":
        return;
      case "narrower":
        this.#sender.shrinkSegments(segmentSize(error.mtu, tcb.timestamps));
        return this.#context.mark(this);
      case "refused":
      case "unreachable":
        this.event("abort");
        this.fail(verdict);
        break;
      default:
        this.#isUnreachable = verdict === "unreachable now";
        this.tell("trouble");
    }
    this.#tellAll();
  }

  // ── What the labs say ──────────────────────────────────────────────────────────────────────────────────────

  send(flags: TcpFlags, number: Seq, _ack: Seq): void {
    this.#sendEmpty(flags, number === this.tcb.sndNxt ? this.#sender.acceptableNumber() : number);
  }

  acknowledge(when: "now" | "later"): void {
    if (when === "now") this.#receiver.ackNow = true;
    this.#context.mark(this);
  }

  challenge(): void {
    if (this.#context.challengeAllowed()) this.acknowledge("now");
  }

  deliver(first: Seq, at: number, count: number): void {
    if (this.orphaned) this.#isTextLost = true;
    else if (this.#receiver.take(first, this.#frame as Frame, at, count, this.#context.now())) this.tell("readable");
  }

  acknowledged(ack: Seq): void {
    if (seqBefore(this.tcb.sndUp, ack)) this.tcb.sndUp = ack;
    this.#sender.acknowledged(ack, this.#segment as Segment, this.#context.now());
  }

  event(event: TcpEvent): void {
    const { tcb } = this;
    const from = tcb.state;
    const next = this.#context.states.nextState(from, event);
    if (next === undefined) throw new Error(`Cannot happen: "${event}" in ${from}`);
    tcb.state = next;
    this.#context.changed(this, from, event);
    if (from === next) return;
    if (next === "ESTABLISHED") this.tell("connected");
    if (event === "fin received") this.tell("end");
    if (event === "fin acknowledged") this.tell("delivered");
    if (next === "FIN-WAIT-2" && this.orphaned) this.#overAt = this.#context.now() + this.options.orphanTime;
    if (next !== "CLOSED") return;
    this.#sender.stop();
    this.#overAt = undefined;
    this.#context.ended(this);
  }

  startTimeWait(): void {
    this.#sender.stop();
    this.#overAt = this.#context.now() + this.options.timeWait;
    this.#context.schedule(this);
  }

  fail(reason: TcpFailure): void {
    this.#failure ??= reason;
    this.tell(reason);
  }

  urgent(up: Seq): void {
    this.#receiver.noteUrgent(up);
    this.tell("urgent");
  }

  // ── What the sender asks for ───────────────────────────────────────────────────────────────────────────────

  /** The application will hear of it. */
  tell(notice: ConnectionNotice): void {
    if (notice === "trouble" && !this.options.reportTrouble) return;
    this.#notices |= 1 << NOTICES.indexOf(notice);
  }

  giveUp(): void {
    this.event("timeout");
    this.fail(this.#isUnreachable ? "unreachable" : "timed out");
  }

  transmit(frame: Frame, flags: TcpFlags, number: Seq): void {
    const { tcb } = this;
    const fields = fillFields(tcb, this.#receiver, flags, number, frame.length, timestampOf(this.#context.now()));
    this.segmentsSent += countSegmentsIn(frame, frame.length);
    this.#context.transmit(frame, fields, tcb, this.options);
    if (flags & ACK) this.#receiver.acknowledged();
  }

  #sendEmpty(flags: TcpFlags, number: Seq): void {
    const frame = this.#context.acquire();
    if (frame !== undefined) this.transmit(frame, flags, number);
  }

  get #receiver(): Receiver {
    return this.#awake ??= new Receiver(this, this.#context.buffers, this.#received);
  }

  #keepAliveAt(): number {
    return this.#sender.owes ? Infinity : this.#silence.deadline(this.options, this.tcb.state);
  }

  /** Tells the application what happened since it was last told. */
  #tellAll(): void {
    while (this.#notices !== 0) {
      const bit = 31 - Math.clz32(this.#notices & -this.#notices);
      this.#notices ^= 1 << bit;
      const notice = NOTICES[bit] as ConnectionNotice;
      if (notice === "connected") this.#context.connected(this);
      this.application?.hear(notice);
    }
  }

  /** Called once the poll in which it ended is done: what ended without a failure has ended well. */
  finish(): void {
    if (this.#failure === undefined) this.tell("closed");
    this.#tellAll();
  }
}
