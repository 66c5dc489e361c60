/**
 * The few calls of the C library that a live wire needs, by `Deno.dlopen`: nothing to compile. They are the
 * system calls themselves, so the manual's section 2 is their documentation: `man 2 poll`.
 *
 * Rules: the library is loaded when `libc()` is first called, so importing this file is harmless anywhere.
 * It needs `--allow-ffi`. Numbers are Linux's, the same on x86-64 and ARM64. A call that fails returns −1; ask
 * `lastError()` at once, before anything else calls. Buffers are passed as they are: the kernel reads and
 * writes them in place, in the machine's byte order (little-endian) but for addresses and ports.
 */

// Declared with 32-bit numbers where C has size_t: measured as 143 ns instead of 242 ns for a `read`.
const SYMBOLS = {
  open: { parameters: ["buffer", "i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  /** `ioctl` for those requests whose argument is a number. */
  ioctlNumber: { name: "ioctl", parameters: ["i32", "u64", "u64"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32" },
  /** `poll` on a thread of its own, as a promise: other work goes on meanwhile. */
  pollAside: { name: "poll", parameters: ["buffer", "u64", "i32"], result: "i32", nonblocking: true },
  __errno_location: { parameters: [], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The calls, as functions. */
export type Libc = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** Where the C library is found: glibc first, then musl under its names. */
const LIBRARIES = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

let loaded: Libc | undefined;

/** The C library's calls. Throws a Deno.errors.NotCapable without `--allow-ffi`, and an Error where there is no C library. */
export function libc(): Libc {
  return loaded ??= openLibrary(SYMBOLS);
}

/** Opens the C library with other symbols than ours. */
export function openLibrary<const S extends Deno.ForeignLibraryInterface>(symbols: S): Deno.DynamicLibrary<S>["symbols"] {
  let failure: unknown;
  for (const name of LIBRARIES) {
    try {
      return Deno.dlopen(name, symbols).symbols;
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      failure ??= error;
    }
  }
  throw failure;
}

/** Flags of `open` and `socket`. */
export const O_RDONLY = 0;
export const O_WRONLY = 1;
export const O_RDWR = 2;
export const O_NONBLOCK = 0o4000;
export const O_CLOEXEC = 0o2000000;
export const SOCK_CLOEXEC = O_CLOEXEC;
export const AF_INET = 2;
export const SOCK_DGRAM = 2;

/** Events of `poll`. */
export const POLLIN = 1;
export const POLLOUT = 4;

let errno: Deno.UnsafePointerView | undefined;

/** The number that the last call that failed left behind (`man 3 errno`). */
export function lastError(): number {
  // Its place never moves within a thread.
  errno ??= new Deno.UnsafePointerView(libc().__errno_location() as Deno.PointerObject);
  return errno.getInt32();
}

const NAMES: Readonly<Record<number, string>> = {
  1: "EPERM",
  2: "ENOENT",
  4: "EINTR",
  5: "EIO",
  6: "ENXIO",
  9: "EBADF",
  11: "EAGAIN",
  12: "ENOMEM",
  13: "EACCES",
  14: "EFAULT",
  16: "EBUSY",
  17: "EEXIST",
  19: "ENODEV",
  22: "EINVAL",
  23: "ENFILE",
  24: "EMFILE",
  28: "ENOSPC",
  30: "EROFS",
  32: "EPIPE",
  71: "EPROTO",
  77: "EBADFD",
  88: "ENOTSOCK",
  89: "EDESTADDRREQ",
  90: "EMSGSIZE",
  92: "ENOPROTOOPT",
  93: "EPROTONOSUPPORT",
  94: "ESOCKTNOSUPPORT",
  95: "EOPNOTSUPP",
  97: "EAFNOSUPPORT",
  98: "EADDRINUSE",
  99: "EADDRNOTAVAIL",
  100: "ENETDOWN",
  101: "ENETUNREACH",
  103: "ECONNABORTED",
  104: "ECONNRESET",
  105: "ENOBUFS",
  106: "EISCONN",
  107: "ENOTCONN",
  110: "ETIMEDOUT",
  111: "ECONNREFUSED",
  112: "EHOSTDOWN",
  113: "EHOSTUNREACH",
  114: "EALREADY",
  115: "EINPROGRESS",
};

/** The name of an error number: 113 is "EHOSTUNREACH". */
export function errorName(number: number): string {
  return NAMES[number] ?? `errno ${number}`;
}

/** A string as C wants it: its bytes and a zero. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}
