/** `deno task learn`: the kit in the terminal. Shows the next check that fails, and runs it again on every save. */
import { setPage } from "./lab/text.ts";
import { UsageError } from "./lab/usage_error.ts";
import { wrapAround } from "./lab/text.ts";
import { HELP, type LearnOptions, readLearnOptions } from "./learn/options.ts";
import { ROOT } from "./lab/run.ts";
import { PlainView } from "./learn/plain_view.ts";
import { SaveWatch } from "./learn/saves.ts";
import { type News, Session } from "./learn/session.ts";

async function runPlain(options: LearnOptions): Promise<number> {
  setPage({ columns: 80, coloured: false });
  let hear = (_: News): void => {};
  const session = new Session(options, (news) => hear(news));
  const view = new PlainView(session, (text) => console.log(text));
  hear = (news) => view.hear(news);
  const watch = new SaveWatch({
    root: ROOT,
    folder: "labs",
    files: session.watched,
    poll: options.poll,
    saved: (files) => session.saved(files),
  });
  await watch.start();
  const started = session.start();
  await readLines((line) => view.type(line));
  await started;
  watch.close();
  await session.keep();
  session.close();
  return 0;
}

async function readLines(take: (line: string) => Promise<boolean>): Promise<void> {
  let rest = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (await take(line)) return;
  }
}

if (import.meta.main) {
  try {
    const options = readLearnOptions(Deno.args);
    if (options === "help") console.log(HELP);
    else Deno.exit(await runPlain(options));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(wrapAround(error.message));
    Deno.exit(2);
  }
}
