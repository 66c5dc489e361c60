/**
 * The program at the kernel's end of the demo, as ordinary as can be: `fetch` and `Deno.connect`, and nothing that knows of this kit. It is told
 * what to do by lines of JSON, `["fetch", "http://10.44.0.2/"]`, and answers each by one, `{"result": …}` or `{"error": "…"}`.
 */
const connections: Deno.TcpConn[] = [];

function connection(number: number): Deno.TcpConn {
  const found = connections[number];
  if (found === undefined) throw new Error(`there is no connection ${number}`);
  return found;
}

const CALLS: Record<string, (...words: never[]) => Promise<unknown>> = {
  async fetch(url: string): Promise<unknown> {
    const response = await fetch(url);
    return { status: response.status, text: await response.text() };
  },
  async connect(port: number): Promise<number> {
    return connections.push(await Deno.connect({ hostname: "10.44.0.2", port })) - 1;
  },
  async write(number: number, bytes: number): Promise<void> {
    await connection(number).write(new Uint8Array(bytes));
  },
  // deno-lint-ignore require-await -- as the others
  async close(number: number): Promise<void> {
    connection(number).close();
  },
};

/** The answer to a line. */
async function answer(line: string): Promise<unknown> {
  try {
    const [call, ...words] = JSON.parse(line);
    return { result: await CALLS[call]?.(...words as never[]) };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

let rest = "";
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) console.log(JSON.stringify(await answer(line)));
}
Deno.exit(0);
