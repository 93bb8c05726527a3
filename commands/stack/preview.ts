/**
 * A preview by the engine, read as the events that it writes (sdk/go/common/apitype: EngineEvent). Secrets are blinded by the
 * engine, and of the properties only what is ours and public is used.
 */
import { isObject, object, parseJson } from "../../provider/google/jsonObject";
import { printable } from "../../provider/mailKeyError";
import { runPulumi, type Project } from "./pulumi";
import { namesOf, nameOf, ourToken } from "./state";

/** What an up would do to one resource. */
export interface Step {
  readonly urn: string;
  readonly name: string;
  readonly type: string;
  /** The engine's word, such as create, update, replace, delete. */
  readonly op: string;
  /** Ours: undefined for other resources. */
  readonly token?: string;
  /** The properties that differ, where the engine knows them. */
  readonly diffs: readonly string[];
  readonly before: Properties;
  readonly after: Properties;
  /** The option retainOnDelete: Pulumi forgets it, and calls no delete. */
  readonly isRetained: boolean;
}

export type Properties = Readonly<Record<string, unknown>>;

export interface Message {
  readonly severity: "error" | "warning" | "info";
  /** Empty where it is about no resource. */
  readonly urn: string;
  readonly text: string;
}

export interface Violation {
  readonly policy: string;
  readonly isMandatory: boolean;
  readonly urn: string;
  readonly text: string;
}

export interface Preview {
  /** As the URNs say; absent where the engine began with no resource. */
  readonly project?: string;
  readonly stack?: string;
  readonly ok: boolean;
  /** In the engine's order, without what stays the same. */
  readonly steps: readonly Step[];
  readonly messages: readonly Message[];
  readonly violations: readonly Violation[];
  /** How many resources stay the same. */
  readonly same: number;
}

export interface Asked {
  /** Reads every resource from Google before it compares. */
  readonly refresh: boolean;
  /** Only what the state has is read: no program runs, and no step is told. */
  readonly withoutProgram?: boolean;
  /** Told of every resource that the engine has begun with. */
  readonly onResource?: (name: string) => void;
  /** More for the command, such as --policy-pack. */
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export async function preview(project: Project, asked: Asked): Promise<Preview> {
  const { refresh, withoutProgram, onResource, args = [] } = asked;
  const steps = new Steps();
  const messages: Message[] = [];
  const violations: Violation[] = [];
  const take = (line: string): void => {
    const { resourcePreEvent, diagnosticEvent, policyEvent } = parseJson(line); // what a program prints is no event
    const step = stepOf(resourcePreEvent);
    if (step) onResource?.(step.name);
    if (step) steps.add(step);
    messages.push(...messageOf(diagnosticEvent));
    violations.push(...violationOf(policyEvent));
  };
  const environment = {
    ...withoutOptions(project.environment),
    PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true",
    ...asked.environment,
  };
  // said either way: a project may have the option refresh: always
  const programs = ["preview", "--json", `--refresh=${String(refresh)}`];
  const verb = withoutProgram ? ["refresh", "--preview-only", "--json"] : programs;
  const { exitCode, stderr } = await runPulumi({ ...project, environment }, [...verb, ...args], take);
  const said = messages.filter(({ text }) => !/^\w+ failed$/.test(text)); // the engine's end, which is no reason
  const isExplained = violations.some(({ isMandatory }) => isMandatory) || said.some(isError);
  if (exitCode !== 0 && !isExplained)
    said.push({ severity: "error", urn: "", text: reasonIn(stderr) || `pulumi ${verb[0] ?? ""} failed.` });
  return { ...steps.names, ok: exitCode === 0, steps: steps.changes, messages: said, violations, same: steps.same };
}

const isError = ({ severity }: Message): boolean => severity === "error";

const reasonIn = (stderr: string): string =>
  printable(stderr)
    .split("\n")
    .filter((line) => !isNoise(line.replace(/^warning: /, "")))
    .join("\n")
    .trim();

/** A target or an exclusion of the environment would leave resources out without a word. */
const withoutOptions = (environment: Project["environment"]): Project["environment"] =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith("PULUMI_OPTION_")));

