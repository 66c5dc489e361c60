/**
 * `deno task diagnose HOST PORT`: where a connection fails, said in terms of the wall socket. It walks the way that a connection goes
 * (diagnose/walk.ts), as an ordinary user, and changes nothing; docs/handbook/13-where-it-stops.md explains each place at which it may stop.
 */
import { parseArgs } from "@std/cli/parse-args";
import type { Finding, Target } from "./diagnose/finding.ts";
import { asJson, findingText, headText, statusOf, verdictText } from "./diagnose/report.ts";
import { walk } from "./diagnose/walk.ts";
import { WIDTH, wrap } from "./lab/text.ts";

const HELP = `deno task diagnose HOST PORT: where does the way to an application end?

  deno task diagnose localhost 8080 --http
  deno task diagnose mail.example 25

Walks name, route, link, ARP, ICMP, SYN, accept queue and application, and says
where it stops: above, at or below the socket, what that means, and what to try.
It sends what a user would: a question for the name, two to four pings, one
connection. It changes nothing, and needs no privilege.

  --http           ask for the head of "/", and expect HTTP
  --banner         expect the application to speak first
  --timeout S      seconds for all of it, 1 to 60 (10)
  --json           the same for programs
  --help           this

Exit status: 0 it goes through; 2 this command was wrong; where it stops:
10 name, 11 route, 12 link, 13 ARP, 14 ICMP, 15 SYN, 16 accept queue,
17 application. On Linux every step is seen; on other systems, and by IPv6, only
name, SYN and application.`;

const USAGE = 2;

/** The command was wrong; the message says how. */
class WrongCommand extends Error {
  override readonly name = "WrongCommand";
}

interface Options {
  readonly target: Target;
  readonly json: boolean;
}

function readOptions(words: readonly string[]): Options | "help" {
  const args = parseArgs(words, {
    string: ["timeout", "_"],
    boolean: ["help", "http", "banner", "json"],
    alias: { h: "help" },
    unknown: (word: string) => {
      if (word.startsWith("-")) throw new WrongCommand(`There is no option ${word.split("=")[0]}. --help lists them all.`);
      return true;
    },
  });
  if (args.help === true) return "help";
  const [host, portText, ...more] = args._.map(String);
  if (host === undefined || portText === undefined) throw new WrongCommand("Whom? For example: deno task diagnose localhost 8080");
  if (more.length > 0) throw new WrongCommand(`Cannot make sense of "${more[0]}": there is one host and one port.`);
  if (!/^[\p{L}\p{N}_.:%-]+$/u.test(host)) throw new WrongCommand(`"${host}" is neither a name nor an address.`);
  const port = Number(portText);
  if (!/^\d+$/.test(portText) || port < 1 || port > 65535) throw new WrongCommand(`"${portText}" is no port: 1 to 65535.`);
  const seconds = Number(args.timeout ?? 10);
  if (args.timeout === "" || !(seconds >= 1 && seconds <= 60)) throw new WrongCommand(`"${args.timeout}" is no timeout: 1 to 60 seconds.`);
  return {
    target: { host, port, http: args.http === true, banner: args.banner === true, timeout: seconds * 1000 },
    json: args.json === true,
  };
}

if (import.meta.main) {
  try {
    const options = readOptions(Deno.args);
    if (options === "help") console.log(HELP);
    else {
      const { target, json } = options;
      if (!json) console.log(headText(target));
      const diagnosis = await walk(target, json ? undefined : (finding: Finding) => console.log(findingText(finding)));
      console.log(json ? asJson(diagnosis) : verdictText(diagnosis));
      Deno.exit(statusOf(diagnosis));
    }
  } catch (error) {
    if (!(error instanceof WrongCommand)) throw error;
    console.error(wrap(error.message, WIDTH).join("\n"));
    Deno.exit(USAGE);
  }
}
