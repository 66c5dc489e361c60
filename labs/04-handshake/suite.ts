/** The public checks of lab 04. */
import { suite } from "../../tools/harness/suite.ts";
import { checksum } from "./checks/checksum.ts";
import { options } from "./checks/options.ts";
import { parse } from "./checks/parse.ts";

export default suite({ lab: 4, visibility: "public", groups: { parse, checksum, options } });
