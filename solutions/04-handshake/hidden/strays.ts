/** Hidden checks of initial numbers, of closed ports and of listening sockets. */
import { anyPair, clockAt, hashedOf, issOf } from "../../../labs/04-handshake/checks/iss.ts";
import { ALL_FLAGS, answersTo, anyStray, listenTo } from "../../../labs/04-handshake/checks/stray.ts";
import { seq, seqDiff } from "../../../stack/wire/seq.ts";
import { ACK, FIN, RST, SYN } from "../../../stack/wire/tcp_flags.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

/** How far a number lies behind another, modulo 2³². */
function moved(later: number, earlier: number): number {
  return seqDiff(seq(later), seq(earlier)) >>> 0;
}

export const iss: Readonly<Record<string, CheckSpec>> = {
  "fractions": {
    title: "the clock ticks within a millisecond, too",
    kind: "table",
    covers: ["MUST-8"],
    look: ["chooseIss"],
    why:
      "Two connections in the same millisecond differ by their ticks of 4 µs. A clock that is rounded to milliseconds first stands still for 250 ticks.",
    hints: ["What do you round, and when?", "`now * 250` first, whole numbers afterwards.", "`seq` cuts the fraction off."],
    run: async (t) => {
      const begin = t.random.int(1, 1e6);
      const numbers = await clockAt(t, [0, 0.5, 1.5, 2].map((step) => begin + step));
      t.equal(numbers.map((number) => moved(number, numbers[0] as number)), [0, 125, 375, 500], "ticks after 0, ½, 1½ and 2 ms");
    },
  },

  "time-not-hashed": {
    title: "the hash does not depend on time",
    kind: "table",
    weight: 2,
    covers: ["6528", "SHLD-1"],
    look: ["chooseIss"],
    why:
      "F must stay the same for a pair of addresses, so that its numbers keep rising with M (RFC 6528 §3). With the time in the hash they jump about, and an old segment fits into a new connection.",
    hints: ["What do you hand to `hash`?", "Four words, none of which is the time.", "`now` goes into M only."],
    run: async (t: Trial) => {
      const pair = anyPair(t);
      const first = await hashedOf(t, pair, 1000);
      for (const now of [1001, 60_000, 1e9]) t.equal(await hashedOf(t, pair, now), first, `what hash is given at ${now} ms`);
    },
  },

  "rising": {
    title: "the same ports again get a number that lies ahead",
    kind: "scenario",
    weight: 2,
    covers: ["6528", "MUST-8"],
    look: ["chooseIss", "activeOpen"],
    why:
      "A connection is refused and tried again from the same port. What is still under way of the first must lie behind the second (RFC 9293 §3.4.1): 250 numbers for each millisecond, no more and no less.",
    hints: [
      "By how much do the two numbers differ?",
      "F is the same for both: only M has moved.",
      "Is there anything random in your number?",
    ],
    run: async (t) => {
      const tcp = await t.tcp({ seed: t.random.int(1, 9999) });
      const seen: { number: number; at: number }[] = [];
      for (let i = 0; i < 4; i++) {
        const at = tcp.now;
        const number = await issOf(tcp, 700, "10.44.0.1", 50_000);
        seen.push({ number, at });
        const peer = tcp.peer({ peerPort: 700, port: 50_000 });
        await peer.send({ flags: "RST ACK", seq: 0, ack: (number + 1) >>> 0 });
        await tcp.wait(t.random.int(1, 5000));
      }
      for (const { number, at } of seen) {
        const right = 250 * (at - (seen[0]?.at ?? 0));
        t.oneOf(
          moved(number, seen[0]?.number ?? 0),
          [right, right + 1, right - 1],
          `by how much the number lies ahead after ${at - (seen[0]?.at ?? 0)} ms`,
        );
      }
    },
  },

  "listening": {
    title: "a SYN+ACK's number is chosen in the same way",
    kind: "scenario",
    covers: ["MUST-9", "6528"],
    look: ["chooseIss", "passiveOpen"],
    why: "Servers are who attackers want to talk to in somebody else's name. Each client's connection begins at a number of its own.",
    hints: ["Does passiveOpen use the number that it is given?", "`iss`, as it is.", "Run iss/per-connection."],
    run: async (t: Trial) => {
      const tcp = await t.tcp({ seed: t.random.int(1, 9999) });
      await tcp.listen(80);
      const numbers: number[] = [];
      for (let i = 0; i < 8; i++) {
        await tcp.peer().send({ flags: "SYN", seq: 0, mss: 1460 });
        const frame = await tcp.expect({ tcp: { sourcePort: 80 } }, "a SYN is answered");
        numbers.push(new DataView(frame.buffer, frame.byteOffset).getUint32(38));
      }
      const far = numbers.slice(1).filter((number, index) => Math.abs(seqDiff(seq(number), seq(numbers[index] as number))) > 0x100_0000);
      t.ok(far.length >= 5, "first numbers all over the 2³²", numbers.join(", "));
    },
  },
};

