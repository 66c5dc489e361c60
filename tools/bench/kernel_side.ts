/**
 * A thread that is the kernel's side of the TCP measurements: a program of Deno's, over Deno's own sockets. It is told what to do by a message, says
 * when it is ready, and answers with what it measured.
 */
import { renewNamespace } from "../harness/kernel/settings.ts";
import { ask, call, drain, pour } from "./conversation.ts";
import { bringUp, layVeth } from "./veth.ts";

/** What to do. The other end is `hostname`, or whoever calls `hostname` where this side listens. */
export type KernelOrder =
  & { readonly hostname: string; readonly port: number }
  & (
    /** Connects, and sends. */
    | { readonly act: "pour"; readonly bytes: number }
    /** Listens, and reads what comes to the end. */
    | { readonly act: "drain" }
    /** Connects, and asks for echoes. */
    | { readonly act: "ask"; readonly size: number; readonly times: number }
    /** Makes connections. */
    | { readonly act: "call"; readonly count: number; readonly atOnce: number }
    /** Goes to a network of its own, where it has the address `hostname`, and lays a veth to that of process `pid`: both ends have the name `device`. */
    | { readonly act: "move"; readonly device: string; readonly pid: number }
  );

/** "ready" where it listens; then the milliseconds that it took, as this side saw it. */
export type KernelAnswer = { readonly ready: true } | { readonly milliseconds: number; readonly bytes?: number } | {
  readonly failed: string;
};

async function act(order: KernelOrder, say: (answer: KernelAnswer) => void): Promise<KernelAnswer> {
  const { hostname, port } = order;
  const connect = (): Promise<Deno.TcpConn> => Deno.connect({ hostname, port });
  switch (order.act) {
    case "pour": {
      const began = performance.now();
      await pour(await connect(), order.bytes);
      return { milliseconds: performance.now() - began };
    }
    case "drain": {
      using listener = Deno.listen({ hostname, port });
      say({ ready: true });
      return await drain(await listener.accept());
    }
    case "ask":
      return { milliseconds: await ask(await connect(), order.size, order.times) };
    case "call":
      return { milliseconds: await call(connect, order.count, order.atOnce) };
    case "move":
      renewNamespace();
      layVeth(order.device, order.device, order.pid);
      bringUp(order.device, hostname);
      return { milliseconds: 0 };
  }
}

/** This thread's end of the channel to the one that started it. */
const channel = globalThis as unknown as Worker;
channel.onmessage = async ({ data }: MessageEvent<KernelOrder>): Promise<void> => {
  const say = (answer: KernelAnswer): void => channel.postMessage(answer);
  say(await act(data, say).catch((error) => ({ failed: error instanceof Error ? error.message : `${error}` })));
};
