/** Public checks of lab 06 with the kernel: a mebibyte in every direction, slow readers, small windows. */
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { expectHonestWindow, expectInsideWindow, expectKernelRead, expectServed, MEBIBYTE } from "./live_bench.ts";
import { expectBytes } from "./stream.ts";
import { READ } from "./wire.ts";

export const live: Readonly<Record<string, CheckSpec>> = {
  "kernel-sends": {
    title: "the kernel connects, and sends you a mebibyte",
    kind: "live",
    weight: 2,
    twin: "wire/text",
    covers: ["MUST-59", "5681-4.2", "MUST-40"],
    look: ["createReceiveBuffer.insert", "createReceiveBuffer.read", "createAcknowledger.received"],
    why: "718 full segments and more, from a sender that nobody here wrote. Every byte must come up, once and in order (RFC 9293 §2.2).",
    hints: [
      "Do the groups receive and window pass?",
      "If it stops half-way: which of the two waits for the other? Look at the last acknowledgment and its window.",
      "If it is slow: are your acknowledgments late?",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tun" });
      const [client, served] = await Promise.all([
        station.kernel.tcpClient({ to: station.address, port: 80, send: { size: MEBIBYTE }, shutdown: true, receive: { untilEnd: true } }),
        station.tcp.sink(80),
      ]);
      expectServed(t, served, MEBIBYTE);
      t.ok(client.error === undefined, "the kernel's connection to end without an error", `${client.error}`);
      t.ok(client.end === true, "your FIN, when your application has closed", "none");
    },
  },
  "kernel-receives": {
    title: "the kernel connects, and reads a mebibyte of yours",
    kind: "live",
    weight: 2,
    twin: "wire/segments",
    covers: ["SHLD-28", "MUST-38"],
    look: ["createSendBuffer.pieceToSend", "createSendBuffer.copyInto", "createSendBuffer.acknowledge"],
    why: "The other direction: the kernel's window, its delayed acknowledgments, its idea of a good segment.",
    hints: [
      "Do the groups send, piece and wire pass?",
      "If it stops: is something in flight, and does the timer run?",
      "If a byte is wrong, it was so in the buffer: see the group send, or random/send-buffer.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tun" });
      const [client] = await Promise.all([
        station.kernel.tcpClient({ to: station.address, port: 80, receive: { untilEnd: true } }),
        station.tcp.source(80, MEBIBYTE),
      ]);
      t.ok(client.receivedLength === MEBIBYTE, `the kernel to read ${amount(MEBIBYTE)}`, amount(client.receivedLength));
      t.ok(client.end === true, "the end of your text (a FIN) behind it", "none");
      t.ok(client.patternEqual === true, "the bytes that your application wrote, each in its place", "other bytes");
      expectInsideWindow(t, station.tcp.segments(80));
    },
  },
  "you-send": {
    title: "you connect to the kernel, and send it a mebibyte",
    kind: "live",
    weight: 2,
    twin: "wire/segments",
    covers: ["SHLD-28", "MUST-38", "MUST-61"],
    look: ["createSendBuffer.write", "createSendBuffer.pieceToSend", "createSendBuffer.acknowledge"],
    why: "Whoever opened the connection, text is text. Half a mebibyte fits into your buffer: the rest waits until there is room.",
    hints: [
      "How much did the buffer take at first, and how much after acknowledgments?",
      "write takes what fits; the application comes back when room was given back.",
      "`acknowledge` moves `#start`, and `room` grows by as much: compare both around the first acknowledgment. wire/full-buffer does it without the kernel.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tap" });
      const text = t.random.bytes(MEBIBYTE);
      const server = station.kernel.tcpServer({ port: 9, mode: "sink" });
      const connection = await station.tcp.connected(9);
      const taken = await connection.writeAll(text);
      t.ok(taken === text.length, `your send buffer to take ${amount(text.length)}, as room comes back`, amount(taken));
      await connection.close();
      expectKernelRead(t, (await server)[0], text);
    },
  },
  "you-receive": {
    title: "you connect to the kernel, and read a mebibyte of it",
    kind: "live",
    twin: "wire/text",
    covers: ["MUST-40", "5681-4.2"],
    look: ["createReceiveBuffer.insert", "createReceiveBuffer.read"],
    why: "The fourth of the four: you opened, the kernel sends.",
    hints: [
      "Does live/kernel-sends pass? Then look at how the connection was opened.",
      "The receive buffer does not know who opened.",
      "Everything that fails here fails in receive/in-order or wire/text, too: mend those first.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tun" });
      const text = t.random.bytes(MEBIBYTE);
      const server = station.kernel.tcpServer({ port: 19, mode: [{ send: text, shutdown: true, receive: { untilEnd: true } }] });
      const connection = await station.tcp.connected(19);
      expectBytes(t, await connection.readAll(), text, "what your application read");
      await connection.close();
      const [served] = await server;
      t.equal(served?.error, undefined, "how it ended for the kernel");
    },
  },
  "echo": {
    title: "200,000 bytes go to you and back at the same time",
    kind: "live",
    twin: "wire/with-the-answer",
    covers: ["MUST-58", "SHLD-18"],
    look: ["createSendBuffer.pieceToSend", "createAcknowledger.sent"],
    why: "Both streams of one connection are busy, and acknowledgments ride on text.",
    hints: [
      "Do live/kernel-sends and live/kernel-receives pass?",
      "What is different: your segments carry acknowledgments, and so do the kernel's.",
      "sent() of the acknowledger is called for each segment of yours.",
    ],
    run: async (t) => {
      const station = await t.live({ kind: "tap" });
      const text = t.random.bytes(200_000);
      const [client] = await Promise.all([
        station.kernel.tcpClient({ to: station.address, port: 7, send: text, shutdown: true, receive: { untilEnd: true } }),
        station.tcp.echo(7),
      ]);
      expectKernelRead(t, client, text);
    },
  },
  "small-reads": {
    title: "an application that reads crumbs is sent whole segments",
    kind: "live",
    weight: 2,
    twin: "wire/window-opens",
    covers: ["MUST-39", "SHLD-14"],
    look: ["createReceiveBuffer.announce", "createReceiveBuffer.read", "createReceiveBuffer.insert"],
    why:
      "Your buffer is full most of the time, and some hundred bytes are read at a time. The kernel must not be told of each (RFC 9293 §3.8.6.2.2, MUST-39).",
    hints: [
      "How long are the segments that the kernel sends you?",
      "Short ones mean that your window opened by crumbs.",
      "announce: a new edge only if `edge − announced` is at least the smaller of half of the capacity and `mss`. window/strides shows it with few calls.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tun", tcp: { receiveBuffer: 8000, windowScaling: false } });
      const text = t.random.bytes(40_000);
      await station.tcp.listen(80);
      const client = station.kernel.tcpClient({ to: station.address, port: 80, send: text, shutdown: true, receive: { untilEnd: true } });
      const connection = await station.tcp.accepted();
      await connection.until(({ readable }) => readable >= 8000);
      let read = 0;
      for (let bytes = await connection.readSome(700); bytes.length > 0; bytes = await connection.readSome(t.random.int(100, 700))) {
        await t.about(READ, () => expectBytes(t, bytes, text.subarray(read, read + bytes.length), "what your application read", read));
        read += bytes.length;
      }
      t.ok(read === text.length, `your application to read ${amount(text.length)}`, amount(read));
      await connection.close();
      await client;
      const segments = station.tcp.segments(80);
      expectHonestWindow(t, segments);
      const texts = segments.filter(({ direction, data }) => direction === "from kernel" && data.length > 0);
      // A full window at first, then at least half a segment with each opening; the kernel's own probes are few.
      t.ok(texts.length <= 60, "60 segments from the kernel at most, for 40000 bytes", `${texts.length}: your window opens by crumbs`);
    },
  },
  "slow-reader": {
    title: "your window shuts, and opens again",
    kind: "live",
    weight: 2,
    twin: "wire/window-shuts",
    covers: ["SHLD-14", "MUST-39", "7323-2.4"],
    look: ["createReceiveBuffer.edge", "createReceiveBuffer.insert", "createReceiveBuffer.announce"],
    why: "Nobody reads, so the window shuts; then all is read, and the kernel must be told. What you had announced was never taken back.",
    hints: [
      "Does the kernel go on when your application has read?",
      "The edge that announce gives must move then, by a segment or more.",
      "After a read of everything, `edge()` is `#start` + capacity, and lies far more than a stride beyond what was announced: announce returns it.",
    ],
    run: async (t: Trial) => {
      const receiveBuffer = t.random.int(10_000, 20_000);
      const station = await t.live({ kind: "tun", tcp: { receiveBuffer } });
      const text = t.random.bytes(100_000);
      await station.tcp.listen(80);
      const client = station.kernel.tcpClient({ to: station.address, port: 80, send: text, shutdown: true, receive: { untilEnd: true } });
      const connection = await station.tcp.accepted();
      const full = await connection.until(({ readable }) => readable >= receiveBuffer - 1460);
      t.ok(full.readable <= receiveBuffer, `${receiveBuffer} bytes to read at most: that is the buffer`, `${full.readable}`);
      const bytes = await connection.readAll();
      await t.about(READ, () => expectBytes(t, bytes, text, "what your application read"));
      await connection.close();
      t.equal((await client).error, undefined, "how it ended for the kernel");
      expectHonestWindow(t, station.tcp.segments(80));
    },
  },
  "kernel-pauses": {
    title: "the kernel's window shuts, and you wait for it to open",
    kind: "live",
    weight: 2,
    twin: "wire/zero-window-probes",
    covers: ["MUST-35", "MUST-38", "MUST-37"],
    look: ["createSendBuffer.pieceToSend", "probeDelay"],
    why:
      "An application of the kernel's reads nothing for a while: its buffer fills, and its window shuts. Nothing may go beyond, and everything must go on after it.",
    hints: [
      "What goes out while the window is 0? And after it has opened?",
      "A probe of a byte at most; and then the rest.",
      "The smallest of three: `end − next`, `edge − next`, `mss`; and undefined at 0 or less. wire/window does it without the kernel.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tun" });
      const text = t.random.bytes(60_000);
      const server = station.kernel.tcpServer({ port: 9, mode: "sink", receiveBuffer: 4096, pauseBeforeReading: 200 });
      const connection = await station.tcp.connected(9);
      await connection.writeAll(text);
      await connection.close();
      expectKernelRead(t, (await server)[0], text);
      const segments = station.tcp.segments(9);
      t.ok(
        segments.some(({ direction, window }) => direction === "from kernel" && window === 0),
        "the kernel's window to have been filled",
        "it never was",
      );
      expectInsideWindow(t, segments);
    },
  },
  "tiny-window": {
    title: "a kernel with a tiny buffer gets all, and no crumbs",
    kind: "live",
    twin: "wire/silly-window",
    covers: ["MUST-38", "MUST-16"],
    look: ["createSendBuffer.pieceToSend"],
    why:
      "About two kilobytes of buffer, and segments of 536 bytes: each opening of the window is small, and yet most of what you send should be full segments.",
    hints: [
      "How long are your segments?",
      "A piece shorter than the MSS goes only if it is all there is, or half of the largest window.",
      "In pieceToSend, for `length < mss`: two questions, and the second is `!push && length * 2 < maxWindow`. With a window of 1000 at most, 500 are enough; 100 are not.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tun", tcp: { timestamps: false } });
      const text = t.random.bytes(30_000);
      const server = station.kernel.tcpServer({ port: 9, mode: "sink", receiveBuffer: 2304, mss: 536 });
      const connection = await station.tcp.connected(9);
      await connection.writeAll(text);
      await connection.close();
      expectKernelRead(t, (await server)[0], text);
      const segments = station.tcp.segments(9);
      expectInsideWindow(t, segments);
      const texts = segments.filter(({ direction, data }) => direction === "from stack" && data.length > 0);
      const longest = Math.max(...texts.map(({ data }) => data.length));
      t.ok(longest <= 536, "segments of 536 bytes of text at most, as the kernel's SYN says", `${longest}`);
      t.ok(texts.length <= 84, "84 segments at most for 30000 bytes, which fill 56", `${texts.length}`);
    },
  },
};
