/**
 * A program at the other end of the wire, which asks the stack for a page and opens connections to it. On the kernel's side it is a process of its
 * own, in the kernel's network (client_inside.ts), that uses what every program uses: `fetch` and `Deno.connect`.
 */
import { joinNamespace } from "../harness/namespace.ts";
import { PLACES } from "./scene.ts";

/** What came of a request. */
export interface Fetched {
  readonly status: number;
  readonly text: string;
}

export interface Client {
  /** What it fetches with, for people. */
  readonly fetcher: string;
  fetch(url: string): Promise<Fetched>;
  /** Connects to a port of the stack's; gives the connection's number. */
  connect(port: number): Promise<number>;
  /** Writes so many bytes. */
  write(connection: number, bytes: number): Promise<void>;
  close(connection: number): Promise<void>;
  end(): Promise<void>;
}

/** Starts the program in the network of a kernel peer, whose process is `pid`. */
export function startClient(pid: number): Client {
  const program = new URL("client_inside.ts", import.meta.url).href;
  const options = ["--quiet", "--no-config", "--no-prompt", "--no-check", "--cached-only", `--allow-net=${PLACES.stack.address}`];
  const line = joinNamespace(pid, [Deno.execPath(), "run", ...options, program]);
  return new RemoteClient(new Deno.Command(line.command, { args: line.args, stdin: "piped", stdout: "piped" }).spawn());
}

/** Asks curl for a page, in the same network. Undefined when there is no curl, or it got none. */
export async function fetchWithCurl(pid: number, url: string): Promise<string | undefined> {
  const line = joinNamespace(pid, ["curl", "--silent", "--fail", url]);
  const { success, stdout } = await new Deno.Command(line.command, { args: line.args, stderr: "null" }).output();
  return success ? new TextDecoder().decode(stdout) : undefined;
}

/** The program's other end: a line of JSON for each question, and one for each answer. */
class RemoteClient implements Client {
  readonly fetcher = "Deno's fetch";
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: ReadableStreamDefaultReader<string>;
  #rest = "";

  constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#writer = child.stdin.getWriter();
    this.#answers = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  fetch(url: string): Promise<Fetched> {
    return this.#ask("fetch", url) as Promise<Fetched>;
  }

  connect(port: number): Promise<number> {
    return this.#ask("connect", port) as Promise<number>;
  }

  async write(connection: number, bytes: number): Promise<void> {
    await this.#ask("write", connection, bytes);
  }

  async close(connection: number): Promise<void> {
    await this.#ask("close", connection);
  }

  async end(): Promise<void> {
    await this.#writer.close().catch(() => {});
    await this.#answers.cancel();
    await this.#child.status;
  }

  /** One question at a time. */
  async #ask(...question: readonly (string | number)[]): Promise<unknown> {
    await this.#writer.write(new TextEncoder().encode(`${JSON.stringify(question)}\n`));
    while (!this.#rest.includes("\n")) {
      const { value, done } = await this.#answers.read();
      if (done) throw new Error("The program at the other end has ended");
      this.#rest += value;
    }
    const [line = "", ...more] = this.#rest.split("\n");
    this.#rest = more.join("\n");
    const answer = JSON.parse(line);
    if (answer.error !== undefined) throw new Error(`The program at the other end: ${answer.error}`);
    return answer.result;
  }
}
