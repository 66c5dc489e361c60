/** `deno task diagnose` before staged faults, each in a network namespace of its own; and the command as its users meet it. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Diagnosis, Step, Target } from "./diagnose/finding.ts";
import { withTable } from "./diagnose/guide.ts";
import { type Outcome, type OutcomeName, OUTCOMES } from "./diagnose/outcomes.ts";
import { asJson, findingText, GUIDE, headText, statusOf, verdictText } from "./diagnose/report.ts";
import { whyNoLiveWire } from "./harness/kernel/kernel_peer.ts";
import { runInNamespace } from "./harness/namespace_program.ts";
import { missingProgram, testWhen } from "./test_when.ts";
import type { CommandSaid, SceneName, StageOrder } from "./testing/staged_faults.ts";
import { taskOutput } from "./testing/tasks.ts";

const noLiveWire = await whyNoLiveWire();
const STAGE = new URL("testing/staged_faults.ts", import.meta.url);

function stage<T>(order: StageOrder): Promise<T> {
  return runInNamespace<T>(STAGE, order, { flags: ["--allow-run"] });
}

/** A fault, the walk to it, and where it must stop: nowhere, when nothing is wrong. */
interface Fault {
  readonly scene: SceneName;
  readonly to?: Partial<Target>;
  readonly stops?: OutcomeName;
  /** What the steps must say. */
  readonly says: readonly (readonly [step: Step, said: RegExp])[];
}

const ROUTER = { host: "192.0.2.1" }, HERE = { host: "10.44.0.1", port: 8080 };

