/** PEM texts: key, certificate and chain, each damaged inside its ASN.1, in its text, or put in another's place. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { readPem, writePkcs12 } from "../../provider/keys/pem";
import { damagedText, damages, type Damage } from "./bytes";
import { edited, edits, type Edit } from "./asn1Edits";
import { material, pem as block } from "./material";
import { allowing, type Target } from "./target";

const OWN_LABEL = { key: "PRIVATE KEY", leaf: "CERTIFICATE", issuer: "CERTIFICATE" } as const;
const LABELS = [
  "PRIVATE KEY",
  "CERTIFICATE",
  "RSA PRIVATE KEY",
  "EC PRIVATE KEY",
  "ENCRYPTED PRIVATE KEY",
  "OPENSSH PRIVATE KEY",
  "X509 CERTIFICATE",
  "PKCS7",
  "-----BEGIN ",
  "",
] as const;

interface Part {
  readonly of: "key" | "leaf" | "issuer";
  readonly label?: string;
  readonly edits: Edit[];
  readonly damages: Damage[];
}

interface Case {
  readonly kind: "ec" | "rsa";
  readonly privateKey: Part[] | string;
  readonly certificate: Part[] | string;
  readonly chain?: Part[] | string;
}

const part = (of: Part["of"]): fc.Arbitrary<Part> =>
  fc.record(
    {
      of: fc.oneof(
        { weight: 9, arbitrary: fc.constant(of) },
        { weight: 1, arbitrary: fc.constantFrom("key" as const, "leaf" as const, "issuer" as const) },
      ),
      label: fc.oneof(
        { weight: 8, arbitrary: fc.constant(OWN_LABEL[of]) },
        { weight: 1, arbitrary: fc.constantFrom(...LABELS) },
      ),
      edits: fc.oneof({ weight: 3, arbitrary: fc.constant<Edit[]>([]) }, edits(3)),
      damages: fc.oneof({ weight: 8, arbitrary: fc.constant<Damage[]>([]) }, damages(2)),
    },
    { requiredKeys: ["of", "edits", "damages"] },
  );

const text = (of: Part["of"]): fc.Arbitrary<Part[] | string> =>
  fc.oneof(
    { weight: 8, arbitrary: fc.tuple(part(of)) },
    { weight: 1, arbitrary: fc.array(part(of), { maxLength: 12 }) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 80 }) },
  );

const cases: fc.Arbitrary<Case> = fc.record(
  {
    kind: fc.constantFrom("ec" as const, "rsa" as const),
    privateKey: text("key"),
    certificate: text("leaf"),
    chain: text("issuer"),
  },
  { requiredKeys: ["kind", "privateKey", "certificate"] },
);

export const pem: Target<Case> = {
  name: "pem",
  about: "damaged and misplaced PEM parts",
  async open() {
    const of = { ec: await material("openssl-ec.p12"), rsa: await material("openssl-default.p12") };
    const traces = [...of.ec.traces, ...of.rsa.traces];
    const write = (parts: Part[] | string, kind: Case["kind"]): string => {
      if (typeof parts === "string") return parts;
      const { key, leaf, chain } = of[kind];
      const der = { key, leaf, issuer: chain[0] ?? leaf };
      const blocks = parts.map((one) =>
        damagedText(block(one.label ?? OWN_LABEL[one.of], edited(der[one.of], one.edits)), one.damages),
      );
      return blocks.join("");
    };
    return {
      cases,
      async run({ kind, privateKey, certificate, chain }) {
        const texts = {
          privateKey: write(privateKey, kind),
          certificate: write(certificate, kind),
          ...(chain !== undefined && { chain: write(chain, kind) }),
        };
        const bundle = await allowing(traces, () => readPem(texts));
        if (!bundle) return false;
        const packed = await allowing(traces, () => writePkcs12(bundle, "a password of the test"));
        assert.ok(packed === undefined || packed.length > 0);
        return true;
      },
    };
  },
};
