/** The hidden checks of lab 10, in the groups of the public ones. */
import { suite } from "../../tools/harness/suite.ts";
import { echo, service } from "./hidden/echo.ts";
import { host } from "./hidden/host.ts";
import { live } from "./hidden/live.ts";
import { outcomes, readiness } from "./hidden/rules.ts";
import { selector } from "./hidden/selector.ts";

export default suite({ lab: 10, visibility: "hidden", groups: { readiness, outcomes, selector, echo, service, host, live } });
