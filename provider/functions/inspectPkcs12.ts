/**
 * What is in a PKCS#12 file, and what a preview would say of it. Nothing is sent, and no secret is in the result.
 *
 * ```ts
 * const { usable, findings } = await inspectPkcs12({ pkcs12: new pulumi.asset.FileAsset("alice.p12"), password });
 * ```
 */
import type { Args, Field, Result } from "../fields";
import type { DataFunction } from "../invoke";
import { certificateFacts, certificateFindings, expiryFindings } from "../keys/certificate";
import { keyAlgorithm } from "../keys/certificateProfile";
import { KeyMaterialError } from "../keys/problem";
import { keySourceFields, loadKey, type Material } from "../resources/keySource";
import type { Services } from "../resources/services";
import { argument, chainRows, factRows } from "./rows";
import { unreadable, verdict, verdictRows } from "./verdict";

const args = {
  pkcs12: argument(keySourceFields.pkcs12, "required"),
  password: argument(keySourceFields.password, "optional"),
  sendAsEmail: {
    type: "string",
    input: "optional",
    description: "The address that the certificate is for. Default: whether an address is in it is not looked at.",
  },
} as const satisfies Record<string, Field>;

const result = {
  ...verdictRows,
  ...factRows,
  keyAlgorithm: { type: "string", output: true, description: "The key's type and size, such as RSA 2048 or EC P-256." },
  pem: { type: "string", output: true, description: "The public certificate and its chain, as PEM." },
  chain: {
    type: "objects",
    output: true,
    item: { name: "ChainCertificate", fields: chainRows },
    description: "The issuing certificates in the file, the leaf's issuer first, without the root.",
  },
} as const satisfies Record<string, Field>;

type A = typeof args;
type R = typeof result;

export const inspectPkcs12: DataFunction<A, R, Services> = {
  token: "inspectPkcs12",
  description: "What is in a PKCS#12 file, and what a preview of a SmimeCertificate would say of it. Nothing is sent.",
  args,
  result,
  call,
};

async function call(written: Args<A>, services: Services): Promise<Result<R>> {
  try {
    const material = await loadKey(written, services);
    // loadKey waits for parts that are not known yet, and no function is given one
    return material ? describe(material, written.sendAsEmail?.trim(), services.now()) : verdict([]);
  } catch (error) {
    if (error instanceof KeyMaterialError) return unreadable(error);
    throw error;
  }
}

/** The same findings as SmimeCertificate's Check has of a certificate that is new. */
function describe({ leaf, chain }: Material, address: string | undefined, now: Date): Result<R> {
  const facts = certificateFacts(leaf);
  const findings = [
    ...certificateFindings(leaf, chain, address),
    ...expiryFindings(facts, now, { leafIsNew: true, expiryPolicy: "warn" }),
  ];
  return {
    ...verdict(findings),
    ...facts,
    keyAlgorithm: keyAlgorithm(leaf),
    pem: [leaf, ...chain].map(String).join(""),
    chain: chain.map((issuer) => {
      const { subject, issuerCn, expiration } = certificateFacts(issuer);
      return { subject, issuerCn, expiration };
    }),
  };
}
