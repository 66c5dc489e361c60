/** The hidden checks of lab 02: what the public ones leave untried. */
import { suite } from "../../tools/harness/suite.ts";
import { age, limits, receive, retry } from "./hidden/cache.ts";
import { claim } from "./hidden/claim.ts";
import { codec } from "./hidden/codec.ts";
import { host } from "./hidden/host.ts";
import { live } from "./hidden/live.ts";

export default suite({
  lab: 2,
  visibility: "hidden",
  groups: { codec, limits, receive, retry, age, claim, host, live },
});
