/** Chapter 8: four segments and the tables of lab 07, which say whose they are. */
import reference from "../../solutions/reference.ts";
import { formatIpv4Address, type Ipv4Address, parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { text } from "../plot/svg.ts";
import { arrow, box, picture } from "./drawing.ts";

const CONNECTIONS = ["10.44.0.2:80 10.44.0.1:50788", "10.44.0.2:80 10.44.0.1:50790", "10.44.0.2:22 10.44.0.7:41000"];
const LISTENERS = ["10.44.0.2:80", "0.0.0.0:22"];
/** Local address first. */
const SEGMENTS = [
  "10.44.0.2:80 10.44.0.1:50790",
  "10.44.0.2:80 10.44.0.9:50790",
  "10.44.0.2:22 10.44.0.1:50788",
  "10.44.0.2:81 10.44.0.1:50788",
];
const LEFT = 40, TABLE = 520, TOP = 92, ROW = 46, HEIGHT = 32;

export function demultiplexing(): string {
  const table = reference.accept.createConnectionTable<number, number>();
  for (const [row, name] of CONNECTIONS.entries()) table.add(...pairs(name), row);
  for (const [row, name] of LISTENERS.entries()) table.addListener(...pair(name), CONNECTIONS.length + 1 + row);
  const rows = [...CONNECTIONS.map((name) => name.replace(" ", "  ⇄  ")), "", ...LISTENERS.map((name) => `${name}  ⇄  anybody`)];
  const last = rows.length + 1;
  const y = (row: number): number => TOP + row * ROW;
  const shapes = rows.flatMap((words, row) =>
    words === "" ? [] : [box(TABLE, y(row), 340, HEIGHT, row < CONNECTIONS.length ? "c" : "b", words)]
  );
  shapes.push(
    text(LEFT, TOP - 18, "a segment, from and to", "name"),
    text(TABLE, TOP - 18, "1. connections: all four numbers", "name"),
    text(TABLE, y(CONNECTIONS.length) + 36, "2. listeners: two numbers", "name"),
    box(TABLE, y(last), 340, HEIGHT, "x", "nobody's: a RST to the sender"),
    text(TABLE, y(last) - 12, "3. neither", "name"),
  );
  for (const [index, name] of SEGMENTS.entries()) {
    const [address, port, remoteAddress, remotePort] = pairs(name);
    const row = table.find(address, port, remoteAddress, remotePort) ?? table.findListener(address, port) ?? last;
    const at = TOP + index * 1.5 * ROW;
    const words = `${formatIpv4Address(remoteAddress)}:${remotePort} → ${formatIpv4Address(address)}:${port}`;
    shapes.push(box(LEFT, at, 260, HEIGHT, "a", words), arrow(LEFT + 260, at + HEIGHT / 2, TABLE, y(row) + HEIGHT / 2));
  }
  return picture("Whose is it? What the tables answer", y(last) + HEIGHT + 28, shapes);
}

function pair(words: string): [Ipv4Address, number] {
  const [address = "", port = ""] = words.split(":");
  return [parseIpv4Address(address), Number(port)];
}

function pairs(words: string): [Ipv4Address, number, Ipv4Address, number] {
  const [local = "", remote = ""] = words.split(" ");
  return [...pair(local), ...pair(remote)];
}
