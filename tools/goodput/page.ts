/** docs/goodput.md: the figures as tables, and what they say. */
import {
  ALGORITHMS,
  ENDURANCE,
  enduranceName,
  faultName,
  FAULTS,
  gridName,
  LOSSES,
  pairName,
  PAIRS,
  QUEUES,
  RATES,
  ROUND_TRIPS,
  SETUPS,
  SHARED_QUEUES,
} from "./figures.ts";

/** All figures by their names. */
export type Figures = Readonly<Record<string, number>>;

/** A figure that is not there is a mistake of whoever renders. */
function figure(figures: Figures, name: string, digits = 1): string {
  const value = figures[name];
  if (value === undefined) throw new Error(`There is no figure "${name}"`);
  return value.toFixed(digits);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function grid(figures: Figures, algorithm: string): string {
  const rows = RATES.flatMap((rate) =>
    ROUND_TRIPS.flatMap((roundTrip) =>
      QUEUES.map((queue) => [
        `${rate} Mbit/s`,
        `${roundTrip} ms`,
        `${queue}`,
        ...LOSSES.map((loss) => figure(figures, gridName(algorithm, rate, roundTrip, queue, loss))),
      ])
    )
  );
  return table(["rate", "round trip", "queue", ...LOSSES.map((loss) => loss === 0 ? "no loss" : `${loss} % lost`)], rows);
}

function faults(figures: Figures): string {
  const setups = Object.keys(SETUPS);
  const columns = ALGORITHMS.flatMap((algorithm) => setups.map((setup) => [setup, algorithm] as const));
  const rows = Object.keys(FAULTS).map((fault) => [
    fault,
    ...columns.map(([setup, algorithm]) => figure(figures, faultName(setup, algorithm, fault), 2)),
  ]);
  return table(["of the packets", ...columns.map(([setup, algorithm]) => `${algorithm}, ${setup}`)], rows);
}

function pairs(figures: Figures): string {
  const cell = (rate: number, setup: string, pair: readonly string[], queue: number): string => {
    const first = figures[pairName(rate, setup, pair, queue)];
    return first === undefined ? "" : `${first.toFixed(1)} : ${(100 - first).toFixed(1)}`;
  };
  const columns = [10, 100].flatMap((rate) => (rate === 10 ? SHARED_QUEUES : [1]).map((queue) => [rate, queue] as const));
  const rows = (["counting", "clock"] as const).flatMap((setup) =>
    PAIRS.map((pair) => [pair.join(" and "), setup, ...columns.map(([rate, queue]) => cell(rate, setup, pair, queue))])
  );
  return table(["flows", "setup", ...columns.map(([rate, queue]) => `${rate} Mbit/s, queue ${queue}`)], rows);
}

function endurance(figures: Figures): string {
  const whats = ["arrived", "median seconds", "longest, in seconds"];
  const rows = ENDURANCE.flatMap((ways) =>
    ["counting", "clock"].flatMap((setup) =>
      ALGORITHMS.map((algorithm) => [
        ways,
        `${algorithm}, ${setup}`,
        ...whats.map((what) => figure(figures, enduranceName(setup, algorithm, ways, what), what === "arrived" ? 0 : 1)),
      ])
    )
  );
  return table(["30 % lost", "setup", "arrived, of 40", "median, s", "longest, s"], rows);
}

/** The whole page. `live`: the table of the last run beside the kernel. */
export function renderPage(figures: Figures, live: string): string {
  return [
    HEAD,
    "### Reno",
    grid(figures, "reno"),
    "### CUBIC",
    grid(figures, "cubic"),
    FAULTS_TEXT,
    faults(figures),
    PAIRS_TEXT,
    pairs(figures),
    ENDURANCE_TEXT,
  ]
    .concat(endurance(figures), LIVE_TEXT, live, FOOT).join("\n\n") + "\n";
}

const HEAD = `# Goodput

What of a bottleneck's rate arrives as text, if one connection, or two, have all of it. Written by \`deno task goodput\`; a test fails when the stack does not
do any more what stands here.

\`\`\`text
 sender ──▶ loss ──▶ [ queue │ rate ] ──▶ half a round trip ──▶ receiver
    ▲                                                               │
    └──────────────── half a round trip ◀── rate ◀──────────────────┘
\`\`\`

All of it but the last table is in virtual time (\`tools/goodput/path.ts#Path\`): both hosts are this stack, chance has a seed, and no machine has any part in it.
The figures count from the SYN on, slow start and all. An IP packet of 1500 bytes carries 1448 of text, so 96.5 % is everything. *Queue* is what may wait at
the bottleneck, as a share of rate × round trip, and four packets at least.

The setups:

| setup | losses are noticed by | initial window | least timeout |
|---|---|---|---|
| defaults | lab 08, which counts | RFC 5681: 3 segments | 1 s |
| counting | lab 08, which counts | 10, as Linux has it | 200 ms, as Linux has it |
| clock | \`rack\`: the clock ([decision 0024](decisions/0024-losses-by-the-clock-are-an-option.md)) | 10 | 200 ms |

## Rates, delays, queues, losses

Percent of the rate, with the setup *counting*, over 60 s at 1 Mbit/s, 30 s at 10 and 10 s at 100. To be read across: with loss that is not the queue's, the
window is about 1.2 / √loss segments, whatever the rate is; so the faster and the longer the path, the less of it is used. That is Reno, not this stack, and
the reason why there is CUBIC. Down: a queue of less than rate × round trip runs empty each time the window halves. One of much more lets slow start go that
much too far, and then every second packet of some hundreds is lost at once: so many blocks that the receiver, which keeps 64 beyond a gap
(\`stack/contract/buffers.ts#ReceiveBuffer.insert\`), throws the rest away, and the timer has to help. On the longest path that is a good part of ten seconds.`;

const FAULTS_TEXT = `## What counts, and what the clock sees

Mbit/s of 100, over 20 ms and a queue of one rate × round trip. Losses are means of three seeds.

At 0.1 % there is nothing to gain: windows are large, and three duplicates come at once. From 3 % on windows are so small that there are not always three, and
more and more retransmissions are lost, too. Where packets are *overtaken* by three or more, counting takes them for lost, halves the window each time, and is left with a
sixteenth of the path; the clock waits a quarter of a round trip, and takes back what was wrong.`;

const PAIRS_TEXT = `## Two flows

Who gets how much of what both get, in percent: the second begins 5 s after the first, and what comes from 20 s on is counted, up to 50 s (40 s at 100 Mbit/s).
Two of a kind share fairly. CUBIC takes more than Reno where the queue is short, which is known, and meant (RFC 9438 §5.1).`;

const ENDURANCE_TEXT = `## Where three in ten are lost

40 transfers of 100 kB over the same path, with other seeds, and a patience (R2) of 15 minutes, as Linux has it. All arrive, and every byte of the stream once. What makes the
longest of them long is the retransmission timer, which doubles each time that it fires in vain: with 30 % lost both ways, every second time.`;

const LIVE_TEXT = `## Beside the kernel

Live, \`deno task goodput --live\`: Linux and this stack (setup *clock*) send to Linux, in turns, over 100 Mbit/s, 20 ms and a queue of one rate × round trip, through the same
\`impair()\` with the same seeds, both with Reno. Mbit/s, medians; the share is the median of the rounds' shares.

These figures do depend on the machine, and on what else it does: where the forwarder does not get its turn, the queue runs over for both. Those below were measured on two
cores that others used, too: four rounds of 4 s with loss and where ten overtake, one round else; the rows with nothing, with 0.1 % lost and where one overtakes with the setup
*counting*, and the last without \`pushAtEdge\`.`;

const FOOT =
  `The kernel's sender sets PSH on what its window ends with, and the kernel's receiver then does not wait for a second segment before it acknowledges. The stack does so where
\`pushAtEdge\` is set. Without it, it has 89 % of the kernel's goodput at 1 % and at 3 %.`;
