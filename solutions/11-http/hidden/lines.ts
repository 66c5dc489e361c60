/** Hidden checks of the lines: every byte in every place, and what two headers of one name come to. */
import { expectEach, expectHeaders, header, word } from "../../../labs/11-http/checks/bench.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

const TOKEN = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BYTES = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));

export const requestGroup: Readonly<Record<string, CheckSpec>> = {
  "every-byte": {
    title: "each byte is allowed in a method or target, or is not",
    kind: "table",
    weight: 2,
    covers: ["9112-3"],
    look: ["parseRequestLine"],
    why: "The characters of a token are a list (RFC 9110 §5.6.2), and not what some regular expression takes for a word.",
    hints: [
      "Is \\w the right class for a token?",
      "No: a token has 15 characters more, and no space or bracket.",
      "A target has everything from ! to ~.",
    ],
    run: async (t: Trial) => {
      const a = word(t.random);
      await expectEach(
        t,
        "parseRequestLine",
        BYTES.filter((byte) => byte !== " ").map((byte) => {
          const method = `G${byte}T`;
          return [`${method} /${a} HTTP/1.1`, TOKEN.includes(byte) ? { method, target: `/${a}`, version: "1.1" } : "bad request line"];
        }),
      );
      await expectEach(
        t,
        "parseRequestLine",
        BYTES.map((byte) => {
          const target = `/${a}${byte}${a}`;
          return [`GET ${target} HTTP/1.1`, byte > " " && byte <= "~" ? { method: "GET", target, version: "1.1" } : "bad request line"];
        }),
      );
    },
  },

  "versions": {
    title: "every version of one digit and one digit has its answer",
    kind: "table",
    covers: ["9112-2.3"],
    look: ["parseRequestLine"],
    why: "HTTP/1.x above 1.1 counts as 1.1 (RFC 9110 §2.5), 1.0 is itself, and all other major numbers are unknown.",
    hints: [
      "What is HTTP/1.5?",
      '"1.1". And 0.9, 2.0 and 7.1 are an "unknown version".',
      "Look at the two digits one by one.",
    ],
    run: async (t: Trial) => {
      const cases = Array.from({ length: 100 }, (_, i): [string, unknown] => {
        const [major, minor] = [Math.floor(i / 10), i % 10];
        const wanted = { method: "GET", target: "/", version: minor === 0 ? "1.0" : "1.1" };
        return [`GET / HTTP/${major}.${minor}`, major === 1 ? wanted : "unknown version"];
      });
      await expectEach(t, "parseRequestLine", cases);
    },
  },
};

export const headerGroup: Readonly<Record<string, CheckSpec>> = {
  "every-byte": {
    title: "each byte is allowed in a name or value, or is not",
    kind: "table",
    weight: 2,
    covers: ["9112-5", "9110-5.5"],
    look: ["parseHeaderLine"],
    why: "A name is a token; a value has no control characters but the tab, and may have bytes from 0x80 on (RFC 9110 §5.1, §5.5).",
    hints: [
      "Which control characters may be in a value?",
      "The tab, and no other; 0x7f is one, too.",
      "From 0x80 on everything is allowed in a value, and nothing in a name.",
    ],
    run: async (t: Trial) => {
      const a = word(t.random);
      await expectEach(
        t,
        "parseHeaderLine",
        BYTES.filter((byte) => byte !== ":").map((byte) => {
          const name = `${a}${byte}${a}`;
          return [`${name}: 1`, TOKEN.includes(byte) ? header(name.toLowerCase(), "1") : "bad header"];
        }),
      );
      await expectEach(
        t,
        "parseHeaderLine",
        BYTES.map((byte) => {
          const isGood = byte === "\t" || byte >= " " && byte !== "\x7f";
          return [`x: ${a}${byte}${a}`, isGood ? header("x", `${a}${byte}${a}`) : "bad header"];
        }),
      );
    },
  },

  "colons": {
    title: "the first colon ends the name, the others are the value's",
    kind: "table",
    covers: ["9112-5"],
    look: ["parseHeaderLine"],
    why: "Times, URLs and addresses have colons. Only the first one is the header's own.",
    hints: [
      "indexOf, or lastIndexOf?",
      "The first.",
      "A line that begins with a colon has no name.",
    ],
    run: async (t: Trial) => {
      const [a, b] = [word(t.random), word(t.random)];
      await expectEach(t, "parseHeaderLine", [
        [`${a}:${b}:${a}`, header(a, `${b}:${a}`)],
        [`${a}::`, header(a, ":")],
        [`${a}: :${b}`, header(a, `:${b}`)],
        [`:${a}: ${b}`, "bad header"],
        [`::`, "bad header"],
      ]);
    },
  },
};

