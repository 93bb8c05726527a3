/** What is wrong, or worth knowing, in an inventory: a sentence each about what was expected and what was found, worst first. */
import { printable } from "../../provider/mailKeyError";
import { describeAddress } from "../../provider/resources/address";
import { nameOf } from "../stack/state";
import type { AddressEntry, AuditKeyEntry, CertificateEntry, Inventory } from "./inventory";

/** `severity` by kind: an error is a mailbox that does not work as declared, a warning will become one, info does not. */
const KINDS = {
  missing: { severity: "error", title: "certificate deleted outside Pulumi" },
  defaultMoved: { severity: "error", title: "another default than declared" },
  expired: { severity: "error", title: "certificate expired" },
  auditKeyExpired: { severity: "error", title: "audit key expired" },
  notSeen: { severity: "error", title: "could not be looked at" },
  unfinished: { severity: "error", title: "not finished by the last update" },
  renewalDue: { severity: "warning", title: "renewal due" },
  auditKeyDue: { severity: "warning", title: "audit key due for renewal" },
  unmanaged: { severity: "warning", title: "certificate that nobody declared" },
  unmanagedElsewhere: { severity: "info", title: "certificate on an address that nobody declared" },
  notAsked: { severity: "info", title: "other addresses not asked for" },
} as const satisfies Record<string, { severity: "error" | "warning" | "info"; title: string }>;

export type Kind = keyof typeof KINDS;

export interface Finding {
  readonly kind: Kind;
  readonly severity: "error" | "warning" | "info";
  /** A few words that say what kind of thing it is. */
  readonly title: string;
  /** The mailbox, or of an audit key nothing. */
  readonly userId?: string;
  readonly sendAsEmail?: string;
  readonly domain?: string;
  readonly expected?: string;
  readonly found?: string;
  /** RFC 3339: since then, or, where it begins with "after", not before that. */
  readonly since?: string;
  /** The URN of the resource that is concerned. */
  readonly resource?: string;
  /** The certificate that is concerned: SHA-256 of the leaf. */
  readonly fingerprint?: string;
  /** Only the certificate is declared, so that nothing can put it there again. */
  readonly withoutKey?: true;
}

const ORDER = Object.keys(KINDS);

export function findingsOf({ addresses, auditKeys, unfinished, unasked, live, now }: Inventory): Finding[] {
  const findings = [
    ...addresses.flatMap((address) => ofAddress(address, { live, now })),
    ...auditKeys.flatMap(ofAuditKey),
    ...unfinished.map(({ owner, text }) => finding("unfinished", { resource: owner.urn, found: text })),
    ...unasked.map(({ userId, reason }) => finding("notAsked", { userId, found: reason })),
  ];
  return findings.sort((one, other) => ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind));
}

/** `sales@example.com (mailbox alice@example.com)`, or the domain: whom a finding is about. */
export const aboutOf = ({ userId, sendAsEmail, domain, resource = "" }: Finding): string =>
  domain ?? (userId === undefined ? nameOf(resource) : describeAddress({ userId, sendAsEmail: sendAsEmail ?? userId }));

function finding(kind: Kind, facts: Omit<Finding, "kind" | "severity" | "title">): Finding {
  const { expected, found, since } = facts;
  return {
    kind,
    ...KINDS[kind],
    ...facts,
    ...(expected !== undefined && { expected: printable(expected) }),
    ...(found !== undefined && { found: printable(found) }),
    ...(since !== undefined && { since: since.replace(/\.\d+Z$/, "Z") }),
  };
}

const UNSEEN = "Gmail was not asked: the refresh did not come to it, or the provider is older than this command.";

function ofAddress(address: AddressEntry, { live, now }: Pick<Inventory, "live" | "now">): Finding[] {
  const { userId, sendAsEmail, isDeclared, seen, certificates } = address;
  const where = { userId, sendAsEmail };
  const ours = certificates.filter(({ declaredBy, isGoing }) => declaredBy && !isGoing);
  const reason = address.reason ?? (live && isDeclared && seen === undefined ? UNSEEN : undefined);
  const told = ours.flatMap((one) => ofCertificate(one, address));
  if (reason !== undefined) return [finding(isDeclared ? "notSeen" : "notAsked", { ...where, found: reason }), ...told];
  const unmanaged = certificates.filter(({ declaredBy }) => !declaredBy);
  return [...told, ...ofDefault(address), ...unmanaged.map((one) => ofUnmanaged(one, address, now))];
}

