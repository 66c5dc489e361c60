import { assertEquals } from "@std/assert";
import { fileOf, findLab, finished, handoutAnchor, labOf, labs } from "./manifest.ts";

Deno.test("labs are numbered from 1, and their folders begin with the number", () => {
  assertEquals(labs.map((lab) => lab.number), labs.map((_, i) => i + 1));
  assertEquals(labs.map((lab) => Number.parseInt(lab.folder)), labs.map((lab) => lab.number));
});

Deno.test("labs have all their files, in labs/ and in solutions/", async () => {
  const missing: string[] = [];
  for (const { folder, files } of finished) {
    const paths = [
      ...["README.md", "mod.ts", "suite.ts", ...files].map((name) => `labs/${folder}/${name}`),
      ...["mod.ts", "hidden.ts", ...files].map((name) => `solutions/${folder}/${name}`),
    ];
    for (const path of paths) await Deno.stat(new URL(`../${path}`, import.meta.url)).catch(() => missing.push(path));
  }
  assertEquals(missing, []);
});

Deno.test("labs export the functions that they list, from the files that they name", async () => {
  for (const { folder, functions } of finished) {
    for (const [name, file] of Object.entries(functions)) {
      const module = await import(`./${folder}/${file}`);
      assertEquals(typeof module[name], "function", `${folder}/${file} exports ${name}`);
    }
  }
});

Deno.test("fileOf() and handoutAnchor() find functions and methods of what factories return", () => {
  const ip = labOf("ip");
  assertEquals(findLab(3), ip);
  assertEquals(fileOf(ip, "internetChecksum"), "labs/03-ip/checksum.ts");
  assertEquals(fileOf(ip, "createRoutes.lookup"), "labs/03-ip/routes.ts");
  assertEquals(fileOf(ip, "toString"), undefined);
  assertEquals(handoutAnchor(ip, "createRoutes.lookup"), "labs/03-ip/README.md#createroutes");
});
