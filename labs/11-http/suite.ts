/** The public checks of lab 11. */
import { suite } from "../../tools/harness/suite.ts";

export default suite({ lab: 11, visibility: "public", groups: {} });
