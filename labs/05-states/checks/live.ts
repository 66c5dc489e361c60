/** Live checks: the Linux kernel at the other end, and its own table of states beside yours. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { expectGood, expectKernelState, expectLiveState, visit } from "./live_bench.ts";
import { aboutItsEnd, ENDS_ALL } from "./wire.ts";

/** What comes before the end that a check is about. */
const READS_FIRST = {
  why:
    "Before its RST the kernel sends 100 bytes, and your application reads them: each segment passes all steps, and takeText delivers it (RFC 9293 §3.10.7.4). What the " +
    "check is about comes after that.",
  look: ["takeText", "checkAck", "checkSequence"],
};

const CALLS = {
  why:
    "Nothing was sent yet. The application connects, and “active open” has to lead from CLOSED to SYN-SENT (RFC 9293 §3.3.2, figure 5). What the check is about comes after that.",
  look: ["nextState"],
};

const LAST_WORD = {
  why:
    "The kernel closes second, and waits in LAST-ACK for your ACK of its FIN. The FIN takes a number behind the last byte: an ACK that is one too low, or none, leaves the kernel's row where it is " +
    "(RFC 9293 §3.6, figure 12).",
  look: ["checkFin"],
};

export const live: Readonly<Record<string, CheckSpec>> = {
  "kernel-closes-first": {
    title: "the kernel connects, talks, and closes first",
    kind: "live",
    weight: 3,
    twin: "closing/second",
    covers: ["SM-8", "SM-4", "SM-2"],
    look: ["checkFin", "close", "checkAck"],
    why:
      "The whole life of a connection, seen from a server: SYN-RECEIVED, ESTABLISHED, CLOSE-WAIT, LAST-ACK, CLOSED. The kernel does the waiting: its row in /proc/net/tcp says TIME-WAIT " +
      "(RFC 9293 §3.6, figure 12).",
    hints: [
      "How far does the ladder get: SYN, text, FIN?",
      "closing/second walks the same way on the virtual wire; get it right first.",
      "If the kernel sends its FIN again and again, your ACK of it is one too low.",
    ],
    run: async (t) => {
      const text = t.random.bytes(3000);
      const { station, connection, client } = await visit(t, { send: text, shutdown: true, receive: { untilEnd: true } });
      const received = await connection.readAll();
      t.equal(received, text, "what your application read");
      await expectLiveState(t, connection, "CLOSE-WAIT", "after the kernel's FIN");
      await expectKernelState(t, station, 80, "FIN-WAIT-2", "after your ACK of its FIN");
      await connection.close();
      expectGood(t, await client, 0);
      await t.about(ENDS_ALL, () => expectLiveState(t, connection, "CLOSED", "after the ACK of your FIN"));
      await expectKernelState(t, station, 80, "TIME-WAIT", "when both have closed");
    },
  },

  "you-close-first": {
    title: "the kernel connects, and you close first",
    kind: "live",
    weight: 3,
    twin: "closing/first",
    covers: ["SM-8", "MUST-13"],
    look: ["close", "checkAck", "checkFin"],
    why:
      "Now you do the waiting: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, and the kernel's row is gone as soon as it has your last ACK (RFC 9293 §3.6, figure 12).",
    hints: [
      "In which state does yours end?",
      "TIME-WAIT; the kernel's socket must be gone by then.",
      "Get closing/first right.",
    ],
    run: async (t) => {
      const { station, connection, client } = await visit(t, { receive: { untilEnd: true } });
      const text = t.random.bytes(2000);
      t.equal(await connection.writeAll(text), text.length, "bytes that your stack took from the application");
      await connection.close();
      expectGood(t, await client, text);
      await expectLiveState(t, connection, "TIME-WAIT", "when both have closed");
      await t.about(LAST_WORD, () => expectKernelState(t, station, 80, "none", "when it has the ACK of its FIN"));
    },
  },

  "you-connect": {
    title: "you connect to the kernel, talk, and close first",
    kind: "live",
    weight: 3,
    twin: "opening/active",
    covers: ["SM-3", "SM-8", "MUST-13"],
    look: ["nextState", "checkAck", "checkFin"],
    why:
      "The other side of the handshake: SYN-SENT, ESTABLISHED. A program on the kernel's side sends everything back; your half-close tells it that nothing more comes, and it closes too.",
    hints: [
      "Does opening/active pass?",
      "Then look at the ladder: who sends what after your FIN?",
      "FIN and ACK may come in one segment: see closing/fin-and-ack.",
    ],
    run: async (t) => {
      const station = await t.live({ kind: "tun" });
      const port = t.random.int(1024, 30_000);
      const server = station.kernel.tcpServer({ port, mode: "echo" });
      server.catch(() => {});
      const connection = await station.tcp.connected(port);
      await expectLiveState(t, connection, "ESTABLISHED", "after the handshake");
      const text = t.random.bytes(4000);
      await connection.writeAll(text);
      await connection.shutdown();
      t.equal(await connection.readAll(), text, "what came back");
      const [outcome] = await server;
      t.equal(outcome?.error ?? "none", "none", "the error that the kernel's program met");
      await expectLiveState(t, connection, "TIME-WAIT", "when both have closed");
      const rows = await station.kernel.tcpTable({ address: station.address });
      const left = rows.filter((row) => row.localPort === port && row.remotePort !== 0).map((row) => row.state);
      await t.about(LAST_WORD, () => t.equal(left, [], "the kernel's rows, when both have closed"));
    },
  },

  "refused": {
    title: "you connect to a closed port of the kernel's: refused",
    kind: "live",
    weight: 2,
    twin: "opening/refused",
    covers: ["SM-3", "MUST-12"],
    look: ["nextState"],
    why: "The kernel answers your SYN by RST and ACK. SYN-SENT ends in CLOSED, and the application hears “refused” (RFC 9293 §3.10.7.3).",
    hints: [
      "Is there a RST in the ladder?",
      'SYN-SENT, "reset received": CLOSED.',
      "See table/resets.",
    ],
    run: async (t) => {
      const station = await t.live({ kind: "tun" });
      const port = t.random.int(1024, 30_000);
      const connection = station.tcp.patient(await t.about(CALLS, () => station.tcp.connect(port)));
      const view = await connection.until(({ state }) => state === "CLOSED");
      t.equal(view.state, "CLOSED", "your state after the kernel's RST");
      const told = view.notices.filter((notice) => notice !== "trouble");
      await aboutItsEnd(t, "refused", () => t.equal(told, ["refused"], "what the application was told"));
    },
  },

  "kernel-half-closes": {
    title: "the kernel half-closes, and you go on talking",
    kind: "live",
    weight: 2,
    twin: "closing/half-closed",
    covers: ["SM-8", "SM-4"],
    look: ["checkFin", "checkAck"],
    why:
      "`nc -N` does this: it has sent all its input, and waits for the answer. Your CLOSE-WAIT may last, and 20,000 bytes go through it; every ACK of the kernel's passes your checkAck (RFC 9293 §3.6).",
    hints: [
      "Does your side stop sending after the kernel's FIN?",
      "CLOSE-WAIT sends like ESTABLISHED; checkAck must move sndUna there too.",
      "See closing/half-closed.",
    ],
    run: async (t) => {
      const { station, connection, client } = await visit(t, { send: t.random.bytes(10), shutdown: true, receive: { untilEnd: true } });
      t.equal((await connection.readAll()).length, 10, "bytes that your application read");
      await expectKernelState(t, station, 80, "FIN-WAIT-2", "after its FIN");
      const text = t.random.bytes(20_000);
      t.equal(await connection.writeAll(text), text.length, "bytes that your stack took from the application");
      await connection.close();
      expectGood(t, await client, text);
      await expectLiveState(t, connection, "CLOSED", "in the end");
    },
  },

  "you-half-close": {
    title: "you half-close, and the kernel goes on talking",
    kind: "live",
    weight: 2,
    twin: "closing/half-close",
    covers: ["SM-8", "SM-10"],
    look: ["takeText", "checkFin"],
    why:
      "Your FIN is acknowledged, and the kernel's program answers with 200,000 bytes. As long as it does, its row says CLOSE-WAIT; and you take all of them in FIN-WAIT-2 (RFC 9293 §3.6).",
    hints: [
      "What does takeText do in FIN-WAIT-2?",
      "The same as in ESTABLISHED.",
      "See closing/half-close.",
    ],
    run: async (t) => {
      // More than the kernel can send while nobody reads here: so its program cannot have closed before.
      const size = 200_000;
      const station = await t.live({ kind: "tun", tcp: { receiveBuffer: 16_384 } });
      await station.tcp.listen(80);
      const { connection, client } = await visit(t, { receive: { untilEnd: true }, then: [{ send: { size }, shutdown: true }] }, station);
      await connection.shutdown();
      await expectLiveState(t, connection, "FIN-WAIT-2", "after the ACK of your FIN");
      await expectKernelState(t, station, 80, "CLOSE-WAIT", "while it cannot send all of its text");
      t.equal((await connection.readAll()).length, size, "bytes that your application read");
      expectGood(t, await client, 0);
      await expectLiveState(t, connection, "TIME-WAIT", "in the end");
    },
  },

  "kernel-resets": {
    title: "the kernel resets the connection, and you hear of it",
    kind: "live",
    weight: 2,
    twin: "guessing/reset",
    covers: ["R5961-3.2a", "MUST-12"],
    look: ["checkReset", "checkSequence"],
    why:
      "A program sets SO_LINGER to 0 and closes: the kernel throws everything away and sends a RST. Its number is exact, so it is believed at once (RFC 5961 §3.2).",
    hints: [
      "Which number has the kernel's RST, and which do you expect?",
      "Exactly rcvNxt: reset, and no challenge.",
      "See reset/exact.",
    ],
    run: async (t) => {
      const { station, connection, client } = await visit(t, { send: t.random.bytes(100), receive: { count: 5 }, abort: true });
      await t.about(READS_FIRST, async () => {
        t.equal((await connection.readAll(100)).length, 100, "bytes that your application read");
      });
      await connection.writeAll(t.random.bytes(5));
      await client;
      const view = await connection.until(({ state }) => state === "CLOSED");
      t.equal(view.state, "CLOSED", "your state after the kernel's RST");
      const told = view.notices.filter((notice) => notice === "reset" || notice === "closed");
      await aboutItsEnd(t, "reset", () => t.equal(told, ["reset"], "how the application was told the end"));
      await expectKernelState(t, station, 80, "none", "after its RST");
    },
  },

  "you-abort": {
    title: "you abort, and the kernel's program gets ECONNRESET",
    kind: "live",
    weight: 2,
    twin: "losing/abort",
    covers: ["MUST-12"],
    look: ["abort"],
    why:
      "The kernel keeps to RFC 5961: it believes your RST only at exactly the number that it expects. Its program learns of it by an error, and not by an end of file.",
    hints: [
      "Is your RST in the ladder, and what does the kernel answer?",
      "If it answers by an ACK, that is a challenge: the number was not exact.",
      "sndNxt: see abort/reset-sent.",
    ],
    run: async (t) => {
      const { station, connection, client } = await visit(t, { receive: { untilEnd: true } });
      await connection.writeAll(t.random.bytes(1000));
      await station.settle();
      await connection.abort();
      t.equal((await client).error ?? "none", "ECONNRESET", "the error that the kernel's program met");
      await expectKernelState(t, station, 80, "none", "after your RST");
    },
  },
};
