/** The hidden checks of lab 09. */
import { suite } from "../../tools/harness/suite.ts";
import { failure } from "./hidden/failure.ts";

export default suite({ lab: 9, visibility: "hidden", groups: { failure } });
