/**
 * What tshark thinks of a capture, sorted by what it means. tshark has no severity for "this is wrong": a full window and a wrong checksum are both
 * warnings. So every kind of remark that a proof lets pass is named here, with the reason; any other is a complaint.
 */
import { KERNEL_IP } from "../harness/packets.ts";
import { tsharkFields } from "../harness/tshark.ts";

/** Remarks of one kind: "Connection reset (RST)", and who sent the packets. */
export interface Remark {
  readonly from: string;
  readonly text: string;
  readonly count: number;
}

/** tshark's remarks, those of severity "note" and above. */
export interface Opinion {
  /** FINs, first ones and answers: two for each connection that ended in good order. */
  readonly closings: number;
  /** A window was full or shut: flow control at work, whenever a reader is slower than a writer. */
  readonly flowControl: readonly Remark[];
  /** Something was lost, or seemed to be. On a wire that loses nothing there must be none. */
  readonly recovery: readonly Remark[];
  /** A connection was reset: the answer to whoever knocks at a closed port, and the way in which a scanner takes its leave. */
  readonly resets: readonly Remark[];
  /** Everything else. */
  readonly complaints: readonly Remark[];
}

const FLOW_CONTROL = /window specified by the receiver is now completely full|zero ?window|window update/i;
const RECOVERY = /retransmission|out-of-order|not captured|duplicate ack|unseen segment|d-sack|keep-alive/i;
const RESET = /^Connection reset/;
const CLOSING = /^This frame (initiates|undergoes) the connection closing/;
/** Below "note", but said of the same packets. */
const USUAL = /^Connection (finish|establish)/;

/**
 * The two zeros of one's complement (RFC 1624 §3): Linux writes 0xffff, for TCP too, where UDP wants it so. As a sum it is the same. Ours is 0, so of
 * our segments this would be a complaint.
 */
const OTHER_ZERO = /^TCP Checksum 0xffff instead of 0x0000/;
/** Payloads are random bytes: nothing is to be read into them. And nobody's names are looked up. */
const BARE = ["-n", "-o", "tcp.desegment_tcp_streams:FALSE", "-d", "tcp.port==1-65535,data"];
const AGGREGATOR = "|";

/** Reads a capture. Takes some 70 µs a packet. */
export async function opinionOf(path: string): Promise<Opinion> {
  const fields = ["frame.number", "ip.src", "_ws.expert.message", "_ws.malformed"];
  const filter = "_ws.expert.severity >= 0x400000 || _ws.malformed";
  const rows = await tsharkFields(path, fields, [...BARE, "-E", `aggregator=${AGGREGATOR}`, "-E", "occurrence=a", "-Y", filter]);
  const counts = new Map<string, number>();
  for (const [_number, from = "", messages = "", malformed = ""] of rows) {
    const all = malformed === "" ? messages.split(AGGREGATOR) : ["malformed"];
    for (const message of all) {
      if (USUAL.test(message) || from === KERNEL_IP && OTHER_ZERO.test(message)) continue;
      const key = `${from}${AGGREGATOR}${message.replace(/ ?\(?#\d+\)?| \[.*\]/g, "")}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  const remarks = [...counts].map(([key, count]) => {
    const [from = "", text = ""] = key.split(AGGREGATOR);
    return { from, text, count };
  });
  const take = (kind: RegExp): Remark[] => remarks.filter(({ text }) => kind.test(text));
  const [flowControl, recovery, resets, closing] = [take(FLOW_CONTROL), take(RECOVERY), take(RESET), take(CLOSING)];
  const known = new Set([...flowControl, ...recovery, ...resets, ...closing]);
  const complaints = remarks.filter((remark) => !known.has(remark));
  return { closings: closing.reduce((sum, { count }) => sum + count, 0), flowControl, recovery, resets, complaints };
}
