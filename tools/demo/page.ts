/** The page that the stack serves in the demo. It is longer than one segment, so that it travels in several. */

const LAYERS = [
  ["Ethernet", "01 framing, 02 arp", "a frame from one card to the next"],
  ["IPv4", "03 ip", "a packet from host to host, or not"],
  ["TCP", "04 handshake, 05 states, 06 buffers, 07 accept", "a stream of bytes, both ways, in order"],
  ["HTTP", "Node's own server", "a question, and an answer"],
] as const;

const rows = LAYERS.map(([layer, labs, does]) => `    <tr><th>${layer}</th><td>${labs}</td><td>${does}</td></tr>`).join("\n");

/** HTML, ASCII only. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>From the inside of a wall socket</title>
  <style>
    body { font: 1.1rem/1.6 Georgia, serif; max-width: 38rem; margin: 3rem auto; padding: 0 1rem; color: #222; }
    h1 { font-size: 1.6rem; }
    th { text-align: left; padding-right: 1rem; }
    td { padding-right: 1rem; }
  </style>
</head>
<body>
  <h1>You plug in, and do not care how the wires run inside the wall</h1>
  <p>
    This page came out of a TCP/IP stack that is written in TypeScript. No kernel has sent it: the segments that
    carried it here were cut, numbered, sent, timed and, had one been lost, sent again by code that you can read
    in an afternoon, and write in a term.
  </p>
  <table>
${rows}
  </table>
  <p>
    To see how, open the terminal that this page was fetched from. There the whole conversation is written down: three
    segments to agree on where to begin, one with a question, some with the answer, and a few to part in good order,
    since either side has to say for itself that it has finished. Each of them was a packet, each packet a frame, and
    every byte of every header is explained in the capture that lies beside it.
  </p>
  <p>
    Then take one layer out and write it yourself. The kit puts your layer back into its place, between the others, and
    the kernel of your own machine, which knows nothing of this, tells you whether you got it right. When all seven are
    yours, so is this page: not one line of anybody else's will have touched it between the wire and the server.
  </p>
  <p>
    Your end of the connection was an ordinary kernel. The two have never met before, and agreed on everything
    by way of a few documents: RFC 894, RFC 826, RFC 791 and RFC 9293.
  </p>
</body>
</html>
`;
