/** What the last update knew of each row. */
import type { FleetInputs } from "./judge";
import { parseLeaves, type Leaf } from "./leaves";
import { parseRows, rowKey, type Row } from "./rows";

export type KnownRows = ReadonlyMap<string, { readonly row: Row; readonly leaf: Leaf | undefined }>;

/** By the key of the row. */
export function knownRows({ rows, leaves }: FleetInputs): KnownRows {
  if (typeof rows !== "string") return new Map();
  const facts = typeof leaves === "string" ? parseLeaves(leaves) : [];
  return new Map(parseRows(rows).rows.map((row, index) => [rowKey(row), { row, leaf: facts[index] }]));
}
