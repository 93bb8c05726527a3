/** `review`: a preview as the comment of a pull request. Google is not asked, and nothing is changed anywhere. */
import { parseArgs } from "node:util";
import type { Command, Surroundings } from "./command";
import { declaredIn } from "./inventory/declared";
import { observing } from "./inventory/found";
import { changesOf, type Change } from "./review/changes";
import { markdownOf } from "./review/markdown";
import { parsed, projectOf, STACK_HELP, STACK_OPTIONS } from "./stack/options";
import { progress } from "./stack/progress";
import { preview, type Violation } from "./stack/preview";
import { nameOf, readState } from "./stack/state";

const HELP = `Usage: pulumi-google-workspace-mail review [options]

Previews a stack and writes what it would change as Markdown for the comment of a pull
request: which mailbox gets, loses and signs with which certificate, and, where the
preview is refused, why. Every check is local: no Google credentials are
needed, Google is not asked, and nothing is changed.

${STACK_HELP}
  --policy-pack DIR    a policy pack that the preview must satisfy; may be repeated.
  --policy-pack-config FILE  its configuration; as many as packs.
  --json               the same as JSON.
  --help               this text.

The exit code is 0; 1 where the preview is refused or fails; 2 where the command line
is wrong.

  npx pulumi-google-workspace-mail review --stack prod > comment.md
`;

export const reviewCommand: Command = {
  summary: "writes a preview as the comment of a pull request",
  help: HELP,
  run,
};

export interface Said {
  /** The name of the resource that it is about; empty where it is about none. */
  readonly whom: string;
  readonly text: string;
}

export interface Review {
  readonly project: string;
  readonly stack: string;
  readonly ok: boolean;
  readonly changes: readonly Change[];
  /** How many resources stay as they are. */
  readonly same: number;
  readonly errors: readonly Said[];
  readonly warnings: readonly Said[];
  readonly violations: readonly (Said & Pick<Violation, "policy" | "isMandatory">)[];
}

async function run(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { console } = surroundings;
  const { values } = parsed(() => parseArgs({ args: [...args], options: OPTIONS }), HELP);
  const project = projectOf(values, surroundings);
  const packs = (["policy-pack", "policy-pack-config"] as const).flatMap((option) =>
    values[option].flatMap((value) => [`--${option}`, value]),
  );
  const state = await readState(project);
  const onResource = progress(console, state.resources.length);
  const { result, found } = await observing((environment) =>
    preview(project, { refresh: false, onResource, args: packs, environment }),
  );
  const { ok, steps, same, messages, violations } = result;
  const saying = (severity: "error" | "warning"): Said[] =>
    unique(messages.filter((each) => each.severity === severity)).map(({ urn, text }) => ({ whom: nameOf(urn), text }));
  const review: Review = {
    ...{ project: result.project ?? state.project, stack: result.stack ?? state.stack, ok, same },
    changes: changesOf(steps, { leaves: found.leaves, held: declaredIn(state).certificates }),
    errors: saying("error"),
    warnings: saying("warning"),
    violations: violations.map(({ urn, ...rest }) => ({ ...rest, whom: nameOf(urn) })),
  };
  console.result(values.json ? `${JSON.stringify(review, null, 2)}\n` : markdownOf(review));
  return ok ? 0 : 1;
}

const OPTIONS = {
  ...STACK_OPTIONS,
  "policy-pack": { type: "string", multiple: true, default: [] as string[] },
  "policy-pack-config": { type: "string", multiple: true, default: [] as string[] },
  json: { type: "boolean", default: false },
} as const;

/** The engine tells a failed check of its resource and again at the end. */
function unique<T extends { readonly text: string }>(messages: readonly T[]): T[] {
  const told = new Set<string>();
  return messages.filter(({ text }) => !told.has(text) && told.add(text));
}
