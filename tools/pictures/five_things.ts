/** Chapter 2: the descriptors, sockets and connections that a server really has. */
import { type TcpHost, twoHosts } from "../../docs/handbook/two_hosts.ts";
import { formatSocketAddress, parseSocketAddress, portOf } from "../../stack/socket/address.ts";
import { type AnySocket, createProcess, type Process } from "../../stack/socket/descriptors.ts";
import { text } from "../plot/svg.ts";
import { arrow, box, picture } from "./drawing.ts";

const LEFT = 40, SOCKETS = 250, CONNECTIONS = 560, TOP = 92, ROW = 52, HEIGHT = 34;

export async function fiveThings(): Promise<string> {
  const { web, server } = await served();
  const sockets: AnySocket[] = [];
  const shapes = [
    text(LEFT, TOP - 22, "descriptor", "name"),
    text(SOCKETS, TOP - 22, "socket", "name"),
    text(CONNECTIONS, TOP - 22, "connection", "name"),
  ];
  const shown = [...web.sockets()];
  for (const [row, [descriptor, socket]] of shown.entries()) {
    if (!sockets.includes(socket)) sockets.push(socket);
    const [y, at] = [TOP + row * ROW, TOP + sockets.indexOf(socket) * ROW];
    shapes.push(box(LEFT, y, 90, HEIGHT, "a", `${descriptor}`), arrow(LEFT + 90, y + HEIGHT / 2, SOCKETS, at + HEIGHT / 2));
  }
  const connections = server.tcp.connections();
  for (const [row, socket] of sockets.entries()) {
    const y = TOP + row * ROW;
    const { localAddress, role } = socket as typeof socket & { readonly role: string };
    shapes.push(box(SOCKETS, y, 210, HEIGHT, "b", `${role === "fresh" ? "new" : role}, ${formatSocketAddress(localAddress)}`));
    const own = connections.findIndex((connection) => "connection" in socket && socket.connection === connection);
    if (own >= 0) shapes.push(arrow(SOCKETS + 210, y + HEIGHT / 2, CONNECTIONS, TOP + (own + 1) * ROW + HEIGHT / 2));
  }
  for (const [row, { tcb }] of connections.entries()) {
    const name = [
      formatSocketAddress({ ip: tcb.localAddress, port: portOf(tcb.localPort) }),
      formatSocketAddress({ ip: tcb.remoteAddress, port: portOf(tcb.remotePort) }),
    ];
    shapes.push(box(CONNECTIONS, TOP + (row + 1) * ROW, 290, HEIGHT, "c", name.join(" ⇄ ")));
  }
  const bottom = TOP + Math.max(shown.length, connections.length + 1) * ROW + 10;
  const { localPort } = connections[0]?.tcb ?? { localPort: 0 };
  shapes.push(
    text(
      LEFT,
      bottom + 8,
      `Two descriptors, one socket. A socket without a connection. A connection that nobody has accepted, without a socket.`,
      "pale",
    ),
  );
  shapes.push(
    text(
      LEFT,
      bottom + 28,
      `10.44.0.2:${localPort} is an address, and ${localPort} a port: the same for two of the sockets, and for both connections.`,
      "pale",
    ),
  );
  return picture("Five things called a socket: what one server has", bottom + 48, shapes);
}

/** A server with a listening socket, one accepted connection under two descriptors, one that waits, and a socket that is new. */
async function served(): Promise<{ web: Process; server: TcpHost }> {
  const { client, server, settle, run, show } = await twoHosts();
  show(false);
  const [web, browser] = [createProcess(server, { name: "web", privileged: true }), createProcess(client)];
  const address = parseSocketAddress("10.44.0.2:80");
  const door = web.socket("inet", "stream");
  web.bind(door, address);
  web.listen(door, 5);
  for (let i = 0; i < 2; i++) await settle(browser.connect(browser.socket("inet", "stream"), address));
  await run(50);
  const first = await web.accept(door);
  web.dup(first);
  web.socket("inet", "stream");
  return { web, server };
}
