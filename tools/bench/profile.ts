/**
 * What V8's profiler writes (`deno run --cpu-prof`), read: a tree of calls with the time that was spent in each. The profiler looks at the stack a thousand
 * times a second or so; what it saw twice as often took twice as long.
 */

/** One function as it was called from one place, with all that it called. Times are milliseconds. */
export interface Call {
  readonly name: string;
  /** "stack/tcp/sender.ts", "" for V8's own. */
  readonly file: string;
  /** In the function itself, and together with what it called. */
  self: number;
  total: number;
  readonly calls: Call[];
}

/** One function, wherever it was called from. */
export interface Spent {
  readonly name: string;
  readonly file: string;
  readonly self: number;
}

interface RawProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** What is not work: the thread waits, or the profiler itself runs. */
const IDLE = ["(idle)", "(program)"];

/**
 * The tree of a profile, its calls of one function from one place joined, the dearest first. `root`: the folder of the tree, which is taken off the files' names.
 * Throws a SyntaxError for what is no profile.
 */
export function readProfile(text: string, root: string): Call {
  const { nodes, samples, timeDeltas } = JSON.parse(text) as RawProfile;
  if (!Array.isArray(nodes) || !Array.isArray(samples) || !Array.isArray(timeDeltas)) throw new SyntaxError("This is no profile of V8's");
  const spent = new Map<number, number>();
  for (const [index, id] of samples.entries()) spent.set(id, (spent.get(id) ?? 0) + Math.max(0, timeDeltas[index] ?? 0) / 1000);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const join = (into: Call, id: number): void => {
    const node = byId.get(id);
    if (node === undefined || IDLE.includes(node.callFrame.functionName)) return;
    const file = fileOf(node.callFrame.url, root);
    const name = node.callFrame.functionName || "(anonymous)";
    let call = into.calls.find((each) => each.name === name && each.file === file);
    if (call === undefined) into.calls.push(call = { name, file, self: 0, total: 0, calls: [] });
    call.self += spent.get(id) ?? 0;
    for (const child of node.children ?? []) join(call, child);
  };
  const top: Call = { name: "all", file: "", self: 0, total: 0, calls: [] };
  const first = nodes[0];
  for (const child of first?.children ?? []) join(top, child);
  addUp(top);
  return top;
}

function addUp(call: Call): number {
  call.total = call.calls.reduce((sum, each) => sum + addUp(each), call.self);
  call.calls.sort((a, b) => b.total - a.total);
  return call.total;
}

function fileOf(url: string, root: string): string {
  const path = url.startsWith("file://") ? decodeURIComponent(new URL(url).pathname) : url;
  return path.startsWith(root) ? path.slice(root.length).replace(/^\//, "") : path.replace(/^.*\/(ext|npm|node):?/, "$1:");
}

/** What each function took by itself, the dearest first. */
export function dearest(top: Call): Spent[] {
  const found = new Map<string, { name: string; file: string; self: number }>();
  const visit = (call: Call): void => {
    const key = `${call.file} ${call.name}`;
    const one = found.get(key) ?? { name: call.name, file: call.file, self: 0 };
    one.self += call.self;
    found.set(key, one);
    call.calls.forEach(visit);
  };
  visit(top);
  return [...found.values()].filter(({ self }) => self > 0).sort((a, b) => b.self - a.self);
}
