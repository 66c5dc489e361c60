/**
 * `tuntap2`, the device driver from npm: its maintained fork with the same API (classes `LinuxTap`, `LinuxTun`). Imported only by who
 * asks for `--driver tuntap2`.
 *
 * The package's name is no literal here, and no entry of the import map: whatever those name, Deno fetches on every task, and this
 * driver brings a hundred packages along that hardly anybody needs. `tools/tuntap2.json` names and pins it, for the two commands that
 * use it.
 */

/** The package, as Deno imports it. */
export const TUNTAP2_PACKAGE = "npm:@xiaobaidadada/node-tuntap2-wintun@3.0.2" as string;

/** Loads the package. Throws when it was not fetched, or its addon is not built (`deno task tuntap2` does both). */
export async function loadPackage(): Promise<unknown> {
  return await import(TUNTAP2_PACKAGE);
}
