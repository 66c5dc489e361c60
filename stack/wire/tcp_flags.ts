/**
 * TCP's control bits, as they lie in the header's 14th byte (RFC 9293 §3.1). A segment carries some of them, added:
 * SYN + ACK is 18. Ask for one with `flags & SYN`. The two bits above these, ECE and CWR, belong to congestion notification (RFC 3168).
 */

/** The sender has no more to send. Takes one sequence number. */
export const FIN = 1;
/** A connection begins: the sequence number is the first. Takes one itself. */
export const SYN = 2;
/** The connection is over, or never was. */
export const RST = 4;
/** What was sent so far is worth handing over. */
export const PSH = 8;
/** The acknowledgment number means something. */
export const ACK = 16;
/** The urgent pointer means something. */
export const URG = 32;
