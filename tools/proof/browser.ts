/**
 * A real browser that does what a person does, driven by Playwright: it opens a page, waits until its pictures are there, loads it again, and sends something. A
 * command of http_inside.ts, run beside the stack; prints a `Visit`.
 *
 *     deno run --allow-all --no-config --cached-only tools/proof/browser.ts http://10.44.0.2 12
 *
 * Playwright comes from npm, in this version and for this proof alone, so it is imported when it is needed, and fetched beforehand: there is no other network where the browser runs.
 */

/** The package. */
const PLAYWRIGHT = "npm:playwright-core@1.65.1";
/** Milliseconds for a step of the browser's. */
const PATIENCE = 30_000;

/** What came of a visit. */
export interface Visit {
  /** What the page says about itself, each time that it was loaded. */
  readonly seen: readonly string[];
  /** "200 GET /style.css", in the order of the answers. */
  readonly answers: readonly string[];
  /** What came back of what the page has sent. */
  readonly echoed: string;
}

/** What is used of Playwright. */
interface Page {
  on(event: "response", action: (response: Response) => void): void;
  goto(url: string): Promise<unknown>;
  waitForFunction(expression: string): Promise<unknown>;
  textContent(selector: string): Promise<string | null>;
  evaluate<T>(expression: string): Promise<T>;
  setDefaultTimeout(milliseconds: number): void;
}
interface Response {
  status(): number;
  url(): string;
  request(): { method(): string };
}
interface Playwright {
  readonly chromium: {
    launch(
      options: { executablePath: string; args: readonly string[]; timeout: number },
    ): Promise<{ newPage(): Promise<Page>; close(): Promise<void> }>;
  };
}

/** Fetches Playwright, unless it is there already. Why that cannot be, if it cannot. */
export async function missingPlaywright(): Promise<string | undefined> {
  const args = ["cache", "--no-config", "--no-lock", "--quiet", PLAYWRIGHT];
  const { success } = await new Deno.Command("timeout", {
    args: ["60", Deno.execPath(), ...args],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  })
    .output();
  return success ? undefined : `${PLAYWRIGHT} cannot be fetched`;
}

/** The command that visits a site whose page has so many pictures. */
export function visiting(site: string, pictures: number): string[] {
  const options = ["--allow-all", "--no-config", "--no-lock", "--cached-only", "--quiet"];
  return [Deno.execPath(), "run", ...options, new URL(import.meta.url).pathname, site, `${pictures}`];
}

async function visit(site: string, pictures: string): Promise<Visit> {
  const { chromium } = await import(PLAYWRIGHT) as Playwright;
  const { stdout } = await new Deno.Command("sh", { args: ["-c", "command -v chromium"] }).output();
  const options = { executablePath: new TextDecoder().decode(stdout).trim(), args: ["--no-sandbox", "--disable-gpu"], timeout: PATIENCE };
  const browser = await chromium.launch(options);
  const [seen, answers]: [string[], string[]] = [[], []];
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    page.on("response", (answer) => answers.push(`${answer.status()} ${answer.request().method()} ${new URL(answer.url()).pathname}`));
    for (let i = 0; i < 3; i++) {
      await page.goto(`${site}/`);
      await page.waitForFunction(`document.getElementById("seen").textContent.startsWith("${pictures} pictures")`);
      seen.push(await page.textContent("#seen") ?? "");
    }
    const echoed = await page.evaluate<string>(
      `fetch("/echo", { method: "PUT", body: "over the wall ".repeat(5000) }).then((answer) => answer.text())`,
    );
    return { seen, answers, echoed };
  } finally {
    await browser.close();
  }
}

if (import.meta.main) console.log(JSON.stringify(await visit(...Deno.args as [string, string])));
