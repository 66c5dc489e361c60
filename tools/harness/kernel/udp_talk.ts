/** A UDP socket of the kernel's that does what it is told (udp_operations.ts). Manual pages: udp(7), ip(7), sendto(2). */
import { openLibrary, POLLIN, SOCK_DGRAM } from "../../../stack/link/libc.ts";
import { formatIpv4Address } from "../../../stack/wire/ipv4_address.ts";
import type { Operation } from "./loop.ts";
import { DEFAULT_TIMEOUT, probeSocket } from "./probe_socket.ts";
import { INTERNET_ADDRESS_LENGTH, internetAddress } from "./socket_address.ts";
import { IP_RECVERR, type Socket, SocketError, SOL_IP, SOL_SOCKET } from "./sockets.ts";
import type { UdpOutcome, UdpTalkOptions } from "./udp_operations.ts";

const SYMBOLS = {
  sendto: { parameters: ["i32", "buffer", "u64", "i32", "buffer", "u32"], result: "i64" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

let loaded: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] | undefined;
function calls(): Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] {
  return loaded ??= openLibrary(SYMBOLS);
}

const SO_NO_CHECK = 11;

export function* udpTalk(options: UdpTalkOptions): Operation<UdpOutcome> {
  const until = performance.now() + (options.timeout ?? DEFAULT_TIMEOUT);
  const { localAddress = "0.0.0.0", localPort = 0, to = "0.0.0.0", port = 0, receive = 0, connected = false } = options;
  const outcome: UdpOutcome = { localPort, sent: 0, received: [] };
  const socket = probeSocket(SOCK_DGRAM, 0, options);
  try {
    socket.set(SOL_IP, IP_RECVERR, 0); // as an ordinary program: only a connected socket hears of ICMP errors
    if (options.noChecksum) socket.set(SOL_SOCKET, SO_NO_CHECK, 1);
    socket.bind(internetAddress(localAddress, localPort));
    outcome.localPort = portOf(socket);
    const peer = internetAddress(to, port);
    if (connected) socket.connect(peer);
    for (const data of options.send ?? []) {
      sendTo(socket, data, connected ? null : peer);
      outcome.sent++;
    }
    while (outcome.received.length < receive) {
      const received = socket.receive();
      if (received?.from === undefined || received.port === undefined) {
        if ((yield { fd: socket.fd, events: POLLIN, until }) !== "ready") break;
        continue;
      }
      const from = formatIpv4Address(received.from);
      outcome.received.push({ data: received.data, from, port: received.port });
      if (!options.echo) continue;
      sendTo(socket, received.data, connected ? null : internetAddress(from, received.port));
      outcome.sent++;
    }
    return outcome;
  } catch (error) {
    if (error instanceof SocketError) return { ...outcome, error: error.code };
    throw error;
  } finally {
    socket.close();
  }
}

/** To `peer`; null: to whom the socket is connected to. */
function sendTo(socket: Socket, data: Uint8Array, peer: Uint8Array<ArrayBuffer> | null): void {
  const count = calls().sendto(socket.fd, data as Uint8Array<ArrayBuffer>, BigInt(data.length), 0, peer, peer?.length ?? 0);
  if (count < 0n) throw new SocketError("sendto");
}

function portOf(socket: Socket): number {
  const name = new DataView(new ArrayBuffer(INTERNET_ADDRESS_LENGTH));
  calls().getsockname(socket.fd, name, new Uint32Array([INTERNET_ADDRESS_LENGTH]));
  return name.getUint16(2);
}
