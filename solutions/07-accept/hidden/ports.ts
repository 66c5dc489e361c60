/** Hidden checks of createPorts: orders, corners, and a long run against a plain list. */
import { ANY, anyPort, hosts, pairText, portBench } from "../../../labs/07-accept/checks/bench.ts";
import type { Ipv4Address } from "../../../stack/wire/ipv4_address.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

export const bind: Readonly<Record<string, CheckSpec>> = {
  "order": {
    title: "reasons to refuse come in the order of the contract",
    kind: "table",
    covers: ["LA-3", "LA-5"],
    look: ["createPorts.bind"],
    why: "When several reasons hold, the caller should hear the same one each time: first that the address is not ours, then that " +
      "we have no right to the port, then that it is in use.",
    hints: [
      "Which question does your `bind` ask first?",
      "Address, then right, then rivals.",
      'A stranger\'s address with port 80 is "address not available", not "permission denied".',
    ],
    run: async (t) => {
      const bench = await portBench(t);
      const [stranger] = hosts(t.random, 1) as [Ipv4Address];
      const port = t.random.int(1024, 5000);
      await bench.expectBind(stranger, 80, false, "address not available");
      await bench.expectBind(stranger, 0, false, "address not available");
      await bench.expectBind(ANY, port, false);
      await bench.expectBind(stranger, port, false, "address not available");
      await bench.ports.share(bench.one, 80, false);
      await bench.expectBind(bench.one, 80, false, "permission denied");
    },
  },

  "overlaps": {
    title: "every pair of addresses, every mix of reuse",
    kind: "table",
    weight: 2,
    covers: ["LA-3", "LA-4", "MUST-43"],
    look: ["createPorts.bind"],
    why: "The whole table of the rule: two who don't overlap are welcome together, two who do only if both set reuse and neither " +
      "listens.",
    hints: [
      "Which row fails? It is in the step above.",
      "Overlap: equal, or one of them is 0.0.0.0.",
      "Then: both reuse, and nobody listens.",
    ],
    run: async (t) => {
      const cases = [0, 1, 2].flatMap((a) => [0, 1, 2].flatMap((b) => [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => [a, b, bits] as const)));
      for (const [a, b, bits] of t.random.shuffle(cases)) {
        const bench = await portBench(t);
        const places = [bench.one, bench.two, ANY] as const;
        const [held, wanted] = [places[a] as Ipv4Address, places[b] as Ipv4Address];
        const [had, wants, listens] = [(bits & 1) !== 0, (bits & 2) !== 0, (bits & 4) !== 0];
        t.step(`held: ${pairText(held, 7000)}${had ? " with reuse" : ""}${listens ? ", listening" : ""}`);
        await bench.expectBind(held, 7000, had);
        if (listens) await bench.expectListen(held, 7000, true);
        const overlap = held === wanted || held === ANY || wanted === ANY;
        await bench.expectBind(wanted, 7000, wants, !overlap || had && wants && !listens ? undefined : "address in use");
      }
    },
  },
};

