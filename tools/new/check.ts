/**
 * The skeleton of a check, in a file of its own beside the others of its suite; the suite puts it into its group, an old one or a
 * new one. As it is written it is *broken*, which is what a check's own fault is called: no student is blamed for it.
 */
import type { Lab } from "../../labs/manifest.ts";
import type { CheckKind, Visibility } from "../harness/suite.ts";
import { loadChecks } from "../lab/run.ts";
import { UsageError } from "../lab/usage_error.ts";
import { camel, NoPlace, readTree, refuseName, type Skeleton, withImport } from "./skeleton.ts";

/** What sort of check. */
export interface CheckWish {
  readonly visibility: Visibility;
  readonly kind: CheckKind;
}

/** The skeleton of the check `id`, "checksum/odd-length". Throws a UsageError when the name is taken or is none. */
export async function newCheck(lab: Lab, id: string, { visibility, kind }: CheckWish): Promise<Skeleton> {
  const [group = "", name, ...rest] = id.split("/");
  if (name === undefined || rest.length > 0) {
    throw new UsageError(`A check is named by its group and its name, "checksum/odd-length", not "${id}".`);
  }
  refuseName(group, "A group's name");
  refuseName(name, "A check's name");
  if ((await loadChecks(lab, true)).some((check) => check.id === id)) throw new UsageError(`Lab ${lab.number} has a check ${id} already.`);
  const [suite, folder] = visibility === "public"
    ? [`labs/${lab.folder}/suite.ts`, "checks"] as const
    : [`solutions/${lab.folder}/hidden.ts`, "hidden"] as const;
  const stem = `${group}-${name}`.replaceAll("-", "_");
  const path = `${suite.replace(/[^/]*$/, "")}${folder}/${stem}.ts`;
  const value = camel(`${group}-${name}`);
  const text = withImport(await readTree(suite), `import { ${value} } from "./${folder}/${stem}.ts";`, suite);
  return {
    fresh: new Map([[path, checkText(lab, { id, name, value, kind, path })]]),
    changed: new Map([[suite, withMember(text, group, value, suite)]]),
    next: [
      `Write the check in ${path}; tools/harness/suite.ts says what it can do.`,
      `deno task lab${lab.number} --reference ${lab.number} --only ${id}   must pass then, and the stub must not`,
      ...(visibility === "public"
        ? [`Name it in labs/${lab.folder}/README.md, and the requirements it covers: deno task docs, deno task rfc-map`]
        : []),
      `A check that no mutant needs finds nothing: deno task new-mutant ${lab.number} NAME`,
    ],
  };
}

/** The text of a check of which only the frame is there. */
export function checkText(lab: Lab, of: { id: string; name: string; value: string; kind: CheckKind; path: string }): string {
  const first = Object.keys(lab.functions)[0] as string;
  return `/** The check ${of.id}: not written yet. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const ${of.value}: Readonly<Record<string, CheckSpec>> = {
  "${of.name}": {
    title: "not written yet",
    kind: "${of.kind}",
    covers: [],
    look: ["${first}"],
    why: "Not written yet: why it matters, with the section of the RFC.",
    hints: ["Not written yet: a nudge.", "Not written yet: the idea.", "Not written yet: nearly the code."],
    run: async (t) => {
${bodyText(lab, of.kind, first)}
      throw new Error("${of.path}: the check ${of.id} is not written yet");
    },
  },
};
`;
}

/** One act of the kind, so that whoever writes on sees how it is done. */
function bodyText(lab: Lab, kind: CheckKind, first: string): string {
  switch (kind) {
    case "table":
      return `      const outcomes = await t.many("${lab.module}", "${first}", []);
      t.equal(outcomes.length, 0, "how many calls were made");`;
    case "scenario":
      return `      const station = await t.${lab.number < 4 ? "host" : lab.module === "datagrams" ? "udp" : "tcp"}();
      await station.wait(1);`;
    case "live":
      return `      const station = await t.live();
      await station.settle();`;
  }
}

/** The suite's text with a value more in one of its groups. */
export function withMember(text: string, group: string, value: string, path: string): string {
  const start = text.indexOf("groups: {");
  if (start < 0) throw new NoPlace(`${path} has no groups that a check could be written into`);
  const open = start + "groups: ".length;
  const parts: string[] = [""];
  let depth = 0, end = open;
  for (; end < text.length; end++) {
    const letter = text[end] as string;
    if (letter === "{") depth++;
    if (letter === "}" && --depth === 0) break;
    if (letter === "," && depth === 1) parts.push("");
    else if (end > open) parts[parts.length - 1] += letter;
  }
  const members = parts.map((part) => part.trim()).filter((part) => part !== "");
  const index = members.findIndex((member) => member.replace(/:[\s\S]*$/, "").replaceAll('"', "") === group);
  const key = group.includes("-") ? `"${group}"` : group;
  if (index < 0) {
    const place = members.at(-1)?.startsWith("live") ? members.length - 1 : members.length;
    members.splice(place, 0, `${key}: ${value}`);
  } else {
    const old = (members[index] as string).replace(/^[^:]*:\s*/, "");
    const inside = old.startsWith("{") ? old.slice(1, -1).trim().replace(/,$/, "") : `...${old}`;
    members[index] = `${key}: { ${inside}, ...${value} }`;
  }
  return `${text.slice(0, open)}{ ${members.join(", ")} }${text.slice(end + 1)}`;
}
