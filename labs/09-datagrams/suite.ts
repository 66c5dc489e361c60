/**
 * The public checks of lab 09, sorted into groups by what they are about: the codec (parse, write), the table (find, everybody), the queue
 * (queue), ICMP errors (failure); then a host with all of them in it (wire), and the same with the Linux kernel's UDP at the other end (live).
 */
import { suite } from "../../tools/harness/suite.ts";
import { broadcast } from "./checks/broadcast.ts";
import { everybody } from "./checks/everybody.ts";
import { failure } from "./checks/failure.ts";
import { find } from "./checks/find.ts";
import { live } from "./checks/live.ts";
import { parse } from "./checks/parse.ts";
import { queue } from "./checks/queue.ts";
import { sockets } from "./checks/sockets.ts";
import { wire } from "./checks/wire.ts";
import { write } from "./checks/write.ts";

export default suite({
  lab: 9,
  visibility: "public",
  groups: { parse, write, find, everybody, queue, failure, wire: { ...wire, ...sockets, ...broadcast }, live },
});
