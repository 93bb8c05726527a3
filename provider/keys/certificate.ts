// What a leaf certificate says, and what Gmail would refuse or may dislike about it: facts, findings, expiry.
import type { X509Certificate } from "node:crypto";
import { issuerOf, selfSigned, signedBy } from "./bundle";
import { asKeyMaterialError, type Finding, keyError } from "./problem";
import {
  EMAIL_PROTECTION,
  intermediateWarnings,
  keyIsListed,
  leafWarnings,
  SIGNED_WITH_SHA1,
} from "./certificateProfile";
import { extensionsOf, namePart, namePartsOf, signatureAlgorithm, type Extensions } from "./x509";

export interface CertificateFacts {
  /** SHA-256 of the leaf, upper-case hex without colons. */
  fingerprint: string;
  subject: string;
  issuerCn: string;
  /** Lower-case: the rfc822Names, then the subject's addresses. */
  emails: string[];
  serialNumber: string;
  /** RFC 3339, UTC. */
  notBefore: string;
  expiration: string;
}

const COMMON_NAME = "2.5.4.3";
const EMAIL_ADDRESS = "1.2.840.113549.1.9.1";

/** Throws KeyMaterialError where OpenSSL took a certificate that cannot be understood. */
export function certificateFacts(leaf: X509Certificate): CertificateFacts {
  return guarded(() => factsOf(leaf));
}

function guarded<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw asKeyMaterialError(error, "certificate", "has a structure that cannot be read. Request a new certificate.");
  }
}

function factsOf(leaf: X509Certificate): CertificateFacts {
  return {
    fingerprint: leaf.fingerprint256.replaceAll(":", ""),
    subject: leaf.subject.split("\n").join(", "),
    issuerCn: namePart(leaf, "issuer", COMMON_NAME) ?? "",
    emails: emailsOf(leaf, extensionsOf(leaf)),
    serialNumber: leaf.serialNumber,
    notBefore: instant(leaf.validFrom),
    expiration: instant(leaf.validTo),
  };
}

function emailsOf(leaf: X509Certificate, { emails }: Extensions): string[] {
  const named = [...emails, ...namePartsOf(leaf, "subject", EMAIL_ADDRESS)];
  return [...new Set(named.map((email) => email.toLowerCase()))];
}

/** OpenSSL's text for a time ("Jun  1 00:00:00 2026 GMT") as RFC 3339. */
function instant(text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) {
    throw keyError("certificate", "unreadable", "has a validity time that cannot be read. Request a new certificate.");
  }
  return rfc3339(time);
}

function rfc3339(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}

/** Everything but time. Errors are what Gmail is known to refuse; what nobody could verify is a warning. */
export function certificateFindings(
  leaf: X509Certificate,
  chain: readonly X509Certificate[],
  address: string | undefined,
): Finding[] {
  return guarded(() => findingsOf(leaf, chain, address));
}

function findingsOf(leaf: X509Certificate, chain: readonly X509Certificate[], address: string | undefined): Finding[] {
  const extensions = extensionsOf(leaf);
  const issuer = issuerOf(leaf, chain);
  return [
    ...addressFindings(emailsOf(leaf, extensions), address),
    ...keyFindings(leaf),
    ...purposeFindings(extensions),
    ...chainFindings(leaf, issuer),
    ...leafWarnings(leaf, extensions),
    ...(issuer === undefined || selfSigned(issuer) ? [] : intermediateWarnings(issuer, extensionsOf(issuer))),
  ];
}

function error(field: Finding["field"], code: string, text: string): Finding[] {
  return [{ code, severity: "error", field, reason: `${field}: ${text}` }];
}

/** Letter case does not count; a tag does: Gmail compares with the address that signs. */
function addressFindings(emails: string[], address: string | undefined): Finding[] {
  if (address === undefined || emails.includes(address.toLowerCase())) return [];
  const names = emails.length === 0 ? "no address at all" : emails.join(", ");
  const step = "Request a certificate with this address in its subject alternative name, or correct sendAsEmail.";
  return error(
    "sendAsEmail",
    "addressNotInCertificate",
    `${address} is not in the certificate, which names ${names}. ${step}`,
  );
}

function keyFindings(leaf: X509Certificate): Finding[] {
  if (keyIsListed(leaf)) return [];
  const step =
    "Google takes RSA with 2048, 3072 or 4096 bits and EC on P-256 or P-384. Request a certificate for such a key.";
  return error("certificate", "keyNotAccepted", `its key has a type or size that Gmail does not take. ${step}`);
}