/** Of a replacement the engine tells three steps: the new one's creation, the replacement, the old one's deletion. */
const OPS: Readonly<Record<string, string>> = {
  create: "create",
  update: "update",
  delete: "delete",
  import: "import",
  replace: "replace",
  "create-replacement": "replace",
  "delete-replaced": "replace",
};

class Steps {
  readonly #changes = new Map<string, Step>();
  same = 0;
  names: Pick<Preview, "project" | "stack"> = {};

  add(step: Step): void {
    this.names = namesOf(step.urn);
    if (step.op === "same" && step.type !== "pulumi:pulumi:Stack") this.same += 1;
    const op = OPS[step.op];
    if (op === undefined) return;
    const begun = op === "replace" ? this.#changes.get(`replace ${step.urn}`) : undefined;
    // alone, it is the end of a replacement that an earlier update began
    const isLeft = step.op === "delete-replaced" && !begun;
    const whole = {
      ...step,
      op: isLeft ? "delete" : op,
      before: { ...step.before, ...begun?.before },
      after: { ...step.after, ...begun?.after },
      isRetained: step.isRetained || begun?.isRetained === true,
    };
    this.#changes.set(`${whole.op} ${step.urn}`, whole);
  }

  get changes(): Step[] {
    return [...this.#changes.values()];
  }
}

function stepOf(event: unknown): Step | undefined {
  const { metadata } = object(event);
  if (!isObject(metadata)) return undefined;
  const [op, urn, type] = [textOf(metadata["op"]), textOf(metadata["urn"]), textOf(metadata["type"])];
  const diffs = metadata["diffs"];
  return {
    urn,
    name: nameOf(urn),
    type,
    op,
    ...tokenOf(type),
    diffs: Array.isArray(diffs) ? diffs.map(textOf) : [],
    before: propertiesOf(metadata["old"]),
    after: propertiesOf(metadata["new"]),
    isRetained: object(metadata["old"])["retainOnDelete"] === true,
  };
}

function tokenOf(type: string): Pick<Step, "token"> {
  const ours = ourToken(type);
  return ours ? { token: ours.token } : {};
}

/** Inputs, and outputs over them. */
function propertiesOf(state: unknown): Properties {
  const { inputs, outputs } = object(state);
  return { ...object(inputs), ...object(outputs) };
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** Colours are marks such as <{%reset%}> in the engine's texts. */
const plain = (value: unknown): string => printable(textOf(value).replaceAll(/<\{%.*?%\}>/g, "")).trim();

/** That hosts of programs and providers come from PATH is so without Pulumi's own bundle, and tells nobody anything. */
const isNoise = (text: string): boolean => /^using pulumi-\S+ from \$PATH/.test(text);

/** The engine's words before a reason of Check's, which begins with the property itself. */
const BEFORE_REASON = /^\S+ resource '[^']*'(?:: property \S+ value \{.*?\})? has a problem: /s;

function messageOf(event: unknown): Message[] {
  const { severity, message, urn, ephemeral } = object(event);
  const text = plain(message).replace(BEFORE_REASON, "");
  if (text === "" || severity === "debug" || ephemeral === true || isNoise(text)) return [];
  const known = severity === "error" || severity === "warning" ? severity : "info";
  return [{ severity: known, urn: textOf(urn), text }];
}

function violationOf(event: unknown): Violation[] {
  if (!isObject(event)) return [];
  const { enforcementLevel, policyName, resourceUrn, message } = event;
  const [policy, urn] = [textOf(policyName), textOf(resourceUrn)];
  return [{ policy, isMandatory: enforcementLevel === "mandatory", urn, text: plain(message) }];
}
