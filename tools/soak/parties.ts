/** Whose sockets a program uses: the stack's, by BSD's calls on the descriptors of a process, or the kernel's, by Deno's. A program does not see the difference. */
import { parseSocketAddress } from "../../stack/socket/address.ts";
import type { Descriptor, Process } from "../../stack/socket/descriptors.ts";
import { SocketError } from "../../stack/socket/errors.ts";

export const PORT = 80;

/** One side of a connection. What waits gives a promise; what breaks rejects (`isBreak`). */
export interface End {
  /** How many bytes came, 0 at the end of the stream. */
  read(target: Uint8Array): Promise<number>;
  /** How many bytes were taken. */
  write(bytes: Uint8Array): Promise<number>;
  /** Nothing more will be written. */
  finish(): Promise<void>;
  close(): Promise<void>;
  /** Closes, and throws away what was not delivered; where the socket can, with a reset. */
  abort(): Promise<void>;
}

/** A program's way to the network. */
export interface Party {
  connect(address: string, options: { receiveBuffer?: number; cubic?: boolean }): Promise<End>;
  /** Listens at every address; then gives whoever comes. */
  listen(): () => Promise<End>;
  /** Closes whatever is open. */
  leave(): Promise<void>;
}

/** Whether a call failed because of its connection, and not because of the program. */
export function isBreak(error: unknown): boolean {
  if (error instanceof SocketError) return true;
  const { ConnectionReset, ConnectionAborted, ConnectionRefused, BrokenPipe, TimedOut, NetworkUnreachable, NotConnected } = Deno.errors;
  return [ConnectionReset, ConnectionAborted, ConnectionRefused, BrokenPipe, TimedOut, NetworkUnreachable, NotConnected]
    .some((kind) => error instanceof kind);
}

/** A process on the stack. Its connections notice a peer that has vanished after a minute or so. */
export function stackParty(process: Process): Party {
  const end = (descriptor: Descriptor): End => {
    process.setsockopt(descriptor, "SO_KEEPALIVE", true);
    process.setsockopt(descriptor, "TCP_KEEPIDLE", 30);
    process.setsockopt(descriptor, "TCP_KEEPINTVL", 10);
    process.setsockopt(descriptor, "TCP_KEEPCNT", 4);
    return {
      read: (target) => process.read(descriptor, target),
      write: (bytes) => process.write(descriptor, bytes),
      finish: async () => await process.shutdown(descriptor, "write"),
      close: () => process.close(descriptor),
      abort: async () => {
        process.setsockopt(descriptor, "SO_LINGER", 0);
        await process.close(descriptor);
      },
    };
  };
  return {
    connect: async (address, { receiveBuffer, cubic }) => {
      const descriptor = process.socket("inet", "stream");
      if (receiveBuffer !== undefined) process.setsockopt(descriptor, "SO_RCVBUF", receiveBuffer);
      if (cubic === true) process.setsockopt(descriptor, "TCP_CONGESTION", "cubic");
      await process.connect(descriptor, parseSocketAddress(`${address}:${PORT}`));
      return end(descriptor);
    },
    listen: () => {
      const listening = process.socket("inet", "stream");
      process.bind(listening, parseSocketAddress(`0.0.0.0:${PORT}`));
      process.listen(listening, 16);
      return async () => end(await process.accept(listening));
    },
    leave: () => process.exit(),
  };
}

/** A program over the kernel's sockets. */
export function kernelParty(): Party {
  const open = new Set<{ close(): void }>();
  const closed = (closer: { close(): void }): void => {
    if (open.delete(closer)) closer.close();
  };
  const end = (conn: Deno.TcpConn): End => {
    open.add(conn);
    return {
      read: async (target) => await conn.read(target) ?? 0,
      write: (bytes) => conn.write(bytes),
      finish: () => conn.closeWrite(),
      close: async () => await closed(conn),
      abort: async () => await closed(conn),
    };
  };
  return {
    connect: async (hostname) => end(await Deno.connect({ hostname, port: PORT })),
    listen: () => {
      const listener = Deno.listen({ hostname: "0.0.0.0", port: PORT });
      open.add(listener);
      return async () => end(await listener.accept());
    },
    leave: async () => {
      for (const each of open) await closed(each);
    },
  };
}
