/**
 * The public checks of lab 02, sorted into groups by what they are about: the packet (codec); the cache as IP sees it (resolve),
 * as the wire sees it (receive), as the clock sees it (retry, age) and when it is full (limits); the claim of an address; the host
 * with all of them in it; and the same with the Linux kernel as the neighbour (live).
 */
import { suite } from "../../tools/harness/suite.ts";
import { age, retry } from "./checks/age.ts";
import { claim } from "./checks/claim.ts";
import { codec } from "./checks/codec.ts";
import { host } from "./checks/host.ts";
import { limits } from "./checks/limits.ts";
import { live } from "./checks/live.ts";
import { receive } from "./checks/receive.ts";
import { resolve } from "./checks/resolve.ts";

export default suite({
  lab: 2,
  visibility: "public",
  groups: { codec, resolve, receive, retry, age, limits, claim, host, live },
});
