/** Counters of the kernel that tell of bad packets. */
import type { SnmpCounters } from "./operations.ts";

/** Those that rose between two looks: "Icmp InCsumErrors 0 → 1". */
export function complaintsBetween(before: SnmpCounters, after: SnmpCounters): string[] {
  const complaints: string[] = [];
  for (const [group, counters] of Object.entries(after)) {
    for (const [name, value] of Object.entries(counters)) {
      const earlier = before[group]?.[name] ?? 0;
      if (/Err|Discard|ReasmFails|InUnknown|Trunc/.test(name) && value > earlier) complaints.push(`${group} ${name} ${earlier} → ${value}`);
    }
  }
  return complaints;
}
