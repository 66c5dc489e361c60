/** Checks of what an ICMP error means for a socket (RFC 1122 §4.1.3.3). */
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const failure: Readonly<Record<string, CheckSpec>> = {
  "refused": {
    title: "a connected socket hears that nobody has the port",
    kind: "table",
    covers: ["UDP-4"],
    look: ["failureOf"],
    why:
      "Nobody answers a datagram for a port that nobody has, but the host may say so by ICMP. A program that is never told waits for ever.",
    hints: [
      "ICMP's type 3 says that something does not get there, and its code why.",
      "Code 3 is the port, code 2 the protocol: in both cases the host is there, and nobody wants it.",
      'For type 3 a switch over the code; 2 and 3 are "refused".',
    ],
    run: async (t) => {
      for (const code of [2, 3]) t.equal(await t.datagrams.failureOf(3, code, true), "refused", `type 3, code ${code}, connected`);
    },
  },
};
