/** Faults for the public checks that no mutant breaks: for their transcripts (docs/failures.md). They are too plain to be mutants. */
import type { Mutant } from "../../../tools/harness/mutant.ts";

const faults: readonly Mutant[] = [
  {
    name: "places-ephemeral",
    fault: `it returns undefined in place of free ?? "no port free"`,
    file: "ports.ts",
    replace: `        return free ?? "no port free";`,
    by: "        return undefined;",
    caughtBy: "places/ephemeral",
  },
  {
    name: "server-nobody",
    fault: "`if (place?.listener === undefined) return false;` is written `if (place?.listener !== undefined) return false;`",
    file: "table.ts",
    replace: "      if (place?.listener === undefined) return false;",
    by: "      if (place?.listener !== undefined) return false;",
    caughtBy: "server/nobody",
  },
  {
    name: "listeners-listen",
    fault: "it returns undefined in place of connections.size",
    file: "table.ts",
    replace: "      return connections.size;",
    by: "      return undefined;",
    caughtBy: "listeners/listen",
  },
  {
    name: "listeners-gone",
    fault: "`if (place?.listener === undefined) return false;` is written `if (place?.listener === undefined) return true;`",
    file: "table.ts",
    replace: "      if (place?.listener === undefined) return false;",
    by: "      if (place?.listener === undefined) return true;",
    caughtBy: "listeners/gone",
  },
  {
    name: "server-accept",
    fault: "it returns 0 in place of undefined",
    file: "queue.ts",
    replace: "      return undefined;",
    by: "      return 0;",
    caughtBy: "server/accept",
  },
  {
    name: "server-broadcast",
    fault: "it returns undefined in place of opening.size",
    file: "queue.ts",
    replace: "      return opening.size;",
    by: "      return undefined;",
    caughtBy: "server/broadcast",
  },
  {
    name: "server-impossible-source",
    fault: "it returns undefined in place of opening.size",
    file: "queue.ts",
    replace: "      return opening.size;",
    by: "      return undefined;",
    caughtBy: "server/impossible-source",
  },
  {
    name: "scripts-two-clients",
    fault: "`waiting.delete(oldest);` is missing",
    file: "queue.ts",
    replace: "        waiting.delete(oldest);",
    by: "",
    caughtBy: "scripts/two-clients",
  },
  {
    name: "bind-taken",
    fault: "`=== address || each.addres` is written `=== address && each.addres`",
    file: "ports.ts",
    replace:
      "  return holdingsOf(taken, port).filter((each) => each.address === address || each.address === UNSPECIFIED || address === UNSPECIFIED);",
    by:
      "  return holdingsOf(taken, port).filter((each) => each.address === address && each.address === UNSPECIFIED || address === UNSPECIFIED);",
    caughtBy: "bind/taken",
  },
  {
    name: "bind-other-address",
    fault: "`holdings) size += others + (` is written `holdings) size -= others + (`",
    file: "ports.ts",
    replace: "        for (const { others, listening } of holdings) size += others + (listening ? 1 : 0);",
    by: "        for (const { others, listening } of holdings) size -= others + (listening ? 1 : 0);",
    caughtBy: "bind/other-address",
  },
  {
    name: "listeners-any-address",
    fault: "it returns undefined in place of address * 0x1_0000 + port",
    file: "table.ts",
    replace: "  return address * 0x1_0000 + port;",
    by: "  return undefined;",
    caughtBy: "listeners/any-address",
  },
  {
    name: "live-kernel-connects",
    fault:
      "it returns undefined in place of holdingsOf(taken, port).filter((each) => each.address === address || each.address === UNSPECIFIED || address === UNSPECIFIED)",
    file: "ports.ts",
    replace:
      "  return holdingsOf(taken, port).filter((each) => each.address === address || each.address === UNSPECIFIED || address === UNSPECIFIED);",
    by: "  return undefined;",
    caughtBy: "live/kernel-connects",
  },
  {
    name: "live-you-connect",
    fault:
      "it returns undefined in place of holdingsOf(taken, port).filter((each) => each.address === address || each.address === UNSPECIFIED || address === UNSPECIFIED)",
    file: "ports.ts",
    replace:
      "  return holdingsOf(taken, port).filter((each) => each.address === address || each.address === UNSPECIFIED || address === UNSPECIFIED);",
    by: "  return undefined;",
    caughtBy: "live/you-connect",
  },
  {
    name: "live-same-client-port",
    fault:
      "it returns undefined in place of holdingsOf(taken, port).filter((each) => each.address === address || each.address === UNSPECIFIED || address === UNSPECIFIED)",
    file: "ports.ts",
    replace:
      "  return holdingsOf(taken, port).filter((each) => each.address === address || each.address === UNSPECIFIED || address === UNSPECIFIED);",
    by: "  return undefined;",
    caughtBy: "live/same-client-port",
  },
  {
    name: "live-refused",
    fault:
      "it returns undefined in place of holdingsOf(taken, port).filter((each) => each.address === address || each.address === UNSPECIFIED || address === UNSPECIFIED)",
    file: "ports.ts",
    replace:
      "  return holdingsOf(taken, port).filter((each) => each.address === address || each.address === UNSPECIFIED || address === UNSPECIFIED);",
    by: "  return undefined;",
    caughtBy: "live/refused",
  },
  {
    name: "live-ports",
    fault:
      "it returns undefined in place of holdingsOf(taken, port).filter((each) => each.address === address || each.address === UNSPECIFIED || address === UNSPECIFIED)",
    file: "ports.ts",
    replace:
      "  return holdingsOf(taken, port).filter((each) => each.address === address || each.address === UNSPECIFIED || address === UNSPECIFIED);",
    by: "  return undefined;",
    caughtBy: "live/ports",
  },
];

export default faults;
