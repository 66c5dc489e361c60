/**
 * UDP on a live wire: an application above the student's stack, run by the grader while the kernel runs one of its own. As with
 * TCP (live_tcp.ts), whoever waits here looks again each time that the host was given a frame or a moment, and stops when nothing moves.
 */
import type { DatagramFailure } from "../../stack/contract/datagrams.ts";
import { heard } from "./live_tcp.ts";
import { type Arrived, type StackSocket, type UdpActingStation, type UdpActs, UdpApplication } from "./udp_application.ts";

/** A socket of the stack's whose application can wait. */
export interface LiveSocket extends StackSocket {
  /** The oldest datagram, as soon as there is one; undefined when nothing moved any more. */
  arrived(options?: { readonly count?: number }): Promise<Arrived | undefined>;
  /** So many datagrams; fewer when nothing moved any more. */
  arrivals(count: number): Promise<Arrived[]>;
  /** What an ICMP error said, as soon as one came; undefined when nothing moved any more. */
  failed(): Promise<DatagramFailure | undefined>;
  /** Gives so many datagrams back to whoever sent them; fewer when nothing moved any more. Returns how many. */
  echo(count: number): Promise<number>;
}

/** UDP of a live station. */
export interface LiveUdp extends UdpActs {
  bind(...args: Parameters<UdpActs["bind"]>): Promise<LiveSocket>;
}

/** What it needs of its station. */
interface MovingStation extends UdpActingStation {
  readonly steps: number;
  /** Resolves to true once `steps` is another than that; to false when nothing has moved for a while. */
  moved(since: number): Promise<boolean>;
}

export class LiveDatagrams extends UdpApplication<LiveSocket> implements LiveUdp {
  readonly #station: MovingStation;

  constructor(station: MovingStation, kernelAddress: string) {
    super(station, kernelAddress);
    this.#station = station;
  }

  protected override complete(socket: StackSocket): LiveSocket {
    const live: LiveSocket = {
      ...socket,
      arrived: (options) => heard(this.#until(() => socket.receive(options))),
      arrivals: (count) => heard(this.#arrivals(live, count)),
      failed: () => heard(this.#until(() => socket.failure())),
      echo: (count) => heard(this.#echo(live, count)),
    };
    return live;
  }

  async #arrivals(socket: LiveSocket, count: number): Promise<Arrived[]> {
    const all: Arrived[] = [];
    while (all.length < count) {
      const arrived = await socket.arrived();
      if (arrived === undefined) break;
      all.push(arrived);
    }
    return all;
  }

  async #echo(socket: LiveSocket, count: number): Promise<number> {
    for (let done = 0; done < count; done++) {
      const arrived = await socket.arrived();
      if (arrived === undefined) return done;
      await socket.send(arrived.bytes, arrived.port, arrived.address);
    }
    return count;
  }

  /** Looks until there is something, or until nothing moves any more. */
  async #until<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
    for (;;) {
      const { steps } = this.#station;
      const found = await look();
      if (found !== undefined || !await this.#station.moved(steps)) return found;
    }
  }
}
