/** Hidden checks of lab 06 with the kernel. */
import { expectHonestWindow, expectInsideWindow, expectKernelRead } from "../../../labs/06-buffers/checks/live_bench.ts";
import { expectBytes } from "../../../labs/06-buffers/checks/stream.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

export const live: Readonly<Record<string, CheckSpec>> = {
  "few-acks": {
    title: "you acknowledge enough, and not more than there is to tell",
    kind: "live",
    twin: "wire/every-second",
    covers: ["MUST-58", "MUST-59", "5681-4.2", "SHLD-19"],
    look: ["createAcknowledger.received", "createAcknowledger.sent"],
    why:
      "Segments often come in a heap. All of them are taken in before one acknowledgment answers them; there are never more of those than segments (RFC 9293 §3.8.6.3, MUST-58, MUST-59).",
    hints: [
      "How many acknowledgments without text do you send, and how many segments came?",
      "One for two full segments would be half as many.",
      "Too many: sent() forgets nothing. Too few, and late: the count of bytes.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tun" });
      const size = 400_000;
      await Promise.all([
        station.kernel.tcpClient({ to: station.address, port: 80, send: { size }, shutdown: true, receive: { untilEnd: true } }),
        station.tcp.sink(80),
      ]);
      const segments = station.tcp.segments(80);
      const texts = segments.filter(({ direction, data }) => direction === "from kernel" && data.length > 0).length;
      const acks = segments.filter(({ direction, length }) => direction === "from stack" && length === 0).length;
      t.ok(acks >= 3 && acks <= texts + 2, `no more acknowledgments than segments with text, of which there were ${texts}`, `${acks}`);
    },
  },
  "plain": {
    title: "without options it goes all the same, both ways",
    kind: "live",
    weight: 2,
    twin: "wire/both-ways",
    covers: ["MUST-16", "6298-3", "SHLD-14"],
    look: ["createSendBuffer.pieceToSend", "createReceiveBuffer.announce"],
    why:
      "No timestamps, no SACK, no window scale: the TCP of 1981. The round trip is then measured on single segments, and windows end at 65,535.",
    hints: [
      "What does your code know of options?",
      "Nothing; it must not.",
      "See wire/window and wire/window-shuts.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tap", tcp: { timestamps: false, sack: false, windowScaling: false } });
      const text = t.random.bytes(300_000);
      const [client] = await Promise.all([
        station.kernel.tcpClient({ to: station.address, port: 7, send: text, shutdown: true, receive: { untilEnd: true } }),
        station.tcp.echo(7),
      ]);
      expectKernelRead(t, client, text);
      const segments = station.tcp.segments(7);
      expectHonestWindow(t, segments);
      expectInsideWindow(t, segments);
    },
  },
  "replayed": {
    title: "old segments that come again do no harm",
    kind: "live",
    weight: 2,
    twin: "wire/duplicate",
    covers: ["2883", "SM-11"],
    look: ["createReceiveBuffer.insert", "createReceiveBuffer.beyond"],
    why:
      "Somebody plays back to you what the kernel sent before, backwards. The application reads each byte once; and the kernel's own counters show that it understood your reports (RFC 2883 §4).",
    hints: [
      "What do you do with text before `next`?",
      "Nothing: it moves nothing. The engine reports it.",
      "See receive/duplicates and wire/duplicate.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tun" });
      const text = t.random.bytes(30_000);
      await station.tcp.listen(80);
      const client = station.kernel.tcpClient({
        to: station.address,
        port: 80,
        send: text.subarray(0, 20_000),
        receive: { count: 1 },
        then: [{ send: text.subarray(20_000), shutdown: true, receive: { untilEnd: true } }],
      });
      const connection = await station.tcp.accepted();
      const first = await connection.readAll(20_000);
      const before = (await station.kernel.snmp()).TcpExt?.TCPDSACKRecv ?? 0;
      const old = station.frames.filter(({ direction, bytes }) => direction === "from kernel" && bytes.length > 100);
      for (const { bytes } of old.reverse()) await station.kernel.sendFrame({ device: station.device, bytes });
      await station.settle();
      t.equal((await connection.look()).readable, 0, "what can be read of text that came for the second time");
      const after = (await station.kernel.snmp()).TcpExt?.TCPDSACKRecv ?? 0;
      t.ok(after > before, "the kernel to count reports of duplicates (TCPDSACKRecv)", `${after - before} of ${old.length}`);
      await connection.write(Uint8Array.of(1));
      const second = await connection.readAll();
      await connection.close();
      await client;
      expectBytes(t, first, text.subarray(0, 20_000), "what your application read first");
      expectBytes(t, second, text.subarray(20_000), "what it read after the replay", 20_000);
    },
  },
  "pauses": {
    title: "both sides pause and go on, again and again",
    kind: "live",
    twin: "wire/window",
    covers: ["MUST-38", "MUST-39", "6298-5.1", "6298-5.2"],
    look: ["createSendBuffer.pieceToSend", "createReceiveBuffer.announce", "createRetransmission.sent"],
    why:
      "Real applications think between their words. Windows shut and open, buffers are empty and full, the timer starts and stops, many times in one connection.",
    hints: [
      "Which turn is the first that goes wrong?",
      "After a pause everything is acknowledged: buffers are empty, memory is given back, no timer runs.",
      "See send/round-and-round and timeout/acknowledged.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tun", tcp: { receiveBuffer: 9000 } });
      const texts = [20_000, 1, 30_000, 1459].map((size) => t.random.bytes(size));
      const talks = texts.map((text) => ({ send: text, receive: { count: text.length }, pauseBeforeReading: t.random.int(5, 40) }));
      await station.tcp.listen(80);
      const [first, ...then] = talks;
      const client = station.kernel.tcpClient({ to: station.address, port: 80, receiveBuffer: 4096, ...first, then });
      const connection = await station.tcp.accepted();
      for (const [turn, text] of texts.entries()) {
        expectBytes(t, await connection.readAll(text.length), text, `turn ${turn + 1}: what your application read`);
        const taken = await connection.writeAll(text);
        t.ok(taken === text.length, `turn ${turn + 1}: your send buffer to take ${amount(text.length)}`, amount(taken));
      }
      await connection.close();
      const { receivedLength, received, error } = await client;
      t.equal([receivedLength, error], [51_460, undefined], "bytes that the kernel read, and its error");
      let at = 0;
      for (const text of texts) expectBytes(t, received.subarray(at, at += text.length), text, "what the kernel read", at - text.length);
    },
  },
};
