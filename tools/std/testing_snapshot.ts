/** `@std/testing/snapshot` as it comes from npm (the last version there that has it): golden files beside a test, renewed with `-- --update`. */
import * as std from "npm:deno-std@1.3.0/testing/snapshot.js";

/** What a snapshot may be told: its name and where the file lies. */
export interface SnapshotOptions {
  name?: string;
  path?: string;
  dir?: string;
  serializer?: (actual: unknown) => string;
}

export const assertSnapshot: (context: Deno.TestContext, actual: unknown, options?: SnapshotOptions) => Promise<void> = std
  .assertSnapshot as never;
