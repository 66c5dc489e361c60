/** Has the stack measured beside lwIP (lwip.ts), where lwIP can be had. */
import { compileWithLwip, missingLwip } from "../foreign/lwip_program.ts";
import { NoLiveWire } from "../../stack/link/no_live_wire.ts";
import { inNamespace } from "./apart.ts";
import type { LwipResult } from "./lwip.ts";
import type { TcpSize } from "./turns.ts";

/** Figures, or one sentence: it is a program of others', and a benchmark goes on without it. Throws a NoLiveWire. */
export async function measureLwip(size: Pick<TcpSize, "rounds" | "bytes">): Promise<LwipResult | string> {
  const missing = missingLwip();
  if (missing !== undefined) return `${missing} here: Debian has it in liblwip-dev.`;
  const folder = await Deno.makeTempDir({ prefix: "wallsocket-lwip-" });
  try {
    const program = await compileWithLwip("lwip_bulk.c", folder);
    return await inNamespace<LwipResult | string>("lwip.ts", { ...size, program }, [`--allow-run=${program}`]);
  } catch (error) {
    if (error instanceof NoLiveWire) throw error;
    if (error instanceof Deno.errors.NotFound) return "There is no C compiler here: lwIP's program needs cc.";
    return `lwIP could not be measured: ${(error as Error).message.split("\n", 2).join(" ")}.`;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
