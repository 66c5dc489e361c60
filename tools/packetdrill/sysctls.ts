/**
 * What a script asks for before its first event: commands that set sysctls, and options of packetdrill. They come to settings of our stack, to
 * addresses and tolerances of the run, and to needs, for what is neither.
 *
 *     `sysctl -q net.ipv4.tcp_sack=0 net.ipv4.tcp_timestamps=0`
 *     `echo 0 > /proc/sys/net/ipv4/tcp_sack`
 *     `../common/set_sysctls.py /proc/sys/net/ipv4/tcp_sack=0`
 *     `../common/defaults.sh`
 *     `ip route change default dev tun0 initcwnd 20`
 *
 * No command is ever run.
 */
import { readIpCommand } from "./ip_route.ts";
import { quote } from "./malformed.ts";
import type { Need, Place, Script, ScriptOption } from "./script.ts";
import { type RunOptions, takeOptions } from "./script_options.ts";
import { type SimpleCommand, simpleCommands } from "./shell.ts";
import { LINUX_DEFAULTS, settingOf } from "./sysctl_table.ts";

export interface Settings {
  /** Settings of our stack by their own names (`stack/host_config.ts#TcpConfig`). */
  readonly tcp: Readonly<Record<string, number | boolean | string>>;
  /** Every sysctl that is set, with its value, whether our stack has it or not. */
  readonly sysctls: Readonly<Record<string, string>>;
  readonly other: RunOptions;
  /** What a route is to have besides where it leads, and Linux has not without being told. */
  readonly routes: readonly Need[];
  /** Each once, in the order in which they stand there. */
  readonly needs: readonly Need[];
}

/** What a script's setup and options come to. Of several values for one thing the last counts. */
export function settingsOf(setup: Script["setup"], options: Script["options"]): Settings {
  const needs = new Map<string, Need>();
  const need = (place: Place, what: string): void => {
    if (!needs.has(what)) needs.set(what, { place, what });
  };
  const collector = new Collector(need);
  const { other, setups } = takeOptions(options, need);
  for (const { place, text } of [...setups, ...setup]) {
    for (const command of simpleCommands(text)) collector.take(place, command);
  }
  const { tcp, sysctls, routes } = collector;
  return { tcp: { ...tcp }, sysctls: { ...sysctls }, routes, other, needs: [...needs.values()] };
}

/** Options as words: the value of PACKETDRILL_OPTIONS. Throws a TypeError for what is no option. */
export function parseOptionWords(text: string): readonly ScriptOption[] {
  const words = simpleCommands(text).flatMap((command) => command.words);
  const place = { file: "PACKETDRILL_OPTIONS", line: 1, column: 1 };
  return words.map((word) => {
    const [, name, value = ""] = /^--(\w+)(?:=([^]*))?$/.exec(word) ?? [];
    if (name === undefined) throw new TypeError(`PACKETDRILL_OPTIONS: expected an option like --name=value, not ${quote(word)}`);
    return { place, name, value };
  });
}

/** Commands that change nothing. */
const IDLE = /^(true|:|sync|set|echo|printf|exit|modprobe|sysctl_restore[\w${}]*\.sh)$/;

class Collector {
  readonly tcp: Record<string, number | boolean | string> = {};
  readonly sysctls: Record<string, string> = {};
  readonly routes: Need[] = [];
  readonly #need: (place: Place, what: string) => void;

  constructor(need: (place: Place, what: string) => void) {
    this.#need = need;
  }

  take(place: Place, { words, into }: SimpleCommand): void {
    const command = words.slice(words.findIndex((word) => !isPrefix(word)));
    if (words.every(isPrefix)) return;
    const [name = "", ...args] = /^(sh|bash|source|\.)$/.test(command[0] as string) && command.length > 1 ? command.slice(1) : command;
    const base = name.slice(name.lastIndexOf("/") + 1);
    if (base === "sysctl" || base === "set_sysctls.py") this.#sysctl(place, base, args);
    else if (into?.startsWith("/proc/sys/") && (base === "echo" || base === "printf")) {
      this.#set(place, into, args.filter((word) => !/^-[neE]+$/.test(word)).join(" "));
    } else if (base === "ip") this.#ip(place, args);
    else if (isDefaults(name)) Object.assign(this.tcp, LINUX_DEFAULTS);
    else if (into?.startsWith("/proc/") || into?.startsWith("/sys/")) this.#need(place, `the file ${into}`);
    else if (!IDLE.test(base)) this.#need(place, `the command ${base === "" ? name : base}`);
  }

  #ip(place: Place, args: readonly string[]): void {
    const asks = readIpCommand(args);
    if ("lacks" in asks) return this.#need(place, asks.lacks);
    Object.assign(this.tcp, asks.tcp);
    for (const [name, value] of Object.entries(asks.tcp)) {
      if (LINUX_DEFAULTS[name as keyof typeof LINUX_DEFAULTS] !== value) this.routes.push({ place, what: `a route's own ${name}` });
    }
  }

  #sysctl(place: Place, base: string, args: readonly string[]): void {
    for (const word of args) {
      const equals = word.indexOf("=");
      if (word.startsWith("-")) {
        if (!/^-[qwenNbir]+$|^--(write|quiet|ignore|values?|names?)$/.test(word)) this.#need(place, `the command ${base} ${word}`);
      } else if (equals > 0) this.#set(place, word.slice(0, equals), word.slice(equals + 1));
    }
  }

  #set(place: Place, written: string, value: string): void {
    const name = written.trim().replace(/^\/proc\/sys\//, "").replaceAll("/", ".");
    const setting = settingOf(name, value);
    Object.defineProperty(this.sysctls, name, { value: value.trim(), enumerable: true, configurable: true, writable: true });
    if (setting === undefined) this.#need(place, `the sysctl ${name}=${value.trim()}`);
    else Object.assign(this.tcp, setting);
  }
}

/** "sudo", "NAME=value": what may stand in front of a command. */
function isPrefix(word: string): boolean {
  return word === "sudo" || /^[A-Za-z_]\w*=/.test(word);
}

/** Whether a path is that of a folder's defaults. */
export function isDefaults(path: string): boolean {
  return /(^|\/)defaults(\.sh)?$/.test(path);
}
