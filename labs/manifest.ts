/**
 * The only list of labs. Every tool that needs to know which labs there are, what their files are called,
 * or where a function is to be written, asks here; adding a lab begins with one entry at the end of `labs`.
 *
 * The compiler checks each entry against its contract: a function that the contract has and the entry has not
 * (or the other way round) is a type error.
 */
import type { ModuleName, Modules } from "../stack/contract/modules.ts";

/** One lab. `M` is the name of its module, `F` the names of its files. */
export interface Lab<M extends ModuleName = ModuleName, F extends string = string> {
  /** 1 to 11; `deno task lab3` runs number 3. */
  readonly number: number;
  /** The folder's name in both `labs/` and `solutions/`: "03-ip". */
  readonly folder: string;
  /** For people: "IP". */
  readonly name: string;
  /** The member of the `Modules` record that the lab provides. */
  readonly module: M;
  /** The files that the student edits, in the order in which they are best written. */
  readonly files: readonly F[];
  /** Each function of the contract, with the file it is written in; in the order in which they are best written. */
  readonly functions: Readonly<Record<keyof Modules[M] & string, NoInfer<F>>>;
  /** What the whole lab is worth. */
  readonly points: number;
  /** It is still being written: it can be run, but handout, suite and mutants are not complete. */
  readonly draft?: true;
}

/** Ties an entry's functions to the contract of its module, and their files to its list of files. */
function lab<M extends ModuleName, F extends string>(entry: Lab<M, F>): Lab {
  return entry as unknown as Lab;
}

