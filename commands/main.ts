/** The table of subcommands, and how any is run: help, exit codes, and what is said of an error. */
import { MailKeyError } from "../provider/mailKeyError";
import { UsageError, type Command, type Surroundings } from "./command";
import { driftCommand } from "./drift";
import { importCommand } from "./import";
import { reportCommand } from "./report";
import { reviewCommand } from "./review";
import { whoamiCommand } from "./whoami";

const NAME = "pulumi-google-workspace-mail";
const COMMANDS: Readonly<Record<string, Command>> = {
  drift: driftCommand,
  import: importCommand,
  report: reportCommand,
  review: reviewCommand,
  whoami: whoamiCommand,
};

/** Returns the exit code: 0, 1 where something failed, 2 where the command line is wrong. */
export async function main(args: readonly string[], surroundings: Surroundings): Promise<number> {
  try {
    return await run(args, surroundings);
  } catch (error) {
    // only our own errors are printed: what a library or the language throws can quote a secret
    const known = error instanceof UsageError || error instanceof MailKeyError;
    const kind = error instanceof Error ? error.name : typeof error;
    const said = known ? error.message : `An unexpected ${kind}: this is a defect of ${NAME}. Please report it.`;
    surroundings.console.say(said);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function run([name = "", ...args]: readonly string[], surroundings: Surroundings): Promise<number> {
  const { console } = surroundings;
  if (HELP.includes(name)) return show(overview(), console);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new UsageError(name === "" ? overview() : `There is no command ${name}.\n\n${overview()}`);
  return args.some((arg) => HELP.includes(arg)) ? show(command.help, console) : command.run(args, surroundings);
}

const HELP = ["--help", "-h"];

const overview = (): string =>
  [
    `Usage: ${NAME} COMMAND [options]`,
    "",
    ...Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`),
    "",
    `${NAME} COMMAND --help says more about one.`,
    "",
  ].join("\n");

function show(text: string, console: Surroundings["console"]): number {
  console.result(text);
  return 0;
}
