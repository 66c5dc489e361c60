/** The ladder: what went well takes little room, what did not is told in full. */
import { assertEquals } from "@std/assert";
import { ANSWERS_BY_ITSELF, type Step } from "../harness/transcript.ts";
import { ladder } from "./ladder.ts";

const call = (name: string, args: string, outcome = "", time = 0): Step => ({ kind: "call", time, name, args, outcome });
const right = (text: string): Step => ({ kind: "right", time: 0, text });
const note = (text: string, time = 0): Step => ({ kind: "note", time, text });
const packet = (direction: "to you" | "from you", text: string, said = ""): Step => ({
  kind: "packet",
  time: 0,
  direction,
  other: "peer",
  text,
  problems: [],
  bytes: new Uint8Array(),
  medium: "ethernet",
  fcs: false,
  note: said,
  on: 0,
});

Deno.test("ladder() folds what was right, and keeps the last call", () => {
  const steps = [
    call("crc32", "a", " → 0x1"),
    right("the CRC of a"),
    call("crc32", "b", " → 0x2"),
    right("the CRC of b"),
    call("crc32", "c"),
  ];
  assertEquals(ladder(steps), ["  1–4   ✔ 2 things were right: the CRC of a, the CRC of b", "    5   crc32(c)"]);
  assertEquals(ladder(steps.slice(2, 4)), ["    1   crc32(b) → 0x2", "    2   ✔ the CRC of b"]);
});

Deno.test("ladder() folds calls that set a check up", () => {
  const steps = ["10.0.0.0/8 on 0", "10.1.0.0/16 on 1", "0.0.0.0/0 on 2"].flatMap((route) => [
    note(`add ${route}`),
    call("createRoutes.add", route),
  ]);
  assertEquals(ladder([...steps, call("createRoutes.lookup", "10.1.2.3")]), [
    "  1–6   createRoutes.add, 3 times: add 10.0.0.0/8 on 0; add 10.1.0.0/16 on 1;",
    "        add 0.0.0.0/0 on 2",
    "    7   createRoutes.lookup(10.1.2.3)",
  ]);
});

Deno.test("ladder() leaves a call out that was told before it was made", () => {
  const told = [
    note("id 7, bytes 0–7"),
    call("insert", "id 0x0007", " → 1"),
    right("one"),
    note("at 8 ms: it ends"),
    call("poll", "8", " → 2"),
  ];
  const seen = [note("sent a request"), call("poll", "9")];
  assertEquals(ladder([...told, ...seen, note("bytes 16–23"), call("insert", "16", " → 3")]), [
    "  1–3   id 7, bytes 0–7  ✔",
    "  4–5   at 8 ms: it ends → 2",
    "    6   sent a request",
    "    7   poll(9)",
    "    8   bytes 16–23",
    "    9   insert(16) → 3",
  ]);
});

Deno.test("ladder() shows the last sixteen lines, with a clock only where one runs", () => {
  const steps = Array.from({ length: 20 }, (_, index) => note(`step ${index + 1}`, index * 1000));
  const shown = ladder(steps);
  assertEquals(shown.slice(0, 2), ["  … 4 earlier steps", "    5   4 000 ms   step 5"]);
  assertEquals(shown.length, 17);
});

Deno.test("ladder() folds what a note sums up, and ARP that the peer answers by itself", () => {
  const steps = [
    note("listens"),
    packet("to you", "TCP SYN"),
    packet("from you", "TCP SYN ACK"),
    { ...note("handshake done"), since: 1 },
    packet("from you", "ARP who has 10.44.0.1? tell 10.44.0.2"),
    packet("to you", "ARP 10.44.0.1 is at 02:00:00:00:00:01", ANSWERS_BY_ITSELF),
    packet("from you", "TCP FIN ACK"),
  ];
  assertEquals(ladder(steps), [
    "    1   listens",
    "  2–4   handshake done",
    "  5–6   ✔ you ask by ARP, and the peer answers for 10.44.0.1",
    "    7   peer ◀── you   TCP FIN ACK",
  ]);
});

Deno.test("ladder() folds packets that come again and again, but for their numbers; the last stays", () => {
  const steps = Array.from({ length: 6 }, (_, index) => [
    packet("to you", `TCP :1 → :2 RST seq ${index} win 0`),
    packet("from you", "TCP :2 → :1 ACK seq 7 ack 9 win 0"),
  ]).flat();
  assertEquals(ladder(steps), [
    "     1   peer ──▶ you   TCP :1 → :2 RST seq 0 win 0",
    "     2   peer ◀── you   TCP :2 → :1 ACK seq 7 ack 9 win 0",
    "  3–10   … these two, 4 times more",
    "    11   peer ──▶ you   TCP :1 → :2 RST seq 5 win 0",
    "    12   peer ◀── you   TCP :2 → :1 ACK seq 7 ack 9 win 0",
  ]);
  assertEquals(ladder(steps.filter((_, index) => index % 2 === 0)), [
    "    1   peer ──▶ you   TCP :1 → :2 RST seq 0 win 0",
    "  2–5   … the same, 4 times more",
    "    6   peer ──▶ you   TCP :1 → :2 RST seq 5 win 0",
  ]);
});

Deno.test("ladder() folds calls that come again and again with what came of them; the last call stays", () => {
  const round = [call("turn", "", " → true"), note("read of channel 7 → 0")];
  assertEquals(ladder([...Array.from({ length: 5 }, () => round).flat(), call("turn", "", " → true")]), [
    "     1   turn() → true",
    "     2   read of channel 7 → 0",
    "  3–10   … these two, 4 times more",
    "    11   turn() → true",
  ]);
  const steps = Array.from({ length: 5 }, (_, index) => call("turn", `${index}`, " → true"));
  assertEquals(ladder(steps).length, 5, "with other arguments it is something else");
});

Deno.test("ladder() marks what is wrong with a packet below it", () => {
  const wrong = { ...packet("from you", "ICMP echo reply id 1 seq 1, 8 bytes"), problems: ["checksum 0x0001, should be 0x0002"] };
  assertEquals(ladder([wrong as Step]), [
    "    1   peer ◀── you   ICMP echo reply id 1 seq 1, 8 bytes",
    "                       ✘ checksum 0x0001, should be 0x0002",
  ]);
});

Deno.test("ladder() shows the call of a run in which the window changes, and what it is then", () => {
  const grow = (cwnd: number, acked: number): Step => call("growReno", `{ open cwnd ${cwnd} smss 100 bytesAcked ${acked} }, 100`, "");
  const lines = ladder([...[0, 100, 200, 300].map((acked) => grow(400, acked)), grow(500, 0), grow(500, 100)]);
  assertEquals(lines.filter((line) => /^ +\d+ /.test(line) || line.includes("then")), [
    "    4   growReno({ open cwnd 400 smss 100 bytesAcked 300 }, 100): cwnd is 500",
    "        then",
    "    5   growReno({ open cwnd 500 smss 100 bytesAcked 0 }, 100)",
    "    6   growReno({ open cwnd 500 smss 100 bytesAcked 100 }, 100)",
  ]);
});
