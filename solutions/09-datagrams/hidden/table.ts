/** Hidden checks of the table. */
import { hosts, pairText } from "../../../labs/09-datagrams/checks/samples.ts";
import { ANY, NOBODY, type Pair, tableBench } from "../../../labs/09-datagrams/checks/table_bench.ts";
import type { Ipv4Address } from "../../../stack/wire/ipv4_address.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";

/** A socket in the simplest of all tables: a list that is searched from the beginning. */
interface Row {
  readonly socket: string;
  readonly local: Pair;
  remote: Pair;
}

function fits({ local, remote }: Row, to: Pair, from: Pair): boolean {
  if (local[1] !== to[1] || local[0] !== 0 && local[0] !== to[0]) return false;
  return remote[1] === 0 || remote[0] === from[0] && remote[1] === from[1];
}

/** The nearest of all that fit, the last one first. */
function nearest(rows: readonly Row[], to: Pair, from: Pair): string | undefined {
  const rank = ({ local, remote }: Row): number => (remote[1] === 0 ? 0 : 2) + (local[0] === 0 ? 0 : 1);
  return rows.filter((row) => fits(row, to, from)).toReversed().toSorted((a, b) => rank(b) - rank(a))[0]?.socket;
}

export const find: Readonly<Record<string, CheckSpec>> = {
  "long-story": {
    title: "after many changes the right one is still found",
    kind: "table",
    weight: 2,
    covers: ["UDP-5"],
    look: ["createDatagramTable.find", "createDatagramTable.connect", "createDatagramTable.remove"],
    why:
      "Sockets come and go, connect and disconnect, in any order, and the rules hold all the time: connected first, then the very address, then " +
      "the last one.",
    hints: [
      "After which of the steps does it go wrong? The last one in the ladder says.",
      "An entry that was changed must stay where it is in its order; one that was removed and added again comes last.",
      "Compare with a plain list: filter those that hear, rank them, the best wins.",
    ],
    run: async (t) => {
      const bench = await tableBench(t);
      const { own, theirs } = bench;
      const locals = [own[0], own[1], ANY].flatMap((address): Pair[] => [[address, 53], [address, 5353]]);
      const remotes = theirs.flatMap((address): Pair[] => [[address, 53], [address, 6000]]);
      const rows: Row[] = [];
      for (let step = 0; step < 60; step++) {
        const row = t.random.pick([...rows, undefined]);
        if (row === undefined || rows.length < 3) {
          const local = t.random.pick(locals);
          await bench.bind(`s${step}`, local);
          rows.push({ socket: `s${step}`, local, remote: [ANY, NOBODY] });
        } else if (t.random.int(0, 2) === 0) {
          await bench.expectRemove(row.socket, row.local, true);
          rows.splice(rows.indexOf(row), 1);
        } else {
          row.remote = t.random.int(0, 3) === 0 ? [ANY, NOBODY] : t.random.pick(remotes.slice(0, 2)); // so that some have the same
          await bench.connect(row.socket, row.local, row.remote);
        }
        const [to, from] = [[t.random.pick([...own]), t.random.pick([53, 5353])], t.random.pick(remotes)] as [Pair, Pair];
        await bench.expectFind(to, from, nearest(rows, to, from));
        await bench.expectEach(to, from, rows.filter((each) => fits(each, to, from)).map(({ socket }) => socket));
      }
      await bench.expectSize(rows.length, "in the end");
    },
  },

  "all-bits": {
    title: "addresses and ports that differ in one bit are apart",
    kind: "table",
    covers: ["UDP-5"],
    look: ["createDatagramTable.find"],
    why: "A key made with `<<` or `|` loses the upper half of an address, or makes it negative; then strangers are mixed up.",
    hints: [
      "Is your key a number? Of how many bits?",
      "JavaScript's bit operators work on 32 bits, signed; address and port have 48.",
      "A Map from port to a list, and addresses compared as they are, needs no key at all.",
    ],
    run: async (t) => {
      const { table } = await tableBench(t);
      const ends = [0x0100_0001, 0x0101_0001, 0x7fff_ffff, 0x8000_0000, 0xff00_0001, 0xffff_0001] as Ipv4Address[];
      const locals = ends.flatMap((address): Pair[] => [[address, 1], [address, 0x8000], [address, 0xffff]]);
      for (const [index, local] of locals.entries()) await table.add(...local, `s${index}`);
      for (const [index, local] of locals.entries()) {
        t.equal(await table.find(...local, ends[0] as Ipv4Address, 1), `s${index}`, `the socket for ${pairText(...local)}`);
        await table.connect(...local, `s${index}`, ends[index % ends.length] as Ipv4Address, 0xffff);
      }
      for (const [index, local] of locals.entries()) {
        for (const [other, remote] of ends.entries()) {
          const expected = other === index % ends.length ? `s${index}` : undefined;
          t.equal(
            await table.find(...local, remote, 0xffff),
            expected,
            `the socket for ${pairText(...local)} from ${pairText(remote, 0xffff)}`,
          );
        }
      }
    },
  },

  "two-pairs": {
    title: "one socket may be bound to two pairs",
    kind: "table",
    covers: ["UDP-5"],
    look: ["createDatagramTable.remove", "createDatagramTable.connect"],
    why: "The table knows a socket by its pair *and* itself. What is said of it at one pair does not touch the other.",
    hints: [
      "By what do you look an entry up in `connect` and `remove`?",
      "By port, address and socket: all three.",
      "`each.socket === socket && each.localAddress === localAddress`, in the list of the port.",
    ],
    run: async (t) => {
      const { own: [one, two], theirs: [near, far], ...bench } = await tableBench(t);
      for (const local of [[one, 53], [two, 53], [one, 54]] as Pair[]) await bench.bind("a", local);
      await bench.connect("a", [one, 53], [near, 5000]);
      await bench.expectFind([two, 53], [far, 1], "a");
      await bench.connect("a", [one, 53], [ANY, NOBODY]);
      await bench.connect("a", [two, 53], [near, 5000]);
      await bench.expectFind([one, 53], [far, 1], "a");
      await bench.expectFind([two, 53], [far, 1], undefined);
      await bench.expectFind([two, 53], [near, 5000], "a");
      await bench.expectRemove("a", [one, 53], true);
      await bench.expectFind([one, 53], [near, 5000], undefined);
      await bench.expectFind([two, 53], [near, 5000], "a");
      await bench.expectFind([one, 54], [far, 1], "a");
      await bench.expectSize(2, "after one of three was removed");
    },
  },

  "both-connected": {
    title: "of two connected sockets the very address is nearer",
    kind: "table",
    covers: ["UDP-5"],
    look: ["createDatagramTable.find"],
    why: "The rules are asked one after the other: connected, then the address, then the order of adding.",
    hints: [
      "Both are connected to the sender. What comes next?",
      "The address that they are bound to.",
      "Rank 4 before rank 3: 1 + 2 for connected + 1 for the very address.",
    ],
    run: async (t) => {
      const { own: [one, two], theirs: [near], ...bench } = await tableBench(t);
      for (const [port, order] of [[53, ["very", "any", "open"]], [54, ["open", "any", "very"]]] as const) {
        for (const socket of order) await bench.bind(socket, [socket === "any" ? ANY : one, port]);
        for (const [socket, address] of [["very", one], ["any", ANY]] as const) {
          await bench.connect(socket, [address, port], [near, 5000]);
        }
        await bench.expectFind([one, port], [near, 5000], "very");
        await bench.expectFind([two, port], [near, 5000], "any");
        await bench.expectFind([one, port], [near, 5001], "open");
        await bench.expectRemove("very", [one, port], true);
        await bench.expectFind([one, port], [near, 5000], "any");
      }
    },
  },
};

