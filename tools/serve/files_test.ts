/** The folder server against clients that mean no good, over two reference hosts. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import reference from "../../solutions/reference.ts";
import { serveHttp } from "../../stack/http/server.ts";
import { connect } from "../../stack/socket/conn.ts";
import { listen } from "../../stack/socket/listener.ts";
import { testWhen } from "../test_when.ts";
import { temporaryFolder } from "../testing/temporary_folder.ts";
import { twoHosts } from "../testing/two_hosts.ts";
import { serveFolder } from "./files.ts";

interface Said {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** A folder with something of everything, and beside it what must not get out. */
async function folder(): Promise<string> {
  const outside = await Deno.realPath(await temporaryFolder());
  await Deno.writeTextFile(`${outside}/secret`, "SECRET");
  await Deno.mkdir(`${outside}/inside-too`);
  await Deno.writeTextFile(`${outside}/inside-too/secret`, "SECRET");
  const root = `${outside}/inside`;
  await Deno.mkdir(`${root}/sub`, { recursive: true });
  await Deno.mkdir(`${root}/page`);
  await Deno.writeTextFile(`${root}/hello.txt`, "hello\n");
  await Deno.writeTextFile(`${root}/page/index.html`, "<h1>index</h1>");
  await Deno.writeTextFile(`${root}/sub/<b> & "c" ?#%.md`, "odd");
  await link(`${outside}/secret`, `${root}/leak`);
  await link(outside, `${root}/out`);
  await link(`${root}/hello.txt`, `${root}/alias.txt`);
  return root;
}

/** By command: `Deno.symlink` wants more permissions than tests have. */
async function link(target: string, path: string): Promise<void> {
  await new Deno.Command("ln", { args: ["-s", target, path] }).output();
}

/** Sends raw requests, each on a connection of its own. */
async function ask(root: string, requests: readonly string[]): Promise<Said[]> {
  const { a, b, settle } = twoHosts();
  const server = serveHttp(b, listen(b, { port: 80 }), reference.http, serveFolder(root, () => {}));
  const answers: Said[] = [];
  for (const request of requests) {
    using conn = await settle(connect(a, { hostname: "10.44.0.2", port: 80 }));
    await conn.write(new TextEncoder().encode(`${request} HTTP/1.1\r\nhost: stack\r\nconnection: close\r\n\r\n`));
    const text = await patiently(settle, new Response(conn.readable).text());
    const end = text.indexOf("\r\n\r\n");
    answers.push({ status: Number(text.split(" ")[1]), head: text.slice(0, end).toLowerCase(), body: text.slice(end + 4) });
  }
  await server.close();
  return answers;
}

/** Files are read in the machine's time, not in that of the hosts, who would say that nothing will ever happen any more. */
async function patiently<T>(settle: <T>(promise: Promise<T>) => Promise<T>, promise: Promise<T>): Promise<T> {
  let settled = false;
  promise.then(() => settled = true, () => settled = true);
  while (!settled) {
    await settle(new Promise((resolve) => setTimeout(resolve, 2))).catch(() => {});
  }
  return await promise;
}

Deno.test("serveFolder() gives files, folders, an index, and a HEAD without a body", async () => {
  const [file, head, list, index, redirect, alias] = await ask(await folder(), [
    "GET /hello.txt",
    "HEAD /hello.txt",
    "GET /sub/",
    "GET /page/",
    "GET /sub",
    "GET /alias.txt",
  ]) as [Said, Said, Said, Said, Said, Said];
  assertEquals([file.status, file.body, alias.body], [200, "hello\n", "hello\n"]);
  assertMatch(file.head, /content-type: text\/plain/);
  assertEquals([head.status, head.body], [200, ""]);
  assertMatch(head.head, /content-length: 6/);
  assertStringIncludes(list.body, `<a href="./%3Cb%3E%20&%20%22c%22%20%3F%23%25.md">&#60;b&#62; &#38; &#34;c&#34; ?#%.md</a>`);
  assertEquals(index.body, "<h1>index</h1>");
  assertEquals(redirect.status, 301);
  assertMatch(redirect.head, /location: \/sub\//);
});

Deno.test("serveFolder() gives nothing that lies outside", async () => {
  const paths = [
    "/../secret",
    "/..%2fsecret",
    "/%2e%2e/secret",
    "/sub/../../secret",
    "/sub/..%2f..%2fsecret",
    "/../inside-too/secret",
    "/..%2finside-too%2fsecret",
    "/leak",
    "/out/secret",
    "/out/",
    "//secret",
    "///../secret",
    "/..\\secret",
    "http://stack/../secret",
    "/hello.txt/../../secret",
  ];
  const answers = await ask(await folder(), paths.map((path) => `GET ${path}`));
  for (const [index, { status, body }] of answers.entries()) {
    assertEquals(status, 404, paths[index]);
    assert(!body.includes("SECRET"), paths[index]);
  }
});

Deno.test("serveFolder() refuses nonsense, and what would write", async () => {
  const answers = await ask(await folder(), [
    "GET /%",
    "GET /%00",
    "GET /nothing",
    "POST /hello.txt",
    "DELETE /hello.txt",
    "GET /hello.txt",
  ]);
  assertEquals(answers.map(({ status }) => status), [400, 400, 404, 405, 405, 200]);
});

const noProc = Deno.build.os === "linux" ? undefined : "there is no /proc";

testWhen(noProc, "serveFolder() leaves no file open: neither to a HEAD, nor to who goes away in the middle", async () => {
  const root = await folder();
  await Deno.writeFile(`${root}/large`, new Uint8Array(5_000_000));
  const { a, b, settle } = twoHosts();
  const server = serveHttp(b, listen(b, { port: 80 }), reference.http, serveFolder(root, () => {}));
  for (const method of ["HEAD", "GET"]) {
    using conn = await settle(connect(a, { hostname: "10.44.0.2", port: 80 }));
    await conn.write(new TextEncoder().encode(`${method} /large HTTP/1.1\r\nhost: stack\r\n\r\n`));
    assertEquals(await patiently(settle, conn.read(new Uint8Array(10))), 10);
    if (method === "GET") conn.abort();
  }
  await patiently(settle, server.close());
  await new Promise((resolve) => setTimeout(resolve, 20));
  const open = await new Deno.Command("ls", { args: ["-l", `/proc/${Deno.pid}/fd`] }).output();
  assertEquals(new TextDecoder().decode(open.stdout).split("\n").filter((line) => line.includes(root)), []);
});
