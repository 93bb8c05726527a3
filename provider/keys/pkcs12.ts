// Opens PKCS#12 files (RFC 7292) of every common producer, within limits that are checked before any work is done.
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { child, integer, octets, oid, readAsn1, tags, writeDer, type Asn1 } from "./asn1";
import { bundle, type KeyBundle, MAX_BYTES, MAX_CERTIFICATES } from "./bundle";
import { encrypted, integrity, type Encrypted, type Integrity } from "./pkcs12Encryption";
import { passwordForms, type PasswordForm } from "./pkcs12Kdf";
import { asKeyMaterialError, keyError, type KeyMaterialError } from "./problem";

export type { KeyBundle } from "./bundle";

const MAX_ITERATIONS = 1_000_000;
const MAX_NESTING = 4; // bags within bags
const UNREADABLE =
  "is not a PKCS#12 file that can be read: it is damaged, cut off, or another kind of file. " +
  "Pass the .p12 or .pfx file itself, base64-encoded once.";

/** The key pair and chain of one file. Throws KeyMaterialError and nothing else. */
export async function readPkcs12(bytes: Uint8Array, password: string | undefined): Promise<KeyBundle> {
  try {
    return await open(bytes, password);
  } catch (error) {
    throw asKeyMaterialError(error, "pkcs12", UNREADABLE);
  }
}

/** Base64 or base64url, padded or not, with white space anywhere; undefined when it is neither. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bare = text.replace(/\s+/g, "");
  const body = bare.replace(/={1,2}$/, "");
  if (!/^(?:[A-Za-z0-9+/]*|[A-Za-z0-9_-]*)$/.test(body) || body.length % 4 === 1) return undefined;
  if (body.length !== bare.length && bare.length % 4 !== 0) return undefined;
  return Buffer.from(body, "base64url");
}

/** What a file holds, as far as it has been opened. */
interface Contents {
  keys: Buffer[];
  certificates: Buffer[];
  lockedKeys: Encrypted[];
  lockedParts: Encrypted[];
}

interface Lock {
  mac: Integrity | undefined;
  password: string | undefined;
  /** Likeliest first. */
  forms: PasswordForm[];
}

async function open(bytes: Uint8Array, password: string | undefined): Promise<KeyBundle> {
  if (bytes.length > MAX_BYTES) {
    const step = "Export only the key, its certificate and the intermediates.";
    throw keyError("pkcs12", "tooLarge", `is larger than 64 KiB. ${step}`);
  }
  const { content, mac } = readFile(bytes);
  const found: Contents = { keys: [], certificates: [], lockedKeys: [], lockedParts: [] };
  for (const part of readAsn1(content).children) collectPart(part, found);
  const known = [...(mac === undefined ? [] : [mac]), ...found.lockedParts, ...found.lockedKeys];
  const iterations = countIterations(0, known);
  checkCounts(found);
  const lock = { mac, password, forms: await checkPassword(mac, password) };
  const knownKeys = found.lockedKeys.length;
  for (const part of found.lockedParts) collectBags(await unlock(part, lock, "part"), found, 0);
  countIterations(iterations, found.lockedKeys.slice(knownKeys));
  checkCounts(found);
  for (const key of found.lockedKeys) found.keys.push(writeDer(await unlock(key, lock, "key")));
  return assemble(found);
}

/** The authenticated content of a PFX, and its integrity check where it has one. */
function readFile(bytes: Uint8Array): { content: Buffer; mac: Integrity | undefined } {
  const file = readAsn1(bytes);
  integer(child(file, 0));
  const authenticated = child(file, 1, tags.sequence);
  if (oid(child(authenticated, 0)) !== DATA) throw notByPassword(authenticated);
  const content = octets(child(child(authenticated, 1), 0));
  const macData = file.children[2];
  return { content, mac: macData === undefined ? undefined : integrity(macData, content) };
}

const DATA = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA = "1.2.840.113549.1.7.6";

/** A signed or enveloped part needs a key of the recipient's; anything else is no PKCS#12 at all. */
function notByPassword(part: Asn1): KeyMaterialError {
  const type = oid(child(part, 0));
  if (type !== "1.2.840.113549.1.7.2" && type !== "1.2.840.113549.1.7.3")
    return keyError("pkcs12", "unreadable", UNREADABLE);
  const step = "Export it again with a password.";
  return keyError("pkcs12", "unsupportedAlgorithm", `is protected by a public key instead of a password. ${step}`);
}

/** One ContentInfo: bags in clear, or bags to be decrypted. */
function collectPart(part: Asn1, found: Contents): void {
  const type = oid(child(part, 0));
  const value = child(child(part, 1), 0);
  if (type === DATA) return collectBags(readAsn1(octets(value)), found, 0);
  if (type !== ENCRYPTED_DATA) throw notByPassword(part);
  const info = child(value, 1, tags.sequence);
  found.lockedParts.push(encrypted(child(info, 1, tags.sequence), octets(child(info, 2))));
}

