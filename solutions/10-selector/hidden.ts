/** The hidden checks of lab 10. */
import { suite } from "../../tools/harness/suite.ts";

export default suite({ lab: 10, visibility: "hidden", groups: {} });
