/** Inputs of a fleet as the provider writes them: its rows, and what Check found in their files. */
import { formatLeaves } from "../provider/fleet/leaves";
import { formatRows } from "../provider/fleet/rows";

interface FleetRow {
  readonly user: string;
  readonly sendAs: string;
  readonly name: string;
  readonly expiration: string;
}

/** As the provider's Check makes them; of these names, the writer's order is the order of the addresses. */
export function textsOf(rows: readonly FleetRow[]): { rows: string; leaves: string } {
  const lines = rows.map((row) => ({ ...row, path: "a.p12", password: "", hash: "x" }));
  return {
    rows: formatRows(lines),
    leaves: formatLeaves(rows.map(({ expiration }) => ({ fingerprint: "AB", expiration }))),
  };
}
