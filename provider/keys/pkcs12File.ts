// What is in a PKCS#12 file (RFC 7292) of any common producer, within limits that are checked before any work is done.
// Made for a thread of its own (pkcs12Worker.ts), which it holds up: nothing here is asynchronous.
import { child, integer, octets, oid, readAsn1, tags, writeDer, type Asn1 } from "./asn1";
import { MAX_CERTIFICATES } from "./bundle";
import { encrypted, integrity, type Encrypted, type Integrity } from "./pkcs12Encryption";
import { passwordForms, type PasswordForm } from "./pkcs12Kdf";
import { asKeyMaterialError, keyError, type KeyMaterialError, type KeyProblem } from "./problem";

/** Each as often as it is gone through: a key of the old ciphers takes up to three passes of its iterations. */
const MAX_ITERATIONS = 1_000_000;
const MAX_NESTING = 4; // bags within bags
export const UNREADABLE =
  "is not a PKCS#12 file that can be read: it is damaged, cut off, or another kind of file. " +
  "Pass the .p12 or .pfx file itself, base64-encoded once.";

export interface Pkcs12File {
  readonly bytes: Uint8Array;
  readonly password: string | undefined;
}

/** Neither key nor certificates have been looked into yet. */
export interface OpenedPkcs12 {
  /** PKCS#8 in DER. */
  readonly key: Uint8Array;
  /** X.509 in DER, at least one, in the file's order. */
  readonly certificates: readonly Uint8Array[];
}

/** What crosses from one thread to another: an error would arrive as another one, and a parser's may quote secrets. */
export type Answer = { readonly opened: OpenedPkcs12 } | { readonly problems: readonly KeyProblem[] };

/** Never throws. */
export function openPkcs12(file: Pkcs12File): Answer {
  try {
    return { opened: open(file) };
  } catch (error) {
    return { problems: asKeyMaterialError(error, "pkcs12", UNREADABLE).problems };
  }
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

function open({ bytes, password }: Pkcs12File): OpenedPkcs12 {
  const { content, mac } = readFile(bytes);
  const found: Contents = { keys: [], certificates: [], lockedKeys: [], lockedParts: [] };
  for (const part of readAsn1(content).children) collectPart(part, found);
  const known = [...(mac === undefined ? [] : [mac]), ...found.lockedParts, ...found.lockedKeys];
  const iterations = countIterations(0, known);
  checkCounts(found);
  const lock = { mac, password, forms: checkPassword(mac, password) };
  const knownKeys = found.lockedKeys.length;
  for (const part of found.lockedParts) collectBags(unlock(part, lock, "part"), found, 0);
  countIterations(iterations, found.lockedKeys.slice(knownKeys));
  checkCounts(found);
  for (const key of found.lockedKeys) found.keys.push(writeDer(unlock(key, lock, "key")));
  return withKey(found);
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
    `asks for more than 1,000,000 key derivation iterations in total, which the old ciphers go through up to three times. ${step}`,
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
function checkPassword(mac: Integrity | undefined, password: string | undefined): PasswordForm[] {
  const forms = passwordForms(password);
  if (mac === undefined) return forms;
  for (const form of forms) {
    if (mac.matches(form)) return [form, ...forms.filter((other) => other !== form)];
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

function unlock(locked: Encrypted, lock: Lock, what: "part" | "key"): Asn1 {
  for (const form of lock.forms) {
    const opened = decrypted(locked, form);
    if (opened !== undefined) return opened;
  }
  if (lock.mac === undefined) throw wrongPassword(lock.password, "it decrypts to nothing readable");
  if (what === "part") throw keyError("pkcs12", "unreadable", UNREADABLE);
  const step = "Export it again with one password for both.";
  throw keyError("password", "wrongKeyPassword", `opens this PKCS#12 file but not the private key in it. ${step}`);
}

/** undefined where the result has wrong padding or is no ASN.1: a wrong password looks like either. */
function decrypted(locked: Encrypted, form: PasswordForm): Asn1 | undefined {
  try {
    const opened = readAsn1(locked.open(form));
    return opened.tag === tags.sequence ? opened : undefined;
  } catch {
    return undefined;
  }
}

function withKey({ keys: [key], certificates }: Contents): OpenedPkcs12 {
  if (key === undefined) {
    const text = "holds no private key. Export the certificate together with its key.";
    throw keyError("pkcs12", "noPrivateKey", text);
  }
  if (certificates.length === 0) {
    const text = "holds no certificate. Export the key together with its certificate and the intermediates.";
    throw keyError("pkcs12", "noCertificate", text);
  }
  return { key, certificates };
}
