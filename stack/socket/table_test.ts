import { assertEquals } from "@std/assert";
import { twoHosts } from "../../tools/testing/two_hosts.ts";
import { parseSocketAddress as at } from "./address.ts";
import { createProcess } from "./descriptors.ts";
import { formatSocketTable, socketTable } from "./table.ts";

Deno.test("socketTable() shows sockets without connections, and connections without sockets", async () => {
  const { a, b, settle, pass, cut } = twoHosts();
  const server = createProcess(b, { name: "server", privileged: true });
  const client = createProcess(a, { name: "client" });
  if (a.tcp === undefined || b.tcp === undefined) throw new Error("the hosts have no TCP");
  const [ta, tb] = [a.tcp, b.tcp];
  const seen = (): string[] =>
    formatSocketTable(socketTable(tb, [server])).slice(1).map((line) => line.replaceAll(/:(49|[56]\d)\d{3}\b/g, ":port"));

  const listener = server.socket("inet", "stream");
  assertEquals(seen(), ["UNCONN          0      0  0.0.0.0:0           *                   server:3"]);
  server.bind(listener, at("0.0.0.0:80"));
  server.dup(listener);
  server.listen(listener, 5);
  const near = client.socket("inet", "stream");
  await settle(client.connect(near, at("10.44.0.2:80")));
  await client.write(near, new Uint8Array(5));
  await pass();
  assertEquals(seen(), [
    "LISTEN          1      5  0.0.0.0:80          *                   server:3,4",
    "ESTAB           5      0  10.44.0.2:80        10.44.0.1:port     -",
  ]);
  const far = await server.accept(listener);
  cut(true);
  await server.write(far, new Uint8Array(9));
  await pass();
  assertEquals(seen(), [
    "LISTEN          0      5  0.0.0.0:80          *                   server:3,4",
    "ESTAB           5      9  10.44.0.2:80        10.44.0.1:port     server:5",
  ]);
  cut(false);
  await pass(2000);
  await server.read(far, new Uint8Array(5));
  await server.exit();
  assertEquals(seen(), ["FIN-WAIT-1      0      0  10.44.0.2:80        10.44.0.1:port     -"]);
  await pass();
  assertEquals(socketTable(ta, [client]).map(({ state, receiveQueue, openAs }) => [state, receiveQueue, openAs]), [["CLOSE-WAIT", 9, [
    "client:3",
  ]]]);
});
