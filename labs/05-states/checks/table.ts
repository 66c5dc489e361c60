/** Checks of `nextState`, row by row: RFC 9293 §3.3.2, figure 5, is 11 states by 12 events, most of which cannot happen. */
import type { TcpEvent, TcpState } from "../../../stack/contract/tcb.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { STATES } from "./bench.ts";

/** Every event, in the order in which a connection may meet them. */
export const EVENTS: readonly TcpEvent[] = [
  "passive open",
  "active open",
  "syn received",
  "syn-ack received",
  "syn acknowledged",
  "close",
  "fin received",
  "fin acknowledged",
  "reset received",
  "abort",
  "timeout",
  "time-wait over",
];

/** An arrow of the diagram. */
export type Arrow = readonly [from: TcpState, event: TcpEvent, to: TcpState | undefined];

/** Fails at the first cell that is wrong, and says how many are. */
export async function expectArrows(t: Trial, arrows: readonly Arrow[]): Promise<void> {
  const mixed = t.random.shuffle(arrows);
  const outcomes = await t.many("states", "nextState", mixed.map(([from, event]) => [from, event]));
  const wrong = mixed.map(([from, event, to], index) => ({ from, event, to, outcome: outcomes[index] }))
    .filter(({ to, outcome }) => outcome?.threw !== undefined || outcome?.value !== to);
  const first = wrong[0];
  if (first === undefined) return t.step(`all of ${arrows.length} cells are right`);
  const text = (value: unknown): string => value === undefined ? "undefined" : JSON.stringify(value);
  const others = wrong.length === 1 ? "" : ` (${wrong.length} of these ${arrows.length} cells are wrong)`;
  t.ok(
    false,
    `nextState("${first.from}", "${first.event}"): ${text(first.to)}`,
    `${first.outcome?.threw ?? text(first.outcome?.value)}${others}`,
  );
}

/** The row of a state: these arrows, and nothing else but what ends any connection. */
export function row(from: TcpState, arrows: Partial<Record<TcpEvent, TcpState>>): Arrow[] {
  return EVENTS.filter((event) => event !== "abort" && event !== "timeout" && event !== "reset received")
    .map((event): Arrow => [from, event, arrows[event]]);
}

/** The column of an event: where it leads from each state. */
function column(event: TcpEvent, to: (from: TcpState) => TcpState | undefined): Arrow[] {
  return STATES.map((from): Arrow => [from, event, to(from)]);
}

const HINTS_TAIL = "`undefined` is the answer for whatever cannot happen, and most cells are that.";

export const table: Readonly<Record<string, CheckSpec>> = {
  "opening": {
    title: "the rows of CLOSED, LISTEN, SYN-SENT and SYN-RECEIVED",
    kind: "table",
    weight: 2,
    covers: ["SM-2", "SM-3", "MUST-10"],
    look: ["nextState"],
    why:
      "Two ways lead to ESTABLISHED: by a SYN of ours that is answered by SYN and ACK, or through SYN-RECEIVED, where our SYN waits for its ACK. A SYN that crosses " +
      "ours leads from SYN-SENT to SYN-RECEIVED: nobody is the server then (RFC 9293 §3.3.2, figure 5).",
    hints: [
      "Write the table down as data: for each state, an object from event to state.",
      'LISTEN and SYN-SENT are left by "close" to CLOSED, as nobody is there yet; SYN-RECEIVED is left by it to FIN-WAIT-1.',
      HINTS_TAIL,
    ],
    run: async (t) => {
      await expectArrows(t, [
        ...row("CLOSED", { "passive open": "LISTEN", "active open": "SYN-SENT" }),
        ...row("LISTEN", { "active open": "SYN-SENT", "syn received": "SYN-RECEIVED", "close": "CLOSED" }),
        ...row("SYN-SENT", { "syn-ack received": "ESTABLISHED", "syn received": "SYN-RECEIVED", "close": "CLOSED" }),
        ...row("SYN-RECEIVED", { "close": "FIN-WAIT-1", "syn acknowledged": "ESTABLISHED" }),
      ]);
    },
  },

  "closing-first": {
    title: "the rows of ESTABLISHED, FIN-WAIT-1 and FIN-WAIT-2",
    kind: "table",
    weight: 2,
    covers: ["SM-8"],
    look: ["nextState"],
    why:
      "Who closes first waits for two things: the ACK of his FIN, and the other's FIN. They come in either order, and FIN-WAIT-1 is left to a different side for each " +
      "(RFC 9293 §3.3.2, figure 5).",
    hints: [
      "What has already happened in FIN-WAIT-2, and what in CLOSING?",
      'From FIN-WAIT-1: "fin acknowledged" leads to FIN-WAIT-2, "fin received" to CLOSING.',
      HINTS_TAIL,
    ],
    run: async (t) => {
      await expectArrows(t, [
        ...row("ESTABLISHED", { "fin received": "CLOSE-WAIT", "close": "FIN-WAIT-1" }),
        ...row("FIN-WAIT-1", { "fin received": "CLOSING", "fin acknowledged": "FIN-WAIT-2" }),
        ...row("FIN-WAIT-2", { "fin received": "TIME-WAIT" }),
      ]);
    },
  },

  "closing-second": {
    title: "the row of CLOSE-WAIT",
    kind: "table",
    covers: ["SM-8", "SM-10"],
    look: ["nextState"],
    why:
      "In CLOSE-WAIT the peer has said all, and we have not: the state lasts until the application closes, however long that is. A FIN that comes again changes nothing " +
      "(RFC 9293 §3.10.7.4, eighth step).",
    hints: [
      "Who has to act in CLOSE-WAIT?",
      'The application: "close" leads to LAST-ACK. "fin received" is possible, and leads to CLOSE-WAIT itself.',
      HINTS_TAIL,
    ],
    run: async (t) => {
      await expectArrows(t, row("CLOSE-WAIT", { "fin received": "CLOSE-WAIT", "close": "LAST-ACK" }));
    },
  },

  "any-end": {
    title: "abort and timeout end a connection in every state",
    kind: "table",
    covers: ["MUST-12"],
    look: ["nextState"],
    why:
      "An application may give up at any time, and so does TCP when nobody answers any more (R2). From CLOSED nothing can be ended (RFC 9293 §3.10.5, §3.10.8).",
    hints: [
      "Do you want to write this into eleven rows?",
      "Ask for these two events before you look into the table.",
      'Both lead to "CLOSED" from every state but CLOSED, where they give undefined.',
    ],
    run: async (t) => {
      const ended = (from: TcpState): TcpState | undefined => from === "CLOSED" ? undefined : "CLOSED";
      await expectArrows(t, [...column("abort", ended), ...column("timeout", ended)]);
    },
  },

  "resets": {
    title: "a reset ends every connection, but no listening",
    kind: "table",
    covers: ["MUST-11", "SM-2"],
    look: ["nextState"],
    why:
      "Where there is a connection, a valid RST ends it. In CLOSED and LISTEN there is none, so there is nothing to reset (RFC 9293 §3.10.7.1, §3.10.7.2). A half-open " +
      "connection that came from a listening socket ends too; the socket is something else, and goes on listening.",
    hints: [
      "In which states is there nobody who could send us a valid RST?",
      "CLOSED and LISTEN.",
      '"reset received" leads to "CLOSED" from the nine others.',
    ],
    run: async (t) => {
      await expectArrows(t, column("reset received", (from) => from === "CLOSED" || from === "LISTEN" ? undefined : "CLOSED"));
    },
  },
};
