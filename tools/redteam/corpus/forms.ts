/** Attacks by the form of a submission: archives, links, names, and files that are none. */
import { ROOT } from "../../lab/run.ts";
import { type Entry, tarGz, zip } from "../archives.ts";
import { type Attack, every, file, files, FORGED, FORGERIES, REFERENCE, STUB } from "../attack.ts";

const text = (content: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(content);
const solved = (name: string): Entry => ({ name, bytes: text(REFERENCE) });
const linked = (name: string, to: string): Entry => ({ name, bytes: text(to), link: true });
const SOLUTION = `${ROOT}/solutions/01-framing/framing.ts`;
const none = "none of the files";

function written(name: string, tries: string, refused: string, write: (folder: string) => Promise<string>): Attack {
  return { name, tries, earns: 0, refused, write };
}

/** A symbolic link. By a program: whoever may write only in some places may not make links, wherever they lie. */
async function link(to: string, at: string): Promise<void> {
  await new Deno.Command("ln", { args: ["-s", to, at] }).output();
}

/** A submission that is an archive. */
function archive(
  name: string,
  tries: string,
  rest: Pick<Attack, "refused"> & { earns?: number },
  bytes: () => Promise<Uint8Array>,
): Attack {
  return {
    name,
    tries,
    earns: 0,
    ...rest,
    write: async (folder) => {
      await Deno.writeFile(`${folder}/${name}`, await bytes());
      return `${folder}/${name}`;
    },
  };
}

/** A submission in a folder of this name below its own. */
function named(name: string, tries: string, folderName: string, content = STUB, earns = 0): Attack {
  return {
    name,
    tries,
    earns,
    write: async (folder) => {
      await Deno.mkdir(`${folder}/${folderName}`);
      await Deno.writeTextFile(`${folder}/${folderName}/framing.ts`, content);
      return `${folder}/${folderName}`;
    },
  };
}

export const forms: readonly Attack[] = [
  archive(
    "zip-that-climbs",
    "paths with .. that would land in the grader's tree",
    { refused: none },
    () =>
      zip([
        solved("../../../labs/01-framing/framing.ts"),
        solved("../framing.ts"),
        solved("/framing.ts"),
        solved("a/../framing.ts"),
        solved("..\\framing.ts"),
      ]),
  ),
  archive("zip-with-a-link", "a symbolic link to the solution", { refused: "symbolic link" }, () => zip([linked("framing.ts", SOLUTION)])),
  archive(
    "zip-bomb",
    "a file of 20 MB in a zip of 20 KB",
    { refused: "are allowed" },
    () => zip([{ name: "framing.ts", bytes: new Uint8Array(2e7) }]),
  ),
  archive(
    "zip-of-doubles",
    "two files of one name, one honest and one not",
    { refused: "two files" },
    () => zip([{ name: "framing.ts", bytes: text(STUB) }, solved("framing.ts")]),
  ),
  archive(
    "zip-of-many",
    "thirty thousand files",
    { refused: "more than" },
    () => zip(Array.from({ length: 30_000 }, (_, i) => ({ name: `${i}`, bytes: text("") }))),
  ),
  archive(
    "zip-of-noise",
    "an archive of random bytes",
    { refused: "damaged" },
    () => Promise.resolve(Uint8Array.from({ length: 5000 }, (_, i) => i < 4 ? [0x50, 0x4b, 3, 4][i] as number : i * 167 & 255)),
  ),
  archive(
    "zip-of-forged-names",
    "file names that are result lines",
    { earns: 100 },
    () => zip([solved("framing.ts"), ...FORGERIES.map((line) => ({ name: `x\n${line}\u001b[2J\u202e`, bytes: text(line) }))]),
  ),
  archive(
    "tar-that-climbs.tar.gz",
    "paths with .. and from the root",
    { refused: none },
    () => tarGz([solved("../framing.ts"), solved("/labs/01-framing/framing.ts")]),
  ),
  archive(
    "tar-with-a-link.tar.gz",
    "a symbolic link to the solution",
    { refused: "link" },
    () => tarGz([linked("framing.ts", SOLUTION.slice(-99))]),
  ),
  archive(
    "tar-with-a-hard-link.tar.gz",
    "a hard link to the solution",
    { refused: "link" },
    () => tarGz([linked("framing.ts", SOLUTION.slice(-99))], "1"),
  ),
  archive("tar-with-a-device.tar.gz", "a device in the place of a file", { refused: "" }, () => tarGz([linked("framing.ts", "")], "3")),
  archive(
    "tar-bomb.tar.gz",
    "300 MB of zeros",
    { refused: "when decompressed" },
    () => tarGz([{ name: "zeros", bytes: new Uint8Array(3e8) }]),
  ),
  written("link-to-the-solution", "a symbolic link in the place of the file", "symbolic link", async (folder) => {
    await link(SOLUTION, `${folder}/framing.ts`);
    return folder;
  }),
  written("link-to-the-solutions", "a symbolic link in the place of the lab's folder", none, async (folder) => {
    await Deno.mkdir(`${folder}/labs`);
    await link(`${ROOT}/solutions/01-framing`, `${folder}/labs/01-framing`);
    return folder;
  }),
  written(
    "link-in-place-of-the-submission",
    "the whole submission is a link to the grader's solutions",
    "symbolic link",
    async (folder) => {
      await link(`${ROOT}/solutions/01-framing`, `${folder}/work`);
      return `${folder}/work`;
    },
  ),
  written("pipe-in-place-of-the-file", "a named pipe, which nobody ever fills", none, async (folder) => {
    await new Deno.Command("mkfifo", { args: [`${folder}/framing.ts`] }).output();
    return folder;
  }),
  written("pipe-in-place-of-the-submission", "the whole submission is a named pipe", "neither a folder nor an archive", async (folder) => {
    await new Deno.Command("mkfifo", { args: [`${folder}/work.zip`] }).output();
    return `${folder}/work.zip`;
  }),
  written(
    "device-in-place-of-the-submission",
    "the whole submission is a device that never ends",
    "neither a folder",
    () => Promise.resolve("/dev/zero"),
  ),
  written("nothing-at-all", "an empty folder", none, (folder) => Promise.resolve(folder)),
  file("huge-file", "a file of a megabyte", `${REFERENCE}\n//${"x".repeat(1_000_000)}\n`, { refused: "are allowed" }),
  file("no-utf-8", "bytes that are no text", new Uint8Array([...new TextEncoder().encode(STUB), 0xff, 0xfe, 0xc0, 0x80]), {
    refused: "not UTF-8",
  }),
  file("byte-order-mark", "a mark in front of honest work", `\ufeff${REFERENCE}`, { earns: 100 }),
  file("null-bytes", "a null byte in the code", STUB.replace("export function", "\0export function"), { refused: "" }),
  file(
    "hidden-directions",
    "code that reads otherwise than it runs",
    every("/*\u202e } \u2066if (isAdmin)\u2069 \u2066 begin*/ return 'unicast';"),
  ),
  named("name-with-a-newline", "a folder whose name is a result line", `x\n::notice title=Score::100`),
  named("name-of-a-formula", "a folder whose name is a spreadsheet's formula", "=cmd|'calc'!A1"),
  named("name-of-an-option", "a folder whose name looks like an option", "--out"),
  named("name-that-turns-around", "a folder whose name turns the direction of writing", "\u202e001 fo 001\u2066", REFERENCE, 100),
  named("name-of-255-bytes", "a folder whose name is as long as names can be", "漢".repeat(85), REFERENCE, 100),
  named("name-of-the-summary", "a folder that is named as the grader's own files", "summary.csv", REFERENCE, 100),
  named("name-of-the-prototype", "a folder named __proto__", "__proto__", REFERENCE, 100),
  files("hooks-of-git", "a repository whose hooks and settings name programs", {
    "framing.ts": STUB,
    ".git/hooks/post-checkout": "#!/bin/sh\ntouch /tmp/forged\n",
    ".git/config": "[core]\n\tfsmonitor = touch /tmp/forged\n\tpager = touch /tmp/forged\n",
    ".git/HEAD": `ref: refs/heads/main\n`,
    ".gitattributes": "* filter=x\n",
  }),
  {
    name: "git-that-is-elsewhere",
    tries: "a .git file that points to the grader's own repository",
    earns: 0,
    anyhow: true,
    write: async (folder) => {
      await Deno.writeTextFile(`${folder}/.git`, `gitdir: ${ROOT}/.git\n`);
      return `file://${folder}`;
    },
  },
  files("names-of-lines", "other files whose names are result lines", {
    "framing.ts": every(`throw new Error(${FORGED});`),
    ...Object.fromEntries(FORGERIES.filter((line) => !line.includes("/")).map((line) => [`a\n${line}`, "x"])),
  }),
];
