/** What a connection needs from TCP as a whole, and what its sending half needs from it. */
import type { BuffersModule } from "../contract/buffers.ts";
import type { HandshakeModule, SegmentFields } from "../contract/handshake.ts";
import type { StatesModule } from "../contract/states.ts";
import type { Tcb, TcpEvent, TcpFlags } from "../contract/tcb.ts";
import type { Frame } from "../wire/frame.ts";
import type { Seq } from "../wire/seq.ts";
import type { CreateCongestionControl } from "./congestion_control.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionOptions } from "./options.ts";
import type { Timed } from "./timer_heap.ts";

/** What the connections of a host share. */
export interface ConnectionContext {
  readonly handshake: HandshakeModule;
  readonly states: StatesModule;
  readonly buffers: BuffersModule;
  readonly createCongestion: CreateCongestionControl;
  /** The time of this poll, in milliseconds. */
  now(): number;
  /** Bytes of text in one frame at most, where the device cuts it into segments; 0 where it does not. */
  readonly mostText: number;
  /** A frame for so many bytes of text, if one is free. */
  acquire(text?: number): Frame | undefined;
  /** Writes header and options and hands the segment to IP. Takes the frame. */
  transmit(frame: Frame, fields: SegmentFields, tcb: Tcb, options: ConnectionOptions): void;
  /** Whether one more challenge ACK may be sent. */
  challengeAllowed(): boolean;
  /** The connection wants `flush` once this batch of segments is done. */
  mark(connection: Connection): void;
  /** Its deadline may have moved. */
  schedule(timed: Timed): void;
  /** The state changed, by this event; before the connection does anything else. */
  changed(connection: Connection, from: Tcb["state"], event: TcpEvent): void;
  /** It is established, and its application is about to be told: whoever listened for it hears first. */
  connected(connection: Connection): void;
  /** It is CLOSED: it leaves the table. */
  ended(connection: Connection): void;
}

/** What the sender needs from its connection. */
export interface SenderPort {
  readonly tcb: Tcb;
  readonly options: ConnectionOptions;
  readonly made: ConnectionOptions;
  readonly openedAt: number;
  /** Nobody above waits for the outcome any more. */
  readonly orphaned: boolean;
  /** Sends the text in `frame` (or none) as a segment with this number, and takes the frame. */
  transmit(frame: Frame, flags: TcpFlags, number: Seq): void;
  /** There is room again; or retransmission was in vain for a while. */
  tell(notice: "writable" | "trouble"): void;
  /** Retransmission was in vain for too long. */
  giveUp(): void;
}