export const hostGroup: Readonly<Record<string, CheckSpec>> = {
  "others": {
    title: "only Host is Host",
    kind: "table",
    covers: ["9112-3.2"],
    look: ["checkHost"],
    why: "X-Host, Hostname and :authority are not Host; a client that sends one of these has named nothing.",
    hints: [
      "How do you compare the name?",
      "As a whole.",
      "endsWith and includes are too generous.",
    ],
    run: async (t: Trial) => {
      const a = word(t.random);
      await expectHeaders(t, "checkHost", [
        ["1.1", [["x-host", a]], "no host"],
        ["1.1", [["hostname", a], ["forwarded-host", a]], "no host"],
        ["1.1", [["host", a], ["x-host", "a b"]], undefined],
        ["1.0", [["host", "a b"]], "bad host"],
        ["1.1", [["host", ""], ["host", ""]], "bad host"],
      ]);
    },
  },
};

const NONE = { chunked: false, length: 0 } as const;

export const bodyGroup: Readonly<Record<string, CheckSpec>> = {
  "large": {
    title: "a length of many digits is a large number",
    kind: "table",
    covers: ["9112-6.3"],
    look: ["bodyOf"],
    why: "4294967301 is not 5. Whoever counts in 32 bits reads a small body, and then the rest of it as requests.",
    hints: [
      "Is there a |0, or a >>> 0, on the way?",
      "Numbers are exact up to 2⁵³; more is too much for any limit, so it does not matter how exact it is.",
      "Number(value), as it is.",
    ],
    run: async (t: Trial) => {
      const lengths = [2 ** 31, 2 ** 32 + t.random.int(1, 99), 2 ** 53 - 1];
      await expectHeaders(t, "bodyOf", lengths.map((length) => ["1.1", [["content-length", `${length}`]], { chunked: false, length }]));
      const [endless] = await t.many("http", "bodyOf", [["1.1", [header("content-length", "9".repeat(400))]]]);
      const length: unknown = endless?.value?.length;
      t.ok(typeof length === "number" && length > 2 ** 53, "a length of 400 digits: more than any limit", `${endless?.threw ?? length}`);
    },
  },

  "odd-codings": {
    title: "what only looks like chunked is not",
    kind: "table",
    weight: 2,
    covers: ["9112-6.1"],
    look: ["bodyOf"],
    why: "Each of these was taken for chunked by one program of a chain, and passed over by another (RFC 9112 §11.2).",
    hints: [
      "A member of the list is compared as a whole.",
      "Quotes, parameters, and letters more make it another coding; and the last coding must be chunked.",
      "A Transfer-Encoding with nothing in it is one all the same: it does not end with chunked.",
    ],
    run: async (t: Trial) => {
      const odd = ['"chunked"', "chunked;q=1", "xchunked", "chunked chunked", "identity", "", ",", "chunk", "chunked\xa0"];
      await expectHeaders(t, "bodyOf", [
        ...odd.map((value) => ["1.1", [["transfer-encoding", value]], "bad coding"] as const),
        ["1.0", [["transfer-encoding", "chunked"]], "bad coding"],
        ["1.0", [["transfer-encoding", "gzip, chunked"]], "bad coding"],
        ["1.1", [["transfer-encoding", "identity, chunked"]], "unknown coding"],
        ["1.1", [["transfer-encoding", "chunked, gzip, chunked"]], "bad coding"],
        ["1.1", [["transfer-encodings", "chunked"]], NONE],
        ["1.1", [["x-content-length", "5"]], NONE],
      ]);
    },
  },
};

