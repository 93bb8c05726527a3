/** Keys must be strong enough: of the leaf and of each certificate in its chain, and of the audit key. */
import type { X509Certificate } from "node:crypto";
import { certificatesOf, commonName, keyOf } from "../certificates";
import type { Rule } from "../rule";
import type { Settings } from "../settings";

export const keySize: Rule = {
  name: "key-size",
  description: "RSA keys must have a number of bits, and EC keys an allowed curve.",
  level: "mandatory",
  settings: ["minimumRsaBits", "minimumAuditBits", "allowedCurves"],
  asked: "both",
  check: ({ kind, properties }, settings) => {
    if (kind === "SmimeCertificate") return certificatesOf(properties).flatMap((each) => ofCertificate(each, settings));
    if (kind !== "AuditPublicKey") return [];
    const { bits } = properties;
    const { minimumAuditBits: least } = settings;
    if (typeof bits !== "number" || bits >= least) return [];
    return [`publicKey: an RSA key of ${String(bits)} bits; minimumAuditBits is ${String(least)}. Make a longer one.`];
  },
};

function ofCertificate(certificate: X509Certificate, { minimumRsaBits, allowedCurves }: Settings): string[] {
  const { rsaBits, curve } = keyOf(certificate);
  const whose = `certificate: ${commonName(certificate.subject) ?? "a certificate without a common name"} has`;
  const next = "Have it issued anew for another key, or by another authority where it is one of the chain.";
  if (rsaBits !== undefined && rsaBits < minimumRsaBits)
    return [`${whose} an RSA key of ${String(rsaBits)} bits; minimumRsaBits is ${String(minimumRsaBits)}. ${next}`];
  if (curve !== undefined && !allowedCurves.includes(curve))
    return [`${whose} a key on ${curve}; ${namedCurves(allowedCurves)}. ${next}`];
  return [];
}

const namedCurves = (allowed: Settings["allowedCurves"]): string =>
  allowed.length > 0
    ? `allowedCurves are ${allowed.join(", ")}`
    : "allowedCurves is empty, so only RSA keys are allowed";
