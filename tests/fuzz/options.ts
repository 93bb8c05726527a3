/** The command line of `npm run fuzz`. */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";

export const USAGE = "Usage: npm run fuzz -- [--runs N] [--seed S] [--target NAME] [--path P], N being 1 or more";

export interface Options {
  /** Cases of each target. */
  readonly runs: number;
  readonly seed: number;
  readonly target?: string;
  readonly path?: string;
}

/** Throws {@link USAGE}. */
export function readOptions(args: readonly string[]): Options {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ args: [...args], options: { runs: text, seed: text, target: text, path: text } });
  const { runs, seed, ...rest } = values;
  return { runs: count(runs, 1, 1000), seed: count(seed, 0, randomInt(2 ** 31)), ...rest };
}

function count(text: string | undefined, least: number, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(USAGE);
}
