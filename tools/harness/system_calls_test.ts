/** System calls that are made in a subject: what ends at once, what waits, what fails, and what is missing. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { labs } from "../../labs/manifest.ts";
import type { ModuleName } from "../../stack/contract/modules.ts";
import type { TcpConfig } from "../../stack/host_config.ts";
import { ROOT } from "../lab/run.ts";
import { Subject } from "./subject.ts";
import type { Reply } from "./subject/protocol.ts";
import type { SystemCall } from "./subject/system_call.ts";

const origins = Object.fromEntries(labs.map((lab) => [lab.module, "reference"])) as Record<ModuleName, "reference">;
const [A, B] = [{ ip: "10.44.0.1", port: 4000 }, { ip: "10.44.0.2", port: 80 }];

/** Two hosts in one subject with a wire between them, and a process on each. */
class Stage {
  readonly #subject: Subject;
  #number = 0;
  now = 0;
  /** What ended, by host and number. */
  readonly ended = new Map<number, unknown>();

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  async begin(tcp: TcpConfig = {}): Promise<this> {
    await this.#subject.reset();
    for (const { ip } of [A, B]) {
      const wires = [{ medium: "ip", mtu: 1500, minimumFrame: 0, carriesFcs: false, name: ip }] as never;
      const reply = await this.#subject.ask({
        op: "host",
        config: { interfaces: [{ medium: "ip", address: ip }], tcp },
        wires,
        now: this.now,
      });
      assertEquals(reply.threw, undefined);
    }
    return this;
  }

  /** Makes a call on a host; gives its outcome, or the number under which it waits. */
  async call(host: number, call: SystemCall): Promise<unknown> {
    const number = ++this.#number;
    await this.#carry(host, await this.#subject.ask({ op: "system call", host, now: this.now, number, call }));
    return this.ended.get(number) ?? number;
  }

  async info(host: number, descriptor: number): Promise<Record<string, number>> {
    const { returned } = await this.#subject.ask({ op: "tcp info", host, now: this.now, descriptor });
    return returned?.t === "value" ? returned.value as Record<string, number> : {};
  }

  async pass(milliseconds: number): Promise<void> {
    this.now += milliseconds;
    for (const host of [0, 1]) await this.#step(host, []);
  }

  async #step(host: number, packets: readonly Uint8Array[]): Promise<void> {
    await this.#carry(
      host,
      await this.#subject.ask({ op: "step", host, now: this.now, frames: packets.map((bytes) => ({ on: 0, bytes })) }),
    );
  }

  async #carry(host: number, { out = [], completed = [], missing, threw }: Reply): Promise<void> {
    assertEquals(threw, undefined);
    for (const { call, ...outcome } of completed) this.ended.set(call, outcome);
    if (missing !== undefined) this.ended.set(this.#number, { missing });
    if (out.length > 0) await this.#step(1 - host, out.map(({ bytes }) => bytes));
  }

  /** A listening socket on the second host, descriptor 3. */
  async listen(): Promise<void> {
    for (const call of [SOCKET, { name: "bind", descriptor: 3, address: B }, { name: "listen", descriptor: 3, backlog: 0 }] as const) {
      await this.call(1, call);
    }
  }

  /** A connection from descriptor 3 on the first host to descriptor 4 on the second. */
  async connect(): Promise<void> {
    await this.listen();
    await this.call(0, SOCKET);
    assertEquals(await this.call(0, { name: "connect", descriptor: 3, address: B }), { value: 0 });
    const { value } = await this.call(1, { name: "accept", descriptor: 3 }) as { value: number };
    assertEquals(value, 4);
  }
}

const SOCKET = { name: "socket", family: "AF_INET", type: "SOCK_STREAM", protocol: "IPPROTO_TCP" } as const;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function withStage(tcp: TcpConfig, play: (stage: Stage) => Promise<void>): Promise<void> {
  const subject = new Subject({ root: ROOT, origins });
  try {
    await play(await new Stage(subject).begin(tcp));
  } finally {
    subject.close();
  }
}

