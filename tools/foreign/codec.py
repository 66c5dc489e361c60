"""
Headers written and read by scapy, as a second opinion on ours. Each line of the input is a JSON object: "fields", which a packet is to have, by
tshark's names; and "ours", a frame with these fields in hexadecimal. Each line of the output is one: "theirs", the frame that scapy makes of the
fields; "read", the fields that scapy reads in ours; and "again", our frame as scapy would have written it: fields as read, checksums its own.
"""
import json
import random
import sys

from scapy.layers.inet import ICMP, IP, TCP, IPOption_NOP, IPOption_RR
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Padding, Raw, raw

ACK, URG = 0x10, 0x20


def write(fields):
    get = fields.get
    ether = Ether(dst=get("eth.dst"), src=get("eth.src"), type=get("eth.type"))
    if "arp.opcode" in fields:
        sender = {"hwsrc": get("arp.src.hw_mac"), "psrc": get("arp.src.proto_ipv4")}
        return ether / ARP(op=get("arp.opcode"), hwdst=get("arp.dst.hw_mac"), pdst=get("arp.dst.proto_ipv4"), **sender)
    flags = "+".join(name for name, bit in (("DF", get("ip.flags.df")), ("MF", get("ip.flags.mf"))) if bit)
    where = {"tos": get("ip.dsfield"), "id": get("ip.id"), "frag": get("ip.frag_offset") // 8, "ttl": get("ip.ttl")}
    # Ours writes no options; to read over them it must know how.
    options = random.choice(([], [], [IPOption_NOP()], [IPOption_RR(routers=["0.0.0.0"] * random.randint(1, 9))]))
    packet = ether / IP(src=get("ip.src"), dst=get("ip.dst"), proto=get("ip.proto"), flags=flags, options=options, **where)
    if "icmp.type" in fields:
        rest = get("rest")
        ids = {"id": rest >> 16, "seq": rest & 0xFFFF} if get("icmp.type") in (0, 8) else {"nexthopmtu": rest}
        packet /= ICMP(type=get("icmp.type"), code=get("icmp.code"), **ids)
    if "tcp.srcport" in fields:
        numbers = {"seq": get("tcp.seq_raw"), "ack": get("tcp.ack_raw", 0), "window": get("tcp.window_size_value")}
        numbers["urgptr"] = get("tcp.urgent_pointer", 0)
        packet /= TCP(sport=get("tcp.srcport"), dport=get("tcp.dstport"), flags=get("tcp.flags"), options=options_of(get), **numbers)
    return packet / Raw(bytes.fromhex(get("data")))


def options_of(get):
    """In any order, with padding anywhere."""
    options = []
    if get("tcp.options.mss_val") is not None:
        options.append(("MSS", get("tcp.options.mss_val")))
    if get("tcp.options.wscale.shift") is not None:
        options.append(("WScale", get("tcp.options.wscale.shift")))
    if get("tcp.options.sack_perm"):
        options.append(("SAckOK", b""))
    if get("tcp.options.timestamp.tsval") is not None:
        options.append(("Timestamp", (get("tcp.options.timestamp.tsval"), get("tcp.options.timestamp.tsecr", 0))))
    if get("tcp.options.sack"):
        options.append(("SAck", tuple(int(edge) for edge in get("tcp.options.sack").split(" "))))
    options += [("NOP", None)] * random.randint(0, 2)
    random.shuffle(options)
    return options


def read(frame):
    ether = Ether(frame)
    fields = {"eth.dst": ether.dst, "eth.src": ether.src, "eth.type": ether.type}
    if ARP in ether:
        arp = ether[ARP]
        fields |= {"arp.opcode": arp.op, "arp.src.hw_mac": arp.hwsrc, "arp.src.proto_ipv4": arp.psrc}
        return fields | {"arp.dst.hw_mac": arp.hwdst, "arp.dst.proto_ipv4": arp.pdst}
    ip = ether[IP]
    fields |= {"ip.dsfield": ip.tos, "ip.id": ip.id, "ip.flags.df": int(ip.flags.DF), "ip.flags.mf": int(ip.flags.MF)}
    fields |= {"ip.frag_offset": ip.frag * 8, "ip.ttl": ip.ttl, "ip.proto": ip.proto, "ip.src": ip.src, "ip.dst": ip.dst}
    if isinstance(ip.payload, ICMP):
        icmp = ip.payload
        head = raw(icmp)[:8]
        return fields | {"icmp.type": icmp.type, "icmp.code": icmp.code, "rest": int.from_bytes(head[4:8], "big"), "data": payload_of(icmp)}
    if isinstance(ip.payload, TCP):
        return fields | read_tcp(ip.payload)
    return fields | {"data": payload_of(ip)}


def read_tcp(tcp):
    fields = {"tcp.srcport": tcp.sport, "tcp.dstport": tcp.dport, "tcp.seq_raw": tcp.seq, "tcp.flags": int(tcp.flags)}
    fields |= {"tcp.window_size_value": tcp.window, "data": payload_of(tcp)}
    if tcp.flags & ACK:
        fields["tcp.ack_raw"] = tcp.ack
    if tcp.flags & URG:
        fields["tcp.urgent_pointer"] = tcp.urgptr
    for name, value in tcp.options:
        if name == "MSS":
            fields["tcp.options.mss_val"] = value
        elif name == "WScale":
            fields["tcp.options.wscale.shift"] = value
        elif name == "SAckOK":
            fields["tcp.options.sack_perm"] = 1
        elif name == "Timestamp":
            fields["tcp.options.timestamp.tsval"] = value[0]
            if tcp.flags & ACK:
                fields["tcp.options.timestamp.tsecr"] = value[1]
        elif name == "SAck":
            fields["tcp.options.sack"] = " ".join(str(edge) for edge in value)
    return fields


def payload_of(layer):
    """What it carries, without Ethernet's padding behind it."""
    padding = layer.payload[Padding].load if Padding in layer.payload else b""
    return raw(layer.payload)[: len(raw(layer.payload)) - len(padding)].hex()


def again(frame):
    ether = Ether(frame)
    if IP in ether:
        ip = ether[IP]
        del ip.chksum, ip.len, ip.ihl
        if isinstance(ip.payload, (TCP, ICMP)):
            del ip.payload.chksum
        if isinstance(ip.payload, TCP):
            del ip.payload.dataofs
    return raw(ether).hex()


random.seed(1)
for line in sys.stdin:
    order = json.loads(line)
    ours = bytes.fromhex(order["ours"])
    print(json.dumps({"theirs": raw(write(order["fields"])).hex(), "read": read(ours), "again": again(ours)}))
