/** Public checks of bodyOf, persists and parseChunkSize: where a request ends, and what follows. */
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { expectEach, expectHeaders, word } from "./bench.ts";

const NONE = { chunked: false, length: 0 } as const;
const CHUNKED = { chunked: true, length: 0 } as const;

export const bodyGroup: Readonly<Record<string, CheckSpec>> = {
  "length": {
    title: "Content-Length says how long the body is",
    kind: "table",
    weight: 2,
    covers: ["9112-6.3"],
    look: ["bodyOf"],
    why:
      "So many bytes behind the empty line belong to this request, and the next begins right there (RFC 9112 §6.2). Without it, and without " +
      "chunks, a request has no body: whatever its method is.",
    hints: [
      "What is the length when there is no such header?",
      "0, and not chunked.",
      "Number(value), once it is sure that it is digits and nothing else.",
    ],
    run: async (t: Trial) => {
      const length = t.random.int(2, 100_000);
      await expectHeaders(t, "bodyOf", [
        ["1.1", [], NONE],
        ["1.1", [["host", word(t.random)]], NONE],
        ["1.1", [["content-length", `${length}`]], { chunked: false, length }],
        ["1.0", [["x", "1"], ["content-length", `${length}`]], { chunked: false, length }],
        ["1.1", [["content-length", "0"]], NONE],
        ["1.1", [["content-length", `000${length}`]], { chunked: false, length }],
      ]);
    },
  },

  "bad-length": {
    title: "a Content-Length that is no number is refused",
    kind: "table",
    weight: 2,
    covers: ["9112-6.3"],
    look: ["bodyOf"],
    why:
      "`+5`, `5 5`, `0x5`, `5,6`: each of them was read as a number by some server, and as another by some proxy (RFC 9112 §6.3, rule 5: " +
      "400).",
    hints: [
      'What is Number("0x10"), Number("1e3"), Number(""), parseInt("5abc")?',
      "JavaScript is generous; this place is not. Digits from 0 to 9, one at least.",
      'Test with /^[0-9]+$/ first, and say "bad length" if it does not match.',
    ],
    run: async (t: Trial) => {
      const n = t.random.int(1, 99);
      const bad = [
        `+${n}`,
        `-${n}`,
        `${n} ${n}`,
        `0x${n}`,
        `${n}.0`,
        `${n}e2`,
        "",
        `${n},${n + 1}`,
        `${n}a`,
        `"${n}"`,
        `${n}_0`,
        "Infinity",
      ];
      await expectHeaders(t, "bodyOf", [
        ...bad.map((value) => ["1.1", [["content-length", value]], "bad length"] as const),
        ["1.1", [["content-length", `${n}`]], { chunked: false, length: n }],
      ]);
    },
  },

  "two-lengths": {
    title: "two Content-Lengths are refused",
    kind: "table",
    weight: 2,
    covers: ["9112-6.3"],
    look: ["bodyOf"],
    why:
      "One reader takes the first, another the last; what lies between them is a request to the one and a body to the other (RFC 9112 §6.3, " +
      "§11.2).",
    hints: [
      "Do you look for one header, or for all with this name?",
      "`find` finds the first. `filter` finds out that there are two.",
      'More than one: "bad length". It does not matter whether they agree.',
    ],
    run: async (t: Trial) => {
      const [n, more] = [t.random.int(1, 99), t.random.int(100, 999)];
      await expectHeaders(t, "bodyOf", [
        ["1.1", [["content-length", `${n}`], ["content-length", `${more}`]], "bad length"],
        ["1.1", [["content-length", `${more}`], ["x", "y"], ["content-length", `${n}`]], "bad length"],
        ["1.0", [["content-length", "0"], ["content-length", `${n}`]], "bad length"],
        ["1.1", [["content-length", `${n}`], ["content-length", `${n}`]], "bad length"],
        ["1.1", [["x-length", `${more}`], ["content-length", `${n}`]], { chunked: false, length: n }],
      ]);
    },
  },

  "chunked": {
    title: "Transfer-Encoding: chunked, in any case",
    kind: "table",
    weight: 2,
    covers: ["9112-6.1"],
    look: ["bodyOf"],
    why:
      "The client did not know the length when it began. Names of codings are the same in any case (RFC 9112 §7), and the value is a list: " +
      "commas, white space, and members that are empty don't count (RFC 9110 §5.6.1).",
    hints: [
      "The value is a list. How do you take a list apart?",
      "The values of all lines with this name: split by commas, trimOws, small letters, and empty ones thrown away.",
      'What is left must be ["chunked"].',
    ],
    run: async (t: Trial) => {
      await expectHeaders(t, "bodyOf", [
        ["1.1", [["transfer-encoding", "chunked"]], CHUNKED],
        ["1.1", [["x", "y"], ["transfer-encoding", "Chunked"]], CHUNKED],
        ["1.1", [["transfer-encoding", " , chunked ,"]], CHUNKED],
        ["1.1", [["transfer-encoding", ""], ["transfer-encoding", "CHUNKED"]], CHUNKED],
      ]);
    },
  },

  "both": {
    title: "Content-Length and Transfer-Encoding: refused",
    kind: "table",
    weight: 3,
    covers: ["9112-6.1", "9112-6.3"],
    look: ["bodyOf"],
    why:
      "The classic of request smuggling (RFC 9112 §11.2). The proxy goes by the one, the server by the other, and what is a body to the proxy is the next " +
      "request to the server: with the address and the rights of whoever comes next.",
    hints: [
      "Both are there. Which one counts?",
      'None: "length and coding", whatever else is wrong with them.',
      "This is the first question once there is a Transfer-Encoding: before the version, before the codings.",
    ],
    run: async (t: Trial) => {
      const n = `${t.random.int(0, 99)}`;
      await expectHeaders(t, "bodyOf", [
        ["1.1", [["content-length", n], ["transfer-encoding", "chunked"]], "length and coding"],
        ["1.1", [["transfer-encoding", "chunked"], ["content-length", n]], "length and coding"],
        ["1.1", [["transfer-encoding", "identity"], ["content-length", n]], "length and coding"],
        ["1.0", [["transfer-encoding", "chunked"], ["content-length", n]], "length and coding"],
        ["1.1", [["transfer-encoding", "chunked"]], CHUNKED],
      ]);
    },
  },

  "codings": {
    title: "chunked is the last coding, and what is before it unknown",
    kind: "table",
    covers: ["9112-6.1", "9112-6.3"],
    look: ["bodyOf"],
    why:
      "If chunked is not the last coding, nobody can say where the body ends: 400 (RFC 9112 §6.3, rule 4). If it is, the end is known, but what came first " +
      "cannot be undone: 501 (§6.1).",
    hints: [
      "Look at the last member of the list first.",
      'It is not chunked: "bad coding". It is: then chunked a second time is a "bad coding", and anything else before it an "unknown coding".',
      "pop() the last one, and look at what is left. An empty list has no last one, and HTTP/1.0 has no codings at all.",
    ],
    run: async (t: Trial) => {
      const a = word(t.random);
      await expectHeaders(t, "bodyOf", [
        ["1.1", [["transfer-encoding", "chunked, gzip"]], "bad coding"],
        ["1.1", [["transfer-encoding", "chunked"], ["transfer-encoding", a]], "bad coding"],
        ["1.1", [["transfer-encoding", "chunked, chunked"]], "bad coding"],
        ["1.1", [["transfer-encoding", `x${a}chunked`]], "bad coding"],
        ["1.1", [["transfer-encoding", "gzip, chunked"]], "unknown coding"],
        ["1.1", [["transfer-encoding", a], ["transfer-encoding", "chunked"]], "unknown coding"],
        ["1.1", [["transfer-encoding", ""]], "bad coding"],
        ["1.0", [["transfer-encoding", "chunked"]], "bad coding"],
      ]);
    },
  },
};

