/** Attacks by import: the hidden suite, the solutions, the network, and whatever a configuration of the submission's own could lead to. */
import { type Attack, every, file, files, FORGED, REFERENCE, STUB } from "../attack.ts";

const refused = "imports";
const importing = (name: string, tries: string, line: string): Attack => file(name, tries, `${line}\n${STUB}`, { refused });
/** Tries a specifier that no check of the text can see; what comes of it does the work. */
const computed = (name: string, tries: string, specifier: string): Attack =>
  file(
    name,
    tries,
    `${STUB.replaceAll(/\btodo\b\(/g, "borrowed(")}
let found: any = {};
try { found = await import(${specifier}); } catch (error) { console.log(String(error)); }
function borrowed(name: string, ...args: any[]): any { return (found.default?.[name] ?? found[name] ?? todo)(name, ...args); }
`,
    { refused },
  );

/** Paths of a kit that are not the student's to give. */
const FORGED_KIT: Readonly<Record<string, string>> = {
  "labs/01-framing/framing.ts": STUB,
  "labs/01-framing/mod.ts": 'export { default } from "../../solutions/01-framing/mod.ts";\n',
  "labs/01-framing/suite.ts": 'export default { lab: 1, visibility: "public", checks: [] };\n',
  "labs/01-framing/checks/pad.ts": "export const pad = {};\n",
  "labs/manifest.ts": "export const labs = [], finished = []; export const findLab = () => ({ points: 100 });\n",
  "solutions/01-framing/framing.ts": REFERENCE,
  "solutions/01-framing/hidden.ts": 'export default { lab: 1, visibility: "hidden", checks: [] };\n',
  "stack/wire/frame.ts": `console.log(${FORGED});\n`,
  "tools/harness/trial.ts": 'export const runCheck = () => ({ verdict: { outcome: "passed" } });\n',
  "tools/grade/policy.json": '{"format":"wallsocket-policy/1","hidden":{"show":"titles"}}',
  "results.json": '{"score":100}',
  "result.json": '{"format":"wallsocket-result/1","total":{"points":100}}',
};

export const imports: readonly Attack[] = [
  importing("imports-the-hidden-suite", "a static import of the hidden checks", 'import "../../solutions/01-framing/hidden.ts";'),
  importing("imports-the-solution", "a static import of the solution", 'export * from "../../solutions/01-framing/framing.ts";'),
  importing("imports-the-public-suite", "a static import of the public checks", 'import suite from "./suite.ts"; console.log(suite);'),
  importing("imports-the-harness", "a static import of the harness's message format", 'import "../../tools/harness/message.ts";'),
  importing(
    "imports-another-lab",
    "the reference of another lab, which is in the same process",
    'import arp from "../../solutions/02-arp/mod.ts"; arp;',
  ),
  importing(
    "imports-by-dynamic-import",
    "a dynamic import of the solution",
    'export const x = () => import("../../solutions/01-framing/mod.ts");',
  ),
  importing("imports-from-jsr", "a module of jsr.io, which needs no permission", 'import "https://jsr.io/@std/assert/1.0.0/mod.ts";'),
  importing("imports-from-esm-sh", "a module of esm.sh", 'import "https://esm.sh/lodash@4";'),
  importing(
    "imports-a-raw-file",
    "a file of a repository by HTTPS",
    'import "https://raw.githubusercontent.com/someone/solved/main/framing.ts";',
  ),
  importing("imports-jsr-and-npm", "packages by jsr: and npm:", 'import "jsr:@std/assert"; import "npm:chalk";'),
  importing("imports-node", "the modules of Node", 'import { readFileSync } from "node:fs"; readFileSync("/etc/passwd");'),
  importing("imports-data", "code in a data: address", 'import "data:application/typescript,console.log(1)";'),
  importing("imports-a-text", "a file of the machine as text", 'import text from "/etc/passwd" with { type: "text" }; console.log(text);'),
  importing(
    "imports-a-type",
    "a type from the network, which is fetched all the same",
    'import type { X } from "https://jsr.io/@std/assert/1.0.0/mod.ts";',
  ),
  importing("imports-by-file-address", "a module of the machine by its address", 'import "file:///etc/hostname";'),
  computed(
    "computed-import-of-the-solution",
    "the solution, by a path put together at run time",
    '"../../solutions/01-framing/" + "mod.ts"',
  ),
  computed(
    "computed-import-of-a-suite",
    "the hidden suite, by a path put together at run time",
    'new URL("../../solutions/01-framing/hidden.ts", import.meta.url).href',
  ),
  computed(
    "computed-import-above",
    "the solution in the checkout that lies around the copy",
    '"../../../../../solutions/01-framing/" + "mod.ts"',
  ),
  file(
    "computed-import-by-eval",
    "the solution, by code in a text",
    every(
      "return found;",
      `let found: any = {};
for (const run of [(0, eval), (text: string) => Function("return " + text)(), (text: string) => Object.getPrototypeOf(async () => {}).constructor("return " + text)()]) {
  try { found = await run("imp" + 'ort("../../solutions/02-arp/mod.ts")'); } catch { /* not allowed */ }
}`,
    ),
  ),
  computed(
    "computed-import-from-jsr",
    "the network, by an address put together at run time",
    '"https://jsr.io/" + "@std/assert/1.0.0/mod.ts"',
  ),
  computed("computed-import-from-npm", "a package by npm:, put together at run time", '"npm:" + "chalk"'),
  computed(
    "computed-import-of-a-worker",
    "code in a blob: address",
    'URL.createObjectURL(new Blob(["export default {}"], { type: "text/javascript" }))',
  ),
  files("configuration-of-its-own", "deno.json, an import map, a lock file and package.json that redirect modules", {
    "framing.ts": STUB,
    "deno.json": '{"imports":{"../../stack/wire/not_implemented.ts":"./mine.ts"},"tasks":{"grade":"echo 100"},"lock":false}',
    "import_map.json": '{"imports":{"../../stack/":"./"}}',
    "deno.lock": '{"version":"5"}',
    "package.json": '{"name":"x","scripts":{"postinstall":"touch /tmp/forged"}}',
    "mine.ts": "export const todo = () => true;\n",
    ".npmrc": "ignore-scripts=false\n",
    "node_modules/x/index.js": "export default 1;\n",
  }),
  files("forged-kit", "a suite, a manifest, a harness and a result of its own", FORGED_KIT),
  files("honest-work-in-a-forged-kit", "the same around a right solution", { ...FORGED_KIT, "labs/01-framing/framing.ts": REFERENCE }, {
    earns: 100,
  }),
];
