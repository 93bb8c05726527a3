// Reads a private key and certificates from PEM text, and tells everything that is wrong with them at once.
import { type KeyObject, X509Certificate } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { bundle, bundleOf, type KeyBundle, MAX_BYTES, MAX_CERTIFICATES, type PublicBundle } from "./bundle";
import { asKeyMaterialError, KeyMaterialError, keyError, type KeyProblem } from "./problem";
import { decodeBase64 } from "./pkcs12";
import { readPrivateKey } from "./privateKey";

export type { KeyBundle } from "./bundle";
export { writePkcs12 } from "./pkcs12Writer";

type Field = "privateKey" | "certificate" | "chain";

interface Certificates {
  certificate: string;
  chain?: string;
}

/** The key pair and chain of PEM texts; issuers may follow the leaf in `certificate`. Throws KeyMaterialError alone. */
export async function readPem(input: Certificates & { privateKey: string }): Promise<KeyBundle> {
  await setImmediate(); // all below is synchronous: a fleet's rows in a row would hold the event loop
  const problems: KeyProblem[] = [];
  const key = collect(problems, () => privateKeyIn(input.privateKey));
  const read = readAll(problems, input);
  if (key === undefined || read === undefined || problems.length > 0) throw new KeyMaterialError(problems);
  try {
    return bundle(key, read.certificates, read.all, "certificate");
  } catch (error) {
    throw asKeyMaterialError(
      error,
      "certificate",
      "cannot be compared with privateKey. Request a certificate for an RSA or EC key.",
    );
  }
}

/** The same while the private key is not known; undefined where it decides which certificate is the leaf. */
export function readPublicPem(input: Certificates): PublicBundle | undefined {
  const problems: KeyProblem[] = [];
  const read = readAll(problems, input);
  if (read === undefined || problems.length > 0) throw new KeyMaterialError(problems);
  return bundleOf(read.certificates, read.all);
}

/** Undefined where one of the two cannot be read; all that is wrong goes to `problems`. */
function readAll(
  problems: KeyProblem[],
  input: Certificates,
): { certificates: X509Certificate[]; all: X509Certificate[] } | undefined {
  const certificates = collect(problems, () => certificatesIn(input.certificate, "certificate"));
  const given = input.chain?.trim() ? input.chain : undefined;
  const chain = given === undefined ? [] : collect(problems, () => certificatesIn(given, "chain"));
  if (chain !== undefined && (certificates ?? []).length + chain.length > MAX_CERTIFICATES) {
    problems.push(...tooMany("chain").problems);
  }
  return certificates && chain && { certificates, all: [...certificates, ...chain] };
}

/** Every certificate of a PEM text, in the order given. */
export function readCertificates(pem: string): X509Certificate[] {
  return certificatesIn(pem, "certificate");
}

