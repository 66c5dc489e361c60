/** The public checks of lab 01: each function on its own, then all of them on the virtual wire and on a live one. */
import { suite } from "../../tools/harness/suite.ts";
import { crc, fcs } from "./checks/crc.ts";
import { demultiplex, filter } from "./checks/filter.ts";
import { live } from "./checks/live.ts";
import { pad } from "./checks/pad.ts";
import { parse } from "./checks/parse.ts";
import { wire } from "./checks/wire.ts";
import { write } from "./checks/write.ts";

export default suite({ lab: 1, visibility: "public", groups: { parse, write, filter, demultiplex, pad, crc, fcs, wire, live } });