/** All labs, in their order. */
export const labs: readonly Lab[] = [
  lab({
    number: 1,
    folder: "01-framing",
    name: "Framing",
    module: "framing",
    files: ["framing.ts"],
    functions: {
      parseEthernet: "framing.ts",
      writeEthernet: "framing.ts",
      filterMac: "framing.ts",
      demultiplex: "framing.ts",
      pad: "framing.ts",
      crc32: "framing.ts",
      appendFcs: "framing.ts",
      removeFcs: "framing.ts",
    },
    points: 100,
  }),
  lab({
    number: 2,
    folder: "02-arp",
    name: "ARP",
    module: "arp",
    files: ["arp.ts", "cache.ts", "claim.ts"],
    functions: { parseArp: "arp.ts", writeArp: "arp.ts", createArpCache: "cache.ts", createAddressClaim: "claim.ts" },
    points: 100,
  }),
  lab({
    number: 3,
    folder: "03-ip",
    name: "IP",
    module: "ip",
    files: ["checksum.ts", "ipv4.ts", "routes.ts", "fragments.ts", "icmp.ts"],
    functions: {
      internetChecksum: "checksum.ts",
      updateChecksum: "checksum.ts",
      parseIpv4: "ipv4.ts",
      findBadOption: "ipv4.ts",
      writeIpv4: "ipv4.ts",
      classifyAddress: "ipv4.ts",
      admit: "ipv4.ts",
      decrementTtl: "ipv4.ts",
      createIdentifiers: "ipv4.ts",
      createRoutes: "routes.ts",
      planFragments: "fragments.ts",
      createReassembly: "fragments.ts",
      parseIcmp: "icmp.ts",
      writeIcmp: "icmp.ts",
      makeEchoReply: "icmp.ts",
      mayReport: "icmp.ts",
      writeIcmpError: "icmp.ts",
    },
    points: 100,
  }),
  lab({
    number: 4,
    folder: "04-handshake",
    name: "Handshake",
    module: "handshake",
    files: ["segment.ts", "iss.ts", "open.ts"],
    functions: {
      parseSegment: "segment.ts",
      writeSegment: "segment.ts",
      chooseIss: "iss.ts",
      answerStray: "open.ts",
      listenArrives: "open.ts",
      activeOpen: "open.ts",
      agreeOptions: "open.ts",
      passiveOpen: "open.ts",
      completeOpen: "open.ts",
      synSentArrives: "open.ts",
    },
    points: 100,
  }),
  lab({
    number: 5,
    folder: "05-states",
    name: "States",
    module: "states",
    files: ["transitions.ts", "steps.ts", "endings.ts"],
    functions: {
      nextState: "transitions.ts",
      checkTimestamps: "steps.ts",
      checkSequence: "steps.ts",
      checkReset: "steps.ts",
      mayReopen: "steps.ts",
      checkSyn: "steps.ts",
      checkAck: "steps.ts",
      checkUrgent: "steps.ts",
      takeText: "steps.ts",
      checkFin: "steps.ts",
      close: "endings.ts",
      abort: "endings.ts",
      createChallengeLimit: "endings.ts",
    },
    points: 100,
  }),
  lab({
    number: 6,
    folder: "06-buffers",
    name: "Buffers",
    module: "buffers",
    files: ["send_buffer.ts", "receive_buffer.ts", "retransmission.ts", "acknowledger.ts"],
    functions: {
      createSendBuffer: "send_buffer.ts",
      createReceiveBuffer: "receive_buffer.ts",
      createRetransmission: "retransmission.ts",
      probeDelay: "retransmission.ts",
      createAcknowledger: "acknowledger.ts",
    },
    points: 100,
  }),
  lab({
    number: 7,
    folder: "07-accept",
    name: "Accept",
    module: "accept",
    files: ["ports.ts", "table.ts", "queue.ts"],
    functions: { createPorts: "ports.ts", createConnectionTable: "table.ts", createAcceptQueue: "queue.ts" },
    points: 100,
  }),
  lab({
    number: 8,
    folder: "08-congestion",
    name: "Congestion",
    module: "congestion",
    files: ["window.ts", "recovery.ts", "scoreboard.ts", "cubic.ts"],
    functions: {
      initialWindow: "window.ts",
      slowStart: "window.ts",
      growReno: "window.ts",
      reduceReno: "window.ts",
      restartAfterIdle: "window.ts",
      sendWindow: "window.ts",
      isDuplicateAck: "recovery.ts",
      duplicateAck: "recovery.ts",
      newAck: "recovery.ts",
      timedOut: "recovery.ts",
      createScoreboard: "scoreboard.ts",
      growCubic: "cubic.ts",
      reduceCubic: "cubic.ts",
    },
    points: 100,
  }),
  lab({
    number: 9,
    folder: "09-datagrams",
    name: "Datagrams",
    module: "datagrams",
    files: ["udp.ts", "queue.ts", "table.ts"],
    functions: {
      parseDatagram: "udp.ts",
      writeDatagram: "udp.ts",
      failureOf: "udp.ts",
      createDatagramQueue: "queue.ts",
      createDatagramTable: "table.ts",
    },
    points: 100,
  }),
  lab({
    number: 10,
    folder: "10-selector",
    name: "Selector",
    module: "selector",
    files: ["readiness.ts", "selector.ts", "echo_loop.ts", "edge.ts"],
    functions: {
      readinessOf: "readiness.ts",
      acceptOutcome: "readiness.ts",
      connectOutcome: "readiness.ts",
      readOutcome: "readiness.ts",
      writeOutcome: "readiness.ts",
      createSelector: "selector.ts",
      createEchoLoop: "echo_loop.ts",
      createEdgeSelector: "edge.ts",
      createEdgeLoop: "edge.ts",
    },
    points: 100,
  }),
  lab({
    number: 11,
    folder: "11-http",
    name: "HTTP",
    module: "http",
    files: ["request.ts", "body.ts", "reader.ts", "response.ts"],
    functions: {
      parseRequestLine: "request.ts",
      parseHeaderLine: "request.ts",
      checkHost: "request.ts",
      bodyOf: "body.ts",
      persists: "body.ts",
      parseChunkSize: "body.ts",
      createRequestReader: "reader.ts",
      statusOf: "response.ts",
      planAnswer: "response.ts",
      writeHead: "response.ts",
      writeChunk: "response.ts",
    },
    points: 100,
  }),
];

/** The labs that are complete: what is promised to students, and tested. */
export const finished: readonly Lab[] = labs.filter((lab) => lab.draft !== true);

/** The lab with this number, or undefined. */
export function findLab(number: number): Lab | undefined {
  return labs.find((lab) => lab.number === number);
}

/** The lab that provides this module. */
export function labOf(module: ModuleName): Lab {
  const found = labs.find((lab) => lab.module === module);
  if (found === undefined) throw new Error(`No lab provides the module "${module}"`);
  return found;
}

/** Where the handout explains a function: "labs/03-ip/README.md#internetchecksum". The name may be a method's: "createRoutes.lookup". */
export function handoutAnchor(lab: Lab, symbol: string): string {
  return `labs/${lab.folder}/README.md#${symbol.split(".", 1)[0]?.toLowerCase()}`;
}

/** The file that holds a function: "labs/03-ip/checksum.ts", or undefined when the contract has none of that name. */
export function fileOf(lab: Lab, symbol: string): string | undefined {
  const name = symbol.split(".", 1)[0] as keyof typeof lab.functions;
  return Object.hasOwn(lab.functions, name) ? `labs/${lab.folder}/${lab.functions[name]}` : undefined;
}