function ofUnmanaged(one: CertificateEntry, { userId, sendAsEmail, isDeclared }: AddressEntry, now: string): Finding {
  const since = one.notBefore === undefined || one.notBefore > now ? {} : { since: `after ${one.notBefore}` };
  return finding(isDeclared ? "unmanaged" : "unmanagedElsewhere", {
    ...{ userId, sendAsEmail },
    ...about(one),
    found: `${described(one)}${one.isDefault ? ", the default" : ""}`,
    ...since,
  });
}

function ofCertificate(one: CertificateEntry, { userId, sendAsEmail, certificates }: AddressEntry): Finding[] {
  const { declaredBy, isMissing, standing, expiration = "", renewalDueAt } = one;
  const where = { userId, sendAsEmail, ...about(one) };
  if (isMissing) {
    const since = declaredBy?.since === undefined ? {} : { since: `after ${declaredBy.since}` };
    return [
      finding("missing", {
        ...where,
        expected: described(one),
        found: foundOn(certificates),
        ...since,
        ...(!one.hasKey && { withoutKey: true as const }),
      }),
    ];
  }
  if (!one.isWatched || (one.isOutlived && !one.isDefault)) return []; // kept to read old mail, and may lapse
  if (standing === "expired") return [finding("expired", { ...where, found: described(one), since: expiration })];
  if (standing !== "due" || one.isOutlived) return [];
  const since = renewalDueAt === undefined ? {} : { since: renewalDueAt };
  return [finding("renewalDue", { ...where, found: described(one), ...since })];
}

/** What signs is judged by what the stack last made the default; an address that it leaves alone has none. */
function ofDefault({ userId, sendAsEmail, wantedDefault, certificates, seen }: AddressEntry): Finding[] {
  if (!wantedDefault || seen === undefined) return [];
  const { certificateId: id, declaredBy } = wantedDefault;
  const signing = certificates.find(({ isDefault }) => isDefault);
  if (signing?.certificateId === id) return [];
  const wanted = certificates.find(({ certificateId }) => certificateId === id);
  return [
    finding("defaultMoved", {
      userId,
      sendAsEmail,
      resource: declaredBy.urn,
      expected: `signs with ${wanted ? described(wanted) : `certificate ${id}`}`,
      found: signing
        ? `signs with ${described(signing)}${signing.declaredBy ? "" : ", which nobody declared"}`
        : "no default",
      ...(declaredBy.since !== undefined && { since: `after ${declaredBy.since}` }),
    }),
  ];
}

function ofAuditKey({ owner, domain, fingerprint, expires = "", standing }: AuditKeyEntry): Finding[] {
  const facts = { domain, resource: owner.urn, fingerprint, found: `OpenPGP key ${fingerprint}, expires ${expires}` };
  if (standing === "expired") return [finding("auditKeyExpired", { ...facts, since: expires })];
  return standing === "due" ? [finding("auditKeyDue", facts)] : [];
}

const about = ({ declaredBy, fingerprint }: CertificateEntry): Pick<Finding, "resource" | "fingerprint"> => ({
  ...(declaredBy && { resource: declaredBy.urn }),
  ...(fingerprint !== undefined && { fingerprint }),
});

/** `certificate 3F2A91C0… by Issuing CA, valid to 2027-11-01`. */
export function described({ fingerprint, certificateId, issuerCn, expiration }: CertificateEntry): string {
  const which = fingerprint === undefined ? certificateId : `${fingerprint.slice(0, 8)}…`;
  const issuer = issuerCn === undefined || issuerCn === "" ? "" : ` by ${issuerCn}`;
  return `certificate ${which}${issuer}${expiration === undefined ? "" : `, valid to ${expiration.slice(0, 10)}`}`;
}

function foundOn(certificates: readonly CertificateEntry[]): string {
  const there = certificates.filter(({ isMissing }) => !isMissing).length;
  return there === 0 ? "no certificate on the address" : `not among the ${String(there)} on the address`;
}
