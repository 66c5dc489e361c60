/**
 * Our own lint rules, as a plugin of `deno lint` (`deno.json` names it). What they have in common: a mistake that the
 * compiler lets pass and that would cost a student an evening, or that would quietly pull the house apart.
 *
 * Each rule is a file of its own with its tests beside it. A line that breaks a rule for a good reason says so:
 * `// deno-lint-ignore wallsocket/sans-io -- the reason`.
 */
import { fileNames } from "./file_names.ts";
import { layers } from "./layers.ts";
import { noEnum } from "./no_enum.ts";
import { packetPath } from "./packet_path.ts";
import { sansIo } from "./sans_io.ts";
import { sequenceComparison } from "./sequence_comparison.ts";
import { sizes } from "./sizes.ts";

const plugin: Deno.lint.Plugin = {
  name: "wallsocket",
  rules: {
    "file-names": fileNames,
    layers,
    "no-enum": noEnum,
    "packet-path": packetPath,
    "sans-io": sansIo,
    "sequence-comparison": sequenceComparison,
    sizes,
  },
};
export default plugin;
