/** The public checks of lab 08. */
import { suite } from "../../tools/harness/suite.ts";

export default suite({ lab: 8, visibility: "public", groups: {} });
