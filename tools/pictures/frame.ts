/** Chapter 3: the frame of eleven bytes of text, layer by layer. */
import { dissect } from "../../stack/wire/dissect.ts";
import { text } from "../plot/svg.ts";
import { box, type Fill, picture } from "./drawing.ts";

/** The frame that chapter 1 opens. */
const FRAME = "0200000000020200000000010800" + "4500003f59e940004006cc750a2c00010a2c0002" +
  "c5720050fa859f9acf8046f68018003fb9b500000101080ab504e02ca22dc8bf" + "68656c6c6f2c2077616c6c";
const LEFT = 150, SCALE = 8.6, TOP = 72, ROW = 58, HEIGHT = 36;
const FILLS: Readonly<Record<string, Fill>> = { Ethernet: "x", IPv4: "b", TCP: "a", data: "c" };

export function frame(): string {
  const bytes = Uint8Array.from(FRAME.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  const layers = dissect(bytes, "ethernet");
  const shapes = layers.toReversed().flatMap((first, row) => {
    const y = TOP + row * ROW;
    const parts = layers.slice(layers.indexOf(first)).map(({ name, offset, length }) =>
      box(LEFT + offset * SCALE, y, length * SCALE, HEIGHT, FILLS[name] ?? "n", `${name} ${length}`)
    );
    return [text(LEFT - 20, y + 23, `${bytes.length - first.offset} bytes`, "end"), ...parts];
  });
  const bottom = TOP + layers.length * ROW;
  return picture("The frame that grows at the front: hello, wall", bottom + 24, [
    ...shapes,
    text(LEFT, bottom + 4, "Downwards each layer puts its header in front. Its inside is not looked at, and does not move.", "pale"),
  ]);
}
