import { assert } from "@std/assert";
import { FOLDER, PICTURES } from "./pictures.ts";

for (const [name, draw] of Object.entries(PICTURES)) {
  Deno.test(`docs/pictures/${name} is what the code draws`, async () => {
    assert(await Deno.readTextFile(new URL(name, FOLDER)) === await draw(), "deno task pictures draws it anew");
  });
}
