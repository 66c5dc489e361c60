/** Chapter 12: where the bytes are that write() has taken. */
import { twoHosts } from "../../docs/handbook/two_hosts.ts";
import { connect } from "../../stack/socket/conn.ts";
import { listen } from "../../stack/socket/listener.ts";
import { text } from "../plot/svg.ts";
import { box, picture } from "./drawing.ts";

const BYTES = 8000, ROOM = 4000;
const LEFT = 250, WIDE = 600, TOP = 96, ROW = 60, HEIGHT = 36;

export async function written(): Promise<string> {
  const { client, server, settle, run, show, now } = await twoHosts({ sendBuffer: BYTES, receiveBuffer: ROOM });
  show(false);
  const listener = listen(server, { port: 80 });
  const near = await settle(connect(client, { hostname: "10.44.0.2", port: 80 }));
  const far = await settle(listener.accept());
  const [sender] = client.tcp.connections();
  const shapes: string[] = [];
  let read = 0;
  function look(words: string): void {
    const acked = sender?.info().tcpi_bytes_acked ?? 0;
    const y = TOP + shapes.length * ROW;
    let x = LEFT;
    const part = (bytes: number, fill: "a" | "b" | "c"): string => {
      if (bytes === 0) return "";
      x += bytes / BYTES * WIDE;
      return box(x - bytes / BYTES * WIDE, y, bytes / BYTES * WIDE, HEIGHT, fill, `${bytes}`);
    };
    shapes.push(
      text(LEFT - 16, y + 15, words, "end") + text(LEFT - 16, y + 32, `${now()} ms`, "pale end") + part(read, "c") +
        part(acked - read, "b") + part(BYTES - acked, "a"),
    );
  }
  await run(470);
  const taken = await settle(near.write(new Uint8Array(BYTES)));
  look(`write() returned ${taken}`);
  await run(1000);
  look("a second later");
  read += await settle(far.read(new Uint8Array(3000))) ?? 0;
  await run(100);
  look("the program has read some");
  while (read < BYTES) read += await settle(far.read(new Uint8Array(ROOM))) ?? 0;
  await run(100);
  look("it has read all");
  const bottom = TOP + shapes.length * ROW + 6;
  const legend = (["c", "b", "a"] as const).map((fill, index) =>
    box(LEFT + index * 210, bottom, 16, 16, fill) +
    text(
      LEFT + index * 210 + 24,
      bottom + 13,
      ["their program has it", "their receive buffer has it", "our send buffer has it"][index] ?? "",
      "pale",
    )
  );
  return picture(`Where ${BYTES} bytes are that write() has taken`, bottom + 44, [...shapes, ...legend]);
}
