/**
 * `deno task tuntap2`: builds the native addon of the tuntap2 driver with the system's C++ compiler, and puts it
 * where the package looks for it. Why this is not left to the package's own install script: see
 * docs/decisions/0016-the-tuntap2-addon-is-built-by-one-command.md.
 *
 * Needs a C++ compiler called `c++`, and nothing else of the system. The packages come from npm and are pinned by
 * tools/tuntap2.lock, a lock file of their own: no other task fetches them. Exit status 0: the addon is built and
 * loads; 3: it could not be built.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadPackage, TUNTAP2_PACKAGE } from "tuntap2";

/** The C headers of Node's addon interface, without Node. No literal where it is imported: other tasks would fetch it. */
const HEADERS = "npm:node-api-headers@1.9.0" as string;

/**
 * Two functions of Node's event loop library that the addon calls for the text of an error. Deno has no such
 * library: without these, the first error would end the process.
 */
const UV_HEADER = `#pragma once
extern "C" const char* uv_err_name(int);
extern "C" const char* uv_strerror(int);
`;
const UV_SOURCE = `#include "uv.h"
#include <string.h>
extern "C" const char* uv_strerror(int code) { return strerror(-code); }
#ifdef __GLIBC__
extern "C" const char* uv_err_name(int code) { return strerrorname_np(-code); }
#else
extern "C" const char* uv_err_name(int code) { return strerror(-code); }
#endif
`;

/** Where things are: the package, and the headers that its sources include. */
interface Places {
  readonly source: string;
  readonly headers: readonly string[];
  /** Where the package looks for its addon. */
  readonly addon: string;
}

/** Where things are. The package must have been fetched. */
async function findPlaces(): Promise<Places> {
  const nodeHeaders = (await import(HEADERS)).default as { include_dir: string };
  const entry = fileURLToPath(import.meta.resolve(TUNTAP2_PACKAGE));
  const wrapper = createRequire(entry)("node-addon-api") as { include_dir: string };
  const root = dirname(dirname(entry));
  return {
    source: join(root, "src", "cpp"),
    headers: [nodeHeaders.include_dir, wrapper.include_dir],
    addon: join(root, "build", "Release", "tuntap2Addon.node"),
  };
}

/** Fetches the package, unless it is there, and says whether its addon is, too. */
async function loads(): Promise<boolean> {
  return await loadPackage().then(() => true, () => false);
}

async function build(): Promise<void> {
  const places = await findPlaces();
  const built = await compile(places, join(".wallsocket", "tuntap2"));
  await Deno.mkdir(dirname(places.addon), { recursive: true });
  await Deno.copyFile(built, places.addon);
  createRequire(import.meta.url)(places.addon);
}

/** Compiles into `folder` and returns the addon's path. Throws an Error with the compiler's words. */
async function compile(places: Places, folder: string): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "uv.h"), UV_HEADER);
  await Deno.writeTextFile(join(folder, "uv.cpp"), UV_SOURCE);
  const addon = join(folder, "tuntap2Addon.node");
  const includes = [folder, ...places.headers].map((path) => `-I${path}`);
  const sources = [join(places.source, "tuntap-linux.cpp"), join(places.source, "tuntap-napi.cpp"), join(folder, "uv.cpp")];
  const args = ["-std=c++17", "-O2", "-fPIC", "-shared", "-fexceptions", ...includes, ...sources, "-o", addon];
  const { success, stderr } = await new Deno.Command("c++", { args, stdout: "null" }).output().catch((error) => {
    if (error instanceof Deno.errors.NotFound) throw new Error("there is no C++ compiler called c++ (Debian and Ubuntu: the package g++)");
    throw error;
  });
  if (!success) throw new Error(`the compiler refused:\n${new TextDecoder().decode(stderr)}`);
  return addon;
}

if (import.meta.main) {
  try {
    if (Deno.build.os !== "linux") throw new Error("the tuntap2 driver is for Linux");
    if (!(await loads())) await build();
    console.log("The tuntap2 driver is built. Use it with  --driver tuntap2.");
  } catch (error) {
    console.error(`Cannot build the tuntap2 driver: ${error instanceof Error ? error.message : error}`);
    Deno.exit(3);
  }
}
