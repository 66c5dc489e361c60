/**
 * The eleven states: which event leads where. A table, so that it can be read, drawn (docs/states.md) and tested against RFC 9293 §3.3.2,
 * figure 5, arrow by arrow.
 */
import type { TcpEvent, TcpState } from "../../stack/contract/tcb.ts";
import { todo } from "../../stack/wire/not_implemented.ts";

/**
 * The state that follows `state` when `event` happens, or undefined when it cannot happen there. "abort" and "timeout" end
 * every connection that exists. See stack/contract/states.ts.
 */
export function nextState(state: TcpState, event: TcpEvent): TcpState | undefined {
  return todo("nextState", state, event);
}