export const everybody: Readonly<Record<string, CheckSpec>> = {
  "many": {
    title: "of many sockets each that fits is visited once",
    kind: "table",
    covers: ["UDP-5"],
    look: ["createDatagramTable.forEach"],
    why: "A copy too many is as wrong as one too few: a program would answer twice.",
    hints: [
      "Can a socket be in your table twice?",
      "One entry for each `add`; one `visit` for each entry that hears.",
      "Walk over the port's list once.",
    ],
    run: async (t) => {
      const { own, theirs, ...bench } = await tableBench(t);
      const rows: Row[] = [];
      for (let i = 0; i < 30; i++) {
        const local: Pair = [t.random.pick([...own, ANY]), 67];
        const remote: Pair = t.random.int(0, 2) === 0 ? [t.random.pick([...theirs]), 68] : [ANY, NOBODY];
        const row = { socket: `s${i}`, local, remote };
        rows.push(row);
        await bench.bind(row.socket, local);
        if (remote[1] !== 0) await bench.connect(row.socket, local, remote);
      }
      for (const address of own) {
        for (const from of [...theirs, ...hosts(t.random, 1)]) {
          const wanted = rows.filter((row) => fits(row, [address, 67], [from, 68])).map(({ socket }) => socket);
          await bench.expectEach([address, 67], [from, 68], wanted);
        }
      }
    },
  },
};