export const persistsGroup: Readonly<Record<string, CheckSpec>> = {
  "version": {
    title: "HTTP/1.1 goes on, HTTP/1.0 does not",
    kind: "table",
    covers: ["9112-9.3"],
    look: ["persists"],
    why: "A connection costs a round trip, and slow start. HTTP/1.1 keeps it unless somebody says otherwise; in 1.0 a client has to ask " +
      "(RFC 9112 §9.3).",
    hints: [
      "Two defaults, and a word that turns each around.",
      'For 1.1 "close", for 1.0 "keep-alive".',
      "In any case of letters.",
    ],
    run: async (t: Trial) => {
      await expectHeaders(t, "persists", [
        ["1.1", [], true],
        ["1.0", [], false],
        ["1.1", [["connection", "close"]], false],
        ["1.1", [["connection", "Close"]], false],
        ["1.0", [["connection", "keep-alive"]], true],
        ["1.0", [["connection", "Keep-Alive"]], true],
        ["1.1", [["connection", "keep-alive"]], true],
        ["1.0", [["keep-alive", "timeout=5"]], false],
        ["1.1", [[word(t.random), "close"]], true],
      ]);
    },
  },

  "list": {
    title: "Connection is a list, and close wins",
    kind: "table",
    covers: ["9112-9.3"],
    look: ["persists"],
    why:
      "Connection also names other headers that are for the next hop only: `Connection: close, upgrade` (RFC 9110 §7.6.1). Whoever compares the whole value " +
      'misses the "close".',
    hints: [
      "It is taken apart like the list of codings.",
      "All lines with this name are one list. Whole members count: closed is not close.",
      'includes("close") comes first.',
    ],
    run: async (t: Trial) => {
      const a = word(t.random);
      await expectHeaders(t, "persists", [
        ["1.1", [["connection", `${a}, close`]], false],
        ["1.1", [["connection", `CLOSE,${a}`]], false],
        ["1.1", [["connection", a], ["connection", "close"]], false],
        ["1.0", [["connection", `${a} ,keep-alive`]], true],
        ["1.0", [["connection", "keep-alive, close"]], false],
        ["1.1", [["connection", `${a}close`]], true],
        ["1.1", [["connection", "closed"]], true],
        ["1.0", [["connection", `keep-alive${a}`]], false],
      ]);
    },
  },
};

