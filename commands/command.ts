/** What a subcommand is, what it is given, and how one that was called wrongly is told apart from one that failed. */
import type { machine } from "../provider/machine";
import type { Console } from "./console";

/** What varies, handed in. */
export interface Surroundings {
  readonly console: Console;
  readonly stdin: NodeJS.ReadableStream;
  /** Its environment holds the credentials, as for the provider. */
  readonly machine: typeof machine;
}

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** The whole help text. */
  readonly help: string;
  /** Returns the exit code: 0, or 1 where something failed. Throws {@link UsageError}, or MailKeyError. */
  run(args: readonly string[], surroundings: Surroundings): Promise<number>;
}

/** The command line is wrong; the message says how. */
export class UsageError extends Error {}
