/** Hidden checks of what an ICMP error means for a socket. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const failure: Readonly<Record<string, CheckSpec>> = {
  "other-types": {
    title: "other types mean nothing to a program",
    kind: "table",
    covers: ["UDP-4"],
    look: ["failureOf"],
    why: "A packet that lived too long, or had a bad option, says nothing about whether somebody is there (RFC 1122 §4.1.3.3).",
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
};
