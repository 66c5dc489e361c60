/** Where a linted file stands in the tree: rules differ from room to room. */
import { labs } from "../../labs/manifest.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** The path from the top of the tree, with forward slashes: "stack/wire/frame.ts". */
export function treePath(filename: string): string {
  const path = filename.replace(/^file:\/\//, "").replaceAll("\\", "/");
  return path.startsWith(ROOT) ? path.slice(ROOT.length) : path;
}

/** Whether this is a file that students write, in `labs/` or in `solutions/`. */
export function isLabFile(path: string): boolean {
  const [top, folder, file, more] = path.split("/");
  return (top === "labs" || top === "solutions") && more === undefined &&
    labs.some((lab) => lab.folder === folder && lab.files.some((name) => name === file));
}
