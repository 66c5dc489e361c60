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

/**
 * Sockets are kept: to close a packet socket the kernel waits until nobody on any processor can still be using it, which
 * takes longer than all else here together. The peer's end closes them.
 */
const kept = new Map<string, Socket>();

/** Closes them: the network that they are in is left. */
export function forgetPacketSockets(): void {
  for (const socket of kept.values()) socket.close();
  kept.clear();
}

function packetSocket(device: string, etherType: number): Socket {
  const interfaceIndex = indexOf(device);
  const key = `${interfaceIndex} ${etherType}`;
  let socket = kept.get(key);
  if (socket === undefined) {
    socket = new Socket(AF_PACKET, SOCK_RAW, 0);
    socket.bind(linkAddress(interfaceIndex, etherType));
    kept.set(key, socket);
  }
  return socket;
}

export function sendFrame(options: OperationOptions<"sendFrame">): void {
  packetSocket(options.device, 0).send(options.bytes); // bound to no protocol, it receives nothing
}

export function* receiveFrames(options: OperationOptions<"receiveFrames">): Operation<ReceivedFrame[]> {
  const began = performance.now();
  const until = began + (options.timeout ?? DEFAULT_TIMEOUT);
  const frames: ReceivedFrame[] = [];
  const socket = packetSocket(options.device, options.etherType ?? LOCAL_EXPERIMENT);
  while (socket.receive() !== undefined) continue; // what came for an earlier call
  while (frames.length < (options.count ?? 1)) {
    const received = socket.receive();
    if (received !== undefined) frames.push({ bytes: received.data, time: performance.now() - began });
    else if ((yield { fd: socket.fd, events: POLLIN, until }) !== "ready") break;
  }
  return frames;
}
