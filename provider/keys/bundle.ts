// Puts a private key and a heap of certificates in order: which one is the leaf, and what leads from it to its root.
import type { KeyObject, X509Certificate } from "node:crypto";
import { type KeyMaterialError, keyError } from "./problem";

export const MAX_BYTES = 64 * 1024;
export const MAX_CERTIFICATES = 10;

export interface PublicBundle {
  leaf: X509Certificate;
  /** Issuer after issuer, without the leaf and without a self-signed root. */
  chain: X509Certificate[];
}

/** The leaf is the one whose public key matches. */
export interface KeyBundle extends PublicBundle {
  privateKey: KeyObject;
}

/** Finds the key's certificate among `candidates` and its issuers among all; `field` is where the leaf was given. */
export function bundle(
  privateKey: KeyObject,
  candidates: readonly X509Certificate[],
  all: readonly X509Certificate[],
  field: "pkcs12" | "certificate",
): KeyBundle {
  const matching = distinct(candidates).filter((certificate) => belongs(certificate, privateKey));
  const [leaf, second] = matching;
  if (leaf === undefined) throw mismatch(field);
  if (second !== undefined) throw twoLeaves(field);
  return { privateKey, leaf, chain: issuersOf(leaf, distinct(all)) };
}

/** The same while the key is not known: undefined where more than one may be its certificate, or none. */
export function bundleOf(
  candidates: readonly X509Certificate[],
  all: readonly X509Certificate[],
): PublicBundle | undefined {
  const among = distinct(candidates);
  const [leaf, second] = among.filter((one) => !among.some((other) => other !== one && other.checkIssued(one)));
  return leaf === undefined || second !== undefined ? undefined : { leaf, chain: issuersOf(leaf, distinct(all)) };
}

function mismatch(field: "pkcs12" | "certificate"): KeyMaterialError {
  return keyError(
    field,
    "certificateDoesNotMatch",
    field === "pkcs12"
      ? "holds no certificate that belongs to its private key. Export the key together with its own certificate."
      : "does not belong to privateKey: their public keys differ. Give the key and the certificate of one request.",
  );
}

function twoLeaves(field: "pkcs12" | "certificate"): KeyMaterialError {
  return keyError(
    field,
    "twoLeaves",
    "holds two different certificates for the private key, so it is not clear which is meant. Leave one of them out.",
  );
}

/** False for a public key this Node cannot read. */
function belongs(certificate: X509Certificate, privateKey: KeyObject): boolean {
  try {
    return certificate.checkPrivateKey(privateKey);
  } catch {
    return false;
  }
}

function distinct(certificates: readonly X509Certificate[]): X509Certificate[] {
  return [...new Map(certificates.map((certificate) => [certificate.fingerprint256, certificate])).values()];
}

function issuersOf(leaf: X509Certificate, all: readonly X509Certificate[]): X509Certificate[] {
  const chain: X509Certificate[] = [];
  const left = new Set(all.filter((certificate) => certificate.fingerprint256 !== leaf.fingerprint256));
  let issuer = selfSigned(leaf) ? undefined : issuerOf(leaf, left);
  while (issuer !== undefined && !selfSigned(issuer)) {
    chain.push(issuer);
    left.delete(issuer); // so that two that issued each other end the walk
    issuer = issuerOf(issuer, left);
  }
  return chain;
}

/** By name and key id; by signature only where that leaves a choice, for some builds of OpenSSL refuse to check SHA-1. */
export function issuerOf(subject: X509Certificate, among: Iterable<X509Certificate>): X509Certificate | undefined {
  const named = [...among].filter((candidate) => subject.checkIssued(candidate));
  return named.length < 2 ? named[0] : (named.find((candidate) => signedBy(subject, candidate)) ?? named[0]);
}

export function selfSigned(certificate: X509Certificate): boolean {
  return certificate.checkIssued(certificate);
}

export function signedBy(subject: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return subject.verify(issuer.publicKey);
  } catch {
    return false;
  }
}
