/**
 * Two of our stacks and a wire that loses, doubles, reorders, damages and delays. What holds at every moment: the bytes that were delivered are a
 * prefix of those that were sent; a state is one that the FINs allow, sent and received; and while something is owed, somebody has a deadline. In the end:
 * everything has arrived and no memory is held, unless one side gave up on purpose; and no frame is lent any more, no port taken.
 */
import { assert, assertEquals } from "@std/assert";
import { type Arbitrary, fc } from "./fast_check.ts";
import type { TcpConfig } from "../../stack/host_config.ts";
import type { Host } from "../../stack/host.ts";
import type { Impairments } from "../../stack/link/impair.ts";
import { Ring } from "../../stack/wire/ring.ts";
import { type Application, TcpRig } from "../testing/tcp_rig.ts";

type Side = "client" | "server";

/** What an application does, or time. */
type Act =
  | { readonly act: "send"; readonly side: Side; readonly count: number }
  | { readonly act: "stop reading" | "read on" | "shut down" | "close" | "abort"; readonly side: Side }
  | { readonly act: "wait"; readonly milliseconds: number };

interface Story {
  readonly seed: number;
  readonly mtu: number;
  readonly client: TcpConfig;
  readonly server: TcpConfig;
  readonly fromClient: Impairments;
  readonly fromServer: Impairments;
  readonly acts: readonly Act[];
}

/** Whoever is patient never gives up: what is lost is sent again, however often, and in TIME-WAIT a FIN is answered however late it comes. */
const PATIENT: TcpConfig = { r2: 1e9, openR2: 1e9, timeWait: 1e7 };

const side = fc.constantFrom<Side>("client", "server");
const impairments: Arbitrary<Impairments> = fc.record({
  drop: fc.constantFrom(0, 0, 0.02, 0.3),
  duplicate: fc.constantFrom(0, 0, 0.1),
  reorder: fc.constantFrom(0, 0, 0.2),
  corrupt: fc.constantFrom(0, 0, 0.05),
  delay: fc.integer({ min: 0, max: 60 }),
  jitter: fc.constantFrom(0, 0, 40),
});
const config: Arbitrary<TcpConfig> = fc.record({
  sendBuffer: fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.constant(100_000)),
  receiveBuffer: fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.constant(100_000)),
  timestamps: fc.boolean(),
  sack: fc.boolean(),
  windowScaling: fc.boolean(),
  noDelay: fc.boolean(),
  delayedAck: fc.constantFrom(0, 40, 200),
}).map((some) => ({ ...PATIENT, ...some }));
const act: Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ act: fc.constant("send" as const), side, count: fc.integer({ min: 1, max: 20_000 }) }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant("wait" as const), milliseconds: fc.constantFrom(0, 1, 50, 1000, 70_000) }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constantFrom("stop reading" as const, "read on" as const), side }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("shut down" as const), side }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constantFrom("close" as const, "abort" as const), side }) },
);
const story: Arbitrary<Story> = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  mtu: fc.constantFrom(100, 576, 1500),
  client: config,
  server: config,
  fromClient: impairments,
  fromServer: impairments,
  acts: fc.array(act, { maxLength: 12 }),
});

export const twoStacksProperty = fc.property(story, (story) => {
  const before = Ring.inUse;
  const { seed, mtu, client, server, fromClient, fromServer } = story;
  const rig = new TcpRig({ seed, mtu, client, server, fromClient, fromServer });
  const caller = rig.call();
  let answerer: Application | undefined;
  rig.run(() => {
    answerer ??= rig.accept();
    return answerer !== undefined && caller.state === "ESTABLISHED";
  });
  assert(answerer !== undefined, "no connection came about");
  const sides = { client: caller, server: answerer } as const;
  const watch = (): false => {
    expectRight(rig.a, caller, sides.server);
    expectRight(rig.b, sides.server, caller);
    return false;
  };
  for (const each of story.acts) perform(each, rig, sides, watch);
  const isClean = !story.acts.some(({ act }) => act === "close" || act === "abort");
  for (const application of [caller, sides.server]) {
    application.reading = true;
    application.pump();
    if (application.connection.tcb.state !== "CLOSED" && !application.connection.tcb.finQueued) application.send(0, { thenShutdown: true });
  }
  rig.run(watch);
  if (isClean) {
    assertEquals(Ring.inUse, before, "bytes of memory that are still held"); // after a reset they go with the connection's object
    assertEquals([caller.end, sides.server.end], ["closed", "closed"]);
    assertEquals([caller.received, sides.server.received], [sides.server.sent, caller.sent], "bytes that arrived");
  }
  for (const [host, from] of [[rig.a, "client"], [rig.b, "server"]] as const) {
    assertEquals(host.counters()["tcp: sent"], rig.seen.filter((each) => each.from === from).length, `segments that the ${from} counted`);
  }
  rig.assertAtRest();
});

function perform(act: Act, rig: TcpRig, sides: Readonly<Record<Side, Application>>, watch: () => false): void {
  if (act.act === "wait") {
    const end = rig.now + act.milliseconds;
    rig.run(() => watch() || rig.now >= end);
    return;
  }
  const application = sides[act.side];
  const { connection } = application;
  const isOver = connection.tcb.state === "CLOSED";
  switch (act.act) {
    case "send":
      if (!connection.tcb.finQueued) application.send(act.count);
      break;
    case "stop reading":
    case "read on":
      application.reading = act.act === "read on";
      application.pump();
      break;
    case "shut down":
      if (!isOver && !connection.tcb.finQueued) connection.shutdown();
      break;
    case "close":
      application.reading = false;
      if (!isOver) connection.close();
      break;
    case "abort":
      if (!isOver) connection.abort();
  }
  watch();
}

/** What holds at every moment of one end. */
function expectRight(host: Host, own: Application, other: Application): void {
  const { state, finQueued, finSent, finReceived } = own.connection.tcb;
  assert(own.received <= other.sent, `${own.received} bytes were delivered, and ${other.sent} sent`);
  const fins: Readonly<Record<string, boolean>> = {
    ESTABLISHED: !finSent && !finReceived,
    "FIN-WAIT-1": finQueued && !finReceived,
    "FIN-WAIT-2": finSent && !finReceived && own.connection.unacknowledged === 0,
    "CLOSE-WAIT": finReceived && !finSent,
    CLOSING: finQueued && finReceived,
    "LAST-ACK": finQueued && finReceived,
    "TIME-WAIT": finSent && finReceived && own.connection.unacknowledged === 0,
  };
  assert(fins[state] ?? true, `${state} with FIN queued ${finQueued}, sent ${finSent}, received ${finReceived}`);
  const owes = own.connection.unacknowledged > 0 ||
    ["FIN-WAIT-1", "CLOSING", "LAST-ACK", "TIME-WAIT", "SYN-SENT", "SYN-RECEIVED"].includes(state);
  if (state !== "CLOSED" && owes) assert(host.nextDeadline() < Infinity, `${state} owes something, and no timer runs`);
}
