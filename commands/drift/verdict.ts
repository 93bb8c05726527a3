/** Whether Gmail, the state and the program agree: the findings of an inventory beside what the engine would do about them. */
import { findingsOf, type Finding } from "../inventory/findings";
import type { Inventory } from "../inventory/inventory";
import type { Message, Preview, Step } from "../stack/preview";

/** A finding, and what `pulumi up --refresh` would do about it. */
export interface Drift extends Finding {
  readonly up: string;
}

/** A change that no finding explains: the program is ahead of Gmail. */
export type Change = Pick<Step, "urn" | "name" | "type" | "op" | "diffs">;

export interface Verdict {
  readonly project: string;
  readonly stack: string;
  /** When Gmail was looked at, RFC 3339, by the provider's clock. */
  readonly now: string;
  readonly inSync: boolean;
  /** 0 in sync, 7 drift or renewal due, 1 where not everything could be told. */
  readonly exitCode: number;
  readonly mailboxes: number;
  readonly certificates: number;
  /** Worst first. Those that do not count are listed, and change neither `inSync` nor the exit code. */
  readonly findings: readonly (Drift & { readonly counts: boolean })[];
  readonly changes: readonly Change[];
  /** Changes to resources of other packages, which are not judged here. */
  readonly otherChanges: number;
  readonly errors: readonly Message[];
}

export interface Leniency {
  /** Certificates that nobody declared are listed and do not count. */
  readonly allowUnmanaged: boolean;
}

/** pulumi's own code for "there are changes" (preview --expect-no-changes). */
const DRIFT = 7;

export function verdictOf(inventory: Inventory, preview: Preview, leniency: Leniency): Verdict {
  const { project, stack, now, addresses } = inventory;
  const steps = new Map(preview.steps.map((step) => [step.urn, step]));
  const findings = findingsOf(inventory).map((finding) => ({
    ...finding,
    up: whatUpDoes(finding, steps.get(finding.resource ?? "")),
    counts: counts(finding, leniency),
  }));
  const explained = new Set(findings.map(({ resource }) => resource));
  const unexplained = preview.steps.filter(({ urn, token }) => token !== undefined && !explained.has(urn));
  const errors = preview.messages.filter(({ severity }) => severity === "error");
  const isWhole = preview.ok && !findings.some(({ kind }) => kind === "notSeen");
  const inSync = isWhole && unexplained.length === 0 && !findings.some((finding) => finding.counts);
  const declared = addresses.filter(({ isDeclared }) => isDeclared);
  return {
    ...{ project, stack, now, inSync },
    exitCode: isWhole ? (inSync ? 0 : DRIFT) : 1,
    mailboxes: new Set(declared.map(({ userId }) => userId)).size,
    certificates: declared.flatMap(({ certificates }) => certificates.filter(({ declaredBy }) => declaredBy)).length,
    findings,
    changes: unexplained.map(({ urn, name, type, op, diffs }) => ({ urn, name, type, op, diffs })),
    otherChanges: preview.steps.filter(({ token, type }) => token === undefined && type !== "pulumi:pulumi:Stack")
      .length,
    errors,
  };
}

function counts({ kind, severity }: Finding, { allowUnmanaged }: Leniency): boolean {
  return severity !== "info" && !(kind === "unmanaged" && allowUnmanaged);
}

const IMPORT = "npx pulumi-google-workspace-mail import";

/** In words of Gmail's where the engine's step is known; a finding without one is not mended by an up. */
function whatUpDoes({ kind, expected = "", userId = "" }: Finding, step: Step | undefined): string {
  const does = step ? `${WORDS[step.op] ?? step.op} ${step.name}` : "";
  switch (kind) {
    case "missing":
      if (expected.endsWith("without its key")) return "cannot put it back: declare it with its key, or remove it";
      return step ? `uploads it again (${does})` : "changes nothing here: the program does not declare it any more";
    case "defaultMoved":
      return step
        ? `makes the expected one the default again (${does})`
        : "changes nothing here: the program wants no other";
    case "expired":
    case "renewalDue":
      return step ? does : "changes nothing here: add the renewed certificate to the program";
    case "auditKeyExpired":
    case "auditKeyDue":
      return step ? does : "changes nothing here: put another key into the program";
    case "unmanaged":
    case "unmanagedElsewhere":
      return `leaves it alone; to declare it: ${IMPORT} ${userId}; else delete it in Gmail`;
    case "unfinished":
      return step ? `does what is left (${does})` : "changes nothing here";
    case "notSeen":
    case "notAsked":
      return "is not known to do anything here";
  }
}

/** The engine's steps in plain words. */
export const WORDS: Readonly<Record<string, string>> = {
  create: "creates",
  update: "updates",
  delete: "deletes",
  replace: "replaces",
  import: "imports",
};
