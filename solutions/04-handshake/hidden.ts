/** The hidden checks of lab 04: the same groups as the public ones, with the cases that a student should think of without being shown. */
import { suite } from "../../tools/harness/suite.ts";
import { live } from "./hidden/live.ts";
import { agree, complete, passive, synsent } from "./hidden/opens.ts";
import { checksum, options, parse } from "./hidden/reading.ts";
import { iss, listen, stray } from "./hidden/strays.ts";
import { wire } from "./hidden/wire.ts";
import { write } from "./hidden/writing.ts";

export default suite({
  lab: 4,
  visibility: "hidden",
  groups: { parse, checksum, options, write, iss, stray, listen, agree, passive, complete, synsent, wire, live },
});
