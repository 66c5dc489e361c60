/** The hidden checks of lab 05: the same groups as the public ones, with the cases that a student should think of without being shown. */
import { suite } from "../../tools/harness/suite.ts";
import { abort, limit, reopen } from "./hidden/endings.ts";
import { reset, sequence, syn, table, timestamps } from "./hidden/first_steps.ts";
import { ack, fin, text, urgent } from "./hidden/last_steps.ts";
import { live } from "./hidden/live.ts";
import { guessing, losing, trouble, vanished, waiting } from "./hidden/silence.ts";
import { closing, opening } from "./hidden/wire.ts";

export default suite({
  lab: 5,
  visibility: "hidden",
  groups: {
    table,
    timestamps,
    sequence,
    reset,
    reopen,
    syn,
    ack,
    urgent,
    text,
    fin,
    abort,
    limit,
    opening,
    closing,
    waiting,
    guessing,
    losing,
    vanished,
    trouble,
    live,
  },
});
