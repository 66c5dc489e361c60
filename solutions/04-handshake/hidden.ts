/** The hidden checks of lab 04: the same groups as the public ones, with the cases that a student should think of without being shown. */
import { suite } from "../../tools/harness/suite.ts";

export default suite({ lab: 4, visibility: "hidden", groups: {} });
