/**
 * How a host is set up: plain data, so that it can travel to another process. Addresses are text here, at the
 * edge; inside they are numbers.
 */

/** One interface of a host. */
export interface InterfaceConfig {
  readonly medium?: "ethernet" | "ip";
  /** "02:00:00:00:00:02". Only on Ethernet. */
  readonly mac?: string;
  /** "10.44.0.2". */
  readonly address: string;
  /** 0 to 32; default 24. */
  readonly prefixLength?: number;
  /** Largest IP packet; default 1500. */
  readonly mtu?: number;
  readonly promiscuous?: boolean;
  /** Ethernet multicast groups to take. */
  readonly groups?: readonly string[];
  /** Neighbours whose Ethernet address is known for good: ARP is not asked about them, and nothing that it says changes them. */
  readonly neighbours?: Readonly<Record<string, string>>;
  /** How the address is taken into use (RFC 5227): used at once, announced, or probed first. Default "none". */
  readonly claim?: "none" | "announce" | "probe";
}

/** A way to a net beyond those of the interfaces. */
export interface RouteConfig {
  /** "10.44.1.0/24"; "0.0.0.0/0" is the default route. */
  readonly to: string;
  readonly gateway?: string;
  /** Index of the interface; default 0. */
  readonly interface?: number;
}

/** TCP's settings; what is left out is in `stack/tcp/options.ts#TCP_DEFAULTS`. Sizes in bytes, times in milliseconds. */
export interface TcpConfig {
  readonly sendBuffer?: number;
  readonly receiveBuffer?: number;
  readonly maxSegment?: number;
  readonly noDelay?: boolean;
  readonly cork?: boolean;
  readonly delayedAck?: number;
  readonly quickAck?: boolean;
  readonly dSack?: boolean;
  readonly congestion?: "reno" | "cubic";
  readonly initialWindow?: number;
  readonly byteCounting?: boolean;
  readonly idleRestart?: boolean;
  readonly rack?: boolean;
  readonly pushAtEdge?: boolean;
  readonly leastTimeout?: number;
  readonly r1?: number;
  readonly r2?: number;
  readonly openR2?: number;
  readonly synRetries?: number;
  readonly userTimeout?: number;
  readonly timeWait?: number;
  readonly orphanTime?: number;
  readonly keepAlive?: number;
  readonly keepAliveInterval?: number;
  readonly keepAliveProbes?: number;
  readonly reportTrouble?: boolean;
  readonly privileged?: boolean;
  readonly timestamps?: boolean;
  readonly sack?: boolean;
  readonly windowScaling?: boolean;
  readonly challengeLimit?: number;
  readonly challengeInterval?: number;
  readonly firstEphemeral?: number;
  readonly lastEphemeral?: number;
  readonly maxConnections?: number;
  readonly maxTimeWait?: number;
  readonly halfOpenGrace?: number;
  readonly synCookies?: boolean;
}

/** A whole host. */
export interface HostConfig {
  readonly interfaces: readonly InterfaceConfig[];
  readonly routes: readonly RouteConfig[];
  /** Acts as a router (RFC 1122 §3.1 wants false by default). */
  readonly forwarding: boolean;
  /**
   * The highest layer that runs: 1 only framing, 2 with ARP, 3 with IP, 4 with TCP, 5 with TCP and its congestion control. Default: as many
   * as there are modules for.
   */
  readonly layers: 1 | 2 | 3 | 4 | 5;
  /**
   * Frames that one poll takes from one device at most, 1 or more: a flood must starve neither the other interfaces nor the programs. The rest waits in the
   * device until the next poll (`stack/link/ring.ts`; Linux: NAPI's budget). Default 1024.
   */
  readonly receiveBudget: number;
  /** Frames with EtherType 0x88b5 (local experiments) are sent back to their sender. Default false: they are passed up. */
  readonly echoFrames: boolean;
  /** TTL of what this host sends; default 64. */
  readonly timeToLive: number;
  /** Seeds everything random in this host. */
  readonly seed: number;
  readonly arp: Partial<
    Record<"reachableTime" | "staleTime" | "retryInterval" | "maxRequests" | "queueLimit" | "maxEntries", number>
  >;
  readonly reassembly: Partial<Record<"timeout" | "maxPackets", number>>;
  /** The rules of a packet filter (`stack/filter/rules.ts`). Default "": there is none. */
  readonly filter: string;
  /** How a filter remembers connections; what is left out is in `stack/filter/connections.ts#TRACKING_DEFAULTS`. Times in milliseconds. */
  readonly tracking: Partial<Record<"maxConnections" | "established" | "transitory" | "answered" | "unanswered" | "query", number>>;
  readonly tcp: TcpConfig;
}
