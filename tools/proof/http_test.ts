/** Browsers and others, and lab 11: what they ask for they get, over as few connections as they like; and tshark finds nothing to complain of. */
import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { whyNoLiveWire } from "../harness/kernel/kernel_peer.ts";
import { tsharkFields } from "../harness/tshark.ts";
import { missingProgram, testWhen } from "../test_when.ts";
import { missingPlaywright, type Visit, visiting } from "./browser.ts";
import { type HttpOrder, type HttpResult, PICTURES } from "./http_inside.ts";
import { inFolder, PATIENT_KERNEL, runInside } from "./next_door.ts";
import { opinionOf } from "./opinion.ts";

const obstacle = await whyNoLiveWire() ?? missingProgram("tshark") ?? missingProgram("ip");
const SITE = "http://10.44.0.2";

/** Runs these commands beside the server; nothing may be thrown, and nothing left. */
async function browse(capture: string, ...commands: readonly (readonly string[])[]): Promise<HttpResult> {
  const order: HttpOrder = { capture, commands: [PATIENT_KERNEL, ...commands] };
  const result = await runInside<HttpResult>(new URL("http_inside.ts", import.meta.url), order);
  assertEquals(result.reported, []);
  assertEquals([result.left.connections.filter((state) => state !== "TIME-WAIT"), result.left.framesLent], [[], 0]);
  return { ...result, said: result.said.slice(1) };
}

testWhen(
  obstacle ?? missingProgram("chromium"),
  "proof: Chromium shows a page with pictures, many of them over one connection",
  () =>
    inFolder(async (folder) => {
      const capture = `${folder}/capture.pcapng`;
      const flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        `--user-data-dir=${folder}/profile`,
      ];
      const { said: [chromium], asked } = await browse(capture, [
        "chromium",
        ...flags,
        "--virtual-time-budget=20000",
        "--dump-dom",
        `${SITE}/`,
      ]);
      assertMatch(chromium?.out ?? "", new RegExp(`<p id="seen">${PICTURES} pictures, rgb\\(1, 2, 3\\)</p>`), chromium?.err);
      const connections = Object.values(asked);
      const pages = connections.flat().filter((each) => !each.includes("favicon")).sort();
      assertEquals(pages, ["GET /", ...Array.from({ length: PICTURES }, (_, i) => `GET /picture/${i}`), "GET /style.css"].sort());
      assert(connections.some((each) => each.length >= PICTURES / 2), JSON.stringify(asked));
      // What tshark makes of it: as many answers as questions, all of them 200 but for the icon.
      const rows = await tsharkFields(capture, ["http.response.code"], ["-Y", "http.response"]);
      assertEquals(rows.filter(([code]) => code === "200").length, pages.length);
      const { complaints } = await opinionOf(capture);
      assertEquals(complaints, []);
    }),
);

testWhen(
  obstacle ?? missingProgram("chromium") ?? await missingPlaywright(),
  "proof: Chromium, driven by Playwright, asks again and again over one connection, and puts",
  () =>
    inFolder(async (folder) => {
      const capture = `${folder}/capture.pcapng`;
      const { said: [visitor], asked } = await browse(capture, visiting(SITE, PICTURES));
      assertEquals(visitor?.status, 0, visitor?.err);
      const { seen, answers, echoed } = JSON.parse(visitor?.out ?? "") as Visit;
      assertEquals(seen, Array(3).fill(`${PICTURES} pictures, rgb(1, 2, 3)`));
      assertEquals(answers.filter((answer) => !answer.startsWith("200 ")), []);
      assertEquals(answers.filter((answer) => answer === "200 PUT /echo").length, 1);
      assertEquals(echoed, "over the wall ".repeat(5000));
      // On the connection that was used most, questions and answers take turns, behind one handshake.
      const fields = ["tcp.stream", "tcp.srcport", "http.request.method", "http.response.code", "tcp.connection.syn"];
      const rows = await tsharkFields(capture, fields, ["-Y", "http.request || http.response || tcp.connection.syn"]);
      const [port = "", most = []] = Object.entries(asked).toSorted(([, a], [, b]) => b.length - a.length)[0] ?? [];
      const stream = rows.find(([, source]) => source === port)?.[0];
      const said = rows.filter(([of]) => of === stream).map(([, , method, code, syn]) => method || code || (syn && "SYN"));
      // A browser has six connections to a server at most, and asks more than six times as often as this.
      assert(most.length >= PICTURES / 2, JSON.stringify(asked));
      assertEquals(said, ["SYN", ...most.flatMap((each) => [each.split(" ")[0], each.includes("favicon") ? "404" : "200"])]);
      const { complaints } = await opinionOf(capture);
      assertEquals(complaints, []);
    }),
);

