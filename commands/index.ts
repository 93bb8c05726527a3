#!/usr/bin/env node
/** The published command `pulumi-google-workspace-mail`: a table of subcommands. */
import { MailKeyError } from "../provider/mailKeyError";
import { UsageError, type Command } from "./command";
import { Console } from "./console";
import { importCommand } from "./import";

const NAME = "pulumi-google-workspace-mail";
const COMMANDS: Readonly<Record<string, Command>> = { import: importCommand };

const overview = (): string =>
  [
    `Usage: ${NAME} COMMAND [options]`,
    "",
    ...Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`),
    "",
    `${NAME} COMMAND --help says more about one.`,
    "",
  ].join("\n");

async function main([name = "", ...args]: readonly string[], console: Console): Promise<number> {
  if (["--help", "-h", "help"].includes(name)) {
    console.result(overview());
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new UsageError(name === "" ? overview() : `There is no command ${name}.\n\n${overview()}`);
  if (args.includes("--help") || args.includes("-h")) {
    console.result(command.help);
    return 0;
  }
  return command.run(args, console);
}

const console = new Console(process.stdout, process.stderr, process.env);
main(process.argv.slice(2), console).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    // only our own errors are printed: what a library or the language throws can quote a secret
    const known = error instanceof UsageError || error instanceof MailKeyError;
    const kind = error instanceof Error ? error.name : typeof error;
    console.say(known ? error.message : `An unexpected ${kind}: this is a defect of ${NAME}. Please report it.`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  },
);
