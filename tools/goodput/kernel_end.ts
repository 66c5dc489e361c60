/**
 * A program over the kernel's sockets, in a thread of its own, and in the network that its thread was started in: it pours bytes for as long as anybody reads
 * them, or it counts those that come in a certain time.
 */

/** What to do. A thread does one thing at a time. */
export type EndOrder =
  | { readonly act: "nothing" }
  | { readonly act: "pour"; readonly hostname: string; readonly port: number }
  | { readonly act: "count"; readonly hostname: string; readonly port: number; readonly milliseconds: number };

/** "ready" where it listens; then how many bytes came. */
export type EndAnswer = { readonly ready: true } | { readonly bytes: number } | { readonly failed: string };

const CHUNK = 64 * 1024;

async function pour(hostname: string, port: number): Promise<void> {
  using conn = await Deno.connect({ hostname, port });
  const chunk = new Uint8Array(CHUNK);
  try {
    for (;;) await conn.write(chunk);
  } catch {
    return; // the reader has had enough
  }
}

/** From when the connection is there. */
async function count(hostname: string, port: number, milliseconds: number, say: (answer: EndAnswer) => void): Promise<number> {
  using listener = Deno.listen({ hostname, port });
  say({ ready: true });
  using conn = await listener.accept();
  const chunk = new Uint8Array(CHUNK);
  const until = performance.now() + milliseconds;
  const timer = setTimeout(() => conn.close(), milliseconds + 1000); // nothing may come for long
  let bytes = 0;
  try {
    while (performance.now() < until) bytes += await conn.read(chunk) ?? 0;
  } catch {
    // it was closed above
  }
  clearTimeout(timer);
  return bytes;
}

const channel = globalThis as unknown as Worker;
channel.onmessage = async ({ data: order }: MessageEvent<EndOrder>): Promise<void> => {
  const say = (answer: EndAnswer): void => channel.postMessage(answer);
  try {
    if (order.act === "nothing") say({ bytes: 0 });
    else if (order.act === "pour") await pour(order.hostname, order.port).then(() => say({ bytes: 0 }));
    else say({ bytes: await count(order.hostname, order.port, order.milliseconds, say) });
  } catch (error) {
    say({ failed: `${error}` });
  }
};