testWhen(
  obstacle ?? missingProgram("curl") ?? missingProgram("sha256sum"),
  "proof: curl gets, heads, puts and waits, over one connection",
  () =>
    inFolder(async (folder) => {
      const capture = `${folder}/capture.pcapng`;
      const file = `${folder}/file`;
      const bytes = crypto.getRandomValues(new Uint8Array(60_000));
      await Deno.writeFile(file, bytes);
      const curl = ["curl", "--silent", "--show-error"];
      const pages = [`${SITE}/bytes/100000`, `${SITE}/picture/1`, `${SITE}/nowhere`];
      const { said: [three, head, put, chunked, old], asked } = await browse(
        capture,
        [
          ...curl,
          "--write-out",
          "%{http_code} %{size_download} %{num_connects}\n",
          ...pages.flatMap((page) => ["--output", "/dev/null", page]),
        ],
        [...curl, "--head", `${SITE}/bytes/1234`],
        ["sh", "-c", `${curl.join(" ")} -H "Expect: 100-continue" --upload-file ${file} ${SITE}/echo | cmp - ${file} && echo same`],
        ["sh", "-c", `cat ${file} | ${curl.join(" ")} --upload-file - ${SITE}/echo | cmp - ${file} && echo same`],
        [...curl, "--http1.0", `${SITE}/bytes/3`],
      );
      assertMatch(three?.out ?? "", /^200 100000 1\n200 \d{5} 0\n404 23 0\n$/, three?.err);
      assertMatch(head?.out ?? "", /^HTTP\/1\.1 200 OK\r\nDate: .*GMT\r\nContent-Length: 1234\r\n\r\n$/, head?.err);
      assertEquals([put?.out, chunked?.out, old?.out], ["same\n", "same\n", "\0\x01\x02"]);
      assertEquals(Object.values(asked).map((each) => each.length), [3, 1, 1, 1, 1]);
      const codings = await tsharkFields(capture, ["http.transfer_encoding"], ["-Y", "http.request && http.transfer_encoding"]);
      assertEquals(codings, [["chunked"]]);
      const { resets, complaints } = await opinionOf(capture);
      assertEquals({ resets, complaints }, { resets: [], complaints: [] });
    }),
);

testWhen(
  obstacle ?? missingProgram("nc"),
  "proof: what is asked at once is answered in order, and what is wrong ends it",
  () =>
    inFolder(async (folder) => {
      const get = (page: string): string => `GET ${page} HTTP/1.1\\r\\nHost: wall\\r\\n\\r\\n`;
      const say = (text: string): string[] => ["sh", "-c", `printf '${text}' | nc -N -w 5 10.44.0.2 80`];
      const smuggled =
        `POST /echo HTTP/1.1\\r\\nHost: wall\\r\\nContent-Length: 5\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n`;
      const { said: [fifty, bad] } = await browse(
        `${folder}/capture.pcapng`,
        say(Array.from({ length: 50 }, (_, i) => get(`/bytes/${i}`)).join("")),
        say(`${get("/bytes/1")}${smuggled}${get("/bytes/2")}`),
      );
      const lengths = [...(fifty?.out ?? "").matchAll(/Content-Length: (\d+)/g)].map(([, length]) => Number(length));
      assertEquals(lengths, Array.from({ length: 50 }, (_, i) => i), fifty?.err);
      assertEquals([...(bad?.out ?? "").matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, code]) => code), ["200", "400"], bad?.err);
      assertMatch(bad?.out ?? "", /length and coding\n$/);
    }),
);

testWhen(
  obstacle ?? missingProgram("ab"),
  "proof: ab keeps 50 connections to lab 11 busy, and no request fails",
  () =>
    inFolder(async (folder) => {
      const capture = `${folder}/capture.pcapng`;
      const { said: [ab], asked } = await browse(capture, ["ab", "-q", "-k", "-c", "50", "-n", "3000", `${SITE}/bytes/500`]);
      assertMatch(ab?.out ?? "", /^Complete requests: +3000$/m, ab?.err);
      assertMatch(ab?.out ?? "", /^Failed requests: +0$/m);
      assertMatch(ab?.out ?? "", /^Keep-Alive requests: +3000$/m);
      assertEquals(Object.keys(asked).length, 50);
      const { recovery, complaints } = await opinionOf(capture);
      assertEquals({ recovery, complaints }, { recovery: [], complaints: [] });
    }),
);

testWhen(
  obstacle ?? missingProgram("wrk"),
  "proof: wrk asks over 50 connections for two seconds, and no answer is missing or wrong",
  () =>
    inFolder(async (folder) => {
      const { said: [wrk], asked } = await browse(`${folder}/capture.pcapng`, [
        "wrk",
        "--threads=2",
        "--connections=50",
        "--duration=2s",
        `${SITE}/bytes/500`,
      ]);
      const [, requests] = /^ +(\d+) requests in /m.exec(wrk?.out ?? "") ?? [];
      assertNotMatch(wrk?.out ?? "", /Socket errors|Non-2xx/);
      // When its time is up it leaves in the middle of up to 50 answers.
      const served = Object.values(asked).flat().length;
      assert(Number(requests) >= 50 && served >= Number(requests) && served <= Number(requests) + 50, `${served} served; ${wrk?.out}`);
      assertEquals(Object.keys(asked).length, 50);
    }),
);
