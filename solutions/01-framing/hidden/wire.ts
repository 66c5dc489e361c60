/** Hidden scenarios on the virtual wire. */
import { anyGroup, anyStation, bytesText, EXPERIMENT, typeText } from "../../../labs/01-framing/checks/samples.ts";
import { expectCount } from "../../../labs/01-framing/checks/wire.ts";
import type { Random } from "../../../stack/wire/random.ts";
import { ethernet, fcs, KERNEL_MAC, pad, STACK_IP, STACK_MAC } from "../../../tools/harness/packets.ts";
import type { CheckSpec, StationConfig, Trial } from "../../../tools/harness/suite.ts";

const ECHO: StationConfig = { layers: 1, echoFrames: true };

/** A frame of one kind, sealed, and the counter that it must raise; "" for one that must come back. */
function anyTraffic(random: Random): { frame: Uint8Array; counter: string } {
  const data = random.bytes(random.int(46, 300));
  const frame = (fields: Parameters<typeof ethernet>[0]) => fcs(ethernet({ etherType: EXPERIMENT, ...fields }, data));
  return random.pick([
    () => ({ frame: frame({}), counter: "" }),
    () => ({ frame: frame({}), counter: "" }),
    () => ({ frame: frame({ destination: "ff:ff:ff:ff:ff:ff" }), counter: "" }),
    () => ({ frame: fcs(frame({}).subarray(0, random.int(0, 59))), counter: "runt" }),
    () => ({ frame: fcs(ethernet({ etherType: EXPERIMENT }, random.bytes(random.int(1501, 1700)))), counter: "giant" }),
    () => ({ frame: fcs(frame({}), random.int(0, 0xffff_ffff)), counter: "bad fcs" }),
    () => ({ frame: frame({ source: anyGroup(random) }), counter: "group source" }),
    () => ({ frame: frame({ etherType: random.int(0, 1500) }), counter: "length frame (802.3)" }),
    () => ({ frame: frame({ etherType: random.int(1501, 1535) }), counter: "undefined type" }),
    () => ({ frame: frame({ destination: random.pick([anyStation, anyGroup])(random) }), counter: "not for us" }),
    () => ({ frame: frame({ etherType: random.pick([0x86dd, 0x8100, 0x0805]) }), counter: "unknown type" }),
  ])();
}

