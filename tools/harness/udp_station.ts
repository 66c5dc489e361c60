/** A station with UDP on it: an application above, and at the other end whoever the check speaks for. */
import type { Station } from "./suite.ts";
import { type UdpActs, UdpApplication } from "./udp_application.ts";
import type { VirtualStation } from "./virtual_station.ts";

export type { Arrived, BindOptions, SocketView, StackSocket } from "./udp_application.ts";

/** The student's host with UDP, on the virtual wire. */
export interface UdpStation extends Station, UdpActs {}

/** The implementation. */
export class ScriptedUdp implements UdpStation {
  readonly #station: VirtualStation;
  readonly #application: UdpApplication;

  constructor(station: VirtualStation) {
    this.#station = station;
    this.#application = new UdpApplication(station, "10.44.0.1");
  }

  get now(): number {
    return this.#station.now;
  }

  send: Station["send"] = (...args) => this.#station.send(...args);
  sendRaw: Station["sendRaw"] = (...args) => this.#station.sendRaw(...args);
  expect: Station["expect"] = (...args) => this.#station.expect(...args);
  expectSilence: Station["expectSilence"] = (...args) => this.#station.expectSilence(...args);
  wait: Station["wait"] = (...args) => this.#station.wait(...args);
  take: Station["take"] = () => this.#station.take();
  counters: Station["counters"] = () => this.#station.counters();
  ping: Station["ping"] = (...args) => this.#station.ping(...args);
  output: Station["output"] = (...args) => this.#station.output(...args);
  outputLink: Station["outputLink"] = (...args) => this.#station.outputLink(...args);
  events: Station["events"] = () => this.#station.events();
  arpTable: Station["arpTable"] = (...args) => this.#station.arpTable(...args);

  bind: UdpActs["bind"] = (...args) => this.#application.bind(...args);
  tryBind: UdpActs["tryBind"] = (...args) => this.#application.tryBind(...args);
}
