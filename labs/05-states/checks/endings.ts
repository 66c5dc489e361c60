/** Checks of `close`, `abort` and `createChallengeLimit`: how connections end by our own will. */
import type { StatesModule } from "../../../stack/contract/states.ts";
import type { TcpState } from "../../../stack/contract/tcb.ts";
import type { CheckSpec, Remote, Trial } from "../../../tools/harness/suite.ts";
import { everywhere } from "./ack.ts";
import { expectStep, tcbIn } from "./bench.ts";
import { opposite } from "./wire.ts";

const QUEUED = opposite("the first close queues a FIN, and is an event (see close/queues).", ["close"]);

/** States in which the application may close: a FIN follows what it wrote. */
const CLOSABLE: readonly TcpState[] = ["SYN-RECEIVED", "ESTABLISHED", "CLOSE-WAIT"];
/** States in which it has closed before. */
const CLOSED_BEFORE: readonly TcpState[] = ["FIN-WAIT-1", "FIN-WAIT-2", "CLOSING", "LAST-ACK", "TIME-WAIT"];

export const close: Readonly<Record<string, CheckSpec>> = {
  "queues": {
    title: "close queues a FIN, and is an event",
    kind: "table",
    weight: 2,
    covers: ["SM-8"],
    look: ["close"],
    why:
      "The FIN goes out *behind* what the application wrote before, which may have to wait for a window. So it is not sent here, only queued; the state changes at once (RFC 9293 §3.10.4).",
    hints: [
      "What if there is text that has not been sent yet?",
      "The FIN goes out behind it: the engine sees to that, if tcb.finQueued says so.",
      'tcb.finQueued = true, effects.event("close"); in SYN-RECEIVED, ESTABLISHED and CLOSE-WAIT.',
    ],
    run: async (t) => {
      for (const state of CLOSABLE) {
        await everywhere(t, async (place) => {
          const wanted = { effects: ['event("close")'], changes: { finQueued: true } };
          await expectStep(t, "close", tcbIn(state, place), undefined, wanted);
        });
      }
    },
  },

  "nobody-there": {
    title: "close in LISTEN and SYN-SENT ends at once, without a FIN",
    kind: "table",
    covers: ["SM-2", "SM-3"],
    look: ["close"],
    why:
      "There is no peer yet that could wait for our FIN: nothing is sent (RFC 9293 §3.10.4). A SYN+ACK that comes later finds no connection, and is answered by a RST.",
    hints: [
      "Who would receive a FIN in SYN-SENT?",
      "Nobody. The event alone: nextState leads to CLOSED.",
      'Two more cases: only effects.event("close").',
    ],
    run: async (t) => {
      for (const state of ["LISTEN", "SYN-SENT"] as const) {
        await everywhere(t, (place) => expectStep(t, "close", tcbIn(state, place), undefined, { effects: ['event("close")'] }));
      }
    },
  },

  "twice": {
    title: "a second close changes nothing",
    kind: "table",
    weight: 2,
    covers: ["SM-8"],
    look: ["close"],
    why:
      'Programs close twice. A second FIN would have another number, and "close" cannot happen in a state in which we have closed (RFC 9293 §3.10.4 calls it an error; ours is silent).',
    hints: [
      "In which states have we closed already?",
      "FIN-WAIT-1, FIN-WAIT-2, CLOSING, LAST-ACK, TIME-WAIT; and in CLOSED there is nothing to close.",
      "A switch whose other cases do nothing.",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        for (const state of [...CLOSED_BEFORE, "CLOSED"] as const) await expectStep(t, "close", tcbIn(state, place), undefined, {});
        const wanted = { effects: ['event("close")'], changes: { finQueued: true } };
        await t.about(QUEUED, () => expectStep(t, "close", tcbIn("ESTABLISHED", place), undefined, wanted));
      });
    },
  },
};

const ABORTED = ['event("abort")', 'fail("aborted")'];

export const abort: Readonly<Record<string, CheckSpec>> = {
  "reset-sent": {
    title: "abort tells the peer by a RST at sndNxt",
    kind: "table",
    weight: 2,
    covers: ["MUST-12"],
    look: ["abort"],
    why:
      "The peer must not wait for us for ever. He believes a RST only at exactly the number that he expects next, which is our sndNxt if nothing was lost (RFC 9293 §3.10.5).",
    hints: [
      "Which number does the peer expect from us?",
      "What comes behind all that we have sent: sndNxt, and not sndUna.",
      'effects.send(RST | ACK, tcb.sndNxt, tcb.rcvNxt), then event "abort" and fail "aborted".',
    ],
    run: async (t) => {
      for (const state of ["SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT"] as const) {
        await everywhere(t, async (place) => {
          const tcb = tcbIn(state, place);
          const reset = [`send(RST ACK, ${tcb.sndNxt}, ${tcb.rcvNxt})`, `send(RST, ${tcb.sndNxt})`];
          await expectStep(t, "abort", tcb, undefined, { effects: [reset, ...ABORTED] });
        });
      }
    },
  },

  "no-reset": {
    title: "abort sends no RST where it would tell nobody anything",
    kind: "table",
    covers: ["MUST-12", "1337"],
    look: ["abort"],
    why:
      "In SYN-SENT there is no peer yet; in CLOSING, LAST-ACK and TIME-WAIT both sides have closed, and a RST could only harm (RFC 9293 §3.10.5). The end itself is the " +
      "same as ever: the event, and the failure that the application hears of.",
    hints: [
      "In which states does a RST save the peer from waiting?",
      "Where he may still expect text or a FIN from us; in CLOSING, LAST-ACK and TIME-WAIT both FINs are out.",
      "The event and the failure as ever, without send.",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        for (const state of ["LISTEN", "SYN-SENT"] as const) {
          await expectStep(t, "abort", tcbIn(state, place), undefined, { effects: ABORTED });
        }
        for (const state of ["CLOSING", "LAST-ACK", "TIME-WAIT"] as const) {
          await expectStep(t, "abort", tcbIn(state, place), undefined, { effects: ['event("abort")'], also: ['fail("aborted")'] });
        }
        await expectStep(t, "abort", tcbIn("CLOSED", place), undefined, {});
      });
    },
  },
};

