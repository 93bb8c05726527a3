/** What a subcommand is, and how it is told apart from one that was called wrongly. */
import type { Console } from "./console";

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** The whole help text. */
  readonly help: string;
  /** Returns the exit code: 0, or 1 where something failed. Throws {@link UsageError}, or MailKeyError. */
  run(args: readonly string[], console: Console): Promise<number>;
}

/** The command line is wrong; the message says how. */
export class UsageError extends Error {}
