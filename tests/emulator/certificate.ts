// What Gmail looks at before it takes a certificate: key, validity, address, chain and root. The cause is named here and hidden by the route.
import type { X509Certificate } from "node:crypto";
import { child, contextChild, octets, oid, readElement, type Element } from "./der";
import type { Certificate } from "./entities";
import type { Opened } from "./pkcs12";

export type Cause =
  | "no key"
  | "no certificate"
  | "key mismatch"
  | "expired"
  | "not yet valid"
  | "address not in the certificate"
  | "no intermediate"
  | "untrusted root";

export class CertificateRefused extends Error {
  override readonly name = "CertificateRefused";
  constructor(readonly reason: Cause) {
    super(reason);
  }
}

export interface Rules {
  address: string;
  now: Date;
  /** An administrator by hand may also save a certificate outside its validity. */
  checkValidity: boolean;
  /** Undefined = any root will do. */
  trustedRoots: readonly X509Certificate[] | undefined;
}

/** The facts of the leaf, once everything holds. */
export function acceptCertificate(opened: Opened, rules: Rules): Omit<Certificate, "id" | "isDefault"> {
  const leaf = findLeaf(opened);
  if (rules.checkValidity) checkValidity(leaf, rules.now);
  if (!addresses(leaf).includes(rules.address.toLowerCase()))
    throw new CertificateRefused("address not in the certificate");
  const chain = findChain(leaf, opened.certificates);
  const last = chain.at(-1);
  if (last === undefined) throw new CertificateRefused("no intermediate");
  if (rules.trustedRoots !== undefined) checkTrust(chain, last, rules.trustedRoots, rules.now);
  return {
    issuerCn: firstName(leaf.toLegacyObject().issuer.CN),
    expiration: Date.parse(leaf.validTo),
    fingerprint: leaf.fingerprint256.replaceAll(":", ""),
    pem: [leaf, ...chain].map((each) => each.toString()).join(""),
  };
}

/** The one certificate that the one key belongs to. */
function findLeaf(opened: Opened): X509Certificate {
  const [key, second] = opened.keys;
  if (key === undefined) throw new CertificateRefused("no key");
  if (opened.certificates.length === 0) throw new CertificateRefused("no certificate");
  const leaf = opened.certificates.find((each) => each.checkPrivateKey(key));
  if (leaf === undefined || second !== undefined) throw new CertificateRefused("key mismatch"); // one key pair a file
  return leaf;
}

function checkValidity(certificate: X509Certificate, now: Date): void {
  if (now.getTime() > Date.parse(certificate.validTo)) throw new CertificateRefused("expired");
  if (now.getTime() < Date.parse(certificate.validFrom)) throw new CertificateRefused("not yet valid");
}

/** Issuers upwards from the leaf, as far as the file goes, without the root. Google wants one at least. */
function findChain(leaf: X509Certificate, certificates: readonly X509Certificate[]): X509Certificate[] {
  const intermediates = certificates.filter((each) => !issued(each, each));
  const chain: X509Certificate[] = [];
  let below = leaf;
  for (;;) {
    const issuer = intermediates.find((each) => !chain.includes(each) && issued(each, below));
    if (issuer === undefined) return chain;
    chain.push(issuer);
    below = issuer;
  }
}

function issued(issuer: X509Certificate, subject: X509Certificate): boolean {
  return subject.checkIssued(issuer) && subject.verify(issuer.publicKey);
}

function checkTrust(
  chain: readonly X509Certificate[],
  last: X509Certificate,
  roots: readonly X509Certificate[],
  now: Date,
): void {
  const root = roots.find((each) => issued(each, last));
  if (root === undefined) throw new CertificateRefused("untrusted root");
  for (const each of [...chain, root]) checkValidity(each, now);
}

/** rfc822Name and SmtpUTF8Mailbox of the SAN, and emailAddress of the subject, in lower case. */
function addresses(certificate: X509Certificate): string[] {
  const subject: Record<string, unknown> = { ...certificate.toLegacyObject().subject };
  const fromSubject = [subject["emailAddress"]].flat().filter((each) => typeof each === "string");
  return [...sanMailboxes(certificate.raw), ...fromSubject].map((each) => each.toLowerCase());
}

const SUBJECT_ALT_NAME = "2.5.29.17";
const SMTP_UTF8_MAILBOX = "1.3.6.1.5.5.7.8.9";

/** From the DER, because Node prints internationalised names garbled. */
function sanMailboxes(der: Buffer): string[] {
  const extensions = contextChild(child(readElement(der), 0), 3);
  if (extensions === undefined) return [];
  const san = child(extensions, 0).children.find((each) => oid(child(each, 0)) === SUBJECT_ALT_NAME);
  const value = san?.children.at(-1);
  if (value === undefined) return [];
  return readElement(octets(value)).children.flatMap(mailbox);
}

function mailbox(name: Element): string[] {
  if (name.kind === "context" && name.tag === 1) return [name.content.toString("latin1")];
  if (name.kind !== "context" || name.tag !== 0 || oid(child(name, 0)) !== SMTP_UTF8_MAILBOX) return [];
  return [octets(child(child(name, 1), 0)).toString("utf8")];
}

/** Several CNs come as an array at run time, whatever the type says. */
function firstName(names: unknown): string {
  const first: unknown = Array.isArray(names) ? names[0] : names;
  return typeof first === "string" ? first : "";
}
