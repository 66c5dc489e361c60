import { assert, assertEquals, assertThrows } from "@std/assert";
import reference from "../solutions/reference.ts";
import { compute, differences, kept } from "./goodput.ts";
import { allTasks, ENDURANCE, enduranceName, faultName, pairName, pathOf, quickTasks } from "./goodput/figures.ts";
import { liveTable } from "./goodput/live.ts";
import { renderPage } from "./goodput/page.ts";
import { Path } from "./goodput/path.ts";

const { figures, live, page } = await kept();

/** A figure that is kept. */
function figure(name: string): number {
  const value = figures[name];
  if (value === undefined) throw new Error(`There is no figure "${name}"`);
  return value;
}

Deno.test("goodput is what it was: else `deno task goodput` writes the new figures, and they are looked at", () => {
  const tasks = quickTasks(reference);
  assert(tasks.length > 40);
  assertEquals(differences(figures, compute(tasks)), []);
});

Deno.test("the figures that are kept are those that are computed, and docs/goodput.md shows them", () => {
  assertEquals(Object.keys(figures), allTasks(reference).flatMap(({ names }) => names));
  assertEquals(page, renderPage(figures, liveTable(live)));
});

Deno.test("goodput: the marks of a path of 100 Mbit/s and 20 ms", () => {
  for (const setup of ["counting", "clock"]) {
    for (const algorithm of ["reno", "cubic"]) {
      for (const fault of ["nothing", "1 % overtaken by 1"]) {
        assert(figure(faultName(setup, algorithm, fault)) >= 95, `${setup}, ${algorithm}, ${fault}`);
      }
    }
  }
  for (const pair of [["reno", "reno"], ["cubic", "cubic"]]) {
    const share = figure(pairName(100, "clock", pair, 1));
    assert(share >= 40 && share <= 60, `${pair}: ${share} %`);
  }
});

Deno.test("goodput: the clock loses nothing to counting, and gains where much is lost or overtaken", () => {
  for (const algorithm of ["reno", "cubic"]) {
    const gain = (fault: string): number => figure(faultName("clock", algorithm, fault)) / figure(faultName("counting", algorithm, fault));
    for (const fault of ["nothing", "0.1 % lost", "1 % lost", "1 % overtaken by 1"]) assert(gain(fault) > 0.99, `${algorithm}, ${fault}`);
    assert(gain("3 % lost") > 1.03 && gain("10 % lost") > 1.15 && gain("30 % lost") > 1.5 && gain("1 % overtaken by 10") > 10, algorithm);
  }
});

Deno.test("goodput: no transfer hangs where 30 % are lost", () => {
  for (const ways of ENDURANCE) {
    for (const setup of ["counting", "clock"]) {
      for (const algorithm of ["reno", "cubic"]) assertEquals(figure(enduranceName(setup, algorithm, ways, "arrived")), 40);
    }
  }
});

Deno.test("Path.run() gives the same with the same seed, and something else with another", () => {
  const received = (seed: number): number => {
    const path = new Path(reference, pathOf(10, 20, 1, { drop: 0.02 }), seed);
    const flow = path.begin();
    path.run(2000);
    return flow.received;
  };
  assertEquals(received(5), received(5));
  assert(received(5) !== received(6));
});

Deno.test("new Path() refuses a bottleneck of zero", () => {
  assertThrows(() => new Path(reference, { rate: 0, roundTrip: 20, queue: 1000 }, 1), RangeError, "rate is 0");
});

Deno.test("differences() names what has changed, and what is new", () => {
  assertEquals(differences({ a: 1, b: 2 }, { a: 1, b: 3, c: 4 }), ["b: it was 2, and is 3", "c: new, and is 4"]);
});
