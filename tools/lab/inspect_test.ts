/** `--inspect`, by a debugger that speaks the protocol of Chrome and of every editor: it sets a breakpoint in a lab's file, looks, and goes on. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { spawnDenoTask } from "../testing/tasks.ts";
import { ROOT } from "./run.ts";

interface Frame {
  readonly callFrameId: string;
  readonly functionName: string;
}

interface Event {
  readonly method: string;
  readonly params: {
    readonly url?: string;
    readonly sourceMapURL?: string;
    readonly callFrames?: readonly Frame[];
    readonly hitBreakpoints?: readonly string[];
  };
}

/** One end of the Chrome DevTools Protocol. */
class Debugger {
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (result: Record<string, unknown>) => void>();
  readonly #events: Event[] = [];
  #heard = (): void => {};
  #sent = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.id === undefined) this.#events.push(message);
      else this.#answers.get(message.id)?.(message.error === undefined ? message.result : message);
      this.#heard();
    };
  }

  /** Attaches to what waits at `address`. */
  static async attach(address: string): Promise<Debugger> {
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => [socket.onopen, socket.onerror] = [resolve, reject]);
    return new Debugger(socket);
  }

  send(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const id = ++this.#sent;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve) => this.#answers.set(id, resolve));
  }

  /** The next event that fits, of those that have not been looked at. */
  async next(fits: (event: Event) => boolean): Promise<Event> {
    for (;;) {
      const at = this.#events.findIndex(fits);
      if (at >= 0) return this.#events.splice(at, 1)[0] as Event;
      await new Promise<void>((resolve) => this.#heard = resolve);
    }
  }

  close(): void {
    this.#socket.close();
  }
}

/** A port that nobody has at the moment. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

interface Waiting {
  readonly child: Deno.ChildProcess;
  readonly port: number;
  readonly said: string;
  readonly address: string;
}

/** `deno task lab1 --inspect=PORT …`, up to the moment in which it waits. */
async function waiting(words: readonly string[]): Promise<Waiting> {
  const port = freePort();
  const child = spawnDenoTask("lab1", [`--inspect=${port}`, ...words]);
  let said = "";
  const decoder = new TextDecoder();
  const reader = child.stderr.getReader();
  while (!said.includes("waiting for debugger")) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`It did not wait for a debugger:\n${said}`);
    said += decoder.decode(value, { stream: true });
  }
  reader.releaseLock();
  return { child, port, said, address: /ws:\/\/\S+/.exec(said)?.[0] ?? "" };
}

/** The verdicts of a run that goes on. */
async function verdicts(child: Deno.ChildProcess): Promise<{ status: number; out: string }> {
  const [out, { code }] = await Promise.all([new Response(child.stdout).text(), child.status, child.stderr.cancel()]);
  return { status: code, out };
}

/** The line of compiled code, from 0, that a source map has for a line of the source, from 1. */
function compiledLine(sourceMapUrl: string, line: number): number {
  const { mappings } = JSON.parse(atob(sourceMapUrl.slice(sourceMapUrl.indexOf(",") + 1))) as { mappings: string };
  let source = 0;
  for (const [compiled, segments] of mappings.split(";").entries()) {
    for (const segment of segments.split(",").filter((each) => each !== "")) {
      source += numbersOf(segment)[2] ?? 0;
      if (source === line - 1) return compiled;
    }
  }
  throw new Error(`There is no code in line ${line}`);
}

/** The numbers of a segment: VLQ in base 64. */
function numbersOf(segment: string): number[] {
  const numbers: number[] = [];
  let [value, shift] = [0, 0];
  for (const letter of segment) {
    const digit = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".indexOf(letter);
    value += (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    [value, shift] = [0, 0];
  }
  return numbers;
}

/** Attaches; the run stands before its first line then, and all files are known. */
async function attach(address: string): Promise<Debugger> {
  const editor = await Debugger.attach(address);
  for (const method of ["Runtime.enable", "Debugger.enable", "Runtime.runIfWaitingForDebugger"]) await editor.send(method);
  await editor.next(({ method }) => method === "Debugger.paused");
  return editor;
}

/** Sets a breakpoint in a line of the source, as an editor does it. */
async function breakAt(editor: Debugger, url: string, line: number): Promise<unknown> {
  const { params } = await editor.next(({ method, params }) => method === "Debugger.scriptParsed" && params.url === url);
  const lineNumber = compiledLine(params.sourceMapURL ?? "", line);
  return (await editor.send("Debugger.setBreakpointByUrl", { url, lineNumber })).breakpointId;
}

Deno.test("--inspect: a breakpoint in the student's own file hits, whatever time it takes; after it comes the verdict", async () => {
  const { child, port, said, address } = await waiting(["--only", "parse/fields"]);
  assertStringIncludes(said, `127.0.0.1:${port}`);
  const [target] = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json(); // as chrome://inspect finds it
  assertEquals(target.webSocketDebuggerUrl, address);
  const path = "labs/01-framing/framing.ts";
  const lines = (await Deno.readTextFile(`${ROOT}/${path}`)).split("\n");
  const line = lines.findIndex((text) => text.includes('todo("parseEthernet"')) + 1;
  const editor = await attach(address);
  const breakpointId = await breakAt(editor, `file://${ROOT}/${path}`, line);
  await editor.send("Debugger.resume");
  const { params } = await editor.next(({ method }) => method === "Debugger.paused");
  const [frame] = params.callFrames ?? [];
  assertEquals([frame?.functionName, params.hitBreakpoints], ["parseEthernet", [breakpointId]]);
  const { result } = await editor.send("Debugger.evaluateOnCallFrame", {
    callFrameId: frame?.callFrameId,
    expression: "frame.length > 13",
  });
  assertEquals((result as { value: unknown }).value, true);
  await new Promise((resolve) => setTimeout(resolve, 2500)); // longer than any request may take that is not debugged
  await editor.send("Debugger.removeBreakpoint", { breakpointId });
  await editor.send("Debugger.resume");
  const { status, out } = await verdicts(child);
  editor.close();
  assertEquals(status, 1);
  assertStringIncludes(
    out,
    `not written yet: parseEthernet, ${path}:${lines.findIndex((text) => text.startsWith("export function parseEthernet")) + 1}`,
  );
});

Deno.test("--inspect: a run without a breakpoint goes on when it is told to, and passes what is right", async () => {
  const { child, address } = await waiting(["--reference", "1", "--only", "parse"]);
  const editor = await attach(address);
  await editor.send("Debugger.resume");
  const { status, out } = await verdicts(child);
  editor.close();
  assertEquals(status, 0, out);
});

Deno.test("--inspect says so where its port is taken, and what is no port", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const refused = async (port: number | string): Promise<[status: number, said: string]> => {
    const { code, stderr } = await spawnDenoTask("lab1", [`--inspect=${port}`]).output();
    return [code, new TextDecoder().decode(stderr).replaceAll(/\s+/g, " ")];
  };
  const { port } = taken.addr;
  const [status, said] = await refused(port);
  assertEquals(status, 3);
  assertStringIncludes(said, `Cannot wait for a debugger at 127.0.0.1:${port}: the port is in use`);
  for (const none of ["80", "70000", "x"]) {
    assertEquals(await refused(none), [2, `--inspect=${none} is no port: a number from 1024 to 65535. `]);
  }
});
