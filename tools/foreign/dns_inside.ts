/**
 * The inside of the proof with dnsmasq: a name server of the kernel's side is asked by the stack, over UDP. Run by `../proof/next_door.ts#runInside`; one argument, a
 * DnsOrder; prints a DnsResult.
 */
import { listenDatagram } from "../../stack/socket/datagram_conn.ts";
import { KERNEL_IP } from "../harness/packets.ts";
import { answer, openStation, type WireOrder } from "../proof/station.ts";

/** The questions, byte by byte, and what dnsmasq is told. */
export interface DnsOrder extends WireOrder {
  readonly questions: readonly (readonly number[])[];
  readonly dnsmasq: readonly string[];
}

/** The answers, byte by byte, and who they came from. */
export interface DnsResult {
  readonly answers: readonly { readonly bytes: readonly number[]; readonly from: string }[];
  readonly framesLent: number;
  readonly counters: Readonly<Record<string, number>>;
}

/** Milliseconds until a question is asked again, and how often it is asked: dnsmasq takes a moment to begin. */
const PATIENCE = 200;
const TIMES = 50;

async function ask(order: DnsOrder): Promise<DnsResult> {
  const station = await openStation(order);
  const server = new Deno.Command("dnsmasq", { args: ["--no-daemon", "--conf-file=/dev/null", ...order.dnsmasq], stdin: "null" }).spawn();
  const answers: { bytes: number[]; from: string }[] = [];
  try {
    for (const question of order.questions) {
      using conn = listenDatagram(station.host, {});
      const receiving = conn.receive();
      let isAnswered = false;
      receiving.then(() => isAnswered = true);
      for (let times = 0; times < TIMES && !isAnswered; times++) {
        await conn.send(Uint8Array.from(question), { transport: "udp", hostname: KERNEL_IP, port: 53 });
        await Promise.race([receiving, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
      }
      if (!isAnswered) throw new Error("dnsmasq does not answer");
      const [bytes, from] = await receiving;
      answers.push({ bytes: [...bytes], from: `${from.hostname}:${from.port}` });
    }
  } finally {
    server.kill("SIGKILL");
    await server.status;
  }
  const { framesLent } = await station.settled();
  await station.end();
  return { answers, framesLent, counters: station.host.counters() };
}

if (import.meta.main) await answer(ask);
