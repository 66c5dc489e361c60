/**
 * The RFCs that this project cites, and the one way to cite them: "RFC 1122 §3.2.2". A number that is not listed here is
 * most likely a slip of the finger; so is a section behind the last one that the document has.
 */
import type { Found } from "./markdown.ts";

/** Title, and the number of the last top-level section: 0 where sections have no numbers. */
const RFCS: Readonly<Record<number, readonly [title: string, sections: number]>> = {
  147: ["The Definition of a Socket", 0],
  768: ["User Datagram Protocol", 0],
  790: ["Assigned Numbers", 0],
  791: ["Internet Protocol", 3],
  792: ["Internet Control Message Protocol", 0],
  793: ["Transmission Control Protocol", 3],
  813: ["Window and Acknowledgement Strategy in TCP", 7],
  815: ["IP Datagram Reassembly Algorithms", 8],
  826: ["An Ethernet Address Resolution Protocol", 0],
  894: ["IP Datagrams over Ethernet Networks", 0],
  903: ["A Reverse Address Resolution Protocol", 0],
  919: ["Broadcasting Internet Datagrams", 8],
  922: ["Broadcasting Internet Datagrams in the Presence of Subnets", 8],
  950: ["Internet Standard Subnetting Procedure", 3],
  1042: ["IP and ARP over IEEE 802 Networks", 0],
  1071: ["Computing the Internet Checksum", 4],
  1112: ["Host Extensions for IP Multicasting", 8],
  1141: ["Incremental Updating of the Internet Checksum", 2],
  1122: ["Requirements for Internet Hosts: Communication Layers", 5],
  1191: ["Path MTU Discovery", 8],
  1256: ["ICMP Router Discovery Messages", 6],
  1337: ["TIME-WAIT Assassination Hazards in TCP", 4],
  1624: ["Computation of the Internet Checksum via Incremental Update", 8],
  1700: ["Assigned Numbers", 0],
  1812: ["Requirements for IP Version 4 Routers", 11],
  1858: ["Security Considerations for IP Fragment Filtering", 6],
  1952: ["GZIP File Format Specification", 11],
  2018: ["TCP Selective Acknowledgment Options", 11],
  2113: ["IP Router Alert Option", 5],
  2390: ["Inverse Address Resolution Protocol", 11],
  2474: ["Definition of the Differentiated Services Field", 10],
  2525: ["Known TCP Implementation Problems", 6],
  2663: ["IP Network Address Translator (NAT) Terminology and Considerations", 11],
  2883: ["An Extension to SACK: Duplicates", 9],
  3021: ["Using 31-Bit Prefixes on IPv4 Point-to-Point Links", 6],
  3022: ["Traditional IP Network Address Translator", 9],
  3042: ["Enhancing TCP's Loss Recovery Using Limited Transmit", 7],
  3128: ["Protection Against a Variant of the Tiny Fragment Attack", 6],
  3168: ["Explicit Congestion Notification", 21],
  3465: ["TCP Congestion Control with Appropriate Byte Counting", 7],
  3522: ["The Eifel Detection Algorithm for TCP", 7],
  3692: ["Assigning Experimental and Testing Numbers", 5],
  3927: ["Dynamic Configuration of IPv4 Link-Local Addresses", 8],
  4015: ["The Eifel Response Algorithm for TCP", 9],
  4180: ["Common Format and MIME Type for CSV Files", 7],
  4787: ["NAT Behavioral Requirements for Unicast UDP", 15],
  4987: ["TCP SYN Flooding Attacks and Common Mitigations", 7],
  4884: ["Extended ICMP to Support Multi-Part Messages", 11],
  4963: ["IPv4 Reassembly Errors at High Data Rates", 9],
  5227: ["IPv4 Address Conflict Detection", 7],
  5382: ["NAT Behavioral Requirements for TCP", 10],
  5482: ["TCP User Timeout Option", 9],
  5508: ["NAT Behavioral Requirements for ICMP", 11],
  5681: ["TCP Congestion Control", 8],
  5722: ["Handling of Overlapping IPv6 Fragments", 7],
  5927: ["ICMP Attacks against TCP", 11],
  5961: ["Improving TCP's Robustness to Blind In-Window Attacks", 12],
  6056: ["Recommendations for Transport-Protocol Port Randomization", 6],
  6093: ["On the Implementation of the TCP Urgent Mechanism", 10],
  6191: ["Reducing the TIME-WAIT State Using TCP Timestamps", 6],
  6274: ["Security Assessment of the Internet Protocol Version 4", 8],
  6298: ["Computing TCP's Retransmission Timer", 8],
  6335: ["Service Name and Port Number Procedures", 14],
  6429: ["TCP Sender Clarification for Persist Condition", 9],
  6528: ["Defending against Sequence Number Attacks", 7],
  6582: ["The NewReno Modification", 10],
  6585: ["Additional HTTP Status Codes", 9],
  6633: ["Deprecation of ICMP Source Quench Messages", 11],
  6675: ["A Conservative Loss Recovery Algorithm Based on SACK", 12],
  6691: ["TCP Options and Maximum Segment Size (MSS)", 7],
  6864: ["Updated Specification of the IPv4 ID Field", 11],
  6890: ["Special-Purpose IP Address Registries", 5],
  6918: ["Formally Deprecating Some ICMPv4 Message Types", 6],
  6928: ["Increasing TCP's Initial Window", 15],
  6937: ["Proportional Rate Reduction for TCP", 11],
  7323: ["TCP Extensions for High Performance", 11],
  7413: ["TCP Fast Open", 9],
  8085: ["UDP Usage Guidelines", 9],
  8985: ["The RACK-TLP Loss Detection Algorithm for TCP", 10],
  9000: ["QUIC: A UDP-Based Multiplexed and Secure Transport", 23],
  9110: ["HTTP Semantics", 19],
  9112: ["HTTP/1.1", 13],
  9113: ["HTTP/2", 12],
  9293: ["Transmission Control Protocol", 7],
  9406: ["HyStart++: Modified Slow Start for TCP", 8],
  9438: ["CUBIC for Fast and Long-Distance Networks", 8],
};

const MISSPELT: readonly (readonly [RegExp, string])[] = [
  [/\bRFC-?\d+/, 'write "RFC 1122", with a space'],
  [/\bRFC \d+,? (?:section|sect?\.|chapter|paragraph) ?[\dA-Z]/i, 'write "RFC 1122 §3.2"'],
  [/\bRFC \d+,? §+ \d/, 'write "RFC 1122 §3.2", without a space behind the §'],
  [/\bRFC \d+, §\d/, 'write "RFC 1122 §3.2", without a comma'],
];

/** What is wrong with the citations in these lines. */
export function citationFaults(lines: readonly Found[]): Found[] {
  const faults: Found[] = [];
  for (const { text, line } of lines) {
    for (const [form, remedy] of MISSPELT) {
      const found = form.exec(text)?.[0];
      if (found !== undefined) faults.push({ line, text: `"${found}": ${remedy}` });
    }
    for (const [, number, section] of text.matchAll(/\bRFC (\d+)(?: §(\d+))?/g)) {
      const known = RFCS[Number(number)];
      if (known === undefined) faults.push({ line, text: `RFC ${number} is not one we know (tools/docs/rfcs.ts)` });
      else if (section !== undefined && Number(section) > known[1]) {
        const last = known[1] === 0 ? "its sections have no numbers" : `its last section is §${known[1]}`;
        faults.push({ line, text: `RFC ${number} "${known[0]}" has no §${section}: ${last}` });
      }
    }
  }
  return faults;
}
