/**
 * One of our stacks, and a stranger who says what he likes: near the edges of every window, with every flag and option, and lies of routers
 * between. Nothing is thrown, nobody reads a byte that was not sent at its place, and in the end no frame is lent, no port taken.
 */
import { assert, assertEquals } from "@std/assert";
import { type Arbitrary, fc } from "./fast_check.ts";
import type { TcpState } from "../../stack/contract/tcb.ts";
import { byteAt } from "../testing/tcp_rig.ts";
import { Stage } from "../testing/tcp_stranger.ts";

const STATES: readonly TcpState[] = [
  ...["SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT"] as const,
];

type Act =
  | {
    readonly act: "say";
    readonly flags: number;
    /** From the right numbers. */
    readonly seq: number;
    readonly ack: number;
    readonly window: number;
    readonly urgent: number;
    readonly length: number;
    readonly options: Uint8Array;
  }
  | { readonly act: "complain"; readonly type: number; readonly code: number; readonly rest: number }
  | { readonly act: "read" | "shut down" | "close" }
  | { readonly act: "write"; readonly count: number }
  | { readonly act: "wait"; readonly milliseconds: number };

const near = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -3, max: 3 }) },
  { weight: 2, arbitrary: fc.integer({ min: -70_000, max: 70_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }) },
);
const options = fc.oneof(
  { weight: 3, arbitrary: fc.constant(new Uint8Array()) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { minLength: 2, maxLength: 8 }).map((edges) => {
      const blocks = edges.slice(0, edges.length & ~1).flatMap((edge) => [edge >>> 24, edge >>> 16 & 255, edge >>> 8 & 255, edge & 255]);
      return Uint8Array.from([1, 1, 5, 2 + blocks.length, ...blocks]);
    }),
  },
);
const act: Arbitrary<Act> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      act: fc.constant("say" as const),
      flags: fc.integer({ min: 0, max: 0xfff }),
      seq: near,
      ack: near,
      window: fc.constantFrom(0, 1, 1000, 65_535),
      urgent: fc.constantFrom(0, 1, 65_535),
      length: fc.constantFrom(0, 0, 1, 100, 1400),
      options,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant("complain" as const),
      type: fc.constantFrom(3, 4, 5, 11, 12),
      code: fc.integer({ min: 0, max: 15 }),
      rest: fc.constantFrom(0, 68, 576, 1400, 65_535),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constantFrom("read" as const, "shut down" as const, "close" as const) }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("write" as const), count: fc.integer({ min: 1, max: 5000 }) }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("wait" as const), milliseconds: fc.constantFrom(1, 50, 1000, 10_000) }) },
);

export const strangerProperty = fc.property(
  fc.constantFrom(...STATES),
  fc.array(act, { minLength: 1, maxLength: 40 }),
  (state, acts) => {
    const stage = new Stage();
    const { stranger, connection } = stage.reach(state);
    const first = stranger.next - (["CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT"].includes(state) ? 1 : 0) +
      (state === "SYN-SENT" ? 1 : 0);
    const buffer = new Uint8Array(10_000);
    let read = 0;
    let about = new Uint8Array(28);
    const readAll = (): void => {
      for (let count = connection.read(buffer); count > 0; count = connection.read(buffer)) {
        for (let i = 0; i < count; i++) assertEquals(buffer[i], byteAt(read + i), `byte ${read + i} of the stream`);
        read += count;
      }
    };
    for (const each of acts) {
      switch (each.act) {
        case "say": {
          const seq = stranger.next + each.seq;
          const place = seq - first;
          const text = Uint8Array.from({ length: each.length }, (_, at) => byteAt((place + at) & 0x7fff_ffff));
          // A SYN takes a number itself: its text would be at other places.
          const flags = (each.flags & 2) !== 0 && each.length > 0 ? each.flags & ~2 : each.flags;
          const { seq: _, ack, window, urgent, options } = each;
          stranger.say(
            { flags, seq: seq >>> 0, ack: stranger.expects + ack >>> 0, window, urgentPointer: urgent, options: options.slice(0, 40) },
            text,
          );
          break;
        }
        case "complain":
          stranger.complain(each.type, each.code, each.rest, about);
          break;
        case "read":
          readAll();
          break;
        case "write":
          if (!connection.tcb.finQueued) connection.write(new Uint8Array(each.count));
          stage.poll();
          break;
        case "shut down":
          if (connection.tcb.state !== "CLOSED" && connection.tcb.state !== "SYN-SENT") connection.shutdown();
          stage.poll();
          break;
        case "close":
          connection.close();
          stage.poll();
          break;
        case "wait":
          stage.wait(each.milliseconds);
      }
      const sent = stage.take();
      about = new Uint8Array(sent.at(-1)?.packet ?? about);
      assert(stage.tcp.table.size() <= 2, `${stage.tcp.table.size()} connections`);
    }
    readAll();
    for (const left of stage.tcp.connections()) left.abort();
    stage.poll();
    stage.wait(400_000);
    stage.take();
    for (let waiting = stage.listener.accept(); waiting !== undefined; waiting = stage.listener.accept()) waiting.abort();
    stage.wait(400_000);
    stage.assertAtRest();
  },
);
