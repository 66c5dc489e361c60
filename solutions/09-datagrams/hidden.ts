/** The hidden checks of lab 09, in the groups of the public ones. */
import { suite } from "../../tools/harness/suite.ts";
import { parse, write } from "./hidden/codec.ts";
import { failure } from "./hidden/failure.ts";
import { live } from "./hidden/live.ts";
import { queue } from "./hidden/queue.ts";
import { everybody, find } from "./hidden/table.ts";
import { wire } from "./hidden/wire.ts";

export default suite({ lab: 9, visibility: "hidden", groups: { parse, write, find, everybody, queue, failure, wire, live } });
