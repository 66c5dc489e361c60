/** Public checks of the lines of a head: parseRequestLine, parseHeaderLine, checkHost. */
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { expectEach, expectHeaders, header, word } from "./bench.ts";

export const requestGroup: Readonly<Record<string, CheckSpec>> = {
  "parts": {
    title: "a request line has a method, a target and a version",
    kind: "table",
    weight: 2,
    covers: ["9112-3"],
    look: ["parseRequestLine"],
    why: "Everything that a server does begins with these three words (RFC 9112 §3). The method is given as it was sent: GET and get are " +
      "two methods (RFC 9110 §9.1).",
    hints: [
      "Which character stands between the parts, and how many of them?",
      "One space, twice. Nothing before the method, and nothing behind the version.",
      "One regular expression with four groups does it: method, target, and the two digits of the version.",
    ],
    run: async (t: Trial) => {
      const [a, b] = [word(t.random), word(t.random)];
      const line = (method: string, target: string): [string, unknown] => [
        `${method} ${target} HTTP/1.1`,
        { method, target, version: "1.1" },
      ];
      await expectEach(t, "parseRequestLine", [
        line("GET", "/"),
        line("POST", `/${a}/${b}.html?x=${b}&y`),
        line("get", `/${a}`),
        line("M-SEARCH!", "/%20"),
      ]);
    },
  },

  "spaces": {
    title: "one space, and one only, between the parts",
    kind: "table",
    covers: ["9112-3"],
    look: ["parseRequestLine"],
    why: "A reader that is generous with spaces reads `GET /a b HTTP/1.1` in one way, the cache in front of it in another: now they " +
      "disagree about who asked for what (RFC 9112 §3, §11.2).",
    hints: [
      "What does your function say to two spaces?",
      '"bad request line", and so for a tab, and for a space at either end.',
      "Not `split(/\\s+/)`: it is generous.",
    ],
    run: async (t: Trial) => {
      const a = `/${word(t.random)}`;
      const lines = [
        `GET  ${a} HTTP/1.1`,
        `GET ${a}  HTTP/1.1`,
        ` GET ${a} HTTP/1.1`,
        `GET ${a} HTTP/1.1 `,
        `GET\t${a} HTTP/1.1`,
        `GET ${a} x HTTP/1.1`,
        `GET ${a}`,
        "GET",
        "",
        `GET HTTP/1.1`,
      ];
      await expectEach(t, "parseRequestLine", [...lines.map((line) => [line, "bad request line"] as const), [
        `GET ${a} HTTP/1.1`,
        { method: "GET", target: a, version: "1.1" },
      ]]);
    },
  },

  "target": {
    title: "a target begins with /, or with http://",
    kind: "table",
    covers: ["9112-3", "9112-3.2"],
    look: ["parseRequestLine"],
    why:
      "Clients send a path; proxies send the whole URL, and every server must understand that (RFC 9112 §3.2.2). `*` is the server as a " +
      "whole, and only OPTIONS may ask for it.",
    hints: [
      "Four kinds of target: RFC 9112 §3.2 has an example of each.",
      "A path, an absolute URL, * for OPTIONS, and anything for CONNECT.",
      "The scheme may be in capitals: HTTP://host/.",
    ],
    run: async (t: Trial) => {
      const a = word(t.random);
      const good: (readonly [string, string])[] = [
        ["GET", `/${a}`],
        ["GET", `http://${a}/`],
        ["GET", `HTTPS://${a}:8080/x`],
        ["OPTIONS", "*"],
        ["OPTIONS", "/"],
        ["CONNECT", `${a}:443`],
      ];
      const bad = [`GET ${a}`, "GET *", `GET ftp://${a}/`, `POST ${a}:443`, "options *"];
      await expectEach(t, "parseRequestLine", [
        ...good.map(([method, target]) => [`${method} ${target} HTTP/1.1`, { method, target, version: "1.1" }] as const),
        ...bad.map((line) => [`${line} HTTP/1.1`, "bad request line"] as const),
      ]);
    },
  },

  "characters": {
    title: "no characters where they don't belong",
    kind: "table",
    covers: ["9112-3"],
    look: ["parseRequestLine"],
    why: "A method is a token (RFC 9110 §5.6.2), and a target has no control characters and none above `~`: those are written as %xx. A " +
      "NUL in the middle is where some program thinks that the text ends.",
    hints: [
      "Which characters may a token have? The list is in RFC 9110 §5.6.2.",
      "Letters, digits and ! # $ % & ' * + - . ^ _ ` | ~. A target: everything from ! to ~.",
      "In a regular expression: [!-~]+ for the target.",
    ],
    run: async (t: Trial) => {
      const a = word(t.random);
      const bad = [
        "G(T /",
        "GET:/ /",
        "G\xc9T /",
        `GET /${a}\x00`,
        `GET /${a}\x7f`,
        `GET /\xe9${a}`,
        `GET /${a}\x0b${a}`,
        '"GET" /',
        "G@T /",
      ];
      await expectEach(t, "parseRequestLine", [
        ...bad.map((start) => [`${start} HTTP/1.1`, "bad request line"] as const),
        [`!#$%&'*+-.^_\`|~1 /"<>[]{}\\^|~ HTTP/1.1`, { method: "!#$%&'*+-.^_`|~1", target: '/"<>[]{}\\^|~', version: "1.1" }],
      ]);
    },
  },

  "version": {
    title: "1.0 and 1.1 are known, later 1.x is 1.1, others are not",
    kind: "table",
    covers: ["9112-2.3"],
    look: ["parseRequestLine"],
    why: "A higher minor version adds nothing that could not be passed over (RFC 9110 §2.5). Another major version is another language: " +
      "505 tells the client, whatever the target is, and it can try again with ours. And http/1.1 is no version at all.",
    hints: [
      "HTTP/1.7 is to be read as 1.1. And HTTP/2.0?",
      'That is an "unknown version". HTTP/11.1, HTTP/1 and http/1.1 are a "bad request line".',
      'One digit, a dot, one digit. The first must be 1; if the second is "0", it is "1.0", else "1.1".',
    ],
    run: async (t: Trial) => {
      const target = `/${word(t.random)}`;
      const known = (
        version: string,
        as: string,
      ): [string, unknown] => [`GET ${target} HTTP/${version}`, { method: "GET", target, version: as }];
      const bad = ["HTTP/1", "HTTP/1.", "HTTP/11.1", "HTTP/1.10", "http/1.1", "HTTP/1,1", "HTTP 1.1", "HTTPS/1.1", "HTTP/x.1"];
      await expectEach(t, "parseRequestLine", [
        known("1.0", "1.0"),
        known("1.1", "1.1"),
        known("1.2", "1.1"),
        known("1.9", "1.1"),
        ...["2.0", "0.9", "3.0", "9.1"].map((version) => [`GET ${target} HTTP/${version}`, "unknown version"] as const),
        ...bad.map((version) => [`GET ${target} ${version}`, "bad request line"] as const),
        ["GET * HTTP/2.0", "unknown version"],
      ]);
    },
  },
};