function purposeFindings({ extendedKeyUsage, basicConstraints }: Extensions): Finding[] {
  const findings: Finding[] = [];
  if (!extendedKeyUsage?.includes(EMAIL_PROTECTION)) {
    const step = "Request an S/MIME certificate.";
    findings.push(
      ...error("certificate", "noEmailProtection", `its extended key usage lacks emailProtection. ${step}`),
    );
  }
  if (basicConstraints?.ca) {
    const step = "Give the user's own certificate first, with the key that belongs to it.";
    findings.push(...error("certificate", "isAuthority", `is a certificate authority's, not a user's. ${step}`));
  }
  return findings;
}

/** facts of Google's profile: at least one intermediate, and no leaf straight from a root. */
function chainFindings(leaf: X509Certificate, issuer: X509Certificate | undefined): Finding[] {
  if (selfSigned(leaf)) {
    const step = "Request one from a certificate authority that issues through an intermediate.";
    return error("certificate", "selfSigned", `is self-signed, which Gmail refuses. ${step}`);
  }
  const name = namePart(leaf, "issuer", COMMON_NAME) ?? "its issuer";
  const step =
    "Add the intermediate certificates: in chain, or inside the PKCS#12 file (openssl pkcs12 -export -certfile).";
  if (issuer === undefined) {
    const rule = "Gmail also refuses a certificate issued directly by a root.";
    return error(
      "chain",
      "missingIntermediate",
      `does not hold the intermediate that issued the certificate, "${name}". ${step} ${rule}`,
    );
  }
  if (selfSigned(issuer)) {
    const next = "Request one from an authority that issues through an intermediate.";
    return error(
      "chain",
      "issuedByRoot",
      `the certificate is issued directly by a root, "${name}", which Gmail refuses. ${next}`,
    );
  }
  // Some builds of OpenSSL refuse to check SHA-1 at all, so there a failure says nothing.
  if (!signedBy(leaf, issuer) && !SIGNED_WITH_SHA1.has(signatureAlgorithm(leaf))) {
    return error(
      "chain",
      "issuerDidNotSign",
      `holds a certificate named "${name}" that did not sign the leaf. ${step}`,
    );
  }
  return [];
}

export interface ExpiryOptions {
  leafIsNew: boolean;
  expiryPolicy: "warn" | "error" | "ignore";
  renewBeforeDays?: number;
}

/** RFC 3339. The start is left out where it is known to have passed. */
export interface Validity {
  notBefore?: string;
  expiration: string;
}

// A certificate minted a moment ago must not fail because this machine's clock is a little slow.
const CLOCK_SKEW_MS = 10 * 60 * 1000;

/** `notBefore` is RFC 3339. */
export const hasBegun = (notBefore: string, now: Date): boolean =>
  now.getTime() + CLOCK_SKEW_MS >= Date.parse(notBefore);

/** A new leaf must be valid now, for Gmail refuses it otherwise. One that is already there may lapse, as the policy says. */
export function expiryFindings({ notBefore, expiration }: Validity, now: Date, options: ExpiryOptions): Finding[] {
  const { leafIsNew, expiryPolicy, renewBeforeDays } = options;
  const severity = leafIsNew || expiryPolicy === "error" ? "error" : "warning";
  const byPolicy = expiryPolicy === "error" ? "error" : "warning";
  const silent = expiryPolicy === "ignore";
  const step = "Renew it and pass the new certificate.";
  const finding = (code: string, level: Finding["severity"], text: string): Finding[] => [
    { code, severity: level, field: "certificate", reason: `certificate: ${text}` },
  ];
  if (now.getTime() >= Date.parse(expiration)) {
    return silent && !leafIsNew ? [] : finding("expired", severity, `expired at ${expiration}. ${step}`);
  }
  if (notBefore !== undefined && !hasBegun(notBefore, now)) {
    const wait = "Wait until then, or check this machine's clock.";
    return silent && !leafIsNew ? [] : finding("notYetValid", severity, `is not valid before ${notBefore}. ${wait}`);
  }
  const due = renewalDueAt(expiration, renewBeforeDays);
  if (silent || due === undefined || now.getTime() < Date.parse(due)) return [];
  return finding("renewalDue", byPolicy, `expires at ${expiration} and was due for renewal at ${due}. ${step}`);
}

/** `renewBeforeDays` before the expiration; undefined without a number of days. */
export function renewalDueAt(expiration: string, renewBeforeDays: number | undefined): string | undefined {
  if (renewBeforeDays === undefined) return undefined;
  const due = new Date(Date.parse(expiration) - renewBeforeDays * 24 * 60 * 60 * 1000);
  return Number.isNaN(due.getTime()) ? undefined : rfc3339(due);
}
