/** All 11 states × all 12 events, against RFC 9293 §3.3.2, figure 5, and the notes below it. */
import { assertEquals, assertStrictEquals } from "@std/assert";
import type { TcpEvent, TcpState } from "../../stack/contract/tcb.ts";
import { nextState } from "./transitions.ts";

/** Each arrow of the figure, as a person reads it: from, event, to. What is not here cannot happen. */
const FIGURE: readonly (readonly [TcpState, TcpEvent, TcpState])[] = [
  ["CLOSED", "passive open", "LISTEN"],
  ["CLOSED", "active open", "SYN-SENT"],
  ["LISTEN", "active open", "SYN-SENT"],
  ["LISTEN", "syn received", "SYN-RECEIVED"],
  ["LISTEN", "close", "CLOSED"],
  ["SYN-SENT", "syn received", "SYN-RECEIVED"],
  ["SYN-SENT", "syn-ack received", "ESTABLISHED"],
  ["SYN-SENT", "close", "CLOSED"],
  ["SYN-RECEIVED", "syn acknowledged", "ESTABLISHED"],
  ["SYN-RECEIVED", "close", "FIN-WAIT-1"],
  ["ESTABLISHED", "close", "FIN-WAIT-1"],
  ["ESTABLISHED", "fin received", "CLOSE-WAIT"],
  ["FIN-WAIT-1", "fin acknowledged", "FIN-WAIT-2"],
  ["FIN-WAIT-1", "fin received", "CLOSING"],
  ["FIN-WAIT-2", "fin received", "TIME-WAIT"],
  ["CLOSE-WAIT", "close", "LAST-ACK"],
  ["CLOSING", "fin acknowledged", "TIME-WAIT"],
  ["LAST-ACK", "fin acknowledged", "CLOSED"],
  ["TIME-WAIT", "time-wait over", "CLOSED"],
];

const STATES: readonly TcpState[] = [
  "CLOSED",
  "LISTEN",
  "SYN-SENT",
  "SYN-RECEIVED",
  "ESTABLISHED",
  "FIN-WAIT-1",
  "FIN-WAIT-2",
  "CLOSE-WAIT",
  "CLOSING",
  "LAST-ACK",
  "TIME-WAIT",
];

const EVENTS: readonly TcpEvent[] = [
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

/** What the notes below the figure add, and the contract with them. */
function byNote(state: TcpState, event: TcpEvent): TcpState | undefined {
  const closedByPeer = ["CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT"].includes(state);
  if (event === "abort" || event === "timeout") return state === "CLOSED" ? undefined : "CLOSED";
  if (event === "reset received") return state === "CLOSED" || state === "LISTEN" ? undefined : "CLOSED";
  if (event === "fin received" && closedByPeer) return state;
  return undefined;
}

for (const state of STATES) {
  Deno.test(`nextState() knows what every event does in ${state}`, () => {
    for (const event of EVENTS) {
      const arrow = FIGURE.find(([from, by]) => from === state && by === event);
      assertStrictEquals(nextState(state, event), arrow?.[2] ?? byNote(state, event), `"${event}" in ${state}`);
    }
  });
}

Deno.test("nextState() reaches every state from CLOSED, and CLOSED from every state", () => {
  const reachableFrom = (begin: TcpState): Set<TcpState> => {
    const reached = new Set<TcpState>([begin]);
    for (const state of reached) {
      for (const event of EVENTS) {
        const next = nextState(state, event);
        if (next !== undefined) reached.add(next);
      }
    }
    return reached;
  };
  assertEquals([...reachableFrom("CLOSED")].sort(), [...STATES].sort());
  for (const state of STATES) assertEquals(reachableFrom(state).has("CLOSED"), true, state);
});

Deno.test("nextState() never reopens a connection that is going down", () => {
  const down: readonly TcpState[] = ["FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT"];
  for (const state of down) {
    for (const event of EVENTS) {
      const next = nextState(state, event);
      assertEquals(next === undefined || next === "CLOSED" || down.includes(next), true, `"${event}" in ${state} leads to ${next}`);
    }
  }
});