export const headerGroup: Readonly<Record<string, CheckSpec>> = {
  "name-and-value": {
    title: "a header line is a name, a colon and a value",
    kind: "table",
    weight: 2,
    covers: ["9112-5"],
    look: ["parseHeaderLine"],
    why:
      "Names are the same in any case (RFC 9110 §5.1), so they are given in small letters, and whoever looks for one compares strings. The " +
      "value keeps its case; only the *first* colon separates.",
    hints: [
      "Where does the value begin in `Host: a:80`?",
      'Behind the first colon. `split(":")` loses the rest.',
      "Small letters for the name only: toLowerCase().",
    ],
    run: async (t: Trial) => {
      const [a, b] = [word(t.random), word(t.random)];
      const weight = `Text/HTML;q=0.${t.random.int(1, 9)}`;
      await expectEach(t, "parseHeaderLine", [
        [`Host: ${a}:80`, header("host", `${a}:80`)],
        [`X-${a.toUpperCase()}:${b}`, header(`x-${a}`, b)],
        [`accept: ${weight}`, header("accept", weight)],
        ["X:", header("x", "")],
      ]);
    },
  },

  "spaces-around": {
    title: "spaces and tabs around the value are not part of it",
    kind: "table",
    covers: ["9112-5"],
    look: ["parseHeaderLine"],
    why: "OWS, optional white space, is spaces and tabs and nothing else (RFC 9112 §5.1, RFC 9110 §5.6.3). Inside a value they stay.",
    hints: [
      "What does `trim()` take away besides spaces and tabs?",
      "Much more: 0xA0 for one, which may be a part of the value.",
      "stack/wire/latin1.ts has trimOws for it. A regular expression like [ \\t]+$ looks again and again at a long run of spaces in the middle.",
    ],
    run: async (t: Trial) => {
      const [a, b] = [word(t.random), word(t.random)];
      const spaces = " ".repeat(60_000);
      await expectEach(t, "parseHeaderLine", [
        [`x: \t ${a} \t${b}\t `, header("x", `${a} \t${b}`)],
        ["x: \t \t", header("x", "")],
        [`x:\xa0${a}\xa0`, header("x", `\xa0${a}\xa0`)],
        [`x:${a}`, header("x", a)],
        [`x: ${a}${spaces}${b}`, header("x", `${a}${spaces}${b}`)],
      ]);
    },
  },

  "space-before-colon": {
    title: "a space before the colon is refused",
    kind: "table",
    weight: 2,
    covers: ["9112-5"],
    look: ["parseHeaderLine"],
    why:
      "`Content-Length : 5` is a header to some readers, and to others a strange one that can be ignored: so they disagree about where the " +
      "request ends. RFC 9112 §5.1: 400, always.",
    hints: [
      "The name goes up to the colon, and must be a token.",
      "A space is in no token.",
      'So is a tab, and so are all of ( ) < > @ , ; : \\ " / [ ] ? = { }.',
    ],
    run: async (t: Trial) => {
      const a = word(t.random);
      const bad = [`${a} : 5`, `${a}\t: 5`, `${a} ${a}: 5`, ": 5", a, "", `${a};: 5`, `(${a}): 5`, `\xe9${a}: 5`, `${a}\x00: 5`];
      await expectEach(t, "parseHeaderLine", [...bad.map((line) => [line, "bad header"] as const), [`${a}: 5`, header(a, "5")]]);
    },
  },

  "folded": {
    title: "a line that begins with a space is a folded header",
    kind: "table",
    covers: ["9112-5.2"],
    look: ["parseHeaderLine"],
    why: "In old days a header could go on in the next line (obs-fold). Whoever still allows it sees one header where others see two; a " +
      "server refuses it (RFC 9112 §5.2). It has a name of its own, so that the log tells what was wrong.",
    hints: [
      "Look at the first character.",
      "A space or a tab: whatever follows. Not \\s, which is much more.",
      "This is asked before anything else about the line.",
    ],
    run: async (t: Trial) => {
      const a = word(t.random);
      const folded = [` ${a}: b`, `\t${a}: b`, ` ${a}`, " ", "\t\t"];
      const bad = [`\xa0${a}: b`, `\x0b${a}: b`];
      await expectEach(t, "parseHeaderLine", [
        ...folded.map((line) => [line, "folded header"] as const),
        ...bad.map((line) => [line, "bad header"] as const),
        [`${a}: b`, header(a, "b")],
      ]);
    },
  },
};

