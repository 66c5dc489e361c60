/**
 * A thread that pings, one echo after the other, as a program beside the kernel would: through a ping socket (icmp(7)),
 * asleep until the reply is there. It is told whom by a message, and answers with the time of each echo.
 */
import { AF_INET, libc, POLLIN, SOCK_DGRAM } from "../../stack/link/libc.ts";
import { internetAddress } from "../harness/kernel/socket_address.ts";
import { IPPROTO_ICMP, Socket } from "../harness/kernel/sockets.ts";

/** What to do. The answer is a list of microseconds, one per echo. */
export interface PingerOrder {
  readonly to: string;
  readonly count: number;
  /** Its first word is set to 1 before the answer is sent. */
  readonly done: Int32Array;
}

const ECHO_REQUEST = 8;
/** Milliseconds for one echo. */
const PATIENCE = 1000;

function ping({ to, count, done }: PingerOrder): number[] {
  const socket = new Socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
  try {
    socket.connect(internetAddress(to));
    const request = Uint8Array.of(ECHO_REQUEST, 0, 0, 0, 0, 0, 0, 1, ...new Uint8Array(56));
    const waiting = new Int32Array([socket.fd, POLLIN]);
    const times: number[] = [];
    for (let i = 0; i < count; i++) {
      const began = performance.now();
      socket.send(request);
      if (libc().poll(waiting, 1n, PATIENCE) <= 0) throw new Error(`No echo from ${to}`);
      times.push((performance.now() - began) * 1000);
      socket.receive();
    }
    return times;
  } finally {
    socket.close();
    Atomics.store(done, 0, 1);
  }
}

/** This thread's end of the channel to the one that started it. */
const channel = globalThis as unknown as Worker;
channel.onmessage = ({ data }: MessageEvent<PingerOrder>): void => channel.postMessage(ping(data));
