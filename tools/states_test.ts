import { assert, assertEquals } from "@std/assert";
import { nextState } from "../solutions/05-states/transitions.ts";
import type { TcpEvent, TcpState } from "../stack/contract/tcb.ts";
import { drawPicture, EVENTS, pictureFaults, renderPage, STATES } from "./states.ts";

/** The reference with one cell changed. */
const changed = (from: TcpState, event: TcpEvent, to: TcpState | undefined): typeof nextState => (state, happened) =>
  state === from && happened === event ? to : nextState(state, happened);

Deno.test("drawPicture() draws every arrow that has a way, in 80 columns", () => {
  const lines = drawPicture(nextState).split("\n");
  assertEquals(lines.filter((line) => line.length > 80), []);
  const picture = lines.join("\n");
  for (const state of STATES) assert(picture.includes(`│ ${state} │`), state);
  const names = EVENTS.map((event) => [event, picture.split(event).length - 1] as const).filter(([, count]) => count > 0);
  assertEquals(Object.fromEntries(names), {
    "passive open": 1,
    "active open": 2,
    "syn received": 2,
    "syn-ack received": 1,
    "syn acknowledged": 1,
    "close": 3,
    "fin received": 3,
    "fin acknowledged": 3,
    "time-wait over": 1,
  });
  assertEquals(picture.match(/[▶◀▼▲]/g)?.length, 17, "arrow heads");
});

Deno.test("drawPicture() leaves out an arrow that nextState does not have", () => {
  const picture = drawPicture(changed("CLOSING", "fin acknowledged", undefined));
  assertEquals(picture.match(/[▶◀▼▲]/g)?.length, 16);
});

Deno.test("pictureFaults() finds arrows that are missing, too many, or lead elsewhere", () => {
  assertEquals(pictureFaults(nextState), []);
  assertEquals(pictureFaults(changed("CLOSING", "fin acknowledged", undefined)), [
    'the picture draws "fin acknowledged" from CLOSING, which leads nowhere',
  ]);
  assertEquals(pictureFaults(changed("CLOSING", "fin acknowledged", "LAST-ACK")), [
    'the picture\'s "fin acknowledged" from CLOSING does not end at LAST-ACK',
  ]);
  assertEquals(pictureFaults(changed("SYN-SENT", "syn acknowledged", "ESTABLISHED")), [
    'the picture has no way for "syn acknowledged" from SYN-SENT to ESTABLISHED',
  ]);
});

Deno.test("renderPage() has a cell for each of the 11 states and 12 events", () => {
  const rows = renderPage(nextState).split("\n").filter((line) => line.startsWith("| **"));
  const cells = rows.map((row) => row.split("|").slice(2, -1).map((cell) => cell.trim()));
  assertEquals(cells, STATES.map((state) => EVENTS.map((event) => nextState(state, event) ?? "·")));
});

Deno.test("the handout of lab 05 shows the same picture", async () => {
  const handout = await Deno.readTextFile(new URL("../labs/05-states/README.md", import.meta.url));
  assert(handout.includes(drawPicture(nextState)), "labs/05-states/README.md: copy the picture from docs/states.md");
});
