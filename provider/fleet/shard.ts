/** A part of a CSV that is too long for one stack. Which part a user is in depends on its address alone, for ever. */
import { createHash } from "node:crypto";
import { MailKeyError } from "../mailKeyError";

export interface Shard {
  /** From 1 to `of`. */
  readonly shard: number;
  /** Into how many parts the CSV is divided. */
  readonly of: number;
}

/** More stacks than that are no help to anybody. */
export const MOST_SHARDS = 10_000;

/** Whether rows of a user are in the shard: all of them, or none. Throws {@link MailKeyError} where there is no such shard. */
export function inShard({ shard, of }: Shard): (user: string) => boolean {
  const isShard = Number.isInteger(shard) && Number.isInteger(of) && shard >= 1 && shard <= of && of <= MOST_SHARDS;
  if (isShard) return (user) => shardOf(user, of) === shard;
  const rule = `Write whole numbers: shard from 1 to of, and of up to ${String(MOST_SHARDS)}.`;
  throw new MailKeyError(`readFleet: there is no shard ${String(shard)} of ${String(of)}. ${rule}`);
}

/** SHA-256, for it is the same everywhere and spreads evenly; 48 bits of it are a number that JavaScript has exactly. */
function shardOf(user: string, of: number): number {
  const digest = createHash("sha256").update(user.toLowerCase()).digest();
  return (digest.readUIntBE(0, 6) % of) + 1;
}