const FAULTS: readonly Fault[] = [
  {
    scene: "a web server",
    to: { http: true },
    says: [
      ["route", /^straight there by tap0, from 10\.44\.0\.1$/],
      ["link", /^tap0 is up, with carrier; packets of 1500 bytes/],
      ["ARP", /^10\.44\.0\.2 is at 02:00:00:00:00:02$/],
      ["ICMP", /^an answer after .*; to 1500 bytes, too$/],
      ["SYN", /^the connection is open/],
      ["accept queue", /^their program has taken/],
      ["application", /^it says "HTTP\/1\.1 200 OK"/],
    ],
  },
  { scene: "a web server", says: [["application", /^silent for/]] },
  { scene: "a server that speaks first", to: { port: 22 }, says: [["application", /^it says "SSH-2\.0-·\[31mtest"/]] },
  { scene: "nobody may ping", to: { http: true }, says: [["ICMP", /^this user may send no ping/], ["application", /200 OK/]] },
  {
    scene: "the first SYN is lost",
    to: { http: true },
    says: [["SYN", /with SYN number 2: one got no answer$/], ["application", /200 OK/]],
  },
  { scene: "no default route", to: ROUTER, stops: "no-route", says: [["route", /no default route/]] },
  { scene: "the interface is off", stops: "interface-down", says: [["link", /^tap0 is switched off$/]] },
  { scene: "the cable is out", stops: "no-carrier", says: [["link", /^tap0 is on and has no carrier/]] },
  { scene: "no default route", to: { host: "10.44.0.9" }, stops: "nobody-there", says: [["ARP", /^nobody says: I am 10\.44\.0\.9 \(/]] },
  {
    scene: "nobody has the router's address",
    to: ROUTER,
    stops: "nobody-there",
    says: [["route", /^to the router 10\.44\.0\.9/], ["ARP", /10\.44\.0\.9, the router/]],
  },
  { scene: "a router without a route", to: ROUTER, stops: "unreachable", says: [["ICMP", /^10\.44\.0\.2 says: net unreachable$/]] },
  { scene: "two routers in a circle", to: ROUTER, stops: "loop", says: [["ICMP", / says: time to live exceeded$/]] },
  { scene: "long packets vanish", stops: "long-lost", says: [["ICMP", /none to a packet of 1500 bytes$/], ["SYN", /is open/]] },
  { scene: "long packets vanish", to: { http: true }, stops: "long-lost", says: [["accept queue", /not acknowledged/]] },
  { scene: "long pings vanish", to: { http: true }, says: [["ICMP", /none to a packet of 1500 bytes$/], ["application", /200 OK/]] },
  { scene: "a filter that says so", stops: "filtered", says: [["SYN", /^10\.44\.0\.2 says: prohibited by a filter/]] },
  { scene: "a filter that says port unreachable", stops: "filtered", says: [["SYN", /^10\.44\.0\.2 says: port unreachable/]] },
  {
    scene: "a filter that swallows SYNs",
    stops: "syn-dropped",
    says: [["ICMP", /^an answer/], ["SYN", /^no answer in .*; SYNs sent: \d$/]],
  },
  { scene: "a host that swallows everything", stops: "no-answer", says: [["ARP", /is at 02:/], ["ICMP", /^no answer/]] },
  { scene: "no port is free", stops: "refused-here", says: [["SYN", /^EADDRNOTAVAIL/]] },
  { scene: "nobody listens", stops: "refused", says: [["ICMP", /^an answer/], ["SYN", /^a RST after/]] },
  { scene: "it listens at another address", to: HERE, stops: "refused", says: [["SYN", /but at 127\.0\.0\.1$/]] },
  {
    scene: "the queue is full",
    to: { ...HERE, host: "127.0.0.1" },
    stops: "queue-full",
    says: [["route", /itself/], ["SYN", /^no answer/]],
  },
  {
    scene: "nobody accepts",
    to: { ...HERE, host: "127.0.0.1" },
    stops: "not-accepted",
    says: [["accept queue", /^connections that wait for accept\(\): 2, ours among them; the backlog is 5$/]],
  },
  { scene: "their queue is full", stops: "syn-dropped", says: [["SYN", /^no answer/]] },
  {
    scene: "what comes after the SYN is not taken",
    stops: "unacknowledged",
    says: [["SYN", /is open/], ["accept queue", /SYN ACK came again/]],
  },
  {
    scene: "what comes after the SYN is not taken",
    to: { http: true },
    stops: "unacknowledged",
    says: [["SYN", /is open/], ["accept queue", /is not acknowledged/]],
  },
  { scene: "it never says a word", to: { port: 22 }, stops: "hung", says: [["application", /should speak first, and said nothing/]] },
  { scene: "it never says a word", to: { port: 22, http: true }, stops: "hung", says: [["application", /^no answer to an HTTP request/]] },
  { scene: "it closes at once", stops: "closed", says: [["application", /^it closed after/]] },
  { scene: "it resets", stops: "reset", says: [["application", /^a RST/]] },
  {
    scene: "it is another server",
    to: { http: true },
    stops: "other-protocol",
    says: [["application", /"SSH-2\.0-OpenSSH_9\.2" \(SSH\): no HTTP$/]],
  },
  { scene: "its inside is broken", to: { http: true }, stops: "server-error", says: [["application", /502 Bad Gateway/]] },
];

/** The walks wait more than they work, so several go on at a time. Begun when the first is asked for. */
const atOnce = 6;
let walks: Promise<Diagnosis>[] | undefined;
function walkTo(fault: Fault): Promise<Diagnosis> {
  if (walks === undefined) {
    const places: Promise<unknown>[] = Array.from({ length: atOnce }, () => Promise.resolve());
    walks = FAULTS.map(({ scene, to }, index) => {
      const target = { host: "10.44.0.2", port: 80, http: false, banner: false, timeout: 8000, ...to };
      const walking = (places[index % atOnce] as Promise<unknown>).then(() => stage<Diagnosis>({ scene, target }));
      places[index % atOnce] = walking.catch(() => {});
      return walking;
    });
    for (const each of walks) each.catch(() => {}); // heard by its own test
  }
  return walks[FAULTS.indexOf(fault)] as Promise<Diagnosis>;
}

for (const fault of FAULTS) {
  const { scene, to, stops, says } = fault;
  const how = Object.entries(to ?? {}).map(([name, value]) => ` ${name} ${value}`).join(",");
  testWhen(noLiveWire, `walk() where ${scene}${how}: ${stops ?? "goes through"}`, async () => {
    const diagnosis = await walkTo(fault);
    const text = textOf(diagnosis);
    assertEquals(diagnosis.outcome, stops, text);
    for (const [step, said] of says) assertMatch(diagnosis.findings.find((finding) => finding.step === step)?.said ?? "", said, text);
    const marked = diagnosis.findings.filter(({ mark }) => mark === "stop");
    assert(marked.length <= 1 && (marked.length === 0 || marked[0] === diagnosis.findings.at(-1)), text);
    if (stops === undefined) assertStringIncludes(text, "It goes through");
    else {assertMatch(
        text.replaceAll("\n", " "),
        new RegExp(`It stops at .*\\b${OUTCOMES[stops].step}: ${OUTCOMES[stops].layer} the socket`),
      );}
  });
}

/** The text with every time as "0 ms" and every count of SYNs as 0. */
function withoutNumbers(text: string): string {
  return text.replaceAll(/[\d.]+ ms/g, "0 ms").replaceAll(/sent: \d/g, "sent: 0");
}

testWhen(noLiveWire, "guide: what it shows of a walk is what a walk shows", async () => {
  const guide = await Deno.readTextFile(new URL(`../${GUIDE}`, import.meta.url));
  const shown = [...guide.matchAll(/<!-- shown: (.*) -->\n```text\n([^]*?)\n```/g)];
  assert(shown.length > 0);
  for (const [, scene, text] of shown) {
    const fault = FAULTS.find((fault) => fault.scene === scene);
    assert(fault !== undefined, scene);
    assertEquals(withoutNumbers(`${text}`), withoutNumbers(textOf(await walkTo(fault))));
  }
});

Deno.test("guide: it has the table as it is, and for each outcome a section with the command that the walk names", async () => {
  const guide = await Deno.readTextFile(new URL(`../${GUIDE}`, import.meta.url));
  assertEquals(guide, withTable(guide), "deno run --allow-read --allow-write=docs tools/diagnose/guide.ts");
  const place = { host: "HOST", port: "PORT" as unknown as number, address: "ADDRESS", device: "DEVICE", nextHop: "NEXT-HOP" };
  for (const [name, { look }] of Object.entries(OUTCOMES) as [string, Outcome][]) {
    const section = guide.split(`\n### ${name}\n`)[1]?.split("\n##")[0] ?? "";
    assertStringIncludes(section, `\n${look(place)}\n`, name);
  }
});

Deno.test("OUTCOMES: each is staged", () => {
  const elsewhere = ["no-such-name", "no-name-server", "route-refuses"]; // by tests of their own
  const staged = [...FAULTS.map(({ stops }) => stops), ...elsewhere];
  assertEquals(Object.keys(OUTCOMES).filter((name) => !staged.includes(name as OutcomeName)), []);
});

/** What the command prints. It never is wider than 80 columns, but for commands that are to be copied. */
function textOf(diagnosis: Diagnosis): string {
  const text = [headText(diagnosis.target), ...diagnosis.findings.map(findingText), verdictText(diagnosis)].join("\n");
  const command = diagnosis.outcome === undefined ? "" : OUTCOMES[diagnosis.outcome].look(diagnosis.place);
  for (const line of text.split("\n")) assert(line.length <= 80 || line.trim() === command, line);
  return text;
}

testWhen(noLiveWire ?? missingProgram("ip"), "walk() where a route refuses: route-refuses", async () => {
  const target = { host: "192.0.2.1", port: 80, http: false, banner: false, timeout: 2000 };
  const diagnosis = await stage<Diagnosis>({ scene: "a route that refuses", target });
  assertEquals([diagnosis.outcome, diagnosis.findings.at(-1)?.said], ["route-refuses", "one that refuses: EACCES"]);
});

testWhen(noLiveWire, "diagnose: names are asked for, and the command says what came of it", async () => {
  const scene = "a name server and a web server";
  const words = ["--timeout", "5", "80"];
  const [found, none, silent] = await Promise.all([
    stage<CommandSaid>({ scene, command: ["server.test", ...words, "--http"] }),
    stage<CommandSaid>({ scene, command: ["nobody.test", ...words, "--json"] }),
    stage<CommandSaid>({ scene: "a host that swallows everything", command: ["server.test", ...words] }),
  ]);
  assertEquals(found.status, 0, found.out);
  assertMatch(found.out, /^From here to server\.test, port 80\n\n {2}✔ name +server\.test is 10\.44\.0\.2\n/);
  assertMatch(found.out, /\n\nIt goes through\./);
  assertEquals(none.status, 10, none.out);
  const { stop, status, findings } = JSON.parse(none.out);
  assertEquals([stop.step, stop.outcome, stop.layer, status, findings.length], ["name", "no-such-name", "above", 10, 1]);
  assertEquals(silent.status, 10, silent.out);
  assertStringIncludes(silent.out, `${GUIDE}#no-name-server`);
  assertMatch(silent.out, /\nIt stops at name: above the socket, on this host\.\n/);
});

testWhen(noLiveWire, "walk() without the means of Linux: says what it cannot see, and hears what Deno.connect says", async () => {
  const target = { host: "10.44.0.2", port: 22, http: false, banner: false, timeout: 5000 };
  const [open, refused, silent] = await Promise.all([
    stage<Diagnosis>({ scene: "a server that speaks first", target, system: "darwin" }),
    stage<Diagnosis>({ scene: "nobody listens", target, system: "windows" }),
    stage<Diagnosis>({ scene: "a filter that swallows SYNs", target: { ...target, timeout: 2000 }, system: "darwin" }),
  ]);
  assertEquals(open.outcome, undefined);
  assertEquals(open.findings.map(({ mark }) => mark), ["fine", "unseen", "unseen", "unseen", "unseen", "fine", "fine", "fine"]);
  assertMatch(open.findings.at(-1)?.said ?? "", /^it says "SSH-2\.0-/);
  assertEquals([refused.outcome, statusOf(refused), silent.outcome], ["refused", 15, "no-answer"]);
  assertEquals(JSON.parse(asJson(refused)).stop.layer, "above");
});

Deno.test("diagnose: a wrong command is one sentence and status 2", async () => {
  const wrong: [words: string[], sentence: RegExp][] = [
    [[], /^Whom\?/],
    [["localhost"], /^Whom\?/],
    [["localhost", "0"], /"0" is no port/],
    [["localhost", "http"], /"http" is no port/],
    [["localhost", "80", "443"], /Cannot make sense of "443"/],
    [["http://localhost", "80"], /neither a name nor an address/],
    [["localhost", "80", "--timeout", "0"], /"0" is no timeout/],
    [["localhost", "80", "--fix"], /There is no option --fix/],
  ];
  for (const [words, sentence] of wrong) {
    const { status, out, err } = await taskOutput("diagnose", words);
    assertEquals([status, out], [2, ""], words.join(" "));
    assertMatch(err, sentence);
  }
  const { status, out } = await taskOutput("diagnose", ["--help"]);
  assertEquals(status, 0);
  for (const line of out.split("\n")) assert(line.length <= 80, line);
});
