/**
 * What a program does with connections in the TCP measurements. The same code runs over the stack and over the kernel's loopback: it knows
 * connections of Deno's shape, and not whose they are. One side acts in the benchmark's own thread (the stack's, or a listener of Deno's on the
 * loopback), the other always in a thread of the kernel's side.
 */

/** A listener of Deno's, or of the stack's. */
export type AnyListener = Pick<Deno.TcpListener, "accept" | "close">;
/** Connects to the other side: by `Deno.connect`, or by the stack. */
export type Connect = (port: number) => Promise<AnyConn>;
export type AnyConn = Pick<Deno.TcpConn, "read" | "write" | "close" | "closeWrite" | "setNoDelay">;

/** Bytes that one `read` or `write` moves at most: as much as is usual for a program that wants to be fast. */
const CHUNK = 256 * 1024;

/** Sends `bytes` bytes, says that this was all, and waits for the other side to close. */
export async function pour(conn: AnyConn, bytes: number): Promise<void> {
  const chunk = new Uint8Array(CHUNK);
  for (let left = bytes; left > 0;) left -= await conn.write(left < CHUNK ? chunk.subarray(0, left) : chunk);
  await conn.closeWrite();
  await conn.read(chunk);
  conn.close();
}

/** Reads to the end, and closes. Gives the number of bytes, and the milliseconds from the first to the last. */
export async function drain(conn: AnyConn): Promise<{ bytes: number; milliseconds: number }> {
  const chunk = new Uint8Array(CHUNK);
  let bytes = await conn.read(chunk) ?? 0;
  const began = performance.now();
  let last = began;
  for (let count = await conn.read(chunk); count !== null; count = await conn.read(chunk)) {
    bytes += count;
    last = performance.now();
  }
  conn.close();
  return { bytes, milliseconds: last - began };
}

/** Sends back whatever comes, until the other side has finished. */
export async function echoAll(conn: AnyConn): Promise<void> {
  conn.setNoDelay(true);
  const chunk = new Uint8Array(CHUNK);
  for (let count = await conn.read(chunk); count !== null; count = await conn.read(chunk)) await conn.write(chunk.subarray(0, count));
  conn.close();
}

/** Says something `times` times, `size` bytes, and waits each time until it has come back; gives milliseconds. */
export async function ask(conn: AnyConn, size: number, times: number): Promise<number> {
  conn.setNoDelay(true);
  const question = new Uint8Array(size), answer = new Uint8Array(size);
  const began = performance.now();
  for (let i = 0; i < times; i++) {
    await conn.write(question);
    for (let got = 0; got < size;) got += await conn.read(answer) ?? Infinity;
  }
  const milliseconds = performance.now() - began;
  conn.close();
  return milliseconds;
}

/** Accepts `count` connections; each is closed when the other side has closed it. */
export async function greet(listener: AnyListener, count: number): Promise<void> {
  const farewells: Promise<void>[] = [];
  for (let i = 0; i < count; i++) farewells.push(seeOff(await listener.accept()));
  await Promise.all(farewells);
}

async function seeOff(conn: AnyConn): Promise<void> {
  await conn.read(new Uint8Array(1));
  conn.close();
}

/** Makes `count` connections and closes them, `atOnce` at a time; each is over when the other side has closed, too. Gives milliseconds. */
export async function call(connect: () => Promise<AnyConn>, count: number, atOnce: number): Promise<number> {
  let left = count;
  const caller = async (): Promise<void> => {
    while (left-- > 0) {
      const conn = await connect();
      await conn.closeWrite();
      await conn.read(new Uint8Array(1));
      conn.close();
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: atOnce }, caller));
  return performance.now() - began;
}
