/** The public checks of lab 04. "scripts" are files in the packetdrill language. */
import { scriptChecks } from "../../tools/harness/script_checks.ts";
import { suite } from "../../tools/harness/suite.ts";
import { agree } from "./checks/agree.ts";
import { checksum } from "./checks/checksum.ts";
import { complete } from "./checks/complete.ts";
import { iss } from "./checks/iss.ts";
import { live } from "./checks/live.ts";
import { active, passive } from "./checks/open.ts";
import { options } from "./checks/options.ts";
import { parse } from "./checks/parse.ts";
import { listen, stray } from "./checks/stray.ts";
import { synsent } from "./checks/syn_sent.ts";
import { wire } from "./checks/wire.ts";
import { write } from "./checks/write.ts";

export default suite({
  lab: 4,
  visibility: "public",
  groups: {
    parse,
    checksum,
    options,
    write,
    iss,
    stray,
    listen,
    active,
    agree,
    passive,
    complete,
    synsent,
    wire,
    scripts: scriptChecks(new URL("./scripts/", import.meta.url), [
      "three_way",
      "option_end",
      "scale_not_of_a_syn",
      "synsent_rst_silence",
    ]),
    live,
  },
});
