/** `drift`: whether Gmail still holds what the program declares. It changes nothing, at Google or in the stack. */
import { parseArgs } from "node:util";
import type { Command, Surroundings } from "./command";
import { markdownOf } from "./drift/markdown";
import { textOf } from "./drift/text";
import { verdictOf } from "./drift/verdict";
import { observing } from "./inventory/found";
import { inventoryOf } from "./inventory/inventory";
import { daysOf, parsed, projectOf, STACK_HELP, STACK_OPTIONS } from "./stack/options";
import { progress } from "./stack/progress";
import { preview } from "./stack/preview";
import { readState } from "./stack/state";

const HELP = `Usage: pulumi-google-workspace-mail drift [options]

Previews a stack with a refresh and tells mailbox by mailbox where Gmail, the stack
and the program no longer agree: what was expected, what was found, since when if that
is known, and what pulumi up --refresh would do. Certificates that nobody declared are
listed; nothing here ever deletes them. Nothing is changed anywhere.

${STACK_HELP}
  --renew-before DAYS  a certificate whose resource has no renewBeforeDays is due so
                       long before it expires; 30 when left out, 0 for never.
  --allow-unmanaged    certificates that nobody declared are listed, and are no drift.
  --json               the verdict as JSON.
  --markdown           the same as Markdown, for an issue.
  --help               this text.

It runs the program, and Google is asked with the stack's own credentials: run it from
the main branch, not from a pull request.

The exit code is 0 in sync, 7 where something drifted or is due for renewal, 1 where
not everything could be told, 2 where the command line is wrong.

  npx pulumi-google-workspace-mail drift --stack prod
`;

export const driftCommand: Command = {
  summary: "tells where Gmail no longer holds what a stack declares",
  help: HELP,
  run,
};

async function run(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { console, machine } = surroundings;
  const { values } = parsed(() => parseArgs({ args: [...args], options: OPTIONS }), HELP);
  const project = projectOf(values, surroundings);
  const renewBeforeDays = daysOf(values["renew-before"]);
  const state = await readState(project);
  const onResource = progress(console, 2 * state.resources.length); // the refresh, and the comparison with the program
  const { result, found } = await observing((environment) =>
    preview(project, { refresh: true, onResource, environment }),
  );
  const now = found.at === undefined ? machine.now() : new Date(found.at);
  const inventory = inventoryOf(state, found, { now, renewBeforeDays });
  const verdict = verdictOf(inventory, result, { allowUnmanaged: values["allow-unmanaged"] });
  if (values.json) console.result(`${JSON.stringify(verdict, null, 2)}\n`);
  else console.result(values.markdown ? markdownOf(verdict) : textOf(verdict, console));
  return verdict.exitCode;
}

const OPTIONS = {
  ...STACK_OPTIONS,
  "renew-before": { type: "string" },
  "allow-unmanaged": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  markdown: { type: "boolean", default: false },
} as const;
