/** `report`: a stack's certificates as a page that people look at, and the same for a comment and for programs. */
import { access, constants, stat, writeFile } from "node:fs/promises";
import { dirname, extname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { counted } from "../provider/fleet/told";
import { UsageError, type Command, type Surroundings } from "./command";
import type { Console } from "./console";
import { inventoryOf, type Inventory } from "./inventory/inventory";
import { htmlOf } from "./report/html";
import { lookAtGmail } from "./report/look";
import { markdownOf } from "./report/markdown";
import { reportOf, type Report } from "./report/report";
import { daysOf, parsed, projectOf, STACK_HELP, STACK_OPTIONS } from "./stack/options";
import type { Project } from "./stack/pulumi";
import { readState, type StackState } from "./stack/state";

const HELP = `Usage: pulumi-google-workspace-mail report [options]

Makes one page of a stack's mail certificates: what is wrong, and address by address
when each certificate begins and ends, which one the address signs with, and what is
due. The page is one HTML file that loads nothing else; Markdown is for a comment,
JSON for programs. Nothing is changed anywhere.

${STACK_HELP}
  --live               asks Gmail too, with the stack's own credentials: shows what was
                       deleted, added or moved by hand. Without it the stack's state
                       alone is read, and no Google credential is needed.
  --out FILE           where to write: .html, .md or .json; stdout when left out.
  --format FORMAT      html, markdown or json, whatever the file's name; Markdown when
                       neither says.
  --renew-before DAYS  a certificate whose resource has no renewBeforeDays is due so
                       long before it expires; 30 when left out, 0 for never.
  --help               this text.

No program is run: --live has pulumi refresh --preview-only read what the state has.

The exit code is 0, whatever the page says; 1 where not everything could be read (it
is written all the same, and says so); 2 where the command line is wrong.

  npx pulumi-google-workspace-mail report --stack prod --live --out mail.html
  npx pulumi-google-workspace-mail report --stack prod >> "$GITHUB_STEP_SUMMARY"
`;

export const reportCommand: Command = {
  summary: "makes a page of a stack's certificates: when each ends, and what is wrong",
  help: HELP,
  run,
};

const FORMATS: Readonly<Record<string, (report: Report) => string>> = {
  html: htmlOf,
  markdown: markdownOf,
  json: (report) => `${JSON.stringify(report, null, 2)}\n`,
};
const SUFFIXES: Readonly<Record<string, string>> = {
  ".html": "html",
  ".htm": "html",
  ".md": "markdown",
  ".json": "json",
};

async function run(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { console } = surroundings;
  const { values } = parsed(() => parseArgs({ args: [...args], options: OPTIONS }), HELP);
  const write = formatOf(values);
  const renewBeforeDays = daysOf(values["renew-before"]);
  if (values.out !== undefined) await needWritable(values.out); // told before the work, not after it
  const project = projectOf(values, surroundings);
  const state = await readState(project);
  const look = values.live ? liveInventory : stateInventory;
  const { inventory, failures } = await look({ project, state, renewBeforeDays }, surroundings);
  const report = reportOf(inventory, { renewBeforeDays, failures });
  const text = write(report);
  if (values.out === undefined) console.result(text);
  else await writeFile(values.out, text);
  conclude(report, values.out, console);
  return isWhole(report) ? 0 : 1;
}

const OPTIONS = {
  ...STACK_OPTIONS,
  live: { type: "boolean", default: false },
  out: { type: "string" },
  format: { type: "string" },
  "renew-before": { type: "string" },
} as const;

interface Choice {
  readonly format?: string;
  readonly out?: string;
}

function formatOf({ format, out }: Choice): (report: Report) => string {
  const name = format ?? (out === undefined ? "markdown" : SUFFIXES[extname(out).toLowerCase()]);
  if (name === undefined)
    throw new UsageError("--out: the file's name ends in none of .html, .md and .json: say which with --format.");
  const write = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
  if (!write) throw new UsageError(`--format ${name}: give html, markdown or json.`);
  return write;
}

/** Leaves nothing behind: a stack that cannot be read makes no empty page, and an older page stays. */
async function needWritable(file: string): Promise<void> {
  const writable = (what: string): Promise<boolean> =>
    access(what, constants.W_OK).then(
      () => true,
      () => false,
    );
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  const isFolder = exists && (await stat(file)).isDirectory();
  if (isFolder || !(await writable(exists ? file : dirname(resolve(file)))))
    throw new UsageError(`--out: the file ${file} cannot be written.`);
}

interface Wanted {
  readonly project: Project;
  readonly state: StackState;
  readonly renewBeforeDays: number;
}

type Read = { readonly inventory: Inventory; readonly failures: readonly string[] };

async function stateInventory({ state, renewBeforeDays }: Wanted, { machine }: Surroundings): Promise<Read> {
  return { inventory: inventoryOf(state, undefined, { now: machine.now(), renewBeforeDays }), failures: [] };
}

async function liveInventory({ project, state, renewBeforeDays }: Wanted, surroundings: Surroundings): Promise<Read> {
  const { console, machine } = surroundings;
  const { addresses } = inventoryOf(state, undefined, { now: machine.now(), renewBeforeDays });
  const { found, failures } = await lookAtGmail(project, addresses.length, console);
  const now = found.at === undefined ? machine.now() : new Date(found.at);
  return { inventory: inventoryOf(state, found, { now, renewBeforeDays }), failures };
}

const isWhole = ({ failures, findings }: Report): boolean =>
  failures.length === 0 && !findings.some(({ kind }) => kind === "notSeen");

function conclude(report: Report, out: string | undefined, console: Console): void {
  const { counts, failures } = report;
  const { certificates, errors, warnings } = counts;
  const where = out === undefined ? "" : ` in ${out}`;
  const said = [counted(certificates, "certificate"), counted(errors, "error"), counted(warnings, "warning")];
  console.say(
    `${isWhole(report) ? console.paint("green", "✔") : console.paint("red", "✘")} ${said.join(", ")}${where}`,
  );
  for (const failure of failures) console.say(`${console.paint("red", "✘")} ${failure}`);
}
