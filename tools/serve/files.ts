/**
 * A folder over HTTP, as a listener for `node:http`: files with their lengths and types, folders as lists of links, and nothing that
 * lies outside, neither by `..` nor by a link in the file system. It reads, and never writes.
 */
import { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

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

/** What an answer is made of. */
interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Deno.FsFile;
}

/** Serves `root`, a folder's real path. `log` hears a line for each answer. */
export function serveFolder(
  root: string,
  log: (line: string) => void,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    request.resume();
    const answer = await answerTo(root, request);
    const length = typeof answer.body === "string" ? Buffer.byteLength(answer.body) : Number(answer.headers?.["content-length"] ?? 0);
    response.writeHead(answer.status, { ...answer.headers, "content-length": length });
    log(`${request.method} ${request.url} ${answer.status}, ${length} bytes`);
    await send(answer.body, request.method === "HEAD", response);
  };
}

async function send(body: Answer["body"], headOnly: boolean, response: ServerResponse): Promise<void> {
  if (body instanceof Deno.FsFile && headOnly) body.close();
  if (body === undefined || typeof body === "string" || headOnly) return void response.end(headOnly ? undefined : body);
  // Who goes away in the middle has not read the rest; there is nobody to tell.
  await pipeline(Readable.fromWeb(body.readable), response).catch(() => response.destroy());
}

async function answerTo(root: string, { method, url = "/" }: IncomingMessage): Promise<Answer> {
  if (method !== "GET" && method !== "HEAD") return problem(405, "Only GET and HEAD are served here", { allow: "GET, HEAD" });
  const path = pathOf(url);
  if (path === undefined) return problem(400, "That is no path");
  try {
    const real = await Deno.realPath(`${root}${path}`);
    if (real !== root && !real.startsWith(root === "/" ? root : `${root}/`)) return problem(404, "There is no such file");
    return await fileOrFolder(real, path);
  } catch {
    // Missing, unreadable, or outside of what this process may read: to the client all of them are the same.
    return problem(404, "There is no such file");
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

async function fileOrFolder(real: string, path: string): Promise<Answer> {
  const { isDirectory, isFile, size } = await Deno.stat(real);
  if (isFile) {
    const type = TYPES[real.slice(real.lastIndexOf(".") + 1).toLowerCase()] ?? "application/octet-stream";
    return { status: 200, headers: { "content-type": type, "content-length": `${size}` }, body: await Deno.open(real) };
  }
  if (!isDirectory) return problem(404, "There is no such file");
  if (!path.endsWith("/")) return { status: 301, headers: { location: `${encodeURI(path)}/`.replace(/^\/+/, "/") } };
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

function problem(status: number, sentence: string, headers: Readonly<Record<string, string>> = {}): Answer {
  const { body, ...answer } = page(status, sentence, "");
  return { ...answer, headers: { ...answer.headers, ...headers }, body };
}

function page(status: number, title: string, html: string): Answer {
  const head = `<!doctype html>\n<meta charset="utf-8">\n<title>${escape(title)}</title>\n<h1>${escape(title)}</h1>\n`;
  return { status, headers: { "content-type": "text/html; charset=utf-8" }, body: `${head}${html}\n` };
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
