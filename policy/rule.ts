/** A rule: what it judges and what it says. Without Pulumi's types, so that each can be read and tested by itself. */
import type { Settings } from "./settings";
import type { Value, Values } from "./values";

export type Kind = "SmimeCertificate" | "DefaultSmimeCertificate" | "SmimeFleet" | "AuditPublicKey";

/** A resource as the engine shows it: once with its inputs, before anything is done, and once with its outputs. */
export interface Subject {
  /** Undefined for resources of other providers. */
  readonly kind: Kind | undefined;
  readonly type: string;
  /** The resource's name in the program. */
  readonly name: string;
  /** Without what is not known yet. With outputs come the inputs that have no output. */
  readonly properties: Values;
  readonly isProtected: boolean;
  readonly deletesBeforeReplace: boolean;
  /** False where the engine did not say which properties are secrets: {@link Rule.seesSecrets}. */
  readonly secretsAreKnown: boolean;
  readonly now: Date;
}

export interface Rule {
  readonly name: string;
  /** The first line of each message. */
  readonly description: string;
  /** `remediate` counts as mandatory, and lets a rule see which properties are secrets. */
  readonly level: "advisory" | "mandatory" | "remediate";
  readonly settings: readonly (keyof Settings)[];
  /** The rule is handed secrets as `Hidden`, and says nothing of what is in them. */
  readonly seesSecrets?: true;
  /**
   * When the rule is asked: with a resource's inputs; with its outputs too, where it was content with the inputs; or with
   * outputs alone.
   */
  readonly asked: "inputs" | "both" | "outputs";
  /** What is wrong, each with the field, the cause and the next step. Never the value of a key. */
  readonly check: (subject: Subject, settings: Settings) => readonly string[];
}

/** A provider plugin's type, and that of the dynamic provider: both adapters' resources have the same properties. */
export function kindOf(type: string): Kind | undefined {
  const [, kind] =
    /^(?:google-workspace-mail:index:|pulumi-nodejs:dynamic\/google-workspace-mail:)(\w+)$/.exec(type) ?? [];
  return kinds.find((each) => each === kind);
}

const kinds: readonly Kind[] = ["SmimeCertificate", "DefaultSmimeCertificate", "SmimeFleet", "AuditPublicKey"];

/** A property that is a text and known. */
export const text = (value: Value | undefined): string | undefined => (typeof value === "string" ? value : undefined);

const MOST = 10;

/** At most ten of them, and how many there are beside: a fleet may have thousands. */
export function several(all: readonly string[]): string {
  const more = all.length > MOST ? `; and ${String(all.length - MOST)} more` : "";
  return `${all.slice(0, MOST).join("; ")}${more}`;
}
