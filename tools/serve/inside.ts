/**
 * `deno task serve`, inside: the stack serves a folder, and a command of the user's is the kernel's side. Arguments: the parent's process
 * number, the wire, the folder's real path, the port, and the command if there is one. Run by ../serve.ts.
 */
import { serveHttp } from "../../stack/http/server.ts";
import { listen } from "../../stack/socket/listener.ts";
import { WIDTH, wrap } from "../lab/text.ts";
import { fromOutside, STACK, startCommand, startNeighbour } from "../neighbour/inside.ts";
import { reportAndExit } from "../neighbour/report.ts";
import { loadReference } from "../reference.ts";
import { serveFolder } from "./files.ts";

const [parent, wire, folder, port, ...command] = Deno.args as [string, string, string, string, ...string[]];
const url = `http://${STACK}${port === "80" ? "" : `:${port}`}/`;

try {
  const host = await startNeighbour(Number(parent), JSON.parse(wire));
  const log = command.length > 0 ? () => {} : (line: string) => console.log(`  ${line}`);
  const { http } = await loadReference();
  const date = (): string => new Date().toUTCString();
  serveHttp(host, listen(host, { port: Number(port) }), http, serveFolder(folder, log), { date });
  if (command.length > 0) Deno.exit((await startCommand(command).status).code);
  const where = `The stack serves ${folder} at ${url}, in a network of its own. Ctrl-C ends it. From another terminal:`;
  console.log([...wrap(where, WIDTH), "", `  ${fromOutside(`curl ${url}`)}`, ""].join("\n"));
} catch (error) {
  reportAndExit(error);
}
