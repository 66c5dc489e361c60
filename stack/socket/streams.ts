/** The two halves of a connection as the web's streams, which carry their own flow control: nothing is read that nobody wants. */

/** Most bytes in one chunk. */
const CHUNK = 64 * 1024;

/** The bytes that come. At their end, and when nobody wants them any more, the connection is closed. */
export function readableOf(conn: Pick<Deno.Conn, "read"> & Disposable): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: CHUNK,
    async pull(controller): Promise<void> {
      // There is a request as long as chunks are allocated by themselves.
      const request = controller.byobRequest as ReadableStreamBYOBRequest;
      const view = request.view as ArrayBufferView<ArrayBuffer>;
      const count = await conn.read(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
      if (count === null) {
        conn[Symbol.dispose]();
        controller.close();
      }
      request.respond(count ?? 0);
    },
    cancel(): void {
      conn[Symbol.dispose]();
    },
  });
}

/** Takes bytes to send. Closing it closes the connection, behind the last byte. */
export function writableOf(conn: Pick<Deno.Conn, "write"> & Disposable): WritableStream<Uint8Array> {
  return new WritableStream({
    async write(chunk): Promise<void> {
      for (let at = 0; at < chunk.length;) at += await conn.write(chunk.subarray(at));
    },
    close(): void {
      conn[Symbol.dispose]();
    },
    abort(): void {
      conn[Symbol.dispose]();
    },
  });
}
