/** Lab 01 as one record. What the contract asks for and no file exports is an error here that names it. */
import type { FramingModule } from "../../stack/contract/framing.ts";
import * as framing from "./framing.ts";

export default { ...framing } satisfies FramingModule;
