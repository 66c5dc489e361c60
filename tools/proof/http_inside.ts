/**
 * The inside of a proof of lab 11: the reference stack (station.ts) with the stack's own web server on it, and commands of other people's that ask
 * it. Run by next_door.ts#runInside; one argument, an `HttpOrder`; prints an `HttpResult`.
 *
 *     /             a page with a style sheet and pictures: some all at once, the others one after another; a script counts those that can be seen
 *     /picture/N    one of them; the odd ones in pieces
 *     /bytes/N      so many bytes: 0 1 2 … 255 0 1 …
 *     PUT /echo     what came
 */
import type { HttpRequest } from "../../stack/contract/http.ts";
import { type HttpAnswer, serveHttp } from "../../stack/http/server.ts";
import { listen } from "../../stack/socket/listener.ts";
import { loadReference } from "../reference.ts";
import { answer, type Holdings, openStation, type WireOrder } from "./station.ts";

/** What is to be done inside. */
export interface HttpOrder extends WireOrder {
  readonly commands: readonly (readonly string[])[];
}

/** What came of it. */
export interface HttpResult {
  readonly said: readonly { readonly status: number; readonly out: string; readonly err: string }[];
  /** For each connection, by the client's port, what was asked for over it. */
  readonly asked: Readonly<Record<string, readonly string[]>>;
  /** What handlers and lab have thrown. */
  readonly reported: readonly string[];
  readonly left: Holdings;
}

/** Pictures on the page. */
export const PICTURES = 12;
/** Seconds that a command may take. */
const PATIENCE = 60;

const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Wall socket</title><link rel="stylesheet" href="/style.css"></head>
<body>
<p id="seen">nothing yet</p>
${Array.from({ length: PICTURES / 2 }, (_, i) => `<img src="/picture/${i}" alt="">`).join("\n")}
<script>
  const later = [];
  const next = (i) => {
    if (i < ${PICTURES}) {
      const picture = new Image();
      picture.onload = picture.onerror = () => next(i + 1);
      picture.src = "/picture/" + i;
      later.push(picture);
      return;
    }
    const seen = [...document.images, ...later].filter((picture) => picture.complete && picture.naturalWidth === 64).length;
    const colour = getComputedStyle(document.body).color;
    document.getElementById("seen").textContent = seen + " pictures, " + colour;
  };
  addEventListener("load", () => next(${PICTURES / 2}));
</script>
</body>
</html>
`;

/** 64 by 64, and some 40 KB long. */
function picture(number: number): Uint8Array {
  const squares = Array.from(
    { length: 800 },
    (_, i) => `<rect x="${i % 64}" y="${i / 64 | 0}" width="1" height="1" fill="#${number % 10}${i % 10}0"/>`,
  );
  return new TextEncoder().encode(`<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">${squares.join("")}</svg>`);
}

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 3000) yield await Promise.resolve(bytes.subarray(at, at + 3000));
}

function respond({ method, target, body }: HttpRequest): HttpAnswer {
  const [, page, number] = target.split("/");
  const type = (value: string): { name: string; value: string }[] => [{ name: "Content-Type", value }];
  if (method === "PUT") return { status: 200, headers: type("application/octet-stream"), body };
  switch (page) {
    case "":
      return { status: 200, headers: type("text/html; charset=utf-8"), body: PAGE };
    case "style.css":
      return { status: 200, headers: type("text/css"), body: "body { color: rgb(1, 2, 3); }" };
    case "picture":
      return {
        status: 200,
        headers: type("image/svg+xml"),
        body: Number(number) % 2 === 1 ? inPieces(picture(Number(number))) : picture(Number(number)),
      };
    case "bytes":
      return { status: 200, body: Uint8Array.from({ length: Number(number) }, (_, i) => i) };
    default:
      return { status: 404, body: "There is no such page.\n" };
  }
}

async function run(words: readonly string[]): Promise<HttpResult["said"][number]> {
  const { code, stdout, stderr } = await new Deno.Command("timeout", { args: [`${PATIENCE}`, ...words], stdin: "null" }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder("latin1").decode(bytes)) as [string, string];
  return { status: code, out, err };
}

async function prove(order: HttpOrder): Promise<HttpResult> {
  const station = await openStation(order);
  const { http } = await loadReference();
  const asked: Record<string, string[]> = {};
  const reported: string[] = [];
  const server = serveHttp(station.host, listen(station.host, { port: 80 }), http, (request, { port }) => {
    (asked[port] ??= []).push(`${request.method} ${request.target}`);
    return respond(request);
  }, { report: (error) => reported.push(String(error)), date: () => new Date().toUTCString() });
  const said: HttpResult["said"][number][] = [];
  for (const command of order.commands) said.push(await run(command));
  await station.settled(); // a client that is gone may not have said its last yet, and `close` resets whoever has not
  await server.close();
  const left = await station.settled();
  await station.end();
  return { said, asked, reported, left };
}

if (import.meta.main) await answer(prove);
