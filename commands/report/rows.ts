/** A row an address: what is to be said of it in a word or two, and which address comes first. */
import type { Finding } from "../inventory/findings";
import type { AddressEntry, CertificateEntry } from "../inventory/inventory";
import type { Report } from "./report";

/** Worst first: an address shows those that hold of it. */
const STATES = [
  "missing",
  "expired",
  "defaultMoved",
  "notSeen",
  "due",
  "unmanaged",
  "unknown",
  "notYetValid",
  "going",
  "valid",
  "kept",
  "empty",
] as const;

export type State = (typeof STATES)[number];

/** A sign beside the word: colour alone tells nobody anything who does not see it. */
export const WORDS: Readonly<Record<State, readonly [sign: string, word: string]>> = {
  missing: ["✘", "missing"],
  expired: ["✘", "expired"],
  defaultMoved: ["✘", "default moved"],
  notSeen: ["?", "not looked at"],
  due: ["▲", "due"],
  unmanaged: ["◇", "unmanaged"],
  unknown: ["?", "not readable"],
  notYetValid: ["○", "not yet valid"],
  going: ["–", "to be deleted"],
  valid: ["✔", "valid"],
  kept: ["–", "kept for old mail"],
  empty: ["–", "no certificate"],
};

export interface Row {
  readonly address: AddressEntry;
  readonly states: readonly State[];
  /** When the next of its certificates ends that anybody counts on, RFC 3339. */
  readonly next?: string;
}

export function rowsOf({ addresses, findings, live }: Pick<Report, "addresses" | "findings" | "live">): Row[] {
  const byAddress = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = keyOf(finding);
    byAddress.set(key, [...(byAddress.get(key) ?? []), finding]);
  }
  return addresses
    .map((address) => rowOf(address, byAddress.get(keyOf(address)) ?? [], live))
    .sort((one, other) => rank(one) - rank(other) || compare(one.next, other.next) || byName(one, other));
}

const keyOf = ({ userId = "", sendAsEmail = "" }: { userId?: string; sendAsEmail?: string }): string =>
  `${userId} ${sendAsEmail}`;

function rowOf(address: AddressEntry, findings: readonly Finding[], live: boolean): Row {
  const { certificates, seen, reason } = address;
  const states = new Set<State>(certificates.map(stateOf));
  if (findings.some(({ kind }) => kind === "defaultMoved")) states.add("defaultMoved");
  if (reason !== undefined || (live && seen === undefined)) states.add("notSeen");
  if (states.size === 0) states.add("empty");
  const next = nextEnd(certificates);
  return { address, states: STATES.filter((state) => states.has(state)), ...(next !== undefined && { next }) };
}

/** The word for one certificate, worst first; of one that nobody declared and that has expired, that it is nobody's. */
export function stateOf(certificate: CertificateEntry): State {
  const { standing, isMissing, isGoing, isOutlived, isDefault, declaredBy } = certificate;
  if (declaredBy === undefined) return "unmanaged";
  if (isGoing) return "going";
  if (isMissing) return "missing";
  const mayLapse = isOutlived && !isDefault && (standing === "expired" || standing === "due");
  return mayLapse ? "kept" : standing;
}

function nextEnd(certificates: readonly CertificateEntry[]): string | undefined {
  const there = certificates.filter(({ isMissing, standing }) => !isMissing && standing !== "unknown");
  const counted = there.filter((one) => one.declaredBy && !one.isGoing && (!one.isOutlived || one.isDefault));
  return (counted[0] ?? there[0])?.expiration; // the inventory has the first to expire first
}

/** What has ended or is broken, then what ends soon, then everything by its end. */
function rank({ states }: Row): number {
  if (states.some((state) => ["missing", "expired", "defaultMoved", "notSeen"].includes(state))) return 0;
  return states.includes("due") ? 1 : 2;
}

const NEVER = "9999";

const compare = (one = NEVER, other = NEVER): number => (one < other ? -1 : one > other ? 1 : 0);
const byName = (one: Row, other: Row): number => compare(keyOf(one.address), keyOf(other.address));