/** Sorts bags by kind. Revocation lists and other secrets, which a file may hold as well, are left alone. */
function collectBags(bags: Asn1, found: Contents, depth: number): void {
  if (bags.tag !== tags.sequence || depth > MAX_NESTING) throw keyError("pkcs12", "unreadable", UNREADABLE);
  for (const bag of bags.children) {
    const value = child(child(bag, 1), 0, tags.sequence);
    switch (oid(child(bag, 0))) {
      case "1.2.840.113549.1.12.10.1.1":
        found.keys.push(writeDer(value));
        break;
      case "1.2.840.113549.1.12.10.1.2":
        found.lockedKeys.push(encrypted(child(value, 0, tags.sequence), octets(child(value, 1))));
        break;
      case "1.2.840.113549.1.12.10.1.3":
        if (oid(child(value, 0)) !== "1.2.840.113549.1.9.22.1") break; // not X.509 but SDSI
        found.certificates.push(octets(child(child(value, 1), 0)));
        break;
      case "1.2.840.113549.1.12.10.1.6":
        collectBags(value, found, depth + 1);
        break;
    }
  }
}

/** Adds up what the file asks for. Every key derivation known so far is counted before the first one runs. */
function countIterations(before: number, work: readonly { iterations: number }[]): number {
  let total = before;
  for (const { iterations } of work) {
    if (iterations < 1) throw keyError("pkcs12", "unreadable", UNREADABLE);
    total += iterations;
  }
  if (total <= MAX_ITERATIONS) return total;
  const step = "Export it again with fewer (openssl pkcs12 -export -iter 100000).";
  throw keyError(
    "pkcs12",
    "tooManyIterations",
    `asks for more than 1,000,000 key derivation iterations in total. ${step}`,
  );
}

function checkCounts(found: Contents): void {
  if (found.keys.length + found.lockedKeys.length > 1) {
    const text = "holds more than one private key. Export the one key that belongs to the certificate.";
    throw keyError("pkcs12", "twoPrivateKeys", text);
  }
  if (found.certificates.length > MAX_CERTIFICATES) {
    const text = "holds more than ten certificates. Export the key's certificate and its intermediates only.";
    throw keyError("pkcs12", "tooManyCertificates", text);
  }
}

/** Which encoding of the password passes the integrity check; without one, only decrypting can tell. */
async function checkPassword(mac: Integrity | undefined, password: string | undefined): Promise<PasswordForm[]> {
  const forms = passwordForms(password);
  if (mac === undefined) return forms;
  for (const form of forms) {
    if (await mac.matches(form)) return [form, ...forms.filter((other) => other !== form)];
  }
  throw wrongPassword(password, "its integrity check fails");
}

function wrongPassword(password: string | undefined, because: string): KeyMaterialError {
  const text =
    password === undefined || password === ""
      ? `is missing or empty, and this PKCS#12 file needs one (${because}). Pass the one the file was exported with.`
      : `does not open this PKCS#12 file (${because}). ` +
        "Pass the password the file was exported with; for a file without one leave password out.";
  return keyError("password", "wrongPassword", text);
}

async function unlock(locked: Encrypted, lock: Lock, what: "part" | "key"): Promise<Asn1> {
  for (const form of lock.forms) {
    const opened = await decrypted(locked, form);
    if (opened !== undefined) return opened;
  }
  if (lock.mac === undefined) throw wrongPassword(lock.password, "it decrypts to nothing readable");
  if (what === "part") throw keyError("pkcs12", "unreadable", UNREADABLE);
  const step = "Export it again with one password for both.";
  throw keyError("password", "wrongKeyPassword", `opens this PKCS#12 file but not the private key in it. ${step}`);
}

/** undefined where the result has wrong padding or is no ASN.1: a wrong password looks like either. */
async function decrypted(locked: Encrypted, form: PasswordForm): Promise<Asn1 | undefined> {
  try {
    const opened = readAsn1(await locked.open(form));
    return opened.tag === tags.sequence ? opened : undefined;
  } catch {
    return undefined;
  }
}

function assemble(found: Contents): KeyBundle {
  const [key] = found.keys;
  if (key === undefined) {
    const text = "holds no private key. Export the certificate together with its key.";
    throw keyError("pkcs12", "noPrivateKey", text);
  }
  if (found.certificates.length === 0) {
    const text = "holds no certificate. Export the key together with its certificate and the intermediates.";
    throw keyError("pkcs12", "noCertificate", text);
  }
  const certificates = found.certificates.map(certificateOf);
  return bundle(privateKeyOf(key), certificates, certificates, "pkcs12");
}

function certificateOf(der: Buffer): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch {
    throw keyError("pkcs12", "unreadableCertificate", "holds a certificate that cannot be read. Export it again.");
  }
}

function privateKeyOf(der: Buffer): KeyObject {
  try {
    return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  } catch {
    const text = "holds a private key that cannot be read: it is damaged or of an unknown kind. Use an RSA or EC key.";
    throw keyError("pkcs12", "unreadablePrivateKey", text);
  }
}
