/** A grader whose subject never comes back: prints the subject's folder as soon as it is in its loop. For tests only. */
import { Subject } from "../harness/subject.ts";
import { prepareWorkspace } from "../harness/workspace.ts";
import { ROOT, selectOrigins } from "../lab/run.ts";

const file = "solutions/01-framing/framing.ts";
const text = await Deno.readTextFile(`${ROOT}/${file}`);
const replaced = new Map([[file, text.replace(/(export function demultiplex\([^{]*\{\n)/, "$1  for (;;);\n")]]);
const selection = { root: ROOT, lab: 1, origins: selectOrigins(1, { reference: new Set([1, 2, 3, 4, 5, 6, 7]) }), replaced } as const;
const subject = new Subject(selection, { limits: { request: 60_000 } });
await subject.start();
const { folder } = await prepareWorkspace(selection);
const answer = subject.ask({ op: "call", module: "framing", name: "demultiplex", args: [{ t: "value", value: 0x0800 }] });
await new Promise((resolve) => setTimeout(resolve, 100));
console.log(folder);
await answer;
