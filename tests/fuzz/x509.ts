/** X.509 certificates that OpenSSL takes and whose inside is anything: facts, findings, expiry, and what is said of them. */
import * as fc from "fast-check";
import { certificateFacts, certificateFindings, expiryFindings } from "../../provider/keys/certificate";
import { readCertificates } from "../../provider/keys/pem";
import { edited, edits, type Edit } from "./asn1Edits";
import { damaged, damages, type Damage } from "./bytes";
import { material, NOW, pem } from "./material";
import { allowing, harmless, type Target } from "./target";

interface Case {
  readonly kind: "ec" | "rsa";
  readonly leaf: Edit[];
  readonly damages: Damage[];
  readonly issuer: Edit[];
  readonly address: string;
  readonly days?: number;
  readonly policy: "warn" | "error" | "ignore";
}

const cases: fc.Arbitrary<Case> = fc.record(
  {
    kind: fc.constantFrom("ec" as const, "rsa" as const),
    leaf: edits(3),
    damages: fc.oneof({ weight: 3, arbitrary: fc.constant<Damage[]>([]) }, damages(2)),
    issuer: fc.oneof({ weight: 2, arbitrary: fc.constant<Edit[]>([]) }, edits(2)),
    address: fc.oneof(fc.constant("alice@example.com"), fc.emailAddress()),
    days: fc.oneof(fc.integer({ min: 1, max: 825 }), fc.double()),
    policy: fc.constantFrom("warn" as const, "error" as const, "ignore" as const),
  },
  { requiredKeys: ["kind", "leaf", "damages", "issuer", "address", "policy"] },
);

export const x509: Target<Case> = {
  name: "x509",
  about: "certificates whose fields and extensions are damaged",
  async open() {
    const of = { ec: await material("openssl-ec.p12"), rsa: await material("openssl-default.p12") };
    return {
      cases,
      async run({ kind, leaf, damages: done, issuer, address, days, policy }) {
        const ders = [damaged(edited(of[kind].leaf, leaf), done), edited(of[kind].chain[0] ?? of[kind].leaf, issuer)];
        const read = await allowing([], () => ders.flatMap((der) => readCertificates(pem("CERTIFICATE", der))));
        const [first, ...chain] = read ?? [];
        if (!first) return false;
        const facts = await allowing([], () => certificateFacts(first));
        for (const fact of Object.values(facts ?? {}).flat()) harmless(String(fact), []);
        const options = { leafIsNew: true, expiryPolicy: policy, ...(days !== undefined && { renewBeforeDays: days }) };
        const findings = await allowing([], () => [
          ...certificateFindings(first, chain, address),
          ...expiryFindings(certificateFacts(first), NOW, options),
        ]);
        for (const { reason } of findings ?? []) harmless(reason, []);
        return facts !== undefined;
      },
    };
  },
};
