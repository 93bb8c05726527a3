// Google's S/MIME certificate profile as far as it is known (support.google.com/a/answer/7300887), as warnings:
// its table for leaves could not be verified whole, so only Gmail itself can say no.
import type { KeyObject, X509Certificate } from "node:crypto";
import type { Finding } from "./problem";
import { signatureAlgorithm, type Extensions, type KeyUsage } from "./x509";

const RSA_BITS = [2048, 3072, 4096];
const CURVES = ["prime256v1", "secp384r1"]; // OpenSSL's names of P-256 and P-384

/** Google's list of keys, which holds for leaves and authorities alike. */
export function keyIsListed(certificate: X509Certificate): boolean {
  const key = publicKeyOf(certificate);
  const { modulusLength, namedCurve } = key?.asymmetricKeyDetails ?? {};
  if (key?.asymmetricKeyType === "rsa") return RSA_BITS.includes(modulusLength ?? 0);
  return key?.asymmetricKeyType === "ec" && CURVES.includes(namedCurve ?? "");
}

const COMMON_NAMES: Record<string, string> = { prime256v1: "P-256", secp384r1: "P-384", secp521r1: "P-521" };

/** The key's type and size for people: `RSA 2048`, `EC P-256`, `ED25519`; `unknown` where this Node cannot read it. */
export function keyAlgorithm(certificate: X509Certificate): string {
  const { asymmetricKeyType: type = "unknown", asymmetricKeyDetails: details } = publicKeyOf(certificate) ?? {};
  const { modulusLength, namedCurve } = details ?? {};
  const size = modulusLength ?? (namedCurve && (COMMON_NAMES[namedCurve] ?? namedCurve));
  if (size === undefined) return type === "unknown" ? type : type.toUpperCase();
  return `${type.toUpperCase()} ${String(size)}`;
}

function publicKeyOf(certificate: X509Certificate): KeyObject | undefined {
  try {
    return certificate.publicKey;
  } catch {
    return undefined;
  }
}

/** Signature algorithms by SHA-1 or MD5, which an administrator may still have allowed for a private root. */
export const SIGNED_WITH_SHA1 = new Set([
  "1.2.840.113549.1.1.4",
  "1.2.840.113549.1.1.5",
  "1.3.14.3.2.29",
  "1.2.840.10045.4.1",
]);

export const EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4";
const FORBIDDEN_PURPOSES: Record<string, string> = {
  "1.3.6.1.5.5.7.3.1": "serverAuth",
  "1.3.6.1.5.5.7.3.3": "codeSigning",
  "1.3.6.1.5.5.7.3.8": "timeStamping",
  "2.5.29.37.0": "anyExtendedKeyUsage",
};
const ANY_POLICY = "2.5.29.32.0";
const MAX_MONTHS = 27;

interface Rule {
  code: string;
  broken: boolean;
  text: string;
}

export function leafWarnings(leaf: X509Certificate, extensions: Extensions): Finding[] {
  const { emails, otherNames, policies, extendedKeyUsage = [] } = extensions;
  const forbidden = extendedKeyUsage.flatMap((id) => FORBIDDEN_PURPOSES[id] ?? []);
  return warnings("certificate", [
    ...shared(leaf, extensions, "it"),
    ...keyUsageRules(leaf, extensions),
    {
      code: "forbiddenPurpose",
      broken: forbidden.length > 0,
      text: `its extended key usage also holds ${forbidden.join(", ")}.`,
    },
    {
      code: "noMailboxName",
      broken: emails.length === 0,
      text: "it has no rfc822Name in its subject alternative name.",
    },
    {
      code: "otherNames",
      broken: otherNames > 0,
      text: "its subject alternative name holds names other than mail addresses.",
    },
    {
      code: "noPolicy",
      broken: policies.length === 0 || policies.includes(ANY_POLICY),
      text: "it names no specific certificate policy.",
    },
    { code: "validTooLong", broken: validTooLong(leaf), text: `it is valid for more than ${MAX_MONTHS} months.` },
  ]);
}

export function intermediateWarnings(issuer: X509Certificate, extensions: Extensions): Finding[] {
  const { basicConstraints, keyUsage, extendedKeyUsage } = extensions;
  const mail = extendedKeyUsage?.includes(EMAIL_PROTECTION) ?? false;
  const mayIssue = basicConstraints?.ca === true && basicConstraints.critical;
  const maySign = keyUsage?.critical === true && keyUsage.bits.has("keyCertSign");
  return warnings("chain", [
    ...shared(issuer, extensions, "the intermediate"),
    {
      code: "intermediateKey",
      broken: !keyIsListed(issuer),
      text: "the intermediate's key has a type or size outside Google's list.",
    },
    {
      code: "intermediatePurpose",
      broken: !mail,
      text: "the intermediate's extended key usage lacks emailProtection.",
    },
    {
      code: "intermediateConstraints",
      broken: !mayIssue,
      text: "the intermediate lacks critical basic constraints of an authority.",
    },
    {
      code: "intermediateKeyUsage",
      broken: !maySign,
      text: "the intermediate lacks a critical key usage with keyCertSign.",
    },
  ]);
}

/** What the profile asks of both. */
function shared(certificate: X509Certificate, { crlUrls, unreadable }: Extensions, who: string): Rule[] {
  const old = SIGNED_WITH_SHA1.has(signatureAlgorithm(certificate));
  const http = crlUrls.some((url) => /^http:\/\//i.test(url));
  return [
    {
      code: "sha1Signature",
      broken: old,
      text: `${who} is signed with SHA-1 or MD5, which only an administrator's setting allows.`,
    },
    {
      code: "noCrl",
      broken: !http,
      text: `${who} names no revocation list (CRL distribution point) at an http address.`,
    },
    {
      code: "unreadableExtension",
      broken: unreadable.length > 0,
      text: `${who} has extensions that cannot be read: ${unreadable.join(", ")}.`,
    },
  ];
}

function keyUsageRules(leaf: X509Certificate, { keyUsage }: Extensions): Rule[] {
  const rsa = publicKeyOf(leaf)?.asymmetricKeyType === "rsa";
  const allowed: KeyUsage[] = ["digitalSignature", "nonRepudiation"];
  allowed.push(...(rsa ? (["keyEncipherment", "dataEncipherment"] as const) : (["keyAgreement"] as const)));
  const bits = [...(keyUsage?.bits ?? [])];
  const signs = bits.includes("digitalSignature") || bits.includes("nonRepudiation");
  const beyond = bits.filter((bit) => !allowed.includes(bit));
  return [
    {
      code: "keyUsageNotCritical",
      broken: keyUsage?.critical !== true,
      text: "it lacks a critical key usage extension.",
    },
    {
      code: "keyUsageCannotSign",
      broken: keyUsage !== undefined && !signs,
      text: "its key usage allows no signatures.",
    },
    {
      code: "keyUsageBeyondProfile",
      broken: beyond.length > 0,
      text: `its key usage also holds ${beyond.join(", ")}.`,
    },
  ];
}

function validTooLong(leaf: X509Certificate): boolean {
  const limit = new Date(leaf.validFrom);
  limit.setUTCMonth(limit.getUTCMonth() + MAX_MONTHS);
  return new Date(leaf.validTo).getTime() > limit.getTime();
}

function warnings(field: "certificate" | "chain", rules: Rule[]): Finding[] {
  const step = "Google's certificate profile asks otherwise, and Gmail may refuse the upload.";
  return rules
    .filter(({ broken }) => broken)
    .map(({ code, text }) => ({ code, severity: "warning", field, reason: `${field}: ${text} ${step}` }));
}
