/**
 * A terminal as a person has it before them, in a program of its own (nothing else in the kit needs the emulator): a pseudo-terminal of the system, a
 * command in it, and xterm.js, which makes a screen of what the command writes. A line of JSON in, a line of JSON out.
 *
 *     { "type": "h" }              what the keyboard sends
 *     { "resize": [20, 10] }       columns and rows
 *     { "look": true }             the screen, whether the alternate one is shown, the terminal's settings, the command's status
 *
 * Arguments: columns, rows, a folder, and the command. Linux only.
 */
const PACKAGE = "npm:@xterm/headless@6.0.0";

interface Emulator {
  readonly buffer: {
    readonly active: {
      readonly type: "normal" | "alternate";
      readonly baseY: number;
      getLine(y: number): { translateToString(trim: boolean): string } | undefined;
    };
  };
  readonly modes: Readonly<Record<string, unknown>>;
  write(bytes: Uint8Array, done: () => void): void;
  resize(columns: number, rows: number): void;
}

const O_RDWR = 2, O_NOCTTY = 0x100, TIOCSWINSZ = 0x5414n;
const libc = Deno.dlopen("libc.so.6", {
  posix_openpt: { parameters: ["i32"], result: "i32" },
  grantpt: { parameters: ["i32"], result: "i32" },
  unlockpt: { parameters: ["i32"], result: "i32" },
  ptsname: { parameters: ["i32"], result: "pointer" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize", nonblocking: true },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  tcgetattr: { parameters: ["i32", "buffer"], result: "i32" },
}).symbols;

const [columns, rows, folder, ...command] = Deno.args as [string, string, string, ...string[]];
const size = { columns: Number(columns), rows: Number(rows) };
const { default: xterm } = await import(PACKAGE);
const emulator = new xterm.Terminal({ cols: size.columns, rows: size.rows, allowProposedApi: true }) as Emulator;

const master = libc.posix_openpt(O_RDWR | O_NOCTTY);
if (master < 0 || libc.grantpt(master) !== 0 || libc.unlockpt(master) !== 0) throw new Error("There is no pseudo-terminal to be had");
const name = libc.ptsname(master);
if (name === null) throw new Error("The pseudo-terminal has no name");
const path = Deno.UnsafePointerView.getCString(name);
setSize();

let status: number | undefined;
/** Held, so that what the command wrote last can be read when it has ended. */
const held = Deno.openSync(path, { read: true, write: true });
const child = new Deno.Command("setsid", {
  args: ["sh", "-c", 'exec "$@" <"$TTY" >"$TTY" 2>&1', "sh", ...command],
  cwd: folder,
  env: { TTY: path },
  stdin: "null",
  stdout: "inherit",
}).spawn();
child.status.then(({ code, signal }) => status = signal === null ? code : 128);

function setSize(): void {
  libc.ioctl(master, TIOCSWINSZ, new Uint16Array([size.rows, size.columns, 0, 0]));
}

async function show(): Promise<void> {
  const chunk = new Uint8Array(65_536);
  for (;;) {
    const count = Number(await libc.read(master, chunk, BigInt(chunk.length)));
    if (count <= 0) return;
    await new Promise<void>((resolve) => emulator.write(chunk.slice(0, count), resolve));
  }
}

function look(): unknown {
  const { active } = emulator.buffer;
  const settings = new Uint8Array(60);
  libc.tcgetattr(master, settings);
  const lines = Array.from({ length: size.rows }, (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? "");
  const hidden = (emulator as unknown as { _core: { coreService: { isCursorHidden: boolean } } })._core.coreService.isCursorHidden;
  return { lines, alternate: active.type === "alternate", cursor: !hidden, settings: settings.toHex(), status, pid: child.pid };
}

show();
const encoder = new TextEncoder();
let rest = "";
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) {
    const request = JSON.parse(line) as { type?: string; resize?: [number, number] };
    if (request.type !== undefined) {
      const bytes = encoder.encode(request.type);
      libc.write(master, bytes, BigInt(bytes.length));
    }
    if (request.resize !== undefined) {
      [size.columns, size.rows] = request.resize;
      emulator.resize(size.columns, size.rows);
      setSize();
    }
    console.log(JSON.stringify(look()));
  }
}
held.close();
try {
  child.kill("SIGHUP");
} catch {
  // it has ended
}
Deno.exit(0);
