import { assertEquals, assertThrows } from "@std/assert";
import { parseScript } from "./parse.ts";
import { parseOptionWords, type Settings, settingsOf } from "./sysctls.ts";

const PLACE = { file: "a.pkt", line: 1, column: 1 };

function ofCommand(text: string): Settings {
  return settingsOf([{ place: PLACE, text }], []);
}

function ofOptions(text: string): Settings {
  return settingsOf([], parseOptionWords(text));
}

function needs(settings: Settings): string[] {
  return settings.needs.map(({ what }) => what);
}

Deno.test("settingsOf() reads every way to set a sysctl", () => {
  const ways = [
    "sysctl net.ipv4.tcp_sack=0",
    "sysctl -q net.ipv4.tcp_sack=0 >/dev/null 2>&1",
    "sudo /sbin/sysctl -w -q 'net.ipv4.tcp_sack=0'",
    'sysctl -qw net.ipv4.tcp_sack="0" # as it was',
    "sysctl net/ipv4/tcp_sack=0",
    "echo 0 > /proc/sys/net/ipv4/tcp_sack",
    "echo -n 0 >/proc/sys/net/ipv4/tcp_sack; sync",
    "../common/set_sysctls.py /proc/sys/net/ipv4/tcp_sack=0",
    "true &&\n  LC_ALL=C sysctl \\\n -q net.ipv4.tcp_sack=0 || exit 1",
  ];
  for (const way of ways) {
    assertEquals(ofCommand(way), { tcp: { sack: false }, sysctls: { "net.ipv4.tcp_sack": "0" }, routes: [], other: {}, needs: [] }, way);
  }
});

Deno.test("settingsOf() takes several settings from one command, and of one setting the last", () => {
  const settings = ofCommand(`sysctl -q net.ipv4.tcp_timestamps=0 net.ipv4.tcp_dsack=0
sysctl -q net.ipv4.tcp_timestamps=1 && echo 5 > /proc/sys/net/ipv4/tcp_keepalive_intvl; sysctl net.ipv4.tcp_rmem="4096 50000 100000"`);
  assertEquals(settings.tcp, { timestamps: true, dSack: false, keepAliveInterval: 5000, receiveBuffer: 50_000 });
  assertEquals(settings.sysctls["net.ipv4.tcp_timestamps"], "1");
  assertEquals(settings.needs, []);
});

Deno.test("settingsOf() is silent about what our stack does anyway", () => {
  const settings = ofCommand(`sysctl -q net.ipv4.tcp_ecn=0 net.ipv4.tcp_early_retrans=0 net.ipv4.tcp_no_metrics_save=1 net.core.somaxconn=9
sysctl -q net.ipv4.tcp_recovery=0; true; : nothing; sync; ip tcp_metrics flush all
# a comment; tc qdisc
sysctl net.ipv4.tcp_ecn
/tmp/sysctl_restore_\${PPID}.sh`);
  assertEquals([settings.tcp, settings.needs], [{}, []]);
});

Deno.test("settingsOf() takes the defaults of a folder for Linux's", () => {
  for (const text of ["./defaults.sh", "../../common/defaults.sh", "source defaults.sh", ". ./defaults.sh", "sh ../defaults.sh"]) {
    assertEquals(ofCommand(text).tcp, { leastTimeout: 200, initialWindow: 10, congestion: "cubic" }, text);
    assertEquals(ofCommand(`${text}\nsysctl net.inet.tcp.initcwnd_segments=2`).tcp["initialWindow"], 2);
  }
  assertEquals(ofOptions("--init_scripts=../common/defaults.sh").tcp, { leastTimeout: 200, initialWindow: 10, congestion: "cubic" });
});

Deno.test("settingsOf() has congestion control by its sysctls, and by routes", () => {
  const settings = ofCommand(`sysctl -q net.ipv4.tcp_congestion_control=cubic net.ipv4.tcp_slow_start_after_idle=0
ip route replace 192.0.2.0/24 dev tun0 proto static initcwnd 20 rto_min lock 300ms`);
  assertEquals(settings.tcp, { congestion: "cubic", idleRestart: false, initialWindow: 20, leastTimeout: 300 });
  assertEquals(needs(settings), []);
  assertEquals(settings.routes.map(({ what }) => what), ["a route's own initialWindow", "a route's own leastTimeout"]);
  assertEquals(ofCommand("ip ro change default via 192.0.2.1 initcwnd 10 congctl cubic").routes, []);
  assertEquals(ofCommand("sysctl net.inet.tcp.cc.algorithm=newreno net.inet.tcp.initcwnd_segments=0").tcp, {
    congestion: "reno",
    initialWindow: 0,
  });
  assertEquals(ofCommand("sysctl net.ipv4.tcp_abc=1").tcp, { byteCounting: false });
});

