/**
 * `deno task lab5 --watch`: the learner's loop (`tools/learn.ts`) with one lab and no other. It is a process of its own, as it draws with packages
 * that nothing else here needs, and that have a lock file of their own.
 */
import { ROOT } from "./run.ts";

const PERMISSIONS = ["--allow-read", "--allow-write", "--allow-run", "--allow-env", "--allow-sys=uid"];

/** Runs the loop with the same words. Returns its exit status. */
export async function watchLab(words: readonly string[]): Promise<number> {
  const packages = [`--config=${ROOT}/deno.json`, `--lock=${ROOT}/tools/learn/packages.lock`, "--frozen"];
  const args = [
    "run",
    "--quiet",
    ...packages,
    ...PERMISSIONS,
    `${ROOT}/tools/learn.ts`,
    "--alone",
    ...words.filter((word) => word !== "--watch"),
  ];
  const child = new Deno.Command(Deno.execPath(), { args, stdin: "inherit", stdout: "inherit", stderr: "inherit" }).spawn();
  if (Deno.build.os !== "windows") {
    // Who has the screen gives it back, and ends; and so does this.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) Deno.addSignalListener(signal, () => child.kill(signal));
  }
  return (await child.status).code;
}
