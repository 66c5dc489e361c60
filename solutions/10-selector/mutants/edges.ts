/** Faults of those who live with edges: each shows only with a client that does a little more, or comes a little earlier, than in a first try. */
import type { Mutant } from "../../../tools/harness/mutant.ts";

export const edges: readonly Mutant[] = [
  {
    name: "edge-said-again",
    fault: "what has happened is said at every select",
    file: "edge.ts",
    replace: "        news.delete(key);\n",
    by: "",
    caughtBy: "edge/once",
  },
  {
    name: "edge-limit-forgets",
    fault: "who finds no place in the list is forgotten",
    file: "edge.ts",
    replace: "      return found.length > 0 ? found",
    by: "      news.clear();\n      return found.length > 0 ? found",
    caughtBy: "edge/news",
  },
  {
    name: "edge-one-read",
    fault: "an edge is one read: what is left waits for the next one",
    file: "edge.ts",
    replace: "        else if (goesOn(conversation)) busy.set(channel, conversation); // behind all others\n",
    by: "",
    caughtBy: "edge/until-again",
  },
  {
    name: "edge-greedy",
    fault: "one connection is read from again and again in one turn",
    file: "edge.ts",
    replace: "write(channel, conversation) && read(channel, conversation) && write",
    by: "write(channel, conversation) && read(channel, conversation) && read(channel, conversation) && write",
    caughtBy: "edge/once-a-turn",
  },
  {
    name: "edge-no-pressure",
    fault: "until EAGAIN, however much is unsent",
    file: "edge.ts",
    replace: "mayRead && !ended && unsentBytes < limits.unsent",
    by: "mayRead && !ended && unsentBytes < Infinity",
    caughtBy: "edge/back-pressure",
  },
  {
    name: "edge-gave-up",
    fault: "one who gave up at the door ends the accepting",
    file: "edge.ts",
    replace: 'if (typeof channel === "string") continue;',
    by: 'if (typeof channel === "string") return;',
    caughtBy: "edge/accept-all",
  },
  {
    name: "edge-door-forgotten",
    fault: "at the limit it is forgotten that somebody waits",
    file: "edge.ts",
    replace: "for (const door of doors) accept(door);",
    by: "for (const door of doors) {\n        accept(door);\n        doors.delete(door);\n      }",
    caughtBy: "edge/full",
  },
  {
    name: "edge-end-cuts-off",
    fault: "the end closes the connection, sent or unsent",
    file: "edge.ts",
    replace: "conversation.ended && conversation.unsentBytes === 0",
    by: "conversation.ended",
    caughtBy: "edge/end",
  },
];
