/** `import`: writes down the certificates of many mailboxes for `pulumi import --file`. It changes nothing anywhere. */
import { appendFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { servicesFor } from "../provider/config";
import { counted } from "../provider/fleet/told";
import { lookAt, type Looked } from "./adoptable";
import { UsageError, type Command, type Surroundings } from "./command";
import type { Console } from "./console";
import { importFile } from "./importFile";
import { inParallel } from "./inParallel";
import { readMailboxes } from "./mailboxes";

const AT_ONCE = 8;

const HELP = `Usage: pulumi-google-workspace-mail import [options] [ADDRESS …]

Looks at every send-as address of each mailbox and writes its S/MIME certificates
down as the file that pulumi import --file reads. Nothing is changed, at Google or
in any stack.

  --mailboxes FILE  a list of mailboxes, one a line; - for stdin. A CSV will do:
                    the first address of each line counts, a header does not.
                    Blank lines and lines that begin with # are skipped.
  --out FILE        where to write; stdout when left out.
  --defaults        which certificate each address signs with, too
                    (DefaultSmimeCertificate).
  --help            this text.

Credentials come from the environment, as for the provider, such as
GOOGLEWORKSPACE_CREDENTIALS. The scopes are gmail.settings.basic, and
gmail.settings.sharing for addresses that are not the mailbox's own.

The exit code is 0; 1 where a mailbox failed (they are named, and the file holds
all the others); 2 where the command line is wrong.

  npx pulumi-google-workspace-mail import --mailboxes users.csv --out import.json
  pulumi import --file import.json
`;

export const importCommand: Command = {
  summary: "writes the certificates of many mailboxes down for pulumi import --file",
  help: HELP,
  run,
};

async function run(args: readonly string[], { console, stdin, machine }: Surroundings): Promise<number> {
  const { mailboxes: list, out, defaults, addresses } = readOptions(args);
  const mailboxes = await readMailboxes(list, addresses, stdin);
  if (out !== undefined) await needWritable(out); // a file that cannot be written is told before the work, not after it
  const services = servicesFor({
    ...machine,
    setting: () => undefined,
    log: (severity, message) => console.say(severity === "warning" ? console.paint("yellow", message) : message),
  });
  const progress = new Progress(mailboxes.length, console);
  const looked = await inParallel(mailboxes, AT_ONCE, async (mailbox) =>
    progress.after(await lookAt(mailbox, { services, defaults })),
  );
  const text = importFile(looked.flatMap(({ found }) => found));
  if (out === undefined) console.result(text);
  else await writeFile(out, text);
  report(looked, out, console);
  return looked.some(({ reason }) => reason !== undefined) ? 1 : 0;
}

interface Options {
  readonly mailboxes: string | undefined;
  readonly out: string | undefined;
  readonly defaults: boolean;
  readonly addresses: readonly string[];
}

function readOptions(args: readonly string[]): Options {
  const text = { type: "string" } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { mailboxes: text, out: text, defaults: { type: "boolean", default: false } },
      allowPositionals: true,
    });
    return { mailboxes: values.mailboxes, out: values.out, defaults: values.defaults, addresses: positionals };
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : ""}\n\n${HELP}`);
  }
}

async function needWritable(file: string): Promise<void> {
  try {
    await appendFile(file, "");
  } catch {
    throw new UsageError(`--out: the file ${file} cannot be written.`);
  }
}

class Progress {
  #done = 0;
  #found = 0;

  constructor(
    private readonly mailboxes: number,
    private readonly console: Console,
  ) {}

  after(looked: Looked): Looked {
    this.#done += 1;
    this.#found += looked.found.length;
    const text = `${String(this.#done)} of ${counted(this.mailboxes, "mailbox")}, ${counted(this.#found, "resource")}`;
    this.console.progress(this.#done, this.mailboxes, text);
    return looked;
  }
}

function report(looked: readonly Looked[], out: string | undefined, console: Console): void {
  const cross = console.paint("red", "✘");
  const found = looked.flatMap((each) => each.found).length;
  const where = out === undefined ? "" : ` in ${out}. Next: pulumi import --file ${out}`;
  const whole = looked.filter(({ reason }) => reason === undefined).length;
  const done = `${String(whole)} of ${counted(looked.length, "mailbox")}, ${counted(found, "resource")}`;
  console.say(`${whole === looked.length ? console.paint("green", "✔") : cross} ${done}${where}`);
  const failed = new Map<string, string[]>();
  for (const { mailbox, reason } of looked)
    if (reason !== undefined) failed.set(reason, [...(failed.get(reason) ?? []), mailbox]);
  for (const [reason, mailboxes] of failed) console.say(`${cross} ${mailboxes.join(", ")}: ${reason}`);
}
