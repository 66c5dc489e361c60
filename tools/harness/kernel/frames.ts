/**
 * Whole frames by packet sockets (packet(7)): a program on the kernel's side that speaks a protocol of its
 * own over the wire. EtherType 0x88b5 is for local experiments (IEEE 802).
 */
import { POLLIN } from "../../../stack/link/libc.ts";
import { indexOf } from "../../../stack/link/ifreq.ts";
import type { Operation } from "./loop.ts";
import type { OperationOptions, ReceivedFrame } from "./operations.ts";
import { DEFAULT_TIMEOUT } from "./probe_socket.ts";
import { linkAddress } from "./socket_address.ts";
import { AF_PACKET, SOCK_RAW, Socket } from "./sockets.ts";

const LOCAL_EXPERIMENT = 0x88b5;

export function sendFrame(options: OperationOptions<"sendFrame">): void {
  const socket = new Socket(AF_PACKET, SOCK_RAW, 0);
  try {
    // Bound to no protocol, it receives nothing.
    socket.bind(linkAddress(indexOf(options.device), 0));
    socket.send(options.bytes);
  } finally {
    socket.close();
  }
}

export function* receiveFrames(options: OperationOptions<"receiveFrames">): Operation<ReceivedFrame[]> {
  const began = performance.now();
  const until = began + (options.timeout ?? DEFAULT_TIMEOUT);
  const socket = new Socket(AF_PACKET, SOCK_RAW, 0);
  const frames: ReceivedFrame[] = [];
  try {
    socket.bind(linkAddress(indexOf(options.device), options.etherType ?? LOCAL_EXPERIMENT));
    while (frames.length < (options.count ?? 1)) {
      const received = socket.receive();
      if (received !== undefined) frames.push({ bytes: received.data, time: performance.now() - began });
      else if ((yield { fd: socket.fd, events: POLLIN, until }) !== "ready") break;
    }
  } finally {
    socket.close();
  }
  return frames;
}