/** The object that `createChallengeLimit` makes. */
type Limit = ReturnType<StatesModule["createChallengeLimit"]>;

/** Asks at each of these times; gives how many were allowed. */
export async function countAllowed(t: Trial, limit: Remote<Limit>, times: readonly number[]): Promise<number> {
  const first = await limit.allow(times[0] as number);
  const outcomes = [{ value: first as unknown }, ...await t.manyOn(limit, "allow", times.slice(1).map((now) => [now]))];
  const odd = outcomes.find((outcome) => typeof outcome.value !== "boolean");
  t.ok(odd === undefined, "allow to return true or false", `${odd?.threw ?? odd?.value}`);
  return outcomes.filter((outcome) => outcome.value === true).length;
}

/** A limit of so many in each `interval` milliseconds. */
export async function limitOf(t: Trial, limit: number, interval: number): Promise<Remote<Limit>> {
  t.step(`createChallengeLimit(${limit}, ${interval})`);
  return await t.states.createChallengeLimit(limit, interval) as unknown as Remote<Limit>;
}

export const limit: Readonly<Record<string, CheckSpec>> = {
  "burst": {
    title: "so many challenges at once are allowed, and no more",
    kind: "table",
    covers: ["R5961-7"],
    look: ["createChallengeLimit.allow"],
    why:
      "Every challenge answers a segment that anybody could have sent. Without a limit a flood of forged segments makes us send a flood of ACKs, to somebody who asked for nothing " +
      "(RFC 5961 §7).",
    hints: [
      "What has `allow` to remember?",
      "How many it has allowed in this interval, and when the interval began.",
      "Count up; allowed while the count is at most the limit.",
    ],
    run: async (t) => {
      for (const most of [1, 10, t.random.int(2, 50)]) {
        const now = t.random.int(0, 100_000);
        const limit = await limitOf(t, most, 5000);
        t.equal(await countAllowed(t, limit, Array(most * 3).fill(now)), most, `allowed of ${most * 3} asked at ${now} ms`);
        t.equal(await countAllowed(t, limit, [now + 1, now + 2, now + 3]), 0, `allowed within 3 ms more`);
      }
    },
  },

  "example": {
    title: "the handout's example: calls at 100 to 400, 5099 and 5100",
    kind: "table",
    covers: ["R5961-7"],
    look: ["createChallengeLimit.allow"],
    why:
      "The first interval begins with the first call, at 100, and not at a multiple of its length; it lasts to 5100, which is the first millisecond of the next one (RFC 5961 §7 leaves the details to us).",
    hints: [
      "When is the first interval over?",
      "When 5000 ms have passed since its first call: at 5100, and not at 5000, 5099 or 5101.",
      "now − began ≥ interval begins a new one.",
    ],
    run: async (t) => {
      const limit = await limitOf(t, 3, 5000);
      for (
        const [now, allowed] of [[100, true], [200, true], [300, true], [400, false], [5000, false], [5099, false], [5100, true]] as const
      ) {
        t.equal(await limit.allow(now), allowed, `allow(${now})`);
      }
    },
  },

  "refill": {
    title: "after the interval as many are allowed again",
    kind: "table",
    covers: ["R5961-7"],
    look: ["createChallengeLimit.allow"],
    why: "The limit must not end all challenges for ever: an honest peer that lost its connection next week needs one (RFC 5961 §7).",
    hints: [
      "What happens when `interval` milliseconds have passed since the interval began?",
      "A new one begins, with a count of 0.",
      "Begin with the start of the interval at −Infinity, and the first call begins one by itself.",
    ],
    run: async (t) => {
      const [most, interval] = [t.random.int(2, 20), t.random.int(1000, 9000)];
      const limit = await limitOf(t, most, interval);
      let now = t.random.int(0, 100_000);
      for (let round = 1; round <= 4; round++) {
        t.equal(await countAllowed(t, limit, Array(most + 5).fill(now)), most, `allowed of ${most + 5} asked at ${now} ms`);
        now += interval * t.random.pick([1, 2, 50]) + t.random.int(0, 900);
      }
    },
  },
};
