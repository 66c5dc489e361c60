/**
 * The public checks of lab 10, sorted into groups by what they are about: the rules (readiness, outcomes); the selector, and the echo loop, over
 * channels that do what a check says (selector; echo and service); all of it in a host, with scripted clients (host) and with the Linux kernel (live).
 */
import { suite } from "../../tools/harness/suite.ts";
import { echo } from "./checks/echo.ts";
import { host } from "./checks/host.ts";
import { live } from "./checks/live.ts";
import { outcomes } from "./checks/outcomes.ts";
import { readiness } from "./checks/readiness.ts";
import { selector } from "./checks/selector.ts";
import { service } from "./checks/service.ts";

export default suite({ lab: 10, visibility: "public", groups: { readiness, outcomes, selector, echo, service, host, live } });
