/** What Check found in the file of each row, kept as a text with a line a row, in the order of the rows. */
import { line, linesOf, textOf } from "./rows";

export interface Leaf {
  /** SHA-256 of the leaf, upper-case hex. */
  readonly fingerprint: string;
  /** RFC 3339. */
  readonly expiration: string;
}

export const formatLeaves = (leaves: readonly Leaf[]): string =>
  textOf(leaves.map(({ fingerprint, expiration }) => line([fingerprint, expiration])));

/** Undefined where a line says nothing. */
export function parseLeaves(text: string): (Leaf | undefined)[] {
  return linesOf(text).map((each) => {
    const [fingerprint, expiration] = each.split("\t");
    return fingerprint && expiration ? { fingerprint, expiration } : undefined;
  });
}
