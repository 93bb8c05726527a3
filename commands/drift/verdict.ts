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
  /** The instant for which it is judged, RFC 3339: by the provider's clock where it looked at Gmail. */
  readonly now: string;
  /** Whether anything of Gmail was seen. */
  readonly looked: boolean;
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
  const findings = findingsOf(inventory)
    .filter((finding) => !isRefuted(finding, preview))
    .map((finding) => ({
      ...finding,
      up: preview.ok ? whatUpDoes(finding, steps.get(finding.resource ?? "")) : NOT_KNOWN,
      counts: counts(finding, leniency),
    }));
  const mended = new Set(findings.filter(({ kind }) => MENDED.includes(kind)).map(({ resource }) => resource));
  const isOurs = ({ token }: Step): boolean => token !== undefined;
  const ahead = preview.steps.filter((step) => isOurs(step) && (!mended.has(step.urn) || hasOtherRows(step)));
  const errors = preview.messages.filter(({ severity }) => severity === "error");
  const isWhole = (preview.ok || isLapseAlone(errors, findings)) && !findings.some(({ kind }) => kind === "notSeen");
  const inSync = isWhole && ahead.length === 0 && !findings.some((finding) => finding.counts);
  const declared = addresses.filter(({ isDeclared }) => isDeclared);
  const certificates = declared.flatMap((address) =>
    address.certificates.filter(({ declaredBy, isGoing }) => declaredBy && !isGoing),
  );
  return {
    ...{ project, stack, now, inSync },
    looked: addresses.some(({ seen }) => seen !== undefined),
    exitCode: isWhole ? (inSync ? 0 : DRIFT) : 1,
    mailboxes: new Set(declared.map(({ userId }) => userId)).size,
    certificates: certificates.length,
    findings,
    changes: ahead.map(({ urn, name, type, op, diffs }) => ({ urn, name, type, op, diffs })),
    otherChanges: preview.steps.filter(({ token, type }) => token === undefined && type !== "pulumi:pulumi:Stack")
      .length,
    errors,
  };
}

/** What an up with a refresh puts right. */
const MENDED: readonly Finding["kind"][] = ["missing", "defaultMoved", "unfinished"];

/**
 * A list may lag behind Gmail, and the state behind a program that wants by now what somebody set by hand. The provider's own
 * read confirms what is gone by a get, so where the engine then sees nothing to do, nothing is wrong.
 */
function isRefuted({ kind, userId, sendAsEmail, resource }: Finding, { ok, steps }: Preview): boolean {
  if (!ok || (kind !== "missing" && kind !== "defaultMoved")) return false;
  const isAbout = ({ before, after }: Step): boolean =>
    [before, after].some((each) => each["userId"] === userId && (each["sendAsEmail"] ?? userId) === sendAsEmail);
  return !steps.some((step) => step.urn === resource || isAbout(step));
}

/** A fleet's step that puts a row right may also bring what the program has besides. */
const hasOtherRows = ({ token, before, after }: Step): boolean =>
  token === "SmimeFleet" && before["rows"] !== undefined && before["rows"] !== after["rows"];

/** With expiryPolicy: "error" a preview fails for what is told here already. */
function isLapseAlone(errors: readonly Message[], findings: readonly Finding[]): boolean {
  const lapsed = findings
    .filter(({ kind }) => kind === "expired" || kind === "renewalDue")
    .map(({ resource }) => resource);
  return errors.length > 0 && errors.every(({ urn }) => urn !== "" && lapsed.includes(urn));
}

function counts({ kind, severity }: Finding, { allowUnmanaged }: Leniency): boolean {
  return severity !== "info" && !(kind === "unmanaged" && allowUnmanaged);
}

const IMPORT = "npx pulumi-google-workspace-mail import";

const NOT_KNOWN = "is not known: the preview failed";
const RENEW = "changes nothing here: add the renewed certificate to the program";

/** In words of Gmail's where the engine's step is known; a finding without one is not mended by an up. */
function whatUpDoes({ kind, withoutKey, userId = "" }: Finding, step: Step | undefined): string {
  const does = step ? `${WORDS[step.op] ?? step.op} ${step.name}` : "";
  const isGone = step?.op === "delete";
  switch (kind) {
    case "missing":
      if (withoutKey) return "cannot put it back: declare it with its key, or remove it";
      return step && !isGone
        ? `uploads it again (${does})`
        : "does not upload it again: the program does not declare it so any more";
    case "defaultMoved":
      if (isGone) return `forgets it: the program declares no default any more (${does})`;
      return step
        ? `makes the expected one the default again (${does})`
        : "changes nothing here: the program wants no other";
    case "expired":
    case "renewalDue":
      return step && (step.op === "replace" || isGone) ? does : RENEW;
    case "auditKeyExpired":
    case "auditKeyDue":
      return step ? does : "changes nothing here: put another key into the program";
    case "unmanaged":
    case "unmanagedElsewhere":
      return `leaves it alone; to declare it: ${IMPORT} ${userId}. Deleted by hand, it takes with it what reads old mail`;
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