function collect<T>(problems: KeyProblem[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof KeyMaterialError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

interface Block {
  label: string;
  body: string;
}

/** The blocks of a text, found by searching forwards only, so that no text can make it slow. */
function blocksOf(text: string, field: Field): Block[] {
  if (text.length > MAX_BYTES || Buffer.byteLength(text) > MAX_BYTES) {
    throw keyError(field, "tooLarge", "is larger than 64 KiB. Give only what belongs to this certificate.");
  }
  const blocks: Block[] = [];
  for (let at = text.indexOf(BEGIN); at !== -1; at = text.indexOf(BEGIN, at)) {
    const labelEnd = text.indexOf(DASHES, at + BEGIN.length);
    const label = text.slice(at + BEGIN.length, labelEnd);
    const end = `-----END ${label}-----`;
    const bodyEnd = labelEnd === -1 ? -1 : text.indexOf(end, labelEnd);
    if (bodyEnd === -1) throw damaged(field);
    blocks.push({ label, body: text.slice(labelEnd + DASHES.length, bodyEnd) });
    at = bodyEnd + end.length;
  }
  return blocks;
}

const BEGIN = "-----BEGIN ";
const DASHES = "-----";

function damaged(field: Field): KeyMaterialError {
  const text =
    "is damaged PEM: a block does not end, or is not base64. Copy the whole text, with its BEGIN and END lines.";
  return keyError(field, "unreadable", text);
}

function privateKeyIn(text: string): KeyObject {
  const field = "privateKey";
  const blocks = blocksOf(text, field);
  if (blocks.some(isEncrypted)) {
    const step = "Decrypt it first (openssl pkey -in key.pem), or give a PKCS#12 file with its password instead.";
    throw keyError(field, "encrypted", `is encrypted, and PEM input takes no password. ${step}`);
  }
  if (blocks.some(({ label }) => label === "OPENSSH PRIVATE KEY")) {
    const step = "Convert it to PKCS#8 (ssh-keygen -p -m PKCS8), or give the key the certificate was requested with.";
    throw keyError(field, "unsupported", `is an OpenSSH key. ${step}`);
  }
  const [block, second] = blocks.filter(({ label }) => KEY_LABELS.includes(label));
  if (block === undefined) {
    const text = 'holds no private key. Give PEM text with a "BEGIN PRIVATE KEY" block.';
    throw keyError(field, "noPrivateKey", text);
  }
  if (second !== undefined) throw keyError(field, "twoPrivateKeys", "holds more than one private key. Give one.");
  return keyOf(block);
}

const KEY_LABELS = ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"];

/** PKCS#8's own encryption has a label of its own; OpenSSL's older one is a header line. */
function isEncrypted({ label, body }: Block): boolean {
  return (
    label === "ENCRYPTED PRIVATE KEY" || (label.endsWith("PRIVATE KEY") && /^\s*Proc-Type:.*ENCRYPTED/i.test(body))
  );
}

function keyOf({ label, body }: Block): KeyObject {
  const der = decodeBase64(body);
  if (der === undefined) throw damaged("privateKey");
  const type = label === "RSA PRIVATE KEY" ? "pkcs1" : label === "EC PRIVATE KEY" ? "sec1" : "pkcs8";
  try {
    return readPrivateKey(der, type);
  } catch {
    const text = "cannot be read: it is damaged or of an unknown kind. Use an RSA or EC key in PKCS#8.";
    throw keyError("privateKey", "unreadable", text);
  }
}

function certificatesIn(text: string, field: "certificate" | "chain"): X509Certificate[] {
  const blocks = blocksOf(text, field);
  if (blocks.some(({ label }) => label.endsWith("PRIVATE KEY"))) {
    const text = "holds a private key, and is not treated as a secret. Move the key to privateKey.";
    throw keyError(field, "privateKeyInCertificate", text);
  }
  if (blocks.some(({ label }) => label === "PKCS7" || label === "CMS")) {
    const step = "Convert it to PEM certificates (openssl pkcs7 -print_certs -in file.p7b).";
    throw keyError(field, "unsupported", `is a PKCS#7 file. ${step}`);
  }
  const certificates = blocks.filter(({ label }) => CERTIFICATE_LABELS.includes(label));
  if (certificates.length === 0) {
    const text = 'holds no certificate. Give PEM text with a "BEGIN CERTIFICATE" block.';
    throw keyError(field, "noCertificate", text);
  }
  if (certificates.length > MAX_CERTIFICATES) throw tooMany(field);
  return certificates.map(({ body }) => certificateOf(body, field));
}

const CERTIFICATE_LABELS = ["CERTIFICATE", "X509 CERTIFICATE"];

function tooMany(field: Field): KeyMaterialError {
  const text = "more than ten certificates are given. Give the leaf's own and its intermediates only.";
  return keyError(field, "tooManyCertificates", text);
}

function certificateOf(body: string, field: "certificate" | "chain"): X509Certificate {
  const der = decodeBase64(body);
  if (der === undefined) throw damaged(field);
  try {
    return new X509Certificate(der);
  } catch {
    throw keyError(
      field,
      "unreadable",
      "holds a block that is not an X.509 certificate. Export the certificate again.",
    );
  }
}
