/**
 * A folder over HTTP, as a handler for the stack's own server: files with their lengths and types, folders as lists of links, and nothing that
 * lies outside, neither by `..` nor by a link in the file system. It reads, and never writes.
 */
import type { HttpHeader, HttpRequest } from "../../stack/contract/http.ts";
import type { HttpAnswer, HttpHandler } from "../../stack/http/server.ts";

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  gif: "image/gif",
  htm: "text/html; charset=utf-8",
  html: "text/html; charset=utf-8",
  ico: "image/x-icon",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  md: "text/markdown; charset=utf-8",
  pdf: "application/pdf",
  png: "image/png",
  svg: "image/svg+xml",
  ts: "text/plain; charset=utf-8",
  txt: "text/plain; charset=utf-8",
  webp: "image/webp",
};

const NOT_FOUND = "There is no such file";

/** Serves `root`, a folder's real path. `log` hears a line for each answer. */
export function serveFolder(root: string, log: (line: string) => void): HttpHandler {
  return async (request) => {
    const answer = await answerTo(root, request);
    log(`${request.method} ${request.target} ${answer.status}, ${answer.length} bytes`);
    return answer;
  };
}

async function answerTo(root: string, { method, target }: HttpRequest): Promise<HttpAnswer> {
  if (method !== "GET" && method !== "HEAD") return problem(405, "Only GET and HEAD are served here", [header("Allow", "GET, HEAD")]);
  const path = pathOf(target);
  if (path === undefined) return problem(400, "That is no path");
  try {
    const real = await Deno.realPath(`${root}${path}`);
    if (real !== root && !real.startsWith(root === "/" ? root : `${root}/`)) return problem(404, NOT_FOUND);
    return await fileOrFolder(real, path);
  } catch {
    // Missing, unreadable, or outside of what this process may read: to the client all of them are the same.
    return problem(404, NOT_FOUND);
  }
}

/** The path that a URL means, with its escapes undone; undefined for nonsense. */
function pathOf(url: string): string | undefined {
  try {
    const path = decodeURIComponent(new URL(url.startsWith("/") ? `http://stack${url}` : url).pathname);
    return path.includes("\0") ? undefined : path;
  } catch {
    return undefined;
  }
}

async function fileOrFolder(real: string, path: string): Promise<HttpAnswer> {
  const { isDirectory, isFile, size } = await Deno.stat(real);
  if (isFile) {
    const type = TYPES[real.slice(real.lastIndexOf(".") + 1).toLowerCase()] ?? "application/octet-stream";
    // The server takes what the client takes, and closes the file when it has enough: to a HEAD, at once.
    return { status: 200, headers: [header("Content-Type", type)], body: (await Deno.open(real)).readable, length: size };
  }
  if (!isDirectory) return problem(404, NOT_FOUND);
  if (!path.endsWith("/")) return { status: 301, headers: [header("Location", `${encodeURI(path)}/`.replace(/^\/+/, "/"))], length: 0 };
  const index = await Deno.stat(`${real}/index.html`).catch(() => undefined);
  return index?.isFile === true ? await fileOrFolder(`${real}/index.html`, path) : page(200, path, await listOf(real));
}

/** The names in a folder as links, folders first. */
async function listOf(folder: string): Promise<string> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) names.push(isDirectory ? `${name}/` : name);
  names.sort((one, other) => Number(other.endsWith("/")) - Number(one.endsWith("/")) || one.localeCompare(other));
  const links = names.map((name) => `<li><a href="./${encodeURI(name).replaceAll(/[?#]/g, encodeURIComponent)}">${escape(name)}</a></li>`);
  return `<ul>\n${links.join("\n")}\n</ul>`;
}

function problem(status: number, sentence: string, more: readonly HttpHeader[] = []): HttpAnswer {
  return page(status, sentence, "", more);
}

function page(status: number, title: string, html: string, more: readonly HttpHeader[] = []): HttpAnswer {
  const head = `<!doctype html>\n<meta charset="utf-8">\n<title>${escape(title)}</title>\n<h1>${escape(title)}</h1>\n`;
  const body = new TextEncoder().encode(`${head}${html}\n`);
  return { status, headers: [header("Content-Type", "text/html; charset=utf-8"), ...more], body, length: body.length };
}

function header(name: string, value: string): HttpHeader {
  return { name, value };
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
