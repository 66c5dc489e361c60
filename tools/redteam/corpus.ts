/** All attacks. */
import type { Attack } from "./attack.ts";
import { forms } from "./corpus/forms.ts";
import { imports } from "./corpus/imports.ts";
import { livePeers } from "./corpus/live_peers.ts";
import { language } from "./corpus/language.ts";
import { output } from "./corpus/output.ts";
import { protocol } from "./corpus/protocol.ts";
import { resources } from "./corpus/resources.ts";
import { secrets } from "./corpus/secrets.ts";
import { selfReports } from "./corpus/self_reports.ts";

export const corpus: readonly Attack[] = [
  ...output,
  ...protocol,
  ...language,
  ...imports,
  ...secrets,
  ...resources,
  ...forms,
  ...selfReports,
  ...livePeers,
];
