/** The hidden checks of lab 08. */
import { suite } from "../../tools/harness/suite.ts";

export default suite({ lab: 8, visibility: "hidden", groups: {} });
