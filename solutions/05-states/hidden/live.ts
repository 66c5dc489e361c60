/** Hidden live checks: the same kernel, and what happens when somebody repeats or forges its segments. */
import { ipv4, tcp } from "../../../tools/harness/packets.ts";
import type { CheckSpec, LiveStation } from "../../../tools/harness/suite.ts";
import { expectGood, expectKernelState, expectLiveState, visit } from "../../../labs/05-states/checks/live_bench.ts";

const FLAGS_AT = 20 + 13;
const FIN = 1, SYN = 2;

/** The kernel's packets so far, whose TCP flags have one of these bits. On TUN a frame is an IP packet, here without options. */
function packetsWith(station: LiveStation, bits: number): Uint8Array[] {
  return station.frames.filter(({ direction, bytes }) => direction === "from kernel" && ((bytes[FLAGS_AT] ?? 0) & bits) !== 0)
    .map(({ bytes }) => bytes);
}

/** Where a number of 32 bits stands in an IP packet: SEG.SEQ, SEG.ACK. */
function numberAt(packet: Uint8Array, offset: number): number {
  return new DataView(packet.buffer, packet.byteOffset).getUint32(20 + offset);
}

export const live: Readonly<Record<string, CheckSpec>> = {
  "kernel-says-and-closes": {
    title: "you connect, the kernel talks and closes first",
    kind: "live",
    weight: 2,
    twin: "closing/second",
    covers: ["SM-8", "SM-11"],
    look: ["checkFin", "takeText", "close"],
    why:
      "A server that says what it has to say and hangs up: 30,000 bytes, and the FIN in the last segment of them. You close second, and need not wait (RFC 9293 §3.6).",
    hints: [
      "Does the FIN come with text, and is all text there before it counts?",
      "See closing/text-and-fin and closing/early-fin.",
      "In the end LAST-ACK, and CLOSED by the ACK of your FIN.",
    ],
    run: async (t) => {
      const station = await t.live({ kind: "tun" });
      const port = t.random.int(1024, 30_000);
      const server = station.kernel.tcpServer({ port, mode: "source", size: 30_000 });
      server.catch(() => {});
      const connection = await station.tcp.connected(port);
      t.equal((await connection.readAll()).length, 30_000, "bytes that your application read");
      await expectLiveState(t, connection, "CLOSE-WAIT", "after the kernel's FIN");
      await connection.close();
      const [outcome] = await server;
      t.equal(
        [outcome?.sent, outcome?.end, outcome?.error],
        [30_000, true, undefined],
        "bytes, your end, and the error that the kernel's program met",
      );
      await expectLiveState(t, connection, "CLOSED", "after the ACK of your FIN");
    },
  },

  "unread": {
    title: "you close with unread text, and the kernel gets ECONNRESET",
    kind: "live",
    weight: 2,
    twin: "losing/unread",
    covers: ["SHLD-3"],
    look: ["abort"],
    why:
      "The kernel's program believed that its text was read. Only the RST tells it otherwise (RFC 9293 §3.6; RFC 2525 §2.17); Linux does the same to you.",
    hints: [
      "What goes out at your close: FIN or RST?",
      "A RST, at sndNxt: the engine calls abort.",
      "See losing/unread.",
    ],
    run: async (t) => {
      const { station, connection, client } = await visit(t, { send: t.random.bytes(500), receive: { untilEnd: true } });
      await connection.until(({ readable }) => readable === 500);
      await connection.close();
      t.equal((await client).error ?? "none", "ECONNRESET", "the error that the kernel's program met");
      await expectKernelState(t, station, 80, "none", "after your RST");
    },
  },

  "fin-again": {
    title: "the kernel's FIN, repeated by somebody, is acknowledged",
    kind: "live",
    weight: 2,
    twin: "waiting/fin-again",
    covers: ["SM-9"],
    look: ["checkSequence"],
    why:
      "What the network may do, a program on the kernel's side does here: it sends the very packet with the FIN once more. You are in TIME-WAIT and acknowledge it as before (RFC 9293 §3.10.7.4).",
    hints: [
      "How many ACKs of yours follow the FINs in the ladder?",
      "One for each. The second FIN is outside the window.",
      "See sequence/fin-again.",
    ],
    run: async (t) => {
      const { station, connection, client } = await visit(t, { receive: { untilEnd: true } });
      await connection.close();
      await client;
      await expectLiveState(t, connection, "TIME-WAIT", "when both have closed");
      await station.settle();
      const fin = packetsWith(station, FIN).at(-1);
      t.equal(fin === undefined, false, "whether the kernel's FIN was missing");
      const answers = (): number => station.tcp.segments(80).filter(({ direction }) => direction === "from stack").length;
      const before = answers();
      t.step("a program on the kernel's side sends the packet with the FIN again");
      await station.kernel.sendFrame({ device: station.device, bytes: fin ?? new Uint8Array() });
      await station.settle();
      t.equal(answers() - before, 1, "segments of yours after the repeated FIN");
      await expectLiveState(t, connection, "TIME-WAIT", "after it");
    },
  },

  "reopened": {
    title: "the kernel connects again from the same port",
    kind: "live",
    weight: 2,
    twin: "waiting/reopened",
    covers: ["MUST-13", "SHLD-4"],
    look: ["mayReopen", "nextState"],
    why:
      "You closed first and are in TIME-WAIT; the kernel, who is not, takes the same port for its next connection. Its SYN has a newer timestamp, and usually a higher number (RFC 9293 §3.6.1).",
    hints: [
      "What does your side answer to the second SYN?",
      "SYN and ACK, from the listening port; the old connection has ended.",
      "See reopen/by-number and reopen/by-timestamp.",
    ],
    run: async (t) => {
      const localPort = t.random.int(32_768, 60_000);
      const first = await visit(t, { localPort, receive: { untilEnd: true } });
      await first.connection.close();
      await first.client;
      await expectLiveState(t, first.connection, "TIME-WAIT", "when both have closed");
      const text = t.random.bytes(100);
      const second = await visit(t, { localPort, send: text, shutdown: true, receive: { untilEnd: true } }, first.station);
      await expectLiveState(t, first.connection, "CLOSED", "of the old connection");
      t.equal(await second.connection.readAll(), text, "what your application read from the new one");
      await second.connection.close();
      expectGood(t, await second.client, 0);
    },
  },

  "forged-reset": {
    title: "a forged RST does not cut off the kernel",
    kind: "live",
    weight: 2,
    twin: "guessing/reset",
    covers: ["R5961-3.2b", "R5961-4.2"],
    look: ["checkReset", "checkSyn"],
    why:
      "Somebody on the kernel's side forges a RST and a SYN with numbers in your window. Your challenge ACKs go to the kernel, which knows nothing of them and drops them; the connection goes on (RFC 5961 §3.2, " +
      "§4.2).",
    hints: [
      "What becomes of your state after the forged RST?",
      "Nothing. The ACK that you send is harmless to the kernel.",
      "See reset/in-window and syn/challenged.",
    ],
    run: async (t) => {
      const text = t.random.bytes(300);
      const { station, connection, client } = await visit(t, {
        receive: { count: 100 },
        then: [{ send: text, shutdown: true, receive: { untilEnd: true } }],
      });
      const syn = packetsWith(station, SYN)[0] ?? new Uint8Array(40);
      const sourcePort = new DataView(syn.buffer, syn.byteOffset).getUint16(20);
      const ends = { source: station.kernelAddress, destination: station.address };
      for (const flags of ["RST", "SYN"]) {
        const seq = (numberAt(syn, 4) + t.random.int(1000, 30_000)) >>> 0;
        t.step(`a program on the kernel's side forges a ${flags}`);
        const segment = tcp({ sourcePort, destinationPort: 80, seq, flags, ...ends });
        await station.kernel.sendFrame({ device: station.device, bytes: ipv4({ protocol: 6, identification: 1, ...ends }, segment) });
        await station.settle();
      }
      await connection.writeAll(t.random.bytes(100));
      t.equal(await connection.readAll(), text, "what your application read afterwards");
      await connection.close();
      expectGood(t, await client, 100);
    },
  },
};
