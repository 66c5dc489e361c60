import { assertEquals, assertRejects } from "@std/assert";
import { testWhen } from "../../test_when.ts";
import { temporaryFolder } from "../../testing/temporary_folder.ts";
import { MAX_FILE, SubmissionError } from "../submission.ts";
import { readSubmission } from "./read.ts";

const IPV4 = "labs/03-ip/ipv4.ts";

/** A folder with some files, and its path. */
async function folderOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const root = await temporaryFolder();
  for (const [path, content] of Object.entries(files)) {
    await Deno.mkdir(`${root}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeFile(`${root}/${path}`, typeof content === "string" ? new TextEncoder().encode(content) : content);
  }
  return root;
}

async function run(cwd: string, command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, cwd, stdin: "null" }).output();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
}

async function lacks(command: string): Promise<string | undefined> {
  const there = await new Deno.Command(command, { args: ["--help"], stdout: "null", stderr: "null" }).output().then(
    () => true,
    () => false,
  );
  return there ? undefined : `the command ${command} is missing`;
}

async function refused(source: string, words: string): Promise<void> {
  await assertRejects(() => readSubmission(source), SubmissionError, words);
}

Deno.test("readSubmission() takes a kit, a folder of labs, and bare files, in an outer folder or not", async () => {
  for (const prefix of ["", "alice/"]) {
    for (const path of [IPV4, "03-ip/ipv4.ts", "ipv4.ts"]) {
      const root = await folderOf({ [`${prefix}${path}`]: "text", [`${prefix}README.md`]: "", [`${prefix}labs/03-ip/suite.ts`]: "forged" });
      const { files, ignored } = await readSubmission(root);
      assertEquals([...files], [[IPV4, "text"]]);
      assertEquals(ignored, [`${prefix}README.md`, `${prefix}labs/03-ip/suite.ts`]);
    }
  }
});

Deno.test("readSubmission() refuses what is no submission, by a reason", async () => {
  const root = await folderOf({ "a.txt": "x" });
  await refused(root, "none of the files");
  await refused(`${root}/a.txt`, "neither a zip nor a tar.gz");
  await refused(`${root}/nothing`, "nothing at this path");
  await refused("https://example.com/x.git", "on another machine");
  await refused("/dev/null", "neither a folder nor an archive");
  const long = await folderOf({ [IPV4]: new Uint8Array(MAX_FILE + 1) });
  await refused(long, "are allowed");
  const binary = await folderOf({ [IPV4]: new Uint8Array([0xff, 0xfe, 0]) });
  await refused(binary, "not UTF-8");
});

Deno.test("readSubmission() never follows a symbolic link", async () => {
  const root = await folderOf({ "secret": "the grader's" });
  await Deno.mkdir(`${root}/labs/03-ip`, { recursive: true });
  await run(root, "ln", "-s", `${root}/secret`, `${root}/${IPV4}`);
  await refused(root, "symbolic link");
  const linked = await folderOf({ "x": "" });
  await run(linked, "ln", "-s", `${root}/labs`, `${linked}/labs`);
  await refused(linked, "none of the files");
});

Deno.test("readSubmission() shows a file name with a newline as one line", async () => {
  const root = await folderOf({ [IPV4]: "text", "a\n::notice::100 points": "" });
  assertEquals((await readSubmission(root)).ignored, ["a?::notice::100 points"]);
});

testWhen(await lacks("zip"), "readSubmission() reads zip archives, and is not led astray by one", async () => {
  const root = await folderOf({ [IPV4]: "text".repeat(1000), "README.md": "r" });
  await run(root, "zip", "-qr", "good.zip", ".");
  assertEquals((await readSubmission(`${root}/good.zip`)).files.get(IPV4)?.length, 4000);
  await run(root, "zip", "-qr0", "stored.zip", "labs");
  assertEquals((await readSubmission(`${root}/stored.zip`)).files.size, 1);

  const bytes = await Deno.readFile(`${root}/good.zip`);
  for (let length = 4; length < bytes.length; length += 7) {
    await Deno.writeFile(`${root}/cut.zip`, bytes.subarray(0, length));
    await assertRejects(() => readSubmission(`${root}/cut.zip`), SubmissionError);
  }

  const bomb = await folderOf({ [IPV4]: new Uint8Array(50_000_000) });
  await run(bomb, "zip", "-q9r", "bomb.zip", "labs");
  await refused(`${bomb}/bomb.zip`, "are allowed");
  // the same archive, in whose directory the file is said to be small
  const lying = await Deno.readFile(`${bomb}/bomb.zip`);
  const view = new DataView(lying.buffer);
  for (let at = 0; at + 46 < lying.length; at++) if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + 24, 10, true);
  await Deno.writeFile(`${bomb}/lying.zip`, lying);
  await refused(`${bomb}/lying.zip`, `more than ${MAX_FILE} bytes`);

  await run(root, "ln", "-s", "/etc/passwd", "ipv4.ts");
  await run(root, "zip", "-qy", "link.zip", "ipv4.ts");
  await refused(`${root}/link.zip`, "symbolic link");

  await Deno.mkdir(`${root}/deep`);
  await run(`${root}/deep`, "zip", "-q", "up.zip", `../${IPV4}`);
  await refused(`${root}/deep/up.zip`, "none of the files");
});

testWhen(await lacks("tar"), "readSubmission() reads tar.gz archives, and is not led astray by one", async () => {
  const outer = "k".repeat(90);
  for (const format of ["gnu", "pax", "ustar"]) {
    const kit = await folderOf({ [`${outer}/${IPV4}`]: "text", [`${outer}/big.bin`]: new Uint8Array(3_000_000) });
    await run(kit, "tar", "czf", "good.tar.gz", `--format=${format}`, outer);
    assertEquals([...(await readSubmission(`${kit}/good.tar.gz`)).files], [[IPV4, "text"]]);
    const bytes = await Deno.readFile(`${kit}/good.tar.gz`);
    for (let length = 3; length < bytes.length - 20; length += 101) {
      await Deno.writeFile(`${kit}/cut.tar.gz`, bytes.subarray(0, length));
      await assertRejects(() => readSubmission(`${kit}/cut.tar.gz`), SubmissionError);
    }
  }
  const evil = await folderOf({ "x": "" });
  await Deno.mkdir(`${evil}/labs/03-ip`, { recursive: true });
  await run(evil, "ln", "-s", "/etc/passwd", `${evil}/${IPV4}`);
  await run(evil, "tar", "czf", "evil.tar.gz", "labs");
  await refused(`${evil}/evil.tar.gz`, "is a link");
  await run(`${evil}/labs`, "tar", "czPhf", "up.tar.gz", `../x`);
  await refused(`${evil}/labs/up.tar.gz`, "none of the files");
});

testWhen(await lacks("tar"), "readSubmission() stops at a tar bomb", async () => {
  const root = await temporaryFolder();
  const zeros = await Deno.open(`${root}/zeros`, { create: true, write: true });
  await zeros.truncate(300_000_000);
  zeros.close();
  await run(root, "tar", "czf", "bomb.tar.gz", "zeros");
  await refused(`${root}/bomb.tar.gz`, "when decompressed");
});

testWhen(await lacks("git"), "readSubmission() reads the HEAD of a git repository, and runs nothing that it names", async () => {
  const root = await folderOf({ [IPV4]: "committed", "README.md": "r" });
  const git = (...args: string[]): Promise<void> => run(root, "git", "-c", "user.name=n", "-c", "user.email=e@example.com", ...args);
  await git("init", "-q");
  await git("add", ".");
  await git("commit", "-qm", "work");
  await Deno.writeTextFile(`${root}/${IPV4}`, "not committed");
  for (const key of ["core.fsmonitor", "core.sshCommand", "uploadpack.packObjectsHook", "core.pager"]) {
    await git("config", key, `touch ${root}/ran; cat`);
  }
  assertEquals([...(await readSubmission(`file://${root}`)).files], [[IPV4, "committed"]]);
  assertEquals([...(await readSubmission(root)).files], [[IPV4, "not committed"]]);
  await run(root, "git", "clone", "-q", "--bare", ".", "bare.git");
  assertEquals([...(await readSubmission(`${root}/bare.git`)).files], [[IPV4, "committed"]]);
  assertEquals(await Deno.stat(`${root}/ran`).then(() => true, () => false), false);
});
