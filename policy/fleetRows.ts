/**
 * The rows of a SmimeFleet. Its `rows` and `leaves` are texts with a line each and tabs between the parts, so they are taken
 * apart here: a pack is a package of its own and must not need the provider's code, whose version the program chooses.
 */
import type { Values } from "./values";

export interface FleetRow {
  readonly user: string;
  readonly sendAs: string;
  /** RFC 3339; empty where the row's file was not read. */
  readonly expiration: string;
}

/** None while the rows are not known. */
export function fleetRows({ rows, leaves }: Values): FleetRow[] {
  const facts = linesOf(leaves);
  return linesOf(rows).map((line, index) => {
    const [user = "", sendAs = ""] = line.split("\t");
    const [, expiration = ""] = facts[index]?.split("\t") ?? [];
    return { user, sendAs: sendAs === "" ? user : sendAs, expiration };
  });
}

const linesOf = (text: unknown): string[] =>
  typeof text === "string" && text !== "" ? text.replace(/\n$/, "").split("\n") : [];

/** `sales@example.com (mailbox alice@example.com)` */
export const describeAddress = ({ user, sendAs }: Pick<FleetRow, "user" | "sendAs">): string =>
  sendAs === user ? user : `${sendAs} (mailbox ${user})`;
