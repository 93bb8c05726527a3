/** `whoami`: which credential is in use, for whom, and what is missing, before the first up. It writes nothing anywhere. */
import { parseArgs } from "node:util";
import { servicesFor } from "../provider/config";
import type { Args, Failure, Result } from "../provider/fields";
import { getCallerIdentity } from "../provider/functions/getCallerIdentity";
import { invoke } from "../provider/invoke";
import type { Services } from "../provider/resources/services";
import { UsageError, type Command, type Surroundings } from "./command";
import { inParallel } from "./inParallel";
import { writeReport } from "./whoamiReport";

export type Question = Args<typeof getCallerIdentity.args>;
export type Identity = Result<typeof getCallerIdentity.result>;

export interface Answer {
  readonly asked: Question;
  readonly identity: Identity;
}

const AT_ONCE = 8;

const HELP = `Usage: pulumi-google-workspace-mail whoami [options]

Says which Google credential is in use, for whom, with which scopes, and everything
that is missing, each with the next step. It gets access tokens and reads; nothing
is changed, at Google or in any stack. Without --user and --domain nothing is tried.

  --user ADDRESS     a mailbox to try it on; as often as you like.
  --send-as ADDRESS  another send-as address of that mailbox, with one --user.
  --domain DOMAIN    whether there is a token for the domain's audit key.
  --json             as JSON: { usable, answers: [{ asked, identity }] }, each
                     identity as getCallerIdentity answers.
  --help             this text.

Settings come from the environment, as for the provider, such as
GOOGLEWORKSPACE_CREDENTIALS. For those of a stack, call getCallerIdentity in its
program and run pulumi preview.

The exit code is 0 where the credential is usable, 1 where it is not or where nothing
was tried that could tell (usable is then absent in JSON), 2 where the command line
is wrong.

  npx pulumi-google-workspace-mail whoami --user alice@example.com
`;

export const whoamiCommand: Command = {
  summary: "says which credential is in use, for whom, and what is missing",
  help: HELP,
  run,
};

async function run(args: readonly string[], { console, machine }: Surroundings): Promise<number> {
  const { questions, json } = readOptions(args);
  const services = servicesFor({
    ...machine,
    setting: () => undefined,
    log: (severity, message) => console.say(severity === "warning" ? console.paint("yellow", message) : message),
    onWait: once((line) => console.say(line)),
  });
  const wrong = questions.flatMap((asked) => getCallerIdentity.check?.(asked, services) ?? []);
  if (wrong.length > 0) throw new UsageError(sentences(wrong)); // told before the work, not after it
  const answers = await inParallel(questions, AT_ONCE, (asked) => ask(asked, services));
  const usable = usableOf(answers);
  if (json) console.result(`${JSON.stringify({ usable, answers }, null, 2)}\n`);
  else writeReport(answers, usable, console);
  return usable ? 0 : 1;
}

/** Undefined: nothing is missing, and nothing was tried. Of a ready access token only mailboxes tell. */
function usableOf(answers: readonly Answer[]): boolean | undefined {
  const verdicts = answers.map(({ identity }) => identity.usable);
  return verdicts.includes(false) ? false : verdicts.find((usable) => usable);
}

/** Of several mailboxes the same wait is told once. */
function once(say: (line: string) => void): (line: string) => void {
  const said = new Set<string>();
  return (line) => {
    if (!said.has(line)) say(line);
    said.add(line);
  };
}

async function ask(asked: Question, services: Services): Promise<Answer> {
  const { result, failures } = await invoke(getCallerIdentity, asked, services);
  if (failures.length > 0) throw new UsageError(sentences(failures));
  return { asked, identity: result as Identity };
}

const sentences = (failures: readonly Failure[]): string => failures.map(({ reason }) => reason).join(" ");

interface Options {
  /** One a mailbox, one for the domain; where there is neither, one about the credential alone. */
  readonly questions: readonly Question[];
  readonly json: boolean;
}

function readOptions(args: readonly string[]): Options {
  const { user = [], domain, json, ...rest } = parse(args);
  const sendAs = rest["send-as"];
  const users = [...new Set(user.map((address) => address.trim().toLowerCase()))];
  if (sendAs !== undefined && users.length !== 1)
    throw new UsageError("--send-as wants one --user, whose address it is.");
  const questions: Question[] = [
    ...users.map((userId) => ({ userId, ...(sendAs !== undefined && { sendAsEmail: sendAs }) })),
    ...(domain === undefined ? [] : [{ domain }]),
  ];
  return { questions: questions.length > 0 ? questions : [{}], json };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        user: { type: "string", multiple: true },
        "send-as": { type: "string" },
        domain: { type: "string" },
        json: { type: "boolean", default: false },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : ""}\n\n${HELP}`);
  }
}
