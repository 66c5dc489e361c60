/** Hidden checks of lab 08 with the kernel, across a wire that loses what it is told to. */
import { expectOnlyLostAgain, expectRead, lossyWire, transfer } from "../../../labs/08-congestion/checks/live_bench.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

const SIZE = 200_000;

export const live: Readonly<Record<string, CheckSpec>> = {
  "serves": {
    title: "the kernel connects to you and reads, across losses",
    kind: "live",
    twin: "wire/sack",
    covers: ["6675-5", "6675-4", "5681-4.3"],
    look: ["createScoreboard.nextSegment", "duplicateAck", "newAck"],
    why: "Whoever opened the connection: it is the one who has much to say that must mind the way (RFC 5681 §3).",
    hints: [
      "Do live/one-loss and live/three-losses pass?",
      "The record is made when the handshake is over, whichever side began it.",
      "Two losses are two windows apart: the second begins a recovery of its own.",
    ],
    run: async (t: Trial) => {
      const { station, crossed } = await lossyWire(t, { initialWindow: 10 }, (number) => [12, 13, 70].includes(number));
      const [client] = await Promise.all([
        station.kernel.tcpClient({ to: station.address, port: 80, receive: { untilEnd: true } }),
        station.tcp.source(80, SIZE),
      ]);
      const done = crossed(80);
      await expectRead(t, done, client.receivedLength, SIZE);
      t.equal(client.patternEqual, true, "whether they were the bytes that your application wrote");
      expectOnlyLostAgain(t, done);
    },
  },
  "three-in-a-row": {
    title: "without SACK three neighbours get lost",
    kind: "live",
    twin: "acknowledged/several-holes",
    covers: ["6582", "5681-3.2e"],
    look: ["newAck", "duplicateAck", "sendWindow"],
    why:
      "Each retransmission is answered by an acknowledgment of one segment, up to the next hole. Three round trips later all is well, and the window was halved once (RFC 6582 §3.2).",
    hints: [
      "Does live/new-reno pass?",
      "Each partial acknowledgment tells of the next hole, right where it ends.",
      "What was acknowledged is one segment: the window loses one, and gets one back.",
    ],
    run: async (t: Trial) => {
      const done = await transfer(t, SIZE, { initialWindow: 10, sack: false }, (number) => number >= 30 && number < 33);
      expectOnlyLostAgain(t, done);
    },
  },
};