Deno.test("settingsOf() names what a route is to have and cannot", () => {
  const text =
    "ip route add default initcwnd\nip r change default mtu lock 1300\nip addr add 1.2.3.4 dev tun0\nip\nip route add x congctl dctcp";
  assertEquals(needs(ofCommand(text)), [
    "the route's initcwnd",
    "the route's mtu 1300",
    "the command ip addr add",
    "the command ip",
    "the route's congctl dctcp",
  ]);
});

Deno.test("settingsOf() names everything that it does not have", () => {
  assertEquals(
    needs(ofCommand(`sysctl -q net.ipv4.tcp_ecn=1 net.ipv4.tcp_congestion_control=bbr net.foo.constructor=1 constructor=2 __proto__=3
tc qdisc add dev tun0 root fq; ip route show | grep x; ss -t && tc again
nstat > /dev/null & sleep 1; sysctl -p file; ./other.sh; sysctl net.ipv4.tcp_sack=2; sysctl net.ipv4.tcp_rmem=5`)),
    [
      "the sysctl net.ipv4.tcp_ecn=1",
      "the sysctl net.ipv4.tcp_congestion_control=bbr",
      "the sysctl net.foo.constructor=1",
      "the sysctl constructor=2",
      "the sysctl __proto__=3",
      "the command tc",
      "the command ip route show",
      "the command grep",
      "the command ss",
      "the command nstat",
      "the command sleep",
      "the command sysctl -p",
      "the command other.sh",
      "the sysctl net.ipv4.tcp_sack=2",
      "the sysctl net.ipv4.tcp_rmem=5",
    ],
  );
  assertEquals(needs(ofCommand("echo 1 > /sys/kernel/x; echo '>' /proc/sys/net/ipv4/tcp_ecn")), ["the file /sys/kernel/x"]);
});

Deno.test("settingsOf() reads the options of packetdrill", () => {
  const text = "--local_ip=192.168.0.1 --remote_ip=192.0.2.0/24 --mtu=1400 --tolerance_usecs=75000 --bind_port=80 --connect_port=81 " +
    "--ignore_push --strict_segments --ip_version=ipv4-mapped-ipv6 --ip_version=ipv6 --local_ip=fd3d::1 --debug --verbose --send_omit_free --wire_client " +
    '--so_filename="a b.so" --mtu=1500';
  const { other, needs: none } = ofOptions(text);
  assertEquals(other, {
    ipVersion: "ipv4",
    localAddress: "192.168.0.1",
    remoteAddress: "192.0.2.1",
    mtu: 1500,
    tolerance: 75_000,
    bindPort: 80,
    connectPort: 81,
    strict: true,
    ignorePush: true,
  });
  assertEquals(none, []);
});

Deno.test("settingsOf() takes options that it cannot have for needs", () => {
  assertEquals(
    needs(ofOptions("--foo=1 --ip_version=ipv6 --local_ip=fd3d::1 --remote_ip=1.2.3 --mtu=67 --mtu=x --udp_encaps=sctp --constructor")),
    [
      "IPv6",
      "the option --foo",
      "the option --remote_ip=1.2.3",
      "the option --mtu=67",
      "the option --mtu=x",
      "the option --udp_encaps=sctp",
      "the option --constructor",
    ],
  );
});

Deno.test("settingsOf() says where the first of equal needs stands", () => {
  const script = parseScript("b.pkt", "--foo\n`true`\n`tc a`\n`tc b`\n0 f() = 0");
  const found = "events" in script ? settingsOf(script.setup, script.options).needs : [];
  assertEquals(found.map(({ place, what }) => `${place.file}:${place.line} ${what}`), [
    "b.pkt:1 the option --foo",
    "b.pkt:3 the command tc",
  ]);
});

Deno.test("settingsOf() comes to an end with much of anything", () => {
  for (const piece of ["a", "'", '"', "\\", ">", "&", "|", ";", "\n", "sysctl a=1\n", "> x ", '"\\"', "A=b "]) {
    settingsOf([{ place: PLACE, text: piece.repeat(3e5 / piece.length) }], []);
  }
});

Deno.test("parseOptionWords() reads options in front of all scripts, and refuses other words", () => {
  assertEquals(parseOptionWords('  --a=1 --b --c="two words"  ').map(({ name, value }) => `${name}:${value}`), [
    "a:1",
    "b:",
    "c:two words",
  ]);
  assertEquals(parseOptionWords(""), []);
  assertThrows(() => parseOptionWords("--a b"), TypeError, "PACKETDRILL_OPTIONS: expected an option like --name=value, not 'b'");
});
