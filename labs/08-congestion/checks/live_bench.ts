/** What the live checks share: a wire that loses certain segments once, a transfer to the kernel across it, and what it must look like. */
import type { TcpConfig } from "../../../stack/host_config.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { LiveStation, Trial } from "../../../tools/harness/suite.ts";

type Crossed = ReturnType<LiveStation["tcp"]["segments"]>[number];

/** A transfer of yours that is over: what crossed the wire (lost segments, too), and the numbers at which the lost ones begin. */
export interface Transfer {
  readonly segments: readonly Crossed[];
  readonly lost: readonly number[];
}

/** Which of your segments with text get lost, once each. They are counted from 0, as they go out for the first time. */
export type Loses = (number: number) => boolean;

/** You connect to the kernel, write so many bytes, and close, across a wire that loses some. Fails unless the kernel reads all of it. */
export async function transfer(t: Trial, size: number, tcp: TcpConfig, loses: Loses): Promise<Transfer> {
  const { station, crossed } = await lossyWire(t, tcp, loses);
  const text = t.random.bytes(size);
  // A server of a check that failed half-way may still hold its port.
  const port = t.random.int(2000, 9999);
  const server = station.kernel.tcpServer({ port, mode: "sink" });
  const connection = await station.tcp.connected(port);
  const taken = await connection.writeAll(text);
  t.ok(taken === size, `your send buffer to take ${size} bytes, as room comes back`, `${taken}`);
  await connection.close();
  const [read] = await server;
  const done = crossed(port);
  await expectRead(t, done, read?.receivedLength ?? 0, size);
  t.ok(read?.received.every((byte, i) => byte === text[i]) === true, "the bytes that your application wrote", "others");
  return done;
}

/** What a transfer is about of which nothing ever goes. */
const SILENT = {
  why:
    "Not one byte of text has gone, though the kernel's window is open. What may be in flight is cwnd, which begins with what `initialWindow` gives; and `sendWindow` tells " +
    "the engine of it.",
  look: ["sendWindow", "initialWindow"],
};

/** Fails unless the kernel has read so many bytes; the failure says what was lost. */
export async function expectRead(t: Trial, done: Transfer, read: number, size: number): Promise<void> {
  const { lost } = done;
  const where = lost.length === 0 ? "no segment was lost" : `lost once: what begins at ${lost.join(", ")}`;
  const compare = (): void => t.ok(read === size, `the kernel to read ${amount(size)} (${where})`, amount(read));
  await (withText(done).length === 0 ? t.about(SILENT, compare) : compare());
}

/** A host at a wire that loses some; and what has crossed it of the connection with this port. */
export async function lossyWire(
  t: Trial,
  tcp: TcpConfig,
  loses: Loses,
): Promise<{ readonly station: LiveStation; readonly crossed: (port: number) => Transfer }> {
  const seen = new Set<number>();
  const lost = new Set<number>();
  const station = await t.live({
    kind: "tun",
    tcp,
    loses: (packet) => {
      const { seq, length } = textOf(packet);
      if (length === 0 || seen.has(seq)) return false;
      seen.add(seq);
      if (!loses(seen.size - 1)) return false;
      lost.add(seq);
      return true;
    },
  });
  const crossed = (port: number): Transfer => {
    const segments = station.tcp.segments(port);
    const first = segments.find(({ direction, data }) => direction === "from stack" && data.length > 0)?.header?.seq ?? 0;
    return { segments, lost: [...lost].map((seq) => 1 + ((seq - first) >>> 0)) };
  };
  return { station, crossed };
}

/** Your segments with text, in the order in which they went out. */
export function withText({ segments }: Transfer): readonly Crossed[] {
  return segments.filter(({ direction, data }) => direction === "from stack" && data.length > 0);
}

/** Fails unless everything went once, and what was lost twice. */
export function expectOnlyLostAgain(t: Trial, done: Transfer): void {
  const times = new Map<number, number>();
  for (const { seq } of withText(done)) times.set(seq, (times.get(seq) ?? 0) + 1);
  for (const [seq, count] of times) {
    const [expected, what] = done.lost.includes(seq) ? [2, "got lost, to go twice"] : [1, "arrived, to go once"];
    t.ok(count === expected, `the segment at ${seq}, which ${what}`, count === 1 ? "once" : `${count} times`);
  }
}

/** Fails unless at no time more was in flight than the initial window and what had been acknowledged by then: slow start's bound. */
export function expectWithinSlowStart(t: Trial, done: Transfer, initial: number): void {
  let acknowledged = 1;
  for (const { direction, seq, ack, data } of done.segments) {
    if (direction === "from kernel") acknowledged = ack;
    else if (data.length > 0) {
      const [flight, most] = [seq + data.length - acknowledged, initial + acknowledged - 1];
      t.ok(
        flight <= most,
        `at most ${most} bytes in flight when ${acknowledged - 1} are acknowledged`,
        `${flight}, with the segment at ${seq}`,
      );
    }
  }
}

/** Fails unless half of what was in flight when the lost segment went again, and two segments more, is the most that is in flight after recovery. */
export function expectHalved(t: Trial, done: Transfer): void {
  let [acknowledged, sent, half, point] = [1, 1, Infinity, Infinity];
  let left = -1;
  for (const { direction, seq, ack, data } of done.segments) {
    if (direction === "from kernel") {
      if (left >= 0) break;
      acknowledged = ack;
      continue;
    }
    if (data.length === 0) continue;
    const end = seq + data.length;
    if (seq === done.lost[0] && end <= sent) [half, point] = [(sent - acknowledged) / 2 + 2 * data.length, sent];
    sent = Math.max(sent, end);
    if (acknowledged >= point) left = sent - acknowledged;
  }
  t.ok(
    left >= 0,
    "the lost segment to go again, and new text when everything is acknowledged",
    half === Infinity ? "neither" : "no new text",
  );
  t.ok(left <= half, `at most ${half} bytes in flight after recovery`, amount(left));
}

/** Sequence number and length of the text of an IP packet that holds a TCP segment. */
function textOf(packet: Uint8Array): { seq: number; length: number } {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const tcp = (view.getUint8(0) & 15) * 4;
  return { seq: view.getUint32(tcp + 4), length: view.getUint16(2) - tcp - (view.getUint8(tcp + 12) >> 4) * 4 };
}
