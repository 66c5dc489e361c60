/** The demo's last acts: the stack serves a page, somebody at the other end of the wire fetches it, and the story of that is told. */
import { createServer } from "node:http";
import { serveNode } from "../../stack/socket/duplex.ts";
import { listen } from "../../stack/socket/listener.ts";
import type { Host } from "../../stack/host.ts";
import { heading, type Stage, verdict } from "./acts.ts";
import { openedLines } from "./ladder.ts";
import { PAGE } from "./page.ts";
import { PATIENCE, PLACES } from "./scene.ts";
import { connectionTo, layerLines, type SegmentSeen, storyLines } from "./story.ts";

const URL_OF_PAGE = `http://${PLACES.stack.address}/`;

/** Plays them. False when something did not come out as it should. */
export async function playWeb(stage: Stage): Promise<boolean> {
  const { stack } = stage;
  const listener = listen(stack, { port: 80 });
  const server = createServer((request, response) => {
    // One request, one connection: so the story has an end.
    response.writeHead(request.url === "/" ? 200 : 404, {
      "content-type": "text/html",
      "content-length": PAGE.length,
      connection: "close",
    });
    response.end(PAGE);
  });
  const serving = serveNode(server, listener);
  const { good, segments } = await fetchPage(stage);
  await openRequest(stage, segments);
  const curlGood = await withCurl(stage);
  listener.close();
  await serving;
  return good && curlGood;
}

async function fetchPage(stage: Stage): Promise<{ good: boolean; segments: readonly SegmentSeen[] }> {
  const { peer, ladder, print, stack } = stage;
  const title = "5. A web page, out of the stack";
  const { status, text } = await peer.client.fetch(URL_OF_PAGE);
  await untilOver(stack);
  const segments = connectionTo(80, ladder.end(title));
  print(heading(
    title,
    `The stack listens on port 80, with Node's own HTTP server on its sockets. A program at the other end asks for ${URL_OF_PAGE} by ` +
      `${peer.client.fetcher}. This is the whole story, from the first SYN to the last FIN. Numbers count from either side's SYN; ` +
      "in and out: bytes that the stack's program has not read, and that the other end has not acknowledged (labs 04 to 07).",
  ));
  print(storyLines(segments, peer.name, stage.modules.states));
  const good = status === 200 && text === PAGE;
  print(
    verdict(
      good,
      good ? `${peer.client.fetcher} got status 200 and ${text.length} bytes, as they were` : "The page did not come as it should",
    ),
  );
  await stage.pause();
  return { good, segments };
}

async function openRequest(stage: Stage, segments: readonly SegmentSeen[]): Promise<void> {
  const request = segments.find(({ ours, text }) => !ours && text.length > 0);
  if (request === undefined) return;
  stage.print(heading("6. The request, opened", "Four layers around one question. What each of them had to do with the page:"));
  stage.print(layerLines(segments).map((line) => `   ${line}`));
  stage.print(["", ...openedLines(request.sighting)]);
  await stage.pause();
}

async function withCurl({ peer, ladder, print, stack }: Stage): Promise<boolean> {
  const text = await peer.curl(URL_OF_PAGE);
  await untilOver(stack);
  const segments = connectionTo(80, ladder.end("6. The page again, by curl"));
  if (text === undefined) return true;
  const good = text === PAGE;
  print(["", ...verdict(good, good ? `curl got the same page, in ${segments.length} segments` : "curl got another page")]);
  return good;
}

/** Waits until no connection is left, but in TIME-WAIT. */
async function untilOver({ tcp }: Host): Promise<void> {
  for (let waited = 0; waited < PATIENCE && tcp?.connections().some(({ tcb }) => tcb.state !== "TIME-WAIT"); waited += 5) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
