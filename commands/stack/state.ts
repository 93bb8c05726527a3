/** The state of a stack as `pulumi stack export` writes it (sdk/go/common/apitype: DeploymentV3). Secrets stay encrypted. */
import { object } from "../../provider/google/jsonObject";
import { MailKeyError } from "../../provider/mailKeyError";
import { runPulumi, type Project } from "./pulumi";

/** One of our resources. */
export interface StateResource {
  readonly urn: string;
  /** The last part of the URN: the name in the program. */
  readonly name: string;
  /** The provider's; never encrypted. */
  readonly id: string;
  readonly token: string;
  readonly adapter: "dynamic" | "plugin";
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  /** When it was made, RFC 3339: later updates may not have looked at Gmail. */
  readonly since?: string;
  /** Replaced or removed by the program, and not deleted yet. */
  readonly isGoing: boolean;
}

export interface StackState {
  readonly stack: string;
  readonly project: string;
  /** When the engine last wrote the state, RFC 3339. */
  readonly written?: string;
  readonly resources: readonly StateResource[];
}

export async function readState(project: Project): Promise<StackState> {
  let text = "";
  const { exitCode, stderr } = await runPulumi(project, ["stack", "export"], (line) => (text += line));
  if (exitCode !== 0) throw new MailKeyError(`pulumi stack export failed: ${stderr.trim()}`);
  return parseState(text);
}

export function parseState(text: string): StackState {
  const { manifest, resources } = object(object(parse(text))["deployment"]);
  const all = Array.isArray(resources) ? resources.map(object) : [];
  const { time } = object(manifest);
  const written = typeof time === "string" ? { written: time } : {};
  return { ...namesOf(urnOf(all[0] ?? {})), ...written, resources: all.flatMap(ours) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new MailKeyError("pulumi stack export wrote no JSON. Run it by hand and look at what it says.");
  }
}

type Entry = ReturnType<typeof object>;
const urnOf = ({ urn }: Entry): string => (typeof urn === "string" ? urn : "");

function ours(resource: Entry): StateResource[] {
  const { type, id, inputs, outputs, created } = resource;
  const name = typeof type === "string" ? ourToken(type) : undefined;
  if (!name) return [];
  const urn = urnOf(resource);
  return [
    {
      urn,
      name: nameOf(urn),
      id: typeof id === "string" ? id : "",
      ...name,
      inputs: object(inputs),
      outputs: object(outputs),
      ...(typeof created === "string" && { since: created }),
      isGoing: resource["delete"] === true,
    },
  ];
}

/** Undefined: a resource of somebody else's, a provider's or a component. */
export function ourToken(type: string): Pick<StateResource, "token" | "adapter"> | undefined {
  const [, dynamic, plugin] =
    /^(?:pulumi-nodejs:dynamic\/google-workspace-mail:(\w+)|google-workspace-mail:index:(\w+))$/.exec(type) ?? [];
  if (dynamic !== undefined) return { token: dynamic, adapter: "dynamic" };
  return plugin === undefined ? undefined : { token: plugin, adapter: "plugin" };
}

/** urn:pulumi:STACK::PROJECT::TYPE::NAME */
export function namesOf(urn: string): { readonly stack: string; readonly project: string } {
  const [, , stack = "", , project = ""] = urn.split(":");
  return { stack, project };
}

export const nameOf = (urn: string): string => urn.slice(urn.lastIndexOf("::") + 2);