export const persistsGroup: Readonly<Record<string, CheckSpec>> = {
  "spelled": {
    title: "members of Connection are read in any case, with any space",
    kind: "table",
    covers: ["9112-9.3"],
    look: ["persists"],
    why: "Lists have white space around their commas, and empty members (RFC 9110 §5.6.1).",
    hints: [
      "What is ' ,close\\t,' taken apart?",
      "Trim each member, and throw away the empty ones.",
      "Small letters before the comparison.",
    ],
    run: async (t: Trial) => {
      const a = word(t.random);
      await expectHeaders(t, "persists", [
        ["1.1", [["connection", ` ,${a}\t,\tCLOSE ,`]], false],
        ["1.0", [["connection", `,KEEP-ALIVE`]], true],
        ["1.0", [["connection", a], ["x", "y"], ["connection", "Keep-Alive"]], true],
        ["1.1", [["connection", "close"], ["connection", "keep-alive"]], false],
        ["1.1", [["proxy-connection", "close"]], true],
        ["1.1", [["connection", ""]], true],
        ["1.0", [["connection", ""]], false],
      ]);
    },
  },
};

export const chunkGroup: Readonly<Record<string, CheckSpec>> = {
  "every-byte": {
    title: "each byte behind a chunk's size is allowed, or is not",
    kind: "table",
    weight: 2,
    covers: ["9112-7.1"],
    look: ["parseChunkSize"],
    why: "Only a hexadecimal digit goes on with the size, only a semicolon ends it; spaces and tabs are allowed in front of that alone.",
    hints: [
      "What does your function say to '5\\x0b;x'?",
      "OWS is space and tab: \\s is much more.",
      "A table of 256 lines finds it.",
    ],
    run: async (t: Trial) => {
      await expectEach(
        t,
        "parseChunkSize",
        BYTES.map((byte) => {
          const digit = /^[0-9a-fA-F]$/.test(byte) ? 0x50 + parseInt(byte, 16) : undefined;
          return [`5${byte}`, digit ?? (byte === ";" ? 5 : "bad chunk")];
        }),
      );
      await expectEach(
        t,
        "parseChunkSize",
        BYTES.map((byte) => {
          const digit = /^[0-9a-fA-F]$/.test(byte) ? 0x50 + parseInt(byte, 16) : undefined;
          return [`5${byte};x=y`, digit ?? (" \t;".includes(byte) ? 5 : "bad chunk")];
        }),
      );
    },
  },

  "digits": {
    title: "twelve digits are a size, thirteen are not",
    kind: "table",
    covers: ["9112-7.1"],
    look: ["parseChunkSize"],
    why:
      "A number that is longer than our numbers are exact is somebody's attempt to make it come round to a small one (RFC 9112 §7.1: recipients must guard against it).",
    hints: [
      "How many digits do you allow?",
      "1 to 12: up to 2⁴⁸, zeros in front included.",
      "{1,12} in a regular expression.",
    ],
    run: async (t: Trial) => {
      const size = t.random.int(1, 0xffff);
      const hex = size.toString(16);
      await expectEach(t, "parseChunkSize", [
        [hex.padStart(12, "0"), size],
        [hex.padStart(13, "0"), "bad chunk"],
        ["f".repeat(12), 2 ** 48 - 1],
        ["f".repeat(13), "bad chunk"],
        [`1${"0".repeat(16)}`, "bad chunk"],
        [`${"0".repeat(12)};x`, 0],
      ]);
    },
  },
};
