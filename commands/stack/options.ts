/** The options that every command about a stack takes, and the project that they name. */
import { resolve } from "node:path";
import { UsageError, type Surroundings } from "../command";
import type { Project } from "./pulumi";

/** For parseArgs. */
export const STACK_OPTIONS = {
  stack: { type: "string", short: "s" },
  cwd: { type: "string", short: "C" },
} as const;

export const STACK_HELP = `  --stack NAME         the stack; the one that is selected in the folder when left out.
  --cwd DIR            the folder of Pulumi.yaml; this one when left out.`;

export const projectOf = (
  { stack, cwd = "." }: { readonly stack?: string; readonly cwd?: string },
  { machine }: Pick<Surroundings, "machine">,
): Project => ({ folder: resolve(cwd), stack, environment: machine.environment });

/** Days before its end at which a certificate is due whose resource has no renewBeforeDays. */
export const RENEW_BEFORE = 30;

export function daysOf(text: string | undefined): number {
  if (text === undefined) return RENEW_BEFORE;
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw new UsageError(`--renew-before ${text}: give whole days from 0 (never) to 999.`);
}

/** Whatever parseArgs throws says what is wrong with the command line. */
export function parsed<T>(parse: () => T, help: string): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : ""}\n\n${help}`);
  }
}
