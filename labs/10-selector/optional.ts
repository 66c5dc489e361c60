/**
 * Checks for whoever wants to go further: they are run when they are named (`deno task lab10 --only edge`), and are worth no points. They are about edges:
 * a selector that says what has happened, once, and the loop that can live with it.
 */
import { suite } from "../../tools/harness/suite.ts";
import { edge } from "./checks/edge.ts";

export default suite({ lab: 10, visibility: "public", groups: { edge } });