export const wire: Readonly<Record<string, CheckSpec>> = {
  "mixed-traffic": {
    title: "two hundred frames, good and bad",
    kind: "scenario",
    weight: 2,
    covers: ["LNK-1", "894-1"],
    look: ["parseEthernet", "filterMac", "removeFcs"],
    why:
      "Nothing may be left over from the frame before: not in a buffer, not in a variable outside the functions. In the end the counters add " +
      "up to what was sent; a frame that was neither answered nor counted is lost, and nobody will ever find it.",
    hints: [
      "Which counter is too high or too low?",
      "Run the check of that reject alone; if it passes, something survives from one frame to the next.",
      "No function of this lab needs a variable outside itself, but for the table of crc32.",
    ],
    run: async (t: Trial) => {
      const station = await t.host(ECHO);
      const expected = new Map<string, number>();
      for (let i = 0; i < 200; i++) {
        const { frame, counter } = anyTraffic(t.random);
        expected.set(counter, (expected.get(counter) ?? 0) + 1);
        await station.sendRaw(frame);
        if (counter !== "") continue;
        const data = frame.subarray(14, -4);
        const header = { destination: KERNEL_MAC, source: STACK_MAC, etherType: EXPERIMENT };
        await station.expect({ ethernet: header, data }, `frame ${i} is good and comes back`);
      }
      await station.expectSilence(0, "only the good frames are answered");
      for (const [counter, count] of expected) {
        await expectCount(t, station, counter || "sent", count);
      }
    },
  },

  "handed-up": {
    title: "the layer above gets the whole payload",
    kind: "scenario",
    covers: ["LNK-1"],
    look: ["parseEthernet", "removeFcs"],
    why:
      "`payload` is where IP will begin to read: one byte off and every header above is nonsense. The padding goes up with it, the FCS does " +
      "not.",
    hints: [
      "What is `payload`: an offset in the buffer, or in the frame?",
      "In `frame.bytes`: the start of the frame and 14.",
      "`payload: frame.start + 14`; and removeFcs takes four bytes from the end.",
    ],
    run: async (t) => {
      const station = await t.host({ layers: 1, echoFrames: false });
      for (const size of [1, 46, 1500, t.random.int(47, 1499)]) {
        const data = t.random.bytes(size);
        await station.send(ethernet({ etherType: EXPERIMENT }, data), `${bytesText(size)} of data`);
        const events = await station.events();
        t.equal(events.length, 1, "how many payloads went up");
        t.equal<unknown>(events[0]?.data, pad(data, 46), "the payload that went up, with its padding");
      }
      await station.expectSilence(0, "nothing is sent back");
    },
  },

  "doors": {
    title: "IPv4 and ARP frames come to doors of their own",
    kind: "scenario",
    covers: ["894-1", "LNK-3"],
    look: ["demultiplex", "filterMac"],
    why: "Behind the type lies the whole rest of the stack. This host has nothing above framing, so it counts what comes to each door.",
    hints: [
      "Which counters rose?",
      '0x0800 leads to "no ip yet", 0x0806 to "no arp yet" in a host without those layers.',
      'demultiplex(0x0800) is "ipv4", demultiplex(0x0806) is "arp".',
    ],
    run: async (t) => {
      const station = await t.host(ECHO);
      const [ip, arp] = [t.random.int(1, 6), t.random.int(1, 6)];
      const types = t.random.shuffle([...new Array<number>(ip).fill(0x0800), ...new Array<number>(arp).fill(0x0806)]);
      for (const etherType of types) {
        const destination = t.random.pick([STACK_MAC, "ff:ff:ff:ff:ff:ff"]);
        await station.send(ethernet({ destination, etherType }, t.random.bytes(46)), "a protocol of the layers above");
      }
      await station.expectSilence(0, "there is no layer above that could answer");
      await expectCount(t, station, "no ip yet", ip);
      await expectCount(t, station, "no arp yet", arp);
      await expectCount(t, station, "received", ip + arp);
    },
  },

  "undefined-type": {
    title: "1501 to 1535 is dropped by name",
    kind: "scenario",
    covers: ["894-1"],
    look: ["parseEthernet"],
    why:
      "A length that no frame can have and a type that nobody was given (IEEE 802.3 clause 3.2.6): whoever sent it is broken, and a counter " +
      "of its own says so.",
    hints: [
      "Under which name was it counted?",
      "Above 1500 it is no length, below 0x0600 no type.",
      'Two tests, in this order: up to 1500 "length frame (802.3)", below 0x0600 "undefined type".',
    ],
    run: async (t) => {
      const station = await t.host(ECHO);
      await station.send(ethernet({ etherType: EXPERIMENT }, t.random.bytes(100)), "a good frame");
      await station.expect({ ethernet: { destination: KERNEL_MAC, source: STACK_MAC } }, "a type that is defined is answered");
      for (const etherType of [1501, 1535, t.random.int(1502, 1534)]) {
        await station.send(ethernet({ etherType }, t.random.bytes(100)), `${typeText(etherType)} in the type's place`);
      }
      await station.expectSilence(0, "such frames are not answered");
      await expectCount(t, station, "undefined type", 3);
    },
  },

  "many-groups": {
    title: "a host in many groups hears each of them once",
    kind: "scenario",
    covers: ["LNK-1"],
    look: ["filterMac"],
    why:
      "Real cards hash groups into 64 buckets and take too many; what is left to filter is the stack's (RFC 1112 §6.4). An exact list has no " +
      "such collisions.",
    hints: [
      "Do you look at the whole list?",
      "All 48 bits of one of its members.",
      "`groups.includes(destination)`.",
    ],
    run: async (t) => {
      const groups = ["01:00:5e:00:00:01", "01:00:5e:00:00:05", "01:00:5e:7f:ff:fa", "01:80:c2:00:00:0e", "33:33:00:00:00:01"];
      const station = await t.host({ ...ECHO, interfaces: [{ address: STACK_IP, groups }] });
      for (const destination of t.random.shuffle([...groups, "01:80:c2:00:00:00", "01:00:5e:ff:ff:fa", "33:33:00:00:00:02"])) {
        const data = t.random.bytes(50);
        await station.send(ethernet({ destination, etherType: EXPERIMENT }, data), `to ${destination}`);
        if (groups.includes(destination)) await station.expect({ ethernet: { destination: KERNEL_MAC }, data }, "a group that was joined");
        else await station.expectSilence(0, "a group that was not joined");
      }
    },
  },
};
