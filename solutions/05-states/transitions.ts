/**
 * The eleven states: which event leads where. A table, so that it can be read, drawn (docs/states.md) and tested against RFC 9293 §3.3.2,
 * figure 5, arrow by arrow.
 */
import type { TcpEvent, TcpState } from "../../stack/contract/tcb.ts";

// region transitions
/** For each state, what can happen in it, and the state that follows. */
const TRANSITIONS: Readonly<Record<TcpState, Partial<Record<TcpEvent, TcpState>>>> = {
  "CLOSED": { "passive open": "LISTEN", "active open": "SYN-SENT" },
  "LISTEN": { "syn received": "SYN-RECEIVED", "active open": "SYN-SENT", "close": "CLOSED" },
  "SYN-SENT": { "syn received": "SYN-RECEIVED", "syn-ack received": "ESTABLISHED", "close": "CLOSED", "reset received": "CLOSED" },
  "SYN-RECEIVED": { "syn acknowledged": "ESTABLISHED", "close": "FIN-WAIT-1", "reset received": "CLOSED" },
  "ESTABLISHED": { "close": "FIN-WAIT-1", "fin received": "CLOSE-WAIT", "reset received": "CLOSED" },
  "FIN-WAIT-1": { "fin acknowledged": "FIN-WAIT-2", "fin received": "CLOSING", "reset received": "CLOSED" },
  "FIN-WAIT-2": { "fin received": "TIME-WAIT", "reset received": "CLOSED" },
  "CLOSE-WAIT": { "close": "LAST-ACK", "fin received": "CLOSE-WAIT", "reset received": "CLOSED" },
  "CLOSING": { "fin acknowledged": "TIME-WAIT", "fin received": "CLOSING", "reset received": "CLOSED" },
  "LAST-ACK": { "fin acknowledged": "CLOSED", "fin received": "LAST-ACK", "reset received": "CLOSED" },
  "TIME-WAIT": { "time-wait over": "CLOSED", "fin received": "TIME-WAIT", "reset received": "CLOSED" },
};
// endregion

/**
 * The state that follows `state` when `event` happens, or undefined when it cannot happen there. "abort" and "timeout" end
 * every connection that exists. See stack/contract/states.ts.
 */
export function nextState(state: TcpState, event: TcpEvent): TcpState | undefined {
  // region nextState
  if (event === "abort" || event === "timeout") return state === "CLOSED" ? undefined : "CLOSED";
  return TRANSITIONS[state][event];
  // endregion
}