export const stray: Readonly<Record<string, CheckSpec>> = {
  "every-flag": {
    title: "the answer is right for every combination of flags",
    kind: "table",
    weight: 2,
    covers: ["SM-1"],
    look: ["answerStray"],
    why: "Three cases, and 256 combinations: RST says nothing, then ACK decides (RFC 9293 §3.10.7.1). ECE and CWR change nothing.",
    hints: ["Which flags does the failure name?", "RST first, ACK second, the rest third.", "`flags & RST`, never `flags === RST`."],
    run: (t) => answersTo(t, ALL_FLAGS.map((flags) => anyStray(t, flags, t.random.int(0, 3)))),
  },

  "scanned": {
    title: "a port scan finds every closed port closed",
    kind: "scenario",
    covers: ["SM-1", "MUST-2"],
    look: ["answerStray", "writeSegment", "parseSegment"],
    why:
      "What scanners send: SYN, SYN+ACK, ACK, FIN, everything at once, nothing at all. Each gets the answer of RFC 9293 §3.10.7.1, from the port that was asked.",
    hints: [
      "Which kind of segment got a wrong answer?",
      "With ACK: RST with its number. Without: RST and ACK of all that it holds.",
      "Run stray/covers-all: SEG.LEN counts SYN, FIN and text.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      for (const flags of ["SYN", "SYN ACK", "ACK", "FIN", "FIN URG PSH", "", "SYN FIN"]) {
        const peer = tcp.peer({ port: t.random.int(1, 0xffff) });
        const [seq, ack, data] = [t.random.int(0, 500), t.random.int(1, 0x7fff_ffff), t.random.bytes(t.random.int(0, 4))];
        await peer.send({ flags, seq, ack, data });
        const end = seq + data.length + (flags.includes("SYN") ? 1 : 0) + (flags.includes("FIN") ? 1 : 0);
        const right = flags.includes("ACK") ? { flags: "RST", seq: ack } : { flags: "RST ACK", seq: 0, ack: end };
        await peer.expect(right, `a closed port answers ${flags === "" ? "a segment without flags" : flags}`);
      }
    },
  },
};

export const listen: Readonly<Record<string, CheckSpec>> = {
  "every-flag": {
    title: "a listening socket is right for every combination",
    kind: "table",
    weight: 2,
    covers: ["SM-2"],
    look: ["listenArrives"],
    why: "RST, then ACK, then SYN, then nothing (RFC 9293 §3.10.7.2). A SYN with FIN may be dropped or opened: both are right.",
    hints: [
      "Which flags does the failure name?",
      "The first question that is answered with yes decides.",
      "`flags & SYN`, never `flags === SYN`.",
    ],
    run: (t) =>
      listenTo(t, ALL_FLAGS, (flags) => {
        if (flags & RST) return ["drop"];
        if (flags & ACK) return ["reset"];
        if (!(flags & SYN)) return ["drop"];
        return flags & FIN ? ["open", "drop"] : ["open"];
      }),
  },

  "still-listening": {
    title: "whatever came before, a SYN is answered",
    kind: "scenario",
    covers: ["SM-2", "SM-1"],
    look: ["listenArrives", "answerStray", "passiveOpen"],
    why: "A listening socket has no state that a stray could spoil. After RSTs, ACKs, FINs and nonsense, an honest SYN gets its SYN+ACK.",
    hints: [
      "After which segment is the SYN not answered any more?",
      "Does one of your functions keep something between two calls?",
      "Run listen/on-the-wire.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      await tcp.listen(80);
      for (const flags of t.random.shuffle(["RST", "SYN RST", "ACK", "FIN", "", "FIN ACK", "SYN ACK", "RST ACK"])) {
        const stranger = tcp.peer();
        await stranger.send({ flags, seq: t.random.int(0, 99), ack: t.random.int(1, 99) });
        tcp.take();
        const peer = tcp.peer();
        await peer.send({ flags: "SYN", seq: 0, mss: 1460 });
        await peer.expect(
          { flags: "SYN ACK", seq: 0, ack: 1 },
          `a SYN is answered after ${flags === "" ? "a segment without flags" : flags}`,
        );
      }
    },
  },
};
