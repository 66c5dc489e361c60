"""
Packets as no honest stack sends them, made by scapy: each of a list of old attacks (when SEED is 0), and then as many as are wanted of what
fuzz() makes of good ones, whole and damaged. Between them a connection of the kernel's to port 7 stays open, and packets are aimed at it, too.

    python3 malformed.py DEVICE COUNT SEED

Prints how many were sent, and what the connection carried afterwards. The status is 1 when it carried nothing.
"""
import random
import socket
import struct
import sys

from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption, fragment
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Raw, fuzz, raw
from scapy.volatile import RandIP, RandMAC, RandString, RandNum

KERNEL, STACK = "10.44.0.1", "10.44.0.2"
KERNEL_MAC, STACK_MAC, EVERYBODY = "02:00:00:00:00:01", "02:00:00:00:00:02", "ff:ff:ff:ff:ff:ff"


def ether(**fields):
    return Ether(src=KERNEL_MAC, dst=STACK_MAC, **fields)


def to_stack(**fields):
    return ether() / IP(**{"src": KERNEL, "dst": STACK, **fields})


def tcp(flags, **fields):
    return to_stack() / TCP(**{"sport": 1024, "dport": 80, "flags": flags, **fields})


def exact():
    """Attacks that stacks have died of, and what breaks a rule of the RFCs in just one place."""
    data = Raw(bytes(range(64)))
    yield to_stack(src=STACK) / TCP(sport=80, dport=80, flags="S")  # "land": to itself
    yield to_stack(src="127.0.0.1") / ICMP()
    yield to_stack(src="255.255.255.255") / ICMP()
    yield to_stack(src="224.0.0.1") / ICMP()
    yield to_stack(src="0.0.0.0") / ICMP()
    yield ether() / IP(src="10.44.0.255", dst=STACK) / ICMP()  # "smurf": the answer would be for everybody
    yield Ether(src=KERNEL_MAC, dst=EVERYBODY) / IP(src=KERNEL, dst="10.44.0.255") / ICMP()
    yield Ether(src="03:00:00:00:00:01", dst=STACK_MAC) / IP(src=KERNEL, dst=STACK) / ICMP()  # sent by a group
    for version in (0, 5, 6, 15):
        yield to_stack(version=version) / ICMP() / data
    for ihl in (0, 1, 4, 15):
        yield to_stack(ihl=ihl) / ICMP()
    for length in (0, 19, 20, 27, 85, 1500, 65535):
        yield to_stack(len=length) / ICMP() / data
    yield to_stack(chksum=0x1234) / ICMP()
    yield to_stack(ttl=0) / ICMP()
    for proto in (0, 2, 4, 41, 47, 50, 51, 132, 255):
        yield to_stack(proto=proto) / data
    for option in (b"\x07\x03\x04", b"\x83\x07\x04\x0a\x2c\x00\x01", b"\x83\x03\x01", b"\x44\x00", b"\x44\x01", b"\x88\xff", b"\xff\x02"):
        yield to_stack(options=[IPOption(option)]) / ICMP()
    # Fragments: beyond byte 65535 ("ping of death"), one inside another ("teardrop"), empty, overlapping, no first, no last.
    yield to_stack(flags="MF", frag=8189, id=1) / Raw(bytes(64))
    yield to_stack(frag=8191, id=2) / Raw(bytes(1400))
    yield to_stack(flags="MF", id=3, proto=17) / Raw(bytes(64))
    yield to_stack(frag=3, id=3, proto=17) / Raw(bytes(8))
    yield to_stack(flags="MF", id=4, proto=6) / Raw(bytes(8))  # 8 bytes of TCP, and then other ones in their place
    yield to_stack(flags="MF", frag=0, id=4, proto=6) / Raw(bytes(24))
    yield to_stack(frag=1, id=4, proto=6) / Raw(b"\xff" * 32)
    yield to_stack(flags="MF", id=5) / Raw(b"")
    yield to_stack(flags="MF", id=6) / Raw(bytes(13))
    yield to_stack(flags="MF+DF+evil", frag=100, id=7) / Raw(bytes(64))
    yield from fragment(to_stack(id=8) / ICMP() / Raw(bytes(65507)), 1400)  # legal, and as long as can be
    # ICMP: cut off, wrong, and errors about what was never sent.
    for cut in range(0, 8):
        yield to_stack(proto=1) / Raw(bytes([8, 0, 0xF7, 0xFF, 0, 0, 0, 0])[:cut])
    yield to_stack() / ICMP(chksum=1)
    for kind in (3, 4, 5, 11, 12):
        for quoted in (b"", b"\x45", raw(IP(src=STACK, dst=KERNEL) / TCP())[:24], raw(IP(src=STACK, dst=KERNEL, ihl=15) / TCP())):
            for code in (0, 3, 4, 255):
                yield to_stack() / ICMP(type=kind, code=code) / Raw(quoted)
    # TCP: every combination of flags, header lengths and options that are none.
    for flags in range(256):
        yield tcp(flags) / Raw(b"x" * (flags % 3))
    for offset in (0, 1, 4, 6, 15):
        yield tcp("S", dataofs=offset)
    for length in range(0, 20):
        yield to_stack(proto=6) / Raw(raw(TCP(dport=80, flags="S"))[:length])
    yield tcp("S", chksum=0x4321)
    yield tcp("S", sport=0)
    yield tcp("S", dport=0)
    yield tcp("SU", urgptr=65535) / data
    for option in (b"\x02\x00", b"\x02\x01", b"\x02\x03\x05", b"\x02\xff", b"\x03\x03\xff", b"\x05\x22" + bytes(2), b"\x08\x0a", b"\xfe\x02", b"\x00" * 40):
        header = bytearray(raw(TCP(dport=80, flags="S", dataofs=5 + (len(option) + 3) // 4))[:20] + option.ljust((len(option) + 3) // 4 * 4, b"\x00"))
        yield to_stack(proto=6) / Raw(bytes(header))
    # UDP, and what is below IP.
    for length in (0, 7, 8, 9, 65535):
        yield to_stack() / UDP(dport=9, len=length) / data
    for kind in (0, 1, 46, 1500, 1501, 1535, 0x86DD, 0xFFFF):
        yield ether(type=kind) / data
    for fields in ({"hwtype": 0}, {"ptype": 0}, {"hwlen": 0}, {"plen": 255}, {"op": 0}, {"op": 65535}, {"hwsrc": EVERYBODY}, {"psrc": STACK}):
        yield Ether(src=KERNEL_MAC, dst=EVERYBODY) / ARP(**{"op": 1, "hwsrc": KERNEL_MAC, "psrc": "10.44.0.9", "pdst": STACK, **fields})
    yield Ether(src=KERNEL_MAC, dst=EVERYBODY, type=0x0806) / Raw(bytes(27))


def templates(port):
    """What fuzz() draws from: all fields that are not given are random, anew each time that such a packet is written."""
    good = {"src": KERNEL, "dst": STACK, "version": 4, "ihl": 5}
    whole = {**good, "frag": 0, "flags": 0}
    text = Raw(RandString(RandNum(0, 40)))
    asked = {"hwtype": 1, "ptype": 0x0800, "hwlen": 6, "plen": 4, "op": RandNum(0, 3)}
    return [
        ether() / fuzz(IP(src=KERNEL, dst=STACK) / TCP()),
        ether() / fuzz(IP(**good) / ICMP()),
        ether() / fuzz(IP(**good)) / Raw(RandString(RandNum(0, 200))),
        ether() / fuzz(IP(**whole) / UDP()) / text,
        ether() / IP(**good) / fuzz(TCP(dport=80)) / text,
        ether() / IP(**good) / fuzz(TCP(sport=port, dport=7)),
        ether() / IP(**good) / fuzz(TCP(sport=port, dport=7, flags="PA", dataofs=None)) / text,
        ether() / fuzz(IP(**whole) / TCP(sport=port, dport=7)) / text,
        ether() / IP(**{**good, "src": RandIP("10.44.0.0/24")}) / fuzz(TCP(dport=80, flags="S", dataofs=None)),
        ether() / IP(**{**good, "src": RandIP()}) / fuzz(TCP(dport=7)),
        ether() / IP(**good) / fuzz(ICMP()) / IP(src=STACK, dst=KERNEL) / fuzz(TCP(sport=7, dport=port)),
        Ether(src=KERNEL_MAC, dst=EVERYBODY) / fuzz(ARP(hwsrc=RandMAC("02:*:*:*:*:*"), psrc=RandIP("10.44.0.128/25"), **asked)),
        fuzz(Ether(dst=STACK_MAC)) / Raw(RandString(RandNum(0, 80))),
    ]


def total(data, start=0):
    """The Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\x00"
    start += sum(struct.unpack(f">{len(data) // 2}H", data))
    while start > 0xFFFF:
        start = (start & 0xFFFF) + (start >> 16)
    return 0xFFFF - start


def put_right(frame):
    """Repairs the checksums, as far as the frame still has places for them: or all that is damaged would be dropped for that."""
    if len(frame) < 34 or frame[12:14] != b"\x08\x00":
        return frame
    header = (frame[14] & 15) * 4
    if header < 20 or 14 + header > len(frame):
        return frame
    frame[24:26] = bytes(2)
    frame[24:26] = struct.pack(">H", total(bytes(frame[14 : 14 + header])))
    payload, protocol = frame[14 + header :], frame[23]
    payload = payload[: max(0, struct.unpack(">H", frame[16:18])[0] - header)]
    at = {1: 2, 6: 16}.get(protocol)
    if at is None or len(payload) < at + 2:
        return frame
    payload[at : at + 2] = bytes(2)
    pseudo = bytes(frame[26:34]) + struct.pack(">HH", protocol, len(payload)) if protocol == 6 else b""
    frame[14 + header + at : 14 + header + at + 2] = struct.pack(">H", total(pseudo + bytes(payload)))
    return frame


def damaged(packet):
    """Three ways to damage a packet."""
    flipped = bytearray(packet)
    for _ in range(random.randint(1, 3)):
        flipped[random.randrange(min(14, len(flipped) - 1), min(len(flipped), 80))] = random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))
    yield put_right(flipped)
    cut = bytearray(packet[: random.randint(14, len(packet))])
    yield put_right(cut)
    longer = bytearray(packet + random.randbytes(random.randint(1, 64)))
    if len(longer) > 18:
        longer[16:18] = struct.pack(">H", (len(longer) - 14 + random.choice((0, 0, -1, 1))) & 0xFFFF)
    yield put_right(longer)


def main(device, count, seed):
    random.seed(seed)
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    wire.bind((device, 0x0800))
    bare = device.startswith("tun")
    sent = 0

    def send(frame):
        nonlocal sent
        if bare:
            if bytes(frame[12:14]) != b"\x08\x00" or len(frame) < 15:
                return
            frame = frame[14:]
        elif len(frame) < 15:
            return
        try:
            wire.send(bytes(frame[: 1500 if bare else 1514]))
            sent += 1
        except OSError:
            pass  # a device may refuse what is no packet

    open_meanwhile = socket.create_connection((STACK, 7), timeout=5)
    port = open_meanwhile.getsockname()[1]
    # Who is asked, and by whom: what ARP was made to believe is put right now and then.
    here = raw(Ether(src=KERNEL_MAC, dst=STACK_MAC) / ARP(op=2, hwsrc=KERNEL_MAC, psrc=KERNEL, hwdst=STACK_MAC, pdst=STACK))
    for packet in exact() if seed == 0 else ():
        send(raw(packet))
    makers = templates(port)
    turn = 0
    while sent < count:
        packet = raw(makers[turn % len(makers)])
        send(packet)
        for frame in damaged(packet):
            send(frame)
        turn += 1
        if turn % 100 == 0:
            send(here)
    send(here)
    open_meanwhile.sendall(b"still here\n")
    open_meanwhile.shutdown(socket.SHUT_WR)
    heard = b""
    while chunk := open_meanwhile.recv(4096):
        heard += chunk
    print(f"sent {sent}, heard {heard.decode()!r}")
    return 0 if heard == b"still here\n11 bytes\n" else 1


sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