export const hold: Readonly<Record<string, CheckSpec>> = {
  "release-nothing": {
    title: "giving back what nobody has changes nothing",
    kind: "table",
    covers: ["LA-11"],
    look: ["createPorts.release"],
    why: "A connection may end twice over, or be refused before it had a port. What is released then must not be somebody else's, " +
      "and the count must not go below nothing.",
    hints: [
      "What if nobody listens, and a listener is released?",
      "Nothing: those who don't listen keep their port.",
      "And a count of zero stays zero.",
    ],
    run: async (t) => {
      const bench = await portBench(t);
      const port = anyPort(t.random);
      for (const listening of [true, false]) await bench.ports.release(bench.one, port, listening);
      await bench.expectSize(0, "after releases of nothing");
      await bench.expectBind(bench.one, port, false);
      await bench.ports.release(bench.one, port, true);
      await bench.ports.release(bench.two, port, false);
      await bench.ports.release(ANY, port, false);
      await bench.ports.release(bench.one, port ^ 1, false);
      await bench.expectSize(1, "after four releases of what is somebody else's");
      await bench.expectBind(bench.one, port, false, "address in use");
      await bench.expectListen(bench.one, port, true);
      await bench.ports.release(bench.one, port, false);
      await bench.expectBind(bench.one, port, false, "address in use");
      await bench.ports.release(bench.one, port, true);
      await bench.ports.release(bench.one, port, true);
      await bench.expectSize(0, "at the end");
    },
  },

  "listen-any": {
    title: "one listener on 0.0.0.0 is one for every address",
    kind: "table",
    covers: ["LA-3", "MUST-43"],
    look: ["createPorts.listen"],
    why: "By reuse several sockets share the port; only one of those that overlap may listen. 0.0.0.0 overlaps with all, so it is " +
      "either that one or the others.",
    hints: [
      "Whom do you ask before one on 0.0.0.0 may listen?",
      "Everybody who has the port, on whatever address.",
      "And one on an address must ask the one on 0.0.0.0.",
    ],
    run: async (t) => {
      for (const anyFirst of [true, false]) {
        const bench = await portBench(t);
        const port = anyPort(t.random);
        for (const address of [bench.one, bench.two, ANY]) await bench.expectBind(address, port, true);
        for (const address of anyFirst ? [ANY, bench.one, bench.two] : [bench.one, ANY, bench.two]) {
          await bench.expectListen(address, port, address === (anyFirst ? ANY : bench.one) || !anyFirst && address === bench.two);
        }
        await bench.ports.release(anyFirst ? ANY : bench.one, port, true);
        await bench.expectListen(anyFirst ? bench.one : ANY, port, anyFirst);
      }
    },
  },

  "long-run": {
    title: "after hundreds of calls the book is right",
    kind: "table",
    weight: 2,
    covers: ["LA-3", "LA-4", "LA-11"],
    look: ["createPorts.bind", "createPorts.release", "createPorts.listen", "createPorts.share"],
    why: "Ports are taken and given back for as long as a host is up. A book that loses a line now and then is right for an hour.",
    hints: [
      "Which call is the last in the ladder? It is the one whose answer was wrong.",
      "Look at the calls before it on the same port.",
      "Each bind and each share is one line in the book; each release takes one away.",
    ],
    run: async (t: Trial) => {
      const bench = await portBench(t);
      const holders: { address: number; port: number; reuse: boolean; listening: boolean }[] = [];
      for (let i = 0; i < 250; i++) {
        const address = t.random.pick([bench.one, bench.two, ANY]);
        const [port, reuse] = [t.random.int(5000, 5002), t.random.chance(0.7)];
        const rivals = holders.filter((each) => each.port === port && (each.address === address || each.address === 0 || address === 0));
        const own = holders.filter((each) => each.port === port && each.address === address);
        const what = t.random.int(0, 9);
        if (what < 4) {
          const fits = rivals.every((rival) => rival.reuse && reuse && !rival.listening);
          await bench.expectBind(address, port, reuse, fits ? undefined : "address in use");
          if (fits) holders.push({ address, port, reuse, listening: false });
        } else if (what < 6) {
          const chosen = own.find(({ listening }) => !listening);
          const may = chosen !== undefined && rivals.every((rival) => !rival.listening);
          await bench.expectListen(address, port, may);
          if (may) chosen.listening = true;
        } else if (what === 6) {
          const listener = holders.find(({ listening }) => listening);
          if (listener === undefined || listener.address === 0) continue;
          await bench.ports.share(listener.address as Ipv4Address, listener.port, listener.reuse);
          holders.push({ ...listener, listening: false });
        } else {
          const gone = own.length > 0 ? t.random.pick(own) : undefined;
          if (gone === undefined) continue;
          await bench.ports.release(address, port, gone.listening);
          holders.splice(holders.indexOf(gone), 1);
        }
        await bench.expectSize(holders.length, `after call ${i + 1}`);
      }
    },
  },
};