Deno.test("a system call ends at once, or waits for what comes over the wire", async () => {
  await withStage({}, async (stage) => {
    await stage.listen();
    const accepting = await stage.call(1, { name: "accept", descriptor: 3 }) as number;
    assertEquals(stage.ended.has(accepting), false);
    await stage.call(0, SOCKET);
    await stage.call(0, { name: "bind", descriptor: 3, address: A });
    assertEquals(await stage.call(0, { name: "connect", descriptor: 3, address: B }), { value: 0 });
    assertEquals(stage.ended.get(accepting), { value: 4, data: A });

    const reading = await stage.call(1, { name: "read", descriptor: 4, count: 1000 }) as number;
    assertEquals(await stage.call(0, { name: "write", descriptor: 3, bytes: bytes("hello") }), { value: 5 });
    assertEquals(stage.ended.get(reading), { value: 5, data: bytes("hello") });
    assertEquals(await stage.call(1, { name: "sendto", descriptor: 4, bytes: bytes("you"), flags: [] }), { value: 3 });
    assertEquals(await stage.call(0, { name: "recvfrom", descriptor: 3, count: 2, flags: [] }), {
      value: 2,
      data: { bytes: bytes("yo"), address: B },
    });
    assertEquals(await stage.call(0, { name: "shutdown", descriptor: 3, how: "SHUT_WR" }), { value: 0 });
    assertEquals(await stage.call(1, { name: "read", descriptor: 4, count: 10 }), { value: 0, data: bytes("") });
    assertEquals(await stage.call(1, { name: "close", descriptor: 4 }), { value: 0 });
  });
});

Deno.test("a system call fails by the name that UNIX has for it", async () => {
  await withStage({}, async (stage) => {
    assertEquals(await stage.call(0, { name: "read", descriptor: 9, count: 1 }), { value: -1, error: "EBADF" });
    await stage.connect();
    assertEquals(await stage.call(0, { name: "fcntl", descriptor: 3, command: "F_GETFL", flags: [] }), { value: 2 });
    assertEquals(await stage.call(0, { name: "fcntl", descriptor: 3, command: "F_SETFL", flags: ["O_RDWR", "O_NONBLOCK"] }), { value: 0 });
    assertEquals(await stage.call(0, { name: "fcntl", descriptor: 3, command: "F_GETFL", flags: [] }), { value: 2050 });
    assertEquals(await stage.call(0, { name: "read", descriptor: 3, count: 1 }), { value: -1, error: "EAGAIN" });
    assertEquals(await stage.call(0, SOCKET), { value: 4 });
    await stage.call(0, { name: "fcntl", descriptor: 4, command: "F_SETFL", flags: ["O_NONBLOCK"] });
    assertEquals(await stage.call(0, { name: "connect", descriptor: 4, address: B }), { value: -1, error: "EINPROGRESS" });
    const refused = { name: "connect", descriptor: 5, address: { ip: B.ip, port: 81 } } as const;
    await stage.call(0, SOCKET);
    assertEquals(await stage.call(0, refused), { value: -1, error: "ECONNREFUSED" });
  });
});

Deno.test("a call that waits ends when its time has come", async () => {
  await withStage({ openR2: 180_000 }, async (stage) => {
    await stage.call(0, SOCKET);
    const nobody = { name: "connect", descriptor: 3, address: { ip: "10.44.0.9", port: 80 } } as const;
    const connecting = await stage.call(0, nobody) as number;
    for (let i = 0; i < 300 && !stage.ended.has(connecting); i++) await stage.pass(1000);
    assertEquals(stage.ended.get(connecting), { value: -1, error: "ETIMEDOUT" });
  });
});

Deno.test("options and their values cross by name", async () => {
  await withStage({}, async (stage) => {
    await stage.connect();
    const set = (level: string, option: string, value: number | { on: boolean; seconds: number }): Promise<unknown> =>
      stage.call(0, { name: "setsockopt", descriptor: 3, level, option, value });
    const get = (level: string, option: string): Promise<unknown> => stage.call(0, { name: "getsockopt", descriptor: 3, level, option });
    assertEquals(await set("SOL_TCP", "TCP_NODELAY", 1), { value: 0 });
    assertEquals(await get("IPPROTO_TCP", "TCP_NODELAY"), { value: 0, data: 1 });
    assertEquals(await get("SOL_SOCKET", "TCP_NODELAY"), { value: -1, error: "ENOPROTOOPT" });
    assertEquals(await set("SOL_SOCKET", "SO_LINGER", { on: true, seconds: 3 }), { value: 0 });
    assertEquals(await get("SOL_SOCKET", "SO_LINGER"), { value: 0, data: { on: true, seconds: 3 } });
    assertEquals(await set("SOL_SOCKET", "SO_LINGER", 1), { value: -1, error: "EINVAL" });
    assertEquals(await get("SOL_SOCKET", "SO_ERROR"), { value: 0, data: 0 });
  });
});