export const chunkGroup: Readonly<Record<string, CheckSpec>> = {
  "size": {
    title: "a chunk's size is in hexadecimal digits",
    kind: "table",
    weight: 2,
    covers: ["9112-7.1"],
    look: ["parseChunkSize"],
    why: "Each piece of the body says how long it is (RFC 9112 §7.1). 10 is sixteen bytes, and the digits may be capitals.",
    hints: [
      "Which base?",
      "parseInt(text, 16), once it is sure that there are hexadecimal digits and nothing else.",
      "From 1 to 12 digits: more would be a number that is not exact any more.",
    ],
    run: async (t: Trial) => {
      const sizes = [0, 9, 10, 15, 16, t.random.int(17, 65_535), 2 ** 48 - 1];
      await expectEach(t, "parseChunkSize", [
        ...sizes.map((size) => [size.toString(16), size] as const),
        ...sizes.map((size) => [size.toString(16).toUpperCase(), size] as const),
        ["000", 0],
        ["00001F", 31],
      ]);
    },
  },

  "extension": {
    title: "a chunk's extension is passed over",
    kind: "table",
    covers: ["9112-7.1"],
    look: ["parseChunkSize"],
    why: "Behind a semicolon a chunk may say more. Nobody uses it, and everybody must pass over it (RFC 9112 §7.1.1).",
    hints: [
      "Where does the size end?",
      "At the semicolon, or at spaces and tabs in front of it.",
      "What is behind the semicolon does not matter at all.",
    ],
    run: async (t: Trial) => {
      const [a, size] = [word(t.random), t.random.int(1, 4095)];
      const hex = size.toString(16);
      const lines = [`${hex};${a}`, `${hex};${a}=1`, `${hex} ; ${a}="x;y"`, `${hex}\t;`, `${hex};;`];
      await expectEach(t, "parseChunkSize", lines.map((line) => [line, size] as const));
    },
  },

  "nonsense": {
    title: "a chunk's size that is no number is refused",
    kind: "table",
    weight: 2,
    covers: ["9112-7.1"],
    look: ["parseChunkSize"],
    why:
      "parseInt is generous: it reads 5 out of `5 GET /`, 0 out of `0xff`, −5 out of `-5`. Each of these has been a way to smuggle a request (RFC 9112 §7.1, " +
      "§11.2).",
    hints: [
      'What does parseInt("5zz", 16) give?',
      "5. So look at the whole line first.",
      'Anything but digits, and then nothing or an extension, is a "bad chunk": a space at the end, too.',
    ],
    run: async (t: Trial) => {
      const hex = t.random.int(1, 4095).toString(16);
      const lines = [
        "",
        ` ${hex}`,
        `${hex} `,
        `0x${hex}`,
        `-${hex}`,
        `+${hex}`,
        `${hex}g`,
        `${hex} ${hex}`,
        `;${hex}`,
        "1000000000000f",
        `${hex},`,
      ];
      await expectEach(t, "parseChunkSize", [...lines.map((line) => [line, "bad chunk"] as const), [hex, parseInt(hex, 16)]]);
    },
  },
};
