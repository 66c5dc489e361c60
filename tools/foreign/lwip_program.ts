/** Programs over lwIP as its packagers built it: whether they can be had, and how. Of Debian, it takes gcc and liblwip-dev. */

/** Why there is no lwIP here, in a few words. */
export function missingLwip(): string | undefined {
  try {
    Deno.statSync("/usr/include/lwip/lwip/tcp.h");
    return undefined;
  } catch {
    return "lwIP is not installed";
  }
}

/**
 * Compiles a program that lies beside this file, and gives where it is in `folder`. Throws a Deno.errors.NotFound where there is no compiler, and an Error with what
 * it says where it fails.
 */
export async function compileWithLwip(source: "lwip_peer.c" | "lwip_bulk.c", folder: string): Promise<string> {
  const program = `${folder}/${source.replace(".c", "")}`;
  const from = decodeURIComponent(new URL(source, import.meta.url).pathname);
  const args = ["-O2", "-I/usr/include/lwip", "-o", program, from, "-llwip", "-lpthread"];
  const { stderr, success } = await new Deno.Command("cc", { args, stdin: "null" }).output();
  if (!success) throw new Error(`Cannot compile ${source}:\n${new TextDecoder().decode(stderr)}`);
  return program;
}
