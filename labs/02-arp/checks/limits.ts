/** Checks of createArpCache when its table is full: who makes room for whom. */
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { type CacheBench, cacheBench } from "./cache_bench.ts";
import { asking, ipText, macText, type Neighbour, requestFrom } from "./samples.ts";

/** Fails unless exactly these neighbours are in the table, all of them reachable. */
async function expectNeighbours(t: Trial, bench: CacheBench, now: number, known: readonly Neighbour[], when: string): Promise<void> {
  const entries = await bench.entries(now);
  const lines = known.map(({ ip, mac }) => `${ipText(ip)} ${macText(mac)} reachable`);
  const missing = lines.filter((line) => !entries.includes(line)).map((line) => `${line} is missing`);
  const others = entries.filter((line) => !lines.includes(line)).map((line) => `${line} is there`);
  const wanted = `the entries ${when}: ${known.map(({ ip }) => ipText(ip)).join(", ")}`;
  t.ok(missing.length + others.length === 0, wanted, `${entries.length}; ${[...missing, ...others].join("; ")}`);
}

export const limits: Readonly<Record<string, CheckSpec>> = {
  "full": {
    title: "the table never has more than maxEntries entries",
    kind: "table",
    covers: ["826-4"],
    look: ["createArpCache.receive", "createArpCache.resolve"],
    why: "A request costs its sender nothing and makes an entry of yours: without a bound, a stranger with invented addresses fills your " +
      "memory. Two ways lead to a new entry, a packet to send and a request received, and the bound is for both.",
    hints: [
      "How many entries are there after one neighbour too many? Which of your methods made the last one?",
      "`resolve` and `receive` both add entries. One helper that adds, and makes room first, keeps the bound for both.",
      "When the table's size has reached `maxEntries`: find the entry with the smallest `used`, and delete it before the new one is set.",
    ],
    run: async (t: Trial) => {
      const maxEntries = t.random.int(2, 5);
      const bench = await cacheBench(t, { maxEntries, queueLimit: 4 });
      const { own, others } = bench;
      const heard = others.slice(0, maxEntries + 2);
      for (const [i, other] of heard.entries()) await bench.receive(requestFrom(other, own.ip), i);
      await expectNeighbours(t, bench, 50, heard.slice(2), `after requests of ${maxEntries + 2} neighbours: the last ${maxEntries}`);
      bench.take();
      const [next] = others.slice(maxEntries + 2) as [Neighbour];
      await bench.resolve(next.ip, 100);
      await bench.expect("a packet for one more", { sent: [asking(own, next.ip)], transmitted: [], dropped: [] });
      t.equal((await bench.entries(100)).length, maxEntries, "how many entries there are after it");
    },
  },

  "used": {
    title: "the entry that was used longest ago makes room",
    kind: "table",
    covers: ["826-4"],
    look: ["createArpCache.resolve", "createArpCache.receive"],
    why:
      "What no packet has used for the longest time will be missed least. An entry is used when it is made, and by every `resolve` for " +
      "it. To be heard of is no use: a neighbour who talks to others all day is none that you need.",
    hints: [
      "Which entry did you remove: the first that was made, the one heard longest ago, or the one used longest ago?",
      "An entry has two times: `confirmed`, set by what is heard, and `used`, set by what is sent.",
      "`entry.used = now` in `resolve`, for every packet; not in the helper that takes a MAC address.",
    ],
    run: async (t) => {
      const bench = await cacheBench(t, { maxEntries: 3, reachableTime: 60_000 });
      const { own, others: [a, b, c, d] } = bench;
      for (const [i, other] of [a, b, c].entries()) await bench.receive(requestFrom(other, own.ip), i);
      const unused = t.random.pick([b, c]);
      const used = t.random.shuffle([a, b, c].filter((each) => each !== unused));
      for (const [i, other] of used.entries()) await bench.resolve(other.ip, 100 + i);
      await bench.receive(requestFrom(unused, d.ip), 200);
      t.step(`${ipText(unused.ip)} was heard last, and is the only one that no packet was sent to`);
      await bench.receive(requestFrom(d, own.ip), 300);
      await expectNeighbours(t, bench, 300, [...used, d], `after a request of ${ipText(d.ip)}, a fourth neighbour where three have room`);
    },
  },
};
