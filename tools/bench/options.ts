/** The command line of `npm run bench`. */
import { parseArgs } from "node:util";

export const USAGE =
  "usage: npm run bench -- [--sizes 100,500,2000] [--fleet 10000] [--json FILE]\n" +
  "  --sizes  how many resources a stack has, several numbers from 2 to 20000 with commas between them\n" +
  "  --fleet  how many mailboxes the fleet has, from 1 to 100000\n" +
  "  --json   where the figures go, besides docs/benchmark.md and docs/benchmark.svg";

export interface Options {
  /** Resources of a stack, from small to large, each once. */
  readonly sizes: readonly number[];
  /** Mailboxes. */
  readonly fleet: number;
  readonly json?: string;
}

/** Throws an error whose message says what is wrong, and {@link USAGE}. */
export function readOptions(args: readonly string[]): Options {
  const { sizes, fleet, json } = parse(args);
  return {
    sizes: [...new Set(sizes.split(",").map((text) => count("--sizes", text, 2, 20_000)))].sort((a, b) => a - b),
    fleet: count("--fleet", fleet, 1, 100_000),
    ...(json === undefined ? {} : { json: filled(json) }),
  };
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  const options = { sizes: { ...text, default: "100,500,2000" }, fleet: { ...text, default: "10000" }, json: text };
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : "the arguments cannot be read");
  }
}

function count(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^[1-9]\d{0,6}$/.test(text.trim()) && value >= least && value <= most) return value;
  throw wrong(`${name}: "${text}" is no whole number from ${String(least)} to ${String(most)}`);
}

function filled(json: string): string {
  if (json.trim() === "") throw wrong("--json names no file");
  return json;
}

const wrong = (what: string): Error => new Error(`${what}\n${USAGE}`);
