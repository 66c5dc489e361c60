/** The public checks of lab 09. */
import { suite } from "../../tools/harness/suite.ts";
import { failure } from "./checks/failure.ts";

export default suite({ lab: 9, visibility: "public", groups: { failure } });
