/**
 * Why there is no live wire here. A live wire is a TAP or TUN device in a network namespace of our own; it
 * takes Linux, the device node and the right to make the namespace. Each way this can fail has a reason code,
 * one plain sentence, and what a person can do about it.
 *
 * The error is typed so that a caller can skip its live checks with the reason, and still stumble over every
 * other fault.
 */

/** The ways in which it fails. */
export type NoLiveWireReason =
  | "not linux"
  | "no device"
  | "no driver"
  | "no permission"
  | "no namespace"
  | "no unshare"
  | "not allowed"
  | "no addon";

/** For each reason: what is the matter, and what helps. `detail` is the system's own word for it. */
const SENTENCES: Readonly<Record<NoLiveWireReason, (detail: string) => readonly [what: string, remedy: string]>> = {
  "not linux": (system) => [
    `this is ${system}, and the other end of a live wire is the Linux kernel.`,
    "use Linux, a virtual machine or WSL 2. The virtual wire needs none of these.",
  ],
  "no device": () => [
    "/dev/net/tun does not exist.",
    "sudo modprobe tun  on a machine of your own; a container must be started with  --device /dev/net/tun.",
  ],
  "no driver": (detail) => [
    `/dev/net/tun exists, but this kernel has no TUN/TAP driver behind it (${detail}).`,
    "sudo modprobe tun  on the machine itself; a container uses the driver of its host.",
  ],
  "no permission": (detail) => [
    `/dev/net/tun exists, but this user may not open it (${detail}).`,
    "run as a user who may, or  sudo chmod 666 /dev/net/tun  on a machine of your own.",
  ],
  "no namespace": (detail) => [
    `this user may not make a network namespace (${detail}).`,
    "let users make namespaces:  sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0  on Ubuntu, " +
    "sudo sysctl -w user.max_user_namespaces=15000  elsewhere; a container must be started with  --privileged.",
  ],
  "no unshare": () => [
    "the command  unshare  is missing, which makes network namespaces.",
    "install it; its package is called util-linux.",
  ],
  "not allowed": (detail) => [
    `the kernel does not let this process make network interfaces (${detail}).`,
    "that right comes with a network namespace of one's own: start it with  deno task;  on Ubuntu also " +
    "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0;  a container must be started with  --cap-add NET_ADMIN.",
  ],
  "no addon": (detail) => [
    `the addon of the tuntap2 driver is not built (${detail}).`,
    "deno task tuntap2  builds it; the driver  ffi  needs no building.",
  ],
};

/** There is no live wire, for a reason that the user can do something about. */
export class NoLiveWire extends Error {
  override readonly name = "NoLiveWire";
  readonly reason: NoLiveWireReason;
  /** The system's own word for it: "permission denied". May be empty. */
  readonly detail: string;
  /** What is the matter: a sentence. */
  readonly what: string;
  /** What helps: a sentence. */
  readonly remedy: string;

  constructor(reason: NoLiveWireReason, detail = "") {
    const [what, remedy] = SENTENCES[reason](detail);
    super(`No live wire: ${what}\nRemedy: ${remedy}`);
    this.reason = reason;
    this.detail = detail;
    this.what = what;
    this.remedy = remedy;
  }
}

/** The error for a /dev/net/tun that could not be opened, by the errno's name. Undefined: it has nothing to do with this. */
export function refusedNode(code: string): NoLiveWire | undefined {
  switch (code) {
    case "ENOENT":
      return new NoLiveWire("no device");
    case "EACCES":
      return new NoLiveWire("no permission", "permission denied");
    case "EPERM":
      return new NoLiveWire("no permission", "operation not permitted");
    case "ENODEV":
    case "ENXIO":
      return new NoLiveWire("no driver", code);
  }
  return undefined;
}
