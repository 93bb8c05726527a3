/** A CSV of mailboxes as the arguments of a SmimeFleet. What reads it is loaded by the first call. */
import { createRequire } from "node:module";
import type { FleetRows, Shard } from "../provider/fleet/csv";

/** `import()` would make every program wait for what it may not need. */
const load = createRequire(__filename);

/**
 * The rows of a CSV, `user,path,password` and optionally `sendAs`, `name`, `passwordFile`; a header is optional. Paths are
 * relative to the CSV's folder and stay below it; a password may be `env:NAME`, so that none need be in the CSV or the state.
 *
 * ```ts
 * new SmimeFleet("domain", { ...readFleet("mailboxes.csv") });
 * ```
 *
 * It hashes the key files and opens none: what is wrong with a row, the preview says, with its line. Throws where the file
 * cannot be read or is no CSV.
 *
 * `{ shard: 2, of: 10 }`: only the second tenth, with all rows of its users, for one of ten stacks.
 */
export function readFleet(csv: string, part?: Shard): FleetRows {
  const { readFleet: read } = load("../provider/fleet/csv") as typeof import("../provider/fleet/csv");
  const { parse } = load("csv-parse/sync") as typeof import("csv-parse/sync");
  return read(csv, parse, part);
}
