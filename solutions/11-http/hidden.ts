/** The hidden checks of lab 11, in the groups of the public ones. */
import { suite } from "../../tools/harness/suite.ts";

export default suite({ lab: 11, visibility: "hidden", groups: {} });
