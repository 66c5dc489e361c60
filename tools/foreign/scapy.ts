/** scapy is no program but a module of Debian's Python, which need not be the first Python in the path. For tests only. */

export const PYTHON = "/usr/bin/python3";

/** Why a test cannot use it, or undefined when it can. */
export function missingScapy(): string | undefined {
  try {
    const { success } = new Deno.Command(PYTHON, { args: ["-c", "import scapy"], stdin: "null", stdout: "null", stderr: "null" })
      .outputSync();
    if (success) return undefined;
  } catch {
    // there is no Python either
  }
  return "scapy is not installed";
}

/** The path of a Python program beside this file. */
export function besideThis(name: string): string {
  return decodeURIComponent(new URL(name, import.meta.url).pathname);
}
