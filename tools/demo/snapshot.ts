/** What a connection of the stack's is like at this moment, for a packet that belongs to it. */
import type { Host } from "../../stack/host.ts";
import type { Device } from "../../stack/link/device.ts";
import { dissect, valueOf } from "../../stack/wire/dissect.ts";
import type { Snapshot } from "./ladder.ts";

/** Undefined when there is no such connection, or none any more. */
export function snapshotOf({ tcp }: Host, packet: Uint8Array, device: Device): Snapshot | undefined {
  const layer = dissect(packet, device.medium, device).find(({ name, quoted }) => name === "TCP" && !quoted);
  if (layer === undefined) return undefined;
  const ports = [valueOf(layer, "sourcePort"), valueOf(layer, "destinationPort")];
  const connection = tcp?.connections().find(({ tcb }) => ports.includes(tcb.localPort) && ports.includes(tcb.remotePort));
  if (connection === undefined) return undefined;
  return { state: connection.tcb.state, unread: connection.readable, unacknowledged: connection.unacknowledged };
}