export const hostGroup: Readonly<Record<string, CheckSpec>> = {
  "one": {
    title: "HTTP/1.1 names its host, once",
    kind: "table",
    weight: 2,
    covers: ["9112-3.2"],
    look: ["checkHost"],
    why:
      "Many sites share one address; Host says which one is meant. With none, or two, nobody knows, and a cache would keep the page of the one for the " +
      "other (RFC 9112 §3.2: 400).",
    hints: [
      "How many headers have the name host?",
      'None: "no host". Two: "bad host", even when they agree. One: look at its value.',
      "filter, then three cases. HTTP/1.0 may have none.",
    ],
    run: async (t: Trial) => {
      const [a, b] = [word(t.random), word(t.random)];
      await expectHeaders(t, "checkHost", [
        ["1.1", [], "no host"],
        ["1.1", [["accept", a]], "no host"],
        ["1.1", [["accept", b], ["host", a]], undefined],
        ["1.1", [["host", a], ["host", b]], "bad host"],
        ["1.1", [["host", a], ["x", "y"], ["host", a]], "bad host"],
        ["1.0", [], undefined],
        ["1.0", [["host", a]], undefined],
        ["1.0", [["host", a], ["host", b]], "bad host"],
      ]);
    },
  },

  "value": {
    title: "what Host says can be a host",
    kind: "table",
    covers: ["9112-3.2"],
    look: ["checkHost"],
    why: 'A value that is no host is refused with 400, too (RFC 9112 §3.2). "a/b", "a?b" and "u@a" are taken apart in different ways by ' +
      "different programs. But no more is refused than the contract names: an empty value is allowed, and so are characters that only look like a space.",
    hints: [
      "Which characters end a host in a URL?",
      'Space, tab, comma, "/", "?", "#" and "@".',
      "One regular expression with a character class. A port, or an address in brackets, is fine.",
    ],
    run: async (t: Trial) => {
      const a = word(t.random);
      const good = [a, `${a}:8080`, "", "[fe80::1]:80", "10.44.0.2", `${a}.example`, `${a}\xa0`];
      const bad = [`${a} b`, `${a},b`, `${a}/`, `u@${a}`, `${a}?x`, `${a}#x`, `${a}\tb`];
      await expectHeaders(t, "checkHost", [
        ...good.map((value) => ["1.1", [["host", value]], undefined] as const),
        ...bad.map((value) => ["1.1", [["host", value]], "bad host"] as const),
        ...bad.slice(0, 2).map((value) => ["1.0", [["host", value]], "bad host"] as const),
      ]);
    },
  },
};
