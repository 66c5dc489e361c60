/** Hidden checks of what an ICMP error means for a socket. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const failure: Readonly<Record<string, CheckSpec>> = {
  "other-types": {
    title: "other types mean nothing to a program",
    kind: "table",
    covers: ["UDP-4"],
    look: ["failureOf"],
    why: "A packet that lived too long, or had a bad option, says nothing about whether somebody is there.",
    hints: [
      "Which types does the contract name?",
      "Only type 3 becomes a failure.",
      "Anything else is undefined, connected or not.",
    ],
    run: async (t) => {
      for (let type = 0; type < 20; type++) {
        if (type === 3) t.equal(await t.datagrams.failureOf(3, 3, true), "refused", "type 3, code 3");
        else t.equal(await t.datagrams.failureOf(type, t.random.int(0, 15), true), undefined, `type ${type}`);
      }
    },
  },

  "every-code": {
    title: "every code of type 3 has its meaning",
    kind: "table",
    covers: ["UDP-4"],
    look: ["failureOf"],
    why:
      "2 and 3: nobody is there. 4: too long. All the others, known or not: no way there. And nothing at all to a socket that is not connected.",
    hints: [
      "Which codes have a meaning of their own?",
      "2, 3 and 4.",
      "A switch with a `default`.",
    ],
    run: async (t) => {
      const codes = Array.from({ length: 256 }, (_, code) => code);
      const lists = codes.flatMap((code) => [[3, code, true], [3, code, false]]);
      const outcomes = await t.many("datagrams", "failureOf", lists);
      for (const [index, { value }] of outcomes.entries()) {
        const [, code, connected] = lists[index] as [number, number, boolean];
        const meaning = code === 2 || code === 3 ? "refused" : code === 4 ? "too long" : "unreachable";
        t.equal(value, connected ? meaning : undefined, `type 3, code ${code}, ${connected ? "connected" : "not connected"}`);
      }
    },
  },
};
