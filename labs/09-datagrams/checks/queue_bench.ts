/** The student's queue, and datagrams to put into it. */
import type { Ipv4Address } from "../../../stack/wire/ipv4_address.ts";
import { amount, usedFrame } from "../../../tools/harness/samples.ts";
import type { Trial } from "../../../tools/harness/suite.ts";
import { anyPort, hosts } from "./samples.ts";

/** What each datagram takes besides its own bytes: the headers of IP and UDP. */
export const OVERHEAD = 28;

/** A datagram as it came. */
export interface Sample {
  readonly bytes: Uint8Array;
  readonly address: Ipv4Address;
  readonly port: number;
  readonly localAddress: Ipv4Address;
}

export interface QueueBench {
  readonly queue: Awaited<ReturnType<Trial["datagrams"]["createDatagramQueue"]>>;
  /** A datagram of so many bytes, from somebody. */
  sample(size: number): Sample;
  /** Puts it in; that must be possible, or not. */
  expectPush(sample: Sample, possible: boolean, when: string): Promise<void>;
  /** Reads up to `most` bytes: it must be this datagram. */
  expectRead(sample: Sample, options?: { readonly most?: number; readonly peek?: boolean; readonly at?: number }): Promise<void>;
  expectEmpty(when: string): Promise<void>;
  /** So many must wait, and the oldest have so many bytes. */
  expectWaiting(count: number, nextLength: number, when: string): Promise<void>;
}

/** Makes an empty queue. */
export async function queueBench(t: Trial, capacity: number): Promise<QueueBench> {
  const queue = await t.datagrams.createDatagramQueue(capacity);
  return {
    queue,
    sample: (size) => {
      const [address, localAddress] = hosts(t.random, 2) as [Ipv4Address, Ipv4Address];
      return { bytes: t.random.bytes(size), address, port: anyPort(t.random), localAddress };
    },
    expectPush: async ({ bytes, address, port, localAddress }, possible, when) => {
      // What lies around it in the frame, the header and padding, is not to be kept.
      const frame = usedFrame(t.random, bytes);
      const at = frame.start;
      frame.start -= 8;
      const kept = await queue.push(frame, at, bytes.length, address, port, localAddress);
      t.equal(kept, possible, `push of ${amount(bytes.length)} ${when}`);
    },
    expectRead: async ({ bytes, address, port, localAddress }, { most = 65_535, peek = false, at = 0 } = {}) => {
      const target = new Uint8Array(at + Math.min(most, bytes.length + 20) + 4).fill(0xaa);
      const count = Math.min(most, bytes.length);
      const what = `${peek ? "a look at" : "a read of"} ${amount(bytes.length)}${most < bytes.length ? `, of which ${most} fit` : ""}`;
      const room = Math.min(most, target.length - at);
      const received = await queue.read(t.inout(target), at, room, peek);
      t.fields(received, { count, length: bytes.length, address, port, localAddress }, `what read returns for ${what}`);
      t.equal(target.slice(at, at + count), bytes.slice(0, count), `the bytes of ${what}${at > 0 ? `, from target[${at}] on` : ""}`);
      const around = [...target.slice(0, at), ...target.slice(at + count)];
      t.ok(
        around.every((byte) => byte === 0xaa),
        `${amount(count)} to be written, and nothing around them, in ${what}`,
        "other bytes changed",
      );
    },
    expectEmpty: async (when) => {
      t.equal(await queue.read(t.inout(new Uint8Array(20)), 0, 20, false), undefined, `what read gives ${when}`);
    },
    expectWaiting: async (count, nextLength, when) => {
      const [size, length] = [await queue.size(), await queue.nextLength()];
      await t.about({ look: ["createDatagramQueue.size"] }, () => t.equal(size, count, `datagrams that wait ${when}`));
      await t.about({ look: ["createDatagramQueue.nextLength"] }, () => t.equal(length, nextLength, `bytes of the oldest ${when}`));
    },
  };
}
