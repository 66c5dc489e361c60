/** The hidden checks of lab 01: corners of the same functions, traffic of all kinds, and more from the kernel. */
import { suite } from "../../tools/harness/suite.ts";
import { demultiplex, filter, pad, parse, write } from "./hidden/codec.ts";
import { crc, fcs } from "./hidden/fcs.ts";
import { live } from "./hidden/live.ts";
import { wire } from "./hidden/wire.ts";

export default suite({ lab: 1, visibility: "hidden", groups: { parse, write, filter, demultiplex, pad, crc, fcs, wire, live } });
