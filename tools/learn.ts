/**
 * `deno task learn`: the kit in the terminal. Shows the next check that fails, and runs it again on every save. On a screen where there is
 * one that can be drawn on, in lines elsewhere.
 */
import { ROOT } from "./lab/run.ts";
import { coloured, setPage, wrapAround } from "./lab/text.ts";
import { UsageError } from "./lab/usage_error.ts";
import { HELP, type LearnOptions, readLearnOptions } from "./learn/options.ts";
import { loadWidths, type Widths } from "./learn/packages.ts";
import { PlainView } from "./learn/plain_view.ts";
import { SaveWatch } from "./learn/saves.ts";
import { ScreenView } from "./learn/screen_view.ts";
import { type News, Session } from "./learn/session.ts";
import { Terminal } from "./learn/terminal.ts";

const OFFLINE = "The packages that draw the screen are not here and cannot be fetched, so this is the plain mode.";

/** The view that is told of news, as soon as there is one. */
interface View {
  hear(news: News): void;
}

/** Runs the loop. Returns the exit status. */
async function run(options: LearnOptions): Promise<number> {
  const isScreen = !options.plain && Deno.stdin.isTerminal() && Deno.stdout.isTerminal() && Deno.env.get("TERM") !== "dumb";
  const widths = isScreen ? await loadWidths() : undefined;
  if (isScreen && widths === undefined) console.log(wrapAround(OFFLINE));
  let view: View | undefined;
  const session = new Session(options, (news) => view?.hear(news));
  const watch = new SaveWatch({
    root: ROOT,
    folder: "labs",
    files: session.watched,
    poll: options.poll,
    saved: (files) => session.saved(files),
  });
  await watch.start();
  try {
    return widths === undefined ? await inLines(session, (each) => view = each) : await onScreen(session, widths, (each) => view = each);
  } finally {
    watch.close();
    session.close();
  }
}

async function onScreen(session: Session, widths: Widths, use: (view: View) => void): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  setPage({ columns: 80, coloured: coloured && Deno.env.get("TERM") !== "dumb" });
  const view = new ScreenView(session, widths, () => resolve(0));
  use(view);
  const terminal = new Terminal({
    key: (press) => view.press(press),
    redraw: () => view.redraw(),
    goneOn: () => session.resume(),
    end: resolve,
  });
  terminal.open();
  try {
    view.show(terminal);
    const started = session.start();
    const status = await Promise.race([promise, started.then(() => promise)]);
    await session.keep();
    return status;
  } finally {
    terminal.leave();
  }
}

async function inLines(session: Session, use: (view: View) => void): Promise<number> {
  setPage({ columns: 80, coloured: false });
  const view = new PlainView(session, (text) => console.log(text));
  use(view);
  const started = session.start();
  const quit = await readLines((line) => view.type(line));
  if (!quit) await started;
  await session.keep();
  return 0;
}

/** False: the input has ended, and nobody said that it is over. */
async function readLines(take: (line: string) => Promise<boolean>): Promise<boolean> {
  let rest = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (await take(line)) return true;
  }
  return false;
}

if (import.meta.main) {
  try {
    const options = readLearnOptions(Deno.args);
    if (options === "help") console.log(HELP);
    else Deno.exit(await run(options));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(wrapAround(error.message));
    Deno.exit(2);
  }
}