Deno.test("flags, poll, ioctl and TCP_INFO", async () => {
  await withStage({ initialWindow: 3 }, async (stage) => {
    await stage.connect();
    const recv = (count: number, ...flags: string[]): Promise<unknown> => stage.call(1, { name: "recv", descriptor: 4, count, flags });
    const poll = (timeout: number, ...events: string[]): Promise<unknown> =>
      stage.call(1, { name: "poll", entries: [{ descriptor: 4, events }, { descriptor: 9, events: [] }], timeout });
    assertEquals(await recv(10, "MSG_DONTWAIT"), { value: -1, error: "EAGAIN" });
    assertEquals(await stage.call(0, { name: "send", descriptor: 3, bytes: bytes("hello"), flags: ["MSG_MORE", "MSG_NOSIGNAL"] }), {
      value: 5,
    });
    assertEquals(await stage.call(0, { name: "ioctl", descriptor: 3, request: "SIOCOUTQ" }), { value: 0, data: 5 });
    assertEquals(await poll(-1, "POLLIN"), { value: 1, data: [[], ["POLLNVAL"]] });
    const polling = await stage.call(1, { name: "poll", entries: [{ descriptor: 4, events: ["POLLIN"] }], timeout: 1000 }) as number;
    await stage.call(0, { name: "write", descriptor: 3, bytes: bytes(" you") });
    assertEquals(stage.ended.get(polling), { value: 1, data: [["POLLIN"]] });
    assertEquals(await recv(3, "MSG_PEEK"), { value: 3, data: bytes("hel") });
    assertEquals(await stage.call(1, { name: "ioctl", descriptor: 4, request: "FIONREAD" }), { value: 0, data: 9 });
    assertEquals(await recv(100), { value: 9, data: bytes("hello you") });
    const late = await stage.call(1, { name: "poll", entries: [{ descriptor: 4, events: ["POLLIN"] }], timeout: 70 }) as number;
    await stage.pass(69);
    assertEquals(stage.ended.has(late), false);
    await stage.pass(1);
    assertEquals(stage.ended.get(late), { value: 0, data: [[]] });
    const info = await stage.info(0, 3);
    assertEquals([info.tcpi_state, info.tcpi_snd_cwnd, info.tcpi_bytes_acked, info.tcpi_unacked], [1, 3, 9, 0]);
    const { data } = await stage.call(0, { name: "getsockopt", descriptor: 3, level: "SOL_TCP", option: "TCP_INFO" }) as { data: unknown };
    assertEquals(data, await stage.info(0, 3));
  });
});

Deno.test("what the stack does not have is named", async () => {
  await withStage({}, async (stage) => {
    await stage.call(0, SOCKET);
    const calls: readonly [string, SystemCall][] = [
      ["UDP sockets", { ...SOCKET, type: "SOCK_DGRAM" }],
      ["the option TCP_FASTOPEN", { name: "setsockopt", descriptor: 3, level: "SOL_TCP", option: "TCP_FASTOPEN", value: 1 }],
      ["the option constructor", { name: "getsockopt", descriptor: 3, level: "SOL_TCP", option: "constructor" }],
      ["the system call epoll_wait()", { name: "epoll_wait" } as never],
      ["the flag MSG_ZEROCOPY", { name: "send", descriptor: 3, bytes: bytes("x"), flags: ["MSG_ZEROCOPY"] }],
    ];
    for (const [missing, call] of calls) assertEquals(await stage.call(0, call), { missing });
  });
});

Deno.test("a reset leaves nothing of the process before", async () => {
  const subject = new Subject({ root: ROOT, origins });
  try {
    for (let i = 0; i < 2; i++) {
      const stage = await new Stage(subject).begin();
      await stage.listen();
      assert(typeof await stage.call(1, { name: "accept", descriptor: 3 }) === "number");
    }
    await assertRejects(async () => await new Stage(subject).call(7, SOCKET));
  } finally {
    subject.close();
  }
});
