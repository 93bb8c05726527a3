/**
 * A CSV of mailboxes as what SmimeFleet takes. Nothing is sent, and no key file is opened: their bytes are hashed.
 *
 * ```yaml
 * variables:
 *   fleet:
 *     fn::invoke: { function: google-workspace-mail:readFleet, arguments: { csv: mailboxes.csv } }
 * ```
 */
import type { Args, Field, Result } from "../fields";
import { loadParse, MOST_SHARDS, readFleet as read } from "../fleet/csv";
import type { DataFunction } from "../invoke";
import { smimeFleet } from "../resources/smimeFleet";
import type { Services } from "../resources/services";

const { rows, csv, passwords } = smimeFleet.fields;

const args = {
  csv: {
    type: "string",
    input: "required",
    description:
      "A CSV of user,path,password and optionally sendAs, name, passwordFile; a header is optional. Paths are relative to its folder.",
  },
  shard: {
    type: "number",
    input: "optional",
    minimum: 1,
    maximum: MOST_SHARDS,
    description: "Of a CSV for several stacks, which part: from 1 to `of`. All rows of a user are in one part.",
  },
  of: {
    type: "number",
    input: "optional",
    minimum: 1,
    maximum: MOST_SHARDS,
    description: "With `shard`: into how many parts the CSV is divided.",
  },
} as const satisfies Record<string, Field>;

/** JSON of the passwords where none stand in the CSV. */
const NONE = "{}";

const result = {
  csv: { type: csv.type, output: true, always: true, description: csv.description },
  rows: { type: rows.type, output: true, always: true, description: rows.description },
  // always, so that a program in any language passes on what it got: an object without any where rows need none
  passwords: { type: passwords.type, output: true, always: true, secret: true, description: passwords.description },
} as const satisfies Record<string, Field>;

type A = typeof args;
type R = typeof result;

export const readFleet: DataFunction<A, R, Services> = {
  token: "readFleet",
  description: "The rows of a CSV of mailboxes, as SmimeFleet takes them. Nothing is sent, and no key file is opened.",
  args,
  result,
  check: ({ shard, of }) => {
    if ((shard === undefined) === (of === undefined)) return [];
    const field = shard === undefined ? "shard" : "of";
    return [{ field, reason: "shard and of belong together. Write both, or neither for the whole CSV." }];
  },
  call: async ({ csv, shard, of }: Args<A>): Promise<Result<R>> => {
    const part = shard === undefined || of === undefined ? undefined : { shard, of };
    return { passwords: NONE, ...read(csv, await loadParse(), part) };
  },
  // or no preview in YAML could show which rows come and go
  isPublic: ({ passwords }) => passwords === NONE,
};
