/** Why an address and port cannot be had, as the error that a program sees. */
import type { BindReject } from "../contract/accept.ts";
import { formatIpv4Address, type Ipv4Address } from "../wire/ipv4_address.ts";

/** The error for what `Ports.bind` said. */
export function bindError(address: Ipv4Address, port: number, reject: BindReject): Error {
  const name = `Cannot bind ${formatIpv4Address(address)}:${port}`;
  switch (reject) {
    case "address in use":
      return new Deno.errors.AddrInUse(`${name}: the address is in use`);
    case "address not available":
      return new Deno.errors.AddrNotAvailable(`${name}: the address is none of this host's`);
    case "permission denied": {
      const why = port === 0
        ? "0 is no port to be bound, it asks for any that is free, and needs no privilege"
        : "ports below 1024 need the privilege";
      return new Deno.errors.PermissionDenied(`${name}: ${why}`);
    }
    case "no port free":
      return new Deno.errors.AddrInUse(`${name}: all ephemeral ports are in use`);
    default: // the types say that there is no other
      return new TypeError(`createPorts.bind gave ${reject satisfies never}, which is neither a port nor a reason why there is none`);
  }
}
