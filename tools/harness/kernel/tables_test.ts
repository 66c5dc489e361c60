import { assertEquals } from "@std/assert";
import { parseArpTable, parseCounters, parseDeviceStats } from "./tables.ts";

Deno.test("parseArpTable() reads complete, incomplete and permanent entries", () => {
  const text = `IP address       HW type     Flags       HW address            Mask     Device
10.44.0.2        0x1         0x2         02:00:00:00:00:02     *        tap0
10.44.0.3        0x1         0x0         00:00:00:00:00:00     *        tap0
10.44.1.2        0x1         0x6         02:00:00:00:01:02     *        tap1
`;
  assertEquals(parseArpTable(text), [
    { address: "10.44.0.2", mac: "02:00:00:00:00:02", flags: 2, state: "complete", device: "tap0" },
    { address: "10.44.0.3", mac: "00:00:00:00:00:00", flags: 0, state: "incomplete", device: "tap0" },
    { address: "10.44.1.2", mac: "02:00:00:00:01:02", flags: 6, state: "permanent", device: "tap1" },
  ]);
  assertEquals(parseArpTable(text.split("\n").slice(0, 1).join("\n")), []);
});

Deno.test("parseCounters() pairs the names with the numbers below them", () => {
  const text = "Icmp: InMsgs InErrors InCsumErrors\nIcmp: 12 3 1\nIcmpMsg: InType0\nIcmpMsg: 7\nTcp: MaxConn\nTcp: -1\n";
  assertEquals(parseCounters(text), { Icmp: { InMsgs: 12, InErrors: 3, InCsumErrors: 1 }, IcmpMsg: { InType0: 7 }, Tcp: { MaxConn: -1 } });
});

Deno.test("parseDeviceStats() reads a name that touches its number", () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
  tap0:1234567       8    1    2    0     0          0         0      551       6    3    4    0     0       0          0
`;
  const stats = parseDeviceStats(text);
  assertEquals(Object.keys(stats), ["lo", "tap0"]);
  assertEquals(stats.tap0, {
    receivedBytes: 1234567,
    receivedPackets: 8,
    receiveErrors: 1,
    receiveDropped: 2,
    sentBytes: 551,
    sentPackets: 6,
    sendErrors: 3,
    sendDropped: 4,
  });
});
