/** Lab 07 as one record. What the contract asks for and no file exports is an error here that names it. */
import type { AcceptModule } from "../../stack/contract/accept.ts";
import * as ports from "./ports.ts";
import * as queue from "./queue.ts";
import * as table from "./table.ts";

export default { ...ports, ...queue, ...table } satisfies AcceptModule;
