/**
 * Tells when a file was saved. What counts is what is in a file, not what the file system says about it: a notice, and now and then
 * the clock, are only reasons to look. So an editor may save by renaming, or in several writes, or without changing anything, and a
 * file system that tells nothing is merely slower.
 */

/** Milliseconds of quiet after which an editor is taken to be done. */
const QUIET = 30;
/** Milliseconds between two looks: where the file system tells of saves, and where it does not. */
const SELDOM = 2000, OFTEN = 150;

export interface SaveOptions {
  /** The project's root. */
  readonly root: string;
  /** Paths from the root. A file may be missing, and come back. */
  readonly files: readonly string[];
  /** The folder below the root in which all of them lie. */
  readonly folder: string;
  /** Asks the file system again and again, and waits for no notices. */
  readonly poll: boolean;
  /** Called with the files that are not as they were. */
  readonly saved: (files: readonly string[]) => void;
}

/** What a file was when it was last looked at: its size and time, and its text; "" for both when it is missing. */
interface Known {
  readonly stamp: string;
  readonly text: string;
}

export class SaveWatch {
  readonly #options: SaveOptions;
  readonly #known = new Map<string, Known>();
  #notices: Deno.FsWatcher | undefined;
  #quiet: ReturnType<typeof setTimeout> | undefined;
  #clock: ReturnType<typeof setTimeout> | undefined;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: SaveOptions) {
    this.#options = options;
  }

  /** Takes the files as they are, and watches from now on. */
  async start(): Promise<void> {
    await this.#changes();
    if (!this.#options.poll) this.#hear();
    this.#again();
  }

  /** Whether notices of the file system are heard. */
  get hears(): boolean {
    return this.#notices !== undefined;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#quiet);
    clearTimeout(this.#clock);
    this.#notices?.close();
    this.#notices = undefined;
  }

  #hear(): void {
    try {
      this.#notices = Deno.watchFs(`${this.#options.root}/${this.#options.folder}`);
    } catch {
      return; // too many watchers, or none at all: the clock is left
    }
    const notices = this.#notices;
    (async () => {
      for await (const { kind } of notices) if (kind !== "access") this.#soon();
    })().catch(() => {}).finally(() => this.#notices === notices && (this.#notices = undefined));
  }

  /** Looks when nothing more comes. */
  #soon(): void {
    clearTimeout(this.#quiet);
    if (!this.#closed) this.#quiet = setTimeout(() => this.#look(), QUIET);
  }

  #again(): void {
    if (this.#closed) return;
    this.#clock = setTimeout(async () => {
      await this.#look();
      if (this.#notices === undefined && !this.#options.poll && !this.#closed) this.#hear(); // the folder may be back
      this.#again();
    }, this.#notices === undefined ? OFTEN : SELDOM);
  }

  /** One look at a time. */
  #look(): Promise<void> {
    return this.#looking = this.#looking.then(async () => {
      const changed = await this.#changes();
      if (changed.length > 0 && !this.#closed) this.#options.saved(changed);
    });
  }

  async #changes(): Promise<string[]> {
    const looks = this.#options.files.map(async (file) => await this.#isChanged(file) ? [file] : []);
    return (await Promise.all(looks)).flat();
  }

  async #isChanged(file: string): Promise<boolean> {
    const path = `${this.#options.root}/${file}`;
    const known = this.#known.get(file);
    const stamp = await Deno.stat(path).then(({ size, mtime, ino }) => `${size} ${mtime?.getTime()} ${ino}`, () => "");
    if (stamp === known?.stamp && !isYoung(stamp)) return false;
    const text = stamp === "" ? "" : await Deno.readTextFile(path).catch(() => "");
    this.#known.set(file, { stamp, text });
    return known !== undefined && (text !== known.text || (stamp === "") !== (known.stamp === ""));
  }
}

/** Within a tick of a coarse clock a file may be written twice with the same time and size. */
function isYoung(stamp: string): boolean {
  return Date.now() - Number(stamp.split(" ")[1]) < 2000;
}
