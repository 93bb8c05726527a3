/** What the report shows, in every format: the inventory, what is wrong in it, and how many of each. As JSON it is this. */
import { findingsOf, type Finding } from "../inventory/findings";
import type { CertificateEntry, Inventory } from "../inventory/inventory";
import { stateOf } from "./rows";

export interface Counts {
  /** Mailboxes and their addresses, of the stack and, where Gmail was looked at, besides. */
  readonly mailboxes: number;
  readonly addresses: number;
  readonly certificates: number;
  /** Of what is declared and counted on: one that another outlives is kept to read old mail, and may lapse. */
  readonly expired: number;
  readonly due: number;
  /** Declared, and not in Gmail; in Gmail, and not declared. */
  readonly missing: number;
  readonly unmanaged: number;
  readonly auditKeys: number;
  /** Findings by severity. */
  readonly errors: number;
  readonly warnings: number;
  readonly notes: number;
}

export interface Report extends Inventory {
  /** Of this shape: a property that goes or means something else makes it 2, one that is added does not. */
  readonly version: 1;
  /** Days before its end at which a certificate counts as due whose resource has no renewBeforeDays; 0: never. */
  readonly renewBeforeDays: number;
  readonly counts: Counts;
  /** Worst first. */
  readonly findings: readonly Finding[];
  /** Why not everything could be read, in Pulumi's words. Empty: it could. */
  readonly failures: readonly string[];
}

export function reportOf(
  inventory: Inventory,
  { renewBeforeDays, failures }: Pick<Report, "renewBeforeDays" | "failures">,
): Report {
  const findings = findingsOf(inventory);
  return { version: 1, ...inventory, renewBeforeDays, counts: countsOf(inventory, findings), findings, failures };
}

function countsOf({ addresses, auditKeys }: Inventory, findings: readonly Finding[]): Counts {
  const certificates = addresses.flatMap((address) => address.certificates);
  const many = (holds: (one: CertificateEntry) => boolean): number => certificates.filter(holds).length;
  const of = (severity: Finding["severity"]): number => findings.filter((one) => one.severity === severity).length;
  return {
    mailboxes: new Set(addresses.map(({ userId }) => userId)).size,
    addresses: addresses.length,
    certificates: certificates.length,
    expired: many((one) => stateOf(one) === "expired"),
    due: many((one) => stateOf(one) === "due"),
    missing: many(({ isMissing, isGoing }) => isMissing && !isGoing),
    unmanaged: many(({ declaredBy }) => declaredBy === undefined),
    auditKeys: auditKeys.length,
    errors: of("error"),
    warnings: of("warning"),
    notes: of("info"),
  };
}
