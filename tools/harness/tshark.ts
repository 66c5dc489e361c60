/**
 * Asks tshark what it makes of a capture: the second opinion on everything that we write and read. Only for tests and
 * checks of our own tree, where tshark is installed (`missingProgram("tshark")` in `tools/test_when.ts`).
 */

/** tshark verifies every checksum that it can. */
const VERIFY = ["ip.check_checksum", "udp.check_checksum", "tcp.check_checksum", "eth.check_fcs"].flatMap((name) => ["-o", `${name}:TRUE`]);

/** The fields of every packet, one row per packet; a field that it does not have is "", one that it has twice is joined by ",". */
export async function tsharkFields(path: string, fields: readonly string[], options: readonly string[] = []): Promise<string[][]> {
  const { success, stdout, stderr } = await new Deno.Command("tshark", {
    args: ["-r", path, ...VERIFY, ...options, "-T", "fields", ...fields.flatMap((field) => ["-e", field])],
    stdin: "null",
  }).output();
  if (!success) throw new Error(`tshark does not read ${path}: ${new TextDecoder().decode(stderr).trim()}`);
  const lines = new TextDecoder().decode(stdout).split("\n").slice(0, -1);
  return lines.map((line) => line.split("\t"));
}

/**
 * Of a conversation tshark notes with the same severity what is legal: that somebody reset it, or reported a duplicate (RFC 2883). And it looks
 * for gaps and repetitions, which a capture of one side's packets is full of.
 */
const LEGAL = /^((Connection reset \(RST\)|D-SACK Sequence)(,|$))+/;

/** What tshark complains of in a capture, with severity "warning" or above: "3: Bad checksum [should be 0x1234]". */
export async function tsharkComplaints(path: string): Promise<string[]> {
  const severe = ["-Y", "_ws.expert.severity >= 0x600000 || _ws.malformed"];
  // Random bytes are no X11 and no DNS, whatever the port.
  const packetsOnly = [
    "-o",
    "ip.defragment:TRUE",
    "-o",
    "tcp.analyze_sequence_numbers:FALSE",
    "-d",
    "tcp.port==1-65535,data",
    "-d",
    "udp.port==0-65535,data",
  ];
  const rows = await tsharkFields(path, ["frame.number", "_ws.expert.message", "_ws.malformed"], [...severe, ...packetsOnly]);
  return rows.flatMap(([number, message = "", malformed]) => {
    const complaint = message.replace(LEGAL, "");
    return complaint === "" && message !== "" && malformed === "" ? [] : [`${number}: ${complaint || "malformed"}`];
  });
}
