/**
 * Everything at which a walk can stop: where, on which side of the socket, why, what helps, and how anybody can see the same. The guide
 * (docs/handbook/13-where-it-stops.md) has a section for each, under the outcome's name, and a table that is made of this one.
 */
import type { Place, Step } from "./finding.ts";

/** On which side of the wall socket. */
export type Layer = "above" | "at" | "below";

/** A place at which it can stop. */
export interface Outcome {
  readonly step: Step;
  readonly layer: Layer;
  /** Whose: of this host, of the other one, or of nobody's but the way's. */
  readonly side: "here" | "there" | "between";
  /** What a program gets to see. */
  readonly symptom: string;
  readonly cause: string;
  readonly remedy: string;
  /** A command that shows the same. */
  readonly look: (place: Place) => string;
}

const capture = ({ device, address, port }: Place): string => `tcpdump -ni ${device} 'host ${address} and (icmp or port ${port})'`;
const callAgain = ({ address, port }: Place): string => `nc -v ${address} ${port}`;
const queue = ({ port }: Place): string => `ss -ltn 'sport = :${port}'`;

/** By name, in the order in which a walk comes to them. */
export const OUTCOMES = {
  "no-such-name": {
    step: "name",
    layer: "above",
    side: "here",
    symptom: '`ENOTFOUND`, "Name or service not known"',
    cause: "Nobody has entered this name: it is misspelt, or it belongs to a net whose name server is not the one that was asked.",
    remedy: "Look at the spelling. Try the address in place of the name. /etc/hosts comes first, then the servers in /etc/resolv.conf.",
    look: ({ host }) => `getent ahosts ${host}`,
  },
  "no-name-server": {
    step: "name",
    layer: "above",
    side: "here",
    symptom: '`EAI_AGAIN`, "Temporary failure in name resolution", after seconds',
    cause: "The name server did not answer, so nobody has said that the name is wrong. To it there is a way, as to any other host.",
    remedy: "Walk to the name server itself: its address is in /etc/resolv.conf, its port is 53. Or use the address in place of the name.",
    look: () => "cat /etc/resolv.conf",
  },
  "no-route": {
    step: "route",
    layer: "at",
    side: "here",
    symptom: "`ENETUNREACH`, at once",
    cause: "This host's IP has no route that fits: no net of its own, and no default route. No packet was sent.",
    remedy: "Has any interface an address (ip -br address)? Is there a default route? The network's setup, mostly DHCP, brings both.",
    look: ({ address }) => `ip route get ${address}`,
  },
  "route-refuses": {
    step: "route",
    layer: "at",
    side: "here",
    symptom: "`EHOSTUNREACH`, `EACCES` or `EINVAL`, at once",
    cause: "A route of this host says so: unreachable, prohibit or blackhole. Somebody has entered it, often a VPN.",
    remedy: "Find it in the table, and whose it is: ip route show table all. No packet was sent.",
    look: ({ address }) => `ip route get ${address}`,
  },
  "interface-down": {
    step: "link",
    layer: "below",
    side: "here",
    symptom: "`ENETUNREACH`, at once",
    cause: "The interface in that net is switched off, and its routes are gone with it.",
    remedy: "Whoever administers this machine switches it on: ip link set DEVICE up, or the desktop's switch for it.",
    look: ({ device }) => `ip -s link show ${device}`,
  },
  "no-carrier": {
    step: "link",
    layer: "below",
    side: "here",
    symptom: "silence, then `EHOSTUNREACH` or `ETIMEDOUT`",
    cause:
      "The interface is on, and there is nothing at its other end: no cable, no access point, no switch with power, nobody on a TAP device.",
    remedy: "Push the cable in; look at the lamps at both ends; join the wireless net again.",
    look: ({ device }) => `ip -s link show ${device}`,
  },
  "nobody-there": {
    step: "ARP",
    layer: "below",
    side: "between",
    symptom: "`EHOSTUNREACH` after some three seconds",
    cause: "Nobody on this link says that the address is his: a host without power, a wrong address, another VLAN, a wrong prefix length.",
    remedy: "Is it the right address, and is that host on? If it is the router's, nothing beyond this link can be reached.",
    look: ({ nextHop, device }) => `ip neigh show ${nextHop} dev ${device}`,
  },
  "unreachable": {
    step: "ICMP",
    layer: "below",
    side: "between",
    symptom: "`EHOSTUNREACH` or `ENETUNREACH` after a round trip or more",
    cause: "A router on the way says that it cannot get there: its own route is missing, or the last link's ARP got no answer.",
    remedy: "The router that said so is where to look; its address stands above. Whoever runs it can walk on from there.",
    look: ({ address }) => `traceroute -n ${address}`,
  },
  "loop": {
    step: "ICMP",
    layer: "below",
    side: "between",
    symptom: '`EHOSTUNREACH`; pings say "Time to live exceeded"',
    cause: "Packets go around in a circle until their time to live is over: each of two routers takes the other for the way.",
    remedy: "See between whom it goes back and forth. It is their routes that are wrong, not yours.",
    look: ({ address }) => `traceroute -n ${address}`,
  },
  "long-lost": {
    step: "ICMP",
    layer: "below",
    side: "between",
    symptom: "connects, then hangs with the first long answer or upload; small things work",
    cause:
      'Long packets vanish on the way: a link takes less than the MTU here, and the ICMP error of its router ("fragmentation needed") is filtered: a path MTU black hole.',
    remedy: "Whoever filters ICMP lets type 3 code 4 through. Until then a smaller MTU here, or tcp_mtu_probing, goes around it.",
    look: ({ address }) => `tracepath -n ${address}`,
  },
  "filtered": {
    step: "SYN",
    layer: "below",
    side: "between",
    symptom: "`ECONNREFUSED` or `EHOSTUNREACH` after a round trip",
    cause: "An ICMP error, and not a RST, refuses the port: a firewall that rejects, and is so kind as to say it.",
    remedy: "Ask whoever runs the host that said so; its address stands above. The way is fine, up to there.",
    look: capture,
  },
  "refused-here": {
    step: "SYN",
    layer: "at",
    side: "here",
    symptom: "`EADDRNOTAVAIL`, `EPERM`, `EACCES`, `EMFILE`, at once",
    cause:
      "This host's own TCP refuses, and no SYN was sent: no port is free (too many connections, many in TIME-WAIT), or a rule here forbids it.",
    remedy:
      "Count: ss -s. Many in TIME-WAIT to one address and port: keep connections open, and use them again. EPERM: this host's firewall.",
    look: () => "ss -s",
  },
  "refused": {
    step: "SYN",
    layer: "above",
    side: "there",
    symptom: "`ECONNREFUSED` after one round trip",
    cause: "Their TCP answered with a RST: nobody listens at that address and port. The network works, both ways.",
    remedy: "Is the server running? Is it the right port? Does it listen on this address, or on 127.0.0.1 only? On that host:",
    look: queue,
  },
  "no-answer": {
    step: "SYN",
    layer: "below",
    side: "between",
    symptom: "`ETIMEDOUT` after minutes; nothing answers, ping neither",
    cause: "No packet comes back: the host is off, it drops everything, or the way there or back ends somewhere.",
    remedy:
      "See how far packets get. Does anything on that host answer? Do other hosts of its net? The last hop that answers is the last that is proved.",
    look: ({ address, port }) => `traceroute -n -T -p ${port} ${address}`,
  },
  "syn-dropped": {
    step: "SYN",
    layer: "below",
    side: "between",
    symptom: "`ETIMEDOUT` after minutes, though ping is answered",
    cause:
      "The host is there, and SYNs to this port vanish: a firewall drops them. (Linux drops them, too, while a server's accept queue is full; then a later try gets through now and then.)",
    remedy:
      "Try another port of that host: if one is refused or open, a filter singles this one out. Look for the SYN at both ends, with the same command.",
    look: capture,
  },
  "queue-full": {
    step: "accept queue",
    layer: "at",
    side: "there",
    symptom: "`ETIMEDOUT` after minutes, though the server runs and listens",
    cause:
      "The listening socket has no place left: as many connections as its backlog wait for accept(), and the program does not call it. TCP drops what comes.",
    remedy: "What does the server do in place of accept()? A longer backlog only helps against a rush. Recv-Q is above Send-Q in:",
    look: queue,
  },
  "unacknowledged": {
    step: "accept queue",
    layer: "at",
    side: "there",
    symptom: "connects; then nothing that is written is acknowledged",
    cause:
      "Here the connection is open, and their TCP does not take it so: its accept queue is full, and our ACK was dropped; or something in between answers SYNs for it.",
    remedy: "On the server: is the listener's Recv-Q at its backlog? Then the program does not call accept() in time.",
    look: ({ address, port }) => `ss -tino dst ${address} and dport = :${port}`,
  },
  "not-accepted": {
    step: "accept queue",
    layer: "above",
    side: "there",
    symptom: "connects; `read` waits for ever",
    cause:
      "The connection stands in the listener's accept queue, and the program does not call accept(). TCP made it without asking anybody.",
    remedy: "The program is busy or stuck, before it comes to this connection. Its stack trace, or strace -p PID, says where.",
    look: queue,
  },
  "hung": {
    step: "application",
    layer: "above",
    side: "there",
    symptom: "connects; `read` waits for ever",
    cause:
      "Their TCP has taken the connection, and what we said, and their program does not say a word. The network is done with its work.",
    remedy:
      "Look at the program there: its log, what it waits for. Or it waits for more from you: does it speak what you think (--http, --banner)?",
    look: callAgain,
  },
  "closed": {
    step: "application",
    layer: "above",
    side: "there",
    symptom: "connects; `read` gives 0 at once",
    cause:
      "Their program took the connection and closed it without a word: it does not want you (a list of allowed addresses, too many clients), or its child died.",
    remedy: "Its log says why. In front of containers and through tunnels a proxy takes the call, and closes when nobody is behind it.",
    look: callAgain,
  },
  "reset": {
    step: "application",
    layer: "above",
    side: "there",
    symptom: "connects; `ECONNRESET`",
    cause:
      "Their side broke the open connection with a RST: the program died, closed without reading what we said, or a box in between did so in its name.",
    remedy: "Its log says why. A RST that comes with another time to live than their other packets is somebody else's.",
    look: ({ device, port }) => `tcpdump -nvi ${device} 'tcp port ${port} and tcp[tcpflags] & tcp-rst != 0'`,
  },
  "other-protocol": {
    step: "application",
    layer: "above",
    side: "there",
    symptom: "connects; the answer makes no sense",
    cause:
      "A program answers, and it does not speak HTTP: the wrong server is at this port, or you speak plain text to TLS, or the other way round.",
    remedy: "What it said stands above. Compare the port with the server's configuration.",
    look: callAgain,
  },
  "server-error": {
    step: "application",
    layer: "above",
    side: "there",
    symptom: "HTTP status 500 to 599",
    cause: "The program answers that it cannot do its work; 502, 503 and 504 come from a proxy, which cannot reach the program behind it.",
    remedy: "The network between you and it is fine. Its log says why; with 502 or 504 walk on from the proxy, to the server behind it.",
    look: ({ host, port }) => `curl -sI http://${host}:${port}/`,
  },
} as const satisfies Record<string, Outcome>;

/** "no-route", … */
export type OutcomeName = keyof typeof OUTCOMES;

/** The exit status for each step; 0 says that nothing is wrong as far as can be seen. */
export const STATUS: Readonly<Record<Step, number>> = {
  "name": 10,
  "route": 11,
  "link": 12,
  "ARP": 13,
  "ICMP": 14,
  "SYN": 15,
  "accept queue": 16,
  "application": 17,
};

/** "above the socket, at the other end". */
export function layerText({ layer, side }: Pick<Outcome, "layer" | "side">): string {
  const where = side === "there" ? ", at the other end" : side === "here" ? ", on this host" : ", on the way";
  return `${layer} the socket${where}`;
}
