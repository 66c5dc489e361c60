import { connect } from "../../../stack/socket/conn.ts";
import { listen } from "../../../stack/socket/listener.ts";
import { KernelProgram } from "../kernel_program.ts";
import type { Experiment, FullHost } from "../experiment.ts";

const RULES = `\
chain forward policy drop
  state established,related allow
  in 1 allow
  tcp to 10.44.1.2 port 80 allow
  tcp to port 22 reject with reset`;

const LIVE_RULES = `
  chain input policy drop
    state established,related allow
    tcp to port 80 allow
    tcp to port 22 reject with reset`;

export const firewall: Experiment = {
  name: "firewall",
  title: "allow, reject, drop, and what is remembered",
  chapter: "18-the-box-in-the-middle.md#a-firewall",
  before: [
    "A router stands between outside and inside, and has four rules, tried from top to bottom. Somebody outside connects to ports 80, 22 and 25 of a host inside, where all three listen; then the host inside connects to port 25 outside.",
    "Guess: what do the callers see at 80, 22 and 25? And how does the answer to the inside's call get in, though no rule allows it?",
  ],
  after: [
    'A packet filter looks at each packet and at a table: the connections that it has seen begin. "established" is not a flag in the packet; it is what the filter remembers. Reject tells the caller at once, drop lets it wait; a scanner tells the two apart, and so can the user who has to find out what is wrong.',
    'The common notes say "a firewall closes ports" and "drop is safer than reject". No port was closed: the host inside listens at all three. And silence hides nothing: a host that is not there would have been reported by the router.',
  ],
  rules: RULES,
  async play(stage): Promise<void> {
    const { hosts } = stage.net({
      wires: { out: { delay: 5 }, in: { delay: 5 } },
      hosts: {
        outside: {
          on: { out: { address: "10.44.0.1" } },
          routes: [{ to: "0.0.0.0/0", gateway: "10.44.0.254" }],
          tcp: { userTimeout: 5000 },
        },
        router: { on: { out: { address: "10.44.0.254" }, in: { address: "10.44.1.254" } }, forwarding: true, filter: stage.rules },
        inside: { on: { in: { address: "10.44.1.2" } }, routes: [{ to: "0.0.0.0/0", gateway: "10.44.1.254" }] },
      },
    });
    stage.say('The rules ("in 1" is: from inside):');
    stage.lines(stage.rules.trimEnd().split("\n"));
    for (const port of [80, 22, 25]) listen(hosts.inside, { port });
    listen(hosts.outside, { port: 25 });
    const results: string[] = [];
    for (const port of [80, 22, 25]) {
      const began = stage.now();
      results.push(await stage.settle(said(hosts.outside, "10.44.1.2", port)));
      const took = stage.now() - began;
      await stage.run(10); // what is still on its way
      stage.say(`from outside, port ${port}: ${results.at(-1)} after ${took} ms`);
    }
    results.push(await stage.settle(said(hosts.inside, "10.44.0.1", 25)));
    await stage.run(10);
    stage.say(`from inside, port 25: ${results.at(-1)}`);
    stage.say("");
    stage.say("The rules, and what each has counted:");
    stage.lines(hosts.router.filter?.list().trimEnd().split("\n") ?? []);
    stage.expect("allowed, rejected, dropped", results.slice(0, 3).join() === "connected,ECONNREFUSED,ETIMEDOUT");
    stage.expect("the way back is open for those who were called from inside", results[3] === "connected");
  },
  live: {
    before: [
      "A filter stands in front of our own host. Linux connects to its ports 80, 22 and 25, where programs listen at all three; then our host connects to Linux's port 25.",
      "Guess: what does Linux see at 80, 22 and 25? And how does its answer to our call get in, though no rule allows it?",
    ],
    host: { filter: LIVE_RULES },
    async play(stage): Promise<void> {
      const linux = new KernelProgram(stage);
      stage.lines(LIVE_RULES.trimEnd().split("\n").slice(1).map((line) => line.slice(2)));
      for (const port of [80, 22, 25]) listen(stage.host, { port });
      const results: string[] = [];
      for (const port of [80, 22, 25]) {
        const { error = "connected" } = await stage.kernel.tcpConnect({ to: "10.44.0.2", port, timeout: 1500 });
        results.push(error);
        stage.say(`Linux, to port ${port}: ${error}${error === "ETIMEDOUT" ? " (it was stopped after 1.5 seconds)" : ""}`);
      }
      await linux.listen(25);
      results.push(await said(stage.host, "10.44.0.1", 25));
      stage.say(`our host, to Linux's port 25: ${results.at(-1)}`);
      stage.expect(
        "allowed, rejected, dropped",
        results.slice(0, 3).join() === "connected,ECONNREFUSED,ETIMEDOUT",
      );
      stage.expect("the way back is open for those whom our host has called", results[3] === "connected");
    },
  },
};

async function said(host: FullHost, hostname: string, port: number): Promise<string> {
  try {
    await connect(host, { hostname, port });
    return "connected";
  } catch (error) {
    return `${(error as { code?: string }).code}`;
  }
}
