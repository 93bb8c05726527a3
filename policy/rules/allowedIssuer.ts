/** Leaf certificates must be from one of these authorities. */
import { certificatesOf, commonName } from "../certificates";
import { text, type Rule } from "../rule";

export const allowedIssuer: Rule = {
  name: "allowed-issuer",
  description: "Certificates must be issued by an allowed authority.",
  level: "mandatory",
  settings: ["issuers"],
  asked: "both",
  check: ({ kind, properties }, { issuers }) => {
    if (kind !== "SmimeCertificate" || issuers.length === 0) return [];
    const [leaf] = certificatesOf(properties);
    const issuer = text(properties["issuerCn"]) ?? (leaf && (commonName(leaf.issuer) ?? ""));
    if (issuer === undefined || issuers.includes(issuer)) return [];
    const found = issuer === "" ? "an authority without a common name" : issuer;
    return [
      `certificate: issued by ${found}, which is not among the issuers ${issuers.join(", ")}. ` +
        "Have it issued by one of them, or add this one to the policy's configuration.",
    ];
  },
};
