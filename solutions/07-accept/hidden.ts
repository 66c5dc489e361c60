/** The hidden checks of lab 07, in the groups of the public ones. */
import { suite } from "../../tools/harness/suite.ts";

export default suite({
  lab: 7,
  visibility: "hidden",
  groups: {},
});
