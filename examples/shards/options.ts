// The driver's command line.
import { parseArgs } from "node:util";

export interface Options {
  /** Into how many stacks the CSV is divided. */
  readonly shards: number;
  /** How many of them run at a time. */
  readonly parallel: number;
  readonly preview: boolean;
  /** How many rows each stack may remove, with their keys. */
  readonly maxDeletes: number;
  /** Users move between stacks: nothing leaves Gmail. */
  readonly moving: boolean;
  /** Takes away the lock that a killed run left. */
  readonly unlock: boolean;
}

export const USAGE = `npm run shards -- --shards N [--parallel P] [--preview] [--max-deletes M] [--moving] [--unlock]

  --shards N       divide mailboxes.csv into N stacks, shard-1 to shard-N; the same N every time
  --parallel P     of which P at a time (default: 4)
  --preview        change nothing
  --max-deletes M  allow each stack to remove M rows, with their keys (default: 0)
  --moving         N is another one than before: rows go from stack to stack, and nothing leaves Gmail
  --unlock         take away the locks of a run that was killed; only while no other run is under way
`;

const flag = { type: "boolean", default: false } as const;
const number = (preset: string) => ({ type: "string", default: preset }) as const;

/** Throws an Error that says what is wrong. */
export function parseOptions(args: string[]): Options {
  const options = {
    shards: number(""),
    parallel: number("4"),
    preview: flag,
    "max-deletes": number("0"),
    moving: flag,
    unlock: flag,
  };
  const { shards, parallel, "max-deletes": maxDeletes, ...flags } = parseArgs({ args, options }).values;
  return {
    ...flags,
    shards: whole("--shards", shards, 1, 10_000),
    parallel: whole("--parallel", parallel, 1, 64),
    maxDeletes: whole("--max-deletes", maxDeletes, 0, 1_000_000),
  };
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new Error(`${name} takes a whole number from ${String(least)} to ${String(most)}.`);
}
