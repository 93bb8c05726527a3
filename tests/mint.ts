// Mints fresh key material for tests and the quickstart: authorities, S/MIME leaves, PKCS#12 files and OpenPGP keys.
// Nothing here is checked in, and nothing here shares code with the provider: an oracle that shares code shares mistakes.
import "reflect-metadata"; // @peculiar/x509 crashes on load without it
import * as x509 from "@peculiar/x509";
import * as asn1js from "asn1js";
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  randomBytes,
  webcrypto,
} from "node:crypto";
import * as pkijs from "pkijs";
import { promisify } from "node:util";

export { KeyUsageFlags } from "@peculiar/x509";

export type KeyKind = "RSA-2048" | "RSA-3072" | "RSA-4096" | "RSA-1024" | "P-256" | "P-384" | "P-521" | "Ed25519";

export interface Authority {
  rootPem: string;
  intermediatePem: string;
  root: Signer;
  intermediate: Signer;
}

/** What issuing a certificate needs. */
export interface Signer {
  certificate: x509.X509Certificate;
  key: webcrypto.CryptoKey;
  kind: KeyKind;
}

export interface Leaf {
  certificatePem: string;
  privateKeyPem: string;
  chainPem: string;
  fingerprint: string;
  notBefore: Date;
  notAfter: Date;
}

export interface LeafOptions {
  emails: string[];
  commonName?: string;
  subjectEmail?: string;
  keyKind?: KeyKind;
  /** A key to certify again, of the kind named in keyKind; a new one when left out. */
  privateKeyPem?: string;
  notBefore?: Date;
  notAfter?: Date;
  issuedByRoot?: boolean;
  extendedKeyUsage?: string[];
  /** Bits of KeyUsageFlags; 0 leaves the extension out. */
  keyUsage?: number;
  keyUsageCritical?: boolean;
  ca?: boolean;
  hash?: "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";
  crlUrls?: string[];
  policies?: string[];
  dnsNames?: string[];
}

interface KeyPair {
  pkcs8: Buffer;
  privateKey: webcrypto.CryptoKey;
  publicKey: webcrypto.CryptoKey;
}

const EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4";
const MAILBOX_VALIDATED_STRICT = "2.23.140.1.5.1.3"; // CA/B Forum S/MIME Baseline Requirements, 7.1.6.1
const generate = promisify(generateKeyPair);

/** A root and one issuing intermediate, both within Google's certificate profile. */
export async function mintAuthority(options: { name?: string; keyKind?: KeyKind } = {}): Promise<Authority> {
  const name = options.name ?? "Example";
  const kind = options.keyKind ?? "P-256";
  const rootKeys = await mintKeyPair(kind);
  const rootName = `CN=${name} Root CA, O=${name}, C=US`;
  const rootCertificate = await issue({
    subject: rootName,
    issuer: rootName,
    publicKey: rootKeys.publicKey,
    signingKey: rootKeys.privateKey,
    kind,
    notBefore: new Date("2020-01-01T00:00:00Z"),
    notAfter: new Date("2045-01-01T00:00:00Z"),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(rootKeys.publicKey, false, webcrypto),
    ],
  });
  const root: Signer = { certificate: rootCertificate, key: rootKeys.privateKey, kind };
  const intermediate = await mintIntermediate(root, { name, keyKind: kind });
  return { rootPem: pem(rootCertificate), intermediatePem: pem(intermediate.certificate), root, intermediate };
}

/** An issuing intermediate under any signer, so that chains of any length can be made. */
export async function mintIntermediate(
  parent: Signer,
  options: { name?: string; commonName?: string; keyKind?: KeyKind; pathLength?: number } = {},
): Promise<Signer> {
  const name = options.name ?? "Example";
  const kind = options.keyKind ?? "P-256";
  const keys = await mintKeyPair(kind);
  const certificate = await issue({
    subject: `CN=${options.commonName ?? `${name} S/MIME Issuing CA`}, O=${name}, C=US`,
    issuer: parent.certificate.subject,
    publicKey: keys.publicKey,
    signingKey: parent.key,
    kind: parent.kind,
    notBefore: new Date("2021-01-01T00:00:00Z"),
    notAfter: new Date("2040-01-01T00:00:00Z"),
    extensions: [
      new x509.BasicConstraintsExtension(true, options.pathLength ?? 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.ExtendedKeyUsageExtension([EMAIL_PROTECTION]),
      new x509.CertificatePolicyExtension([MAILBOX_VALIDATED_STRICT]),
      new x509.CRLDistributionPointsExtension(["http://crl.example.com/root.crl"]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      await x509.AuthorityKeyIdentifierExtension.create(parent.certificate.publicKey, false, webcrypto),
    ],
  });
  return { certificate, key: keys.privateKey, kind };
}

/** A leaf for mail. Without options beyond the addresses it meets every rule of Google's profile that is known. */
export async function mintLeaf(authority: Authority, options: LeafOptions): Promise<Leaf> {
  const kind = options.keyKind ?? "P-256";
  const keys = await mintKeyPair(kind, options.privateKeyPem);
  const signer = options.issuedByRoot ? authority.root : authority.intermediate;
  const notBefore = options.notBefore ?? new Date("2026-06-01T00:00:00Z");
  const notAfter = options.notAfter ?? new Date("2027-11-01T00:00:00Z");
  const certificate = await issue({
    subject: subjectOf(options),
    issuer: signer.certificate.subject,
    publicKey: keys.publicKey,
    signingKey: signer.key,
    kind: signer.kind,
    hash: options.hash,
    notBefore,
    notAfter,
    extensions: await leafExtensions(options, kind, keys.publicKey, signer),
  });
  return {
    certificatePem: pem(certificate),
    privateKeyPem: pemBlock("PRIVATE KEY", keys.pkcs8),
    chainPem: options.issuedByRoot ? "" : authority.intermediatePem,
    fingerprint: createHash("sha256").update(Buffer.from(certificate.rawData)).digest("hex").toUpperCase(),
    notBefore,
    notAfter,
  };
}

function subjectOf(options: LeafOptions): x509.JsonName {
  const subject: x509.JsonName = [{ CN: [options.commonName ?? options.emails[0] ?? "Example User"] }];
  if (options.subjectEmail !== undefined) subject.push({ E: [options.subjectEmail] });
  return subject;
}

async function leafExtensions(
  options: LeafOptions,
  kind: KeyKind,
  publicKey: webcrypto.CryptoKey,
  signer: Signer,
): Promise<x509.Extension[]> {
  const flags = x509.KeyUsageFlags;
  const sign = flags.digitalSignature | flags.nonRepudiation;
  const usage =
    options.keyUsage ??
    sign | (kind.startsWith("RSA") ? flags.keyEncipherment : kind === "Ed25519" ? 0 : flags.keyAgreement);
  const names: x509.JsonGeneralName[] = [
    ...options.emails.map((value) => ({ type: "email" as const, value })),
    ...(options.dnsNames ?? []).map((value) => ({ type: "dns" as const, value })),
  ];
  const eku = options.extendedKeyUsage ?? [EMAIL_PROTECTION];
  const policies = options.policies ?? [MAILBOX_VALIDATED_STRICT];
  const crlUrls = options.crlUrls ?? ["http://crl.example.com/issuing.crl"];
  return [
    ...(options.ca === undefined ? [] : [new x509.BasicConstraintsExtension(options.ca, undefined, true)]),
    ...(usage === 0 ? [] : [new x509.KeyUsagesExtension(usage, options.keyUsageCritical ?? true)]),
    ...(eku.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(eku)]),
    ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
    ...(policies.length === 0 ? [] : [new x509.CertificatePolicyExtension(policies)]),
    ...(crlUrls.length === 0 ? [] : [new x509.CRLDistributionPointsExtension(crlUrls)]),
    await x509.SubjectKeyIdentifierExtension.create(publicKey, false, webcrypto),
    await x509.AuthorityKeyIdentifierExtension.create(signer.certificate.publicKey, false, webcrypto),
  ];
}

interface Issue {
  subject: string | x509.JsonName;
  issuer: string | x509.JsonName;
  publicKey: webcrypto.CryptoKey;
  signingKey: webcrypto.CryptoKey;
  /** Of the signing key. */
  kind: KeyKind;
  hash?: string | undefined;
  notBefore: Date;
  notAfter: Date;
  extensions: x509.Extension[];
}

async function issue(order: Issue): Promise<x509.X509Certificate> {
  const { hash, kind, ...parts } = order;
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40; // positive, and always sixteen bytes
  return x509.X509CertificateGenerator.create(
    { ...parts, serialNumber: serial.toString("hex"), signingAlgorithm: signingAlgorithm(kind, hash ?? "SHA-256") },
    webcrypto,
  );
}

function signingAlgorithm(kind: KeyKind, hash: string): webcrypto.Algorithm | webcrypto.EcdsaParams {
  if (kind === "Ed25519") return { name: "Ed25519" };
  return { name: kind.startsWith("RSA") ? "RSASSA-PKCS1-v1_5" : "ECDSA", hash };
}

async function generatePrivateKey(kind: KeyKind): Promise<KeyObject> {
  if (kind === "Ed25519") return (await generate("ed25519")).privateKey;
  if (kind.startsWith("RSA")) return (await generate("rsa", { modulusLength: Number(kind.slice(4)) })).privateKey;
  return (await generate("ec", { namedCurve: kind })).privateKey;
}

async function mintKeyPair(kind: KeyKind, privateKeyPem?: string): Promise<KeyPair> {
  const key = privateKeyPem === undefined ? await generatePrivateKey(kind) : createPrivateKey(privateKeyPem);
  const pkcs8 = key.export({ type: "pkcs8", format: "der" });
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  const { subtle } = webcrypto;
  const algorithm =
    kind === "Ed25519"
      ? { name: "Ed25519" }
      : kind.startsWith("RSA")
        ? { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }
        : { name: "ECDSA", namedCurve: kind };
  return {
    pkcs8,
    privateKey: await subtle.importKey("pkcs8", pkcs8, algorithm, true, ["sign"]),
    publicKey: await subtle.importKey("spki", spki, algorithm, true, ["verify"]),
  };
}

export interface Pkcs12Options {
  /** "" when left out. */
  password?: string;
  /** The leaf's own chain when left out. */
  chainPem?: string;
  /** null: a file without a key. */
  privateKeyPem?: string | null;
  /** null: a file without the leaf. */
  certificatePem?: string | null;
  /** A second private key in the same file. */
  extraKeyPem?: string;
  iterations?: number;
}

/** A PKCS#12 file as OpenSSL 3 writes it: AES-256-CBC, PBKDF2 and MAC with SHA-256. */
export async function mintPkcs12(leaf: Leaf, options: Pkcs12Options = {}): Promise<Buffer> {
  const {
    certificatePem = leaf.certificatePem,
    privateKeyPem = leaf.privateKeyPem,
    chainPem = leaf.chainPem,
  } = options;
  const password = Uint8Array.from(Buffer.from(options.password ?? "", "utf8")).buffer;
  const iterations = options.iterations ?? 2048;
  // pkijs names the browser's types, which this project does not load; node's own are the same shape.
  const engine = new pkijs.CryptoEngine({ name: "node", crypto: webcrypto });
  const keyId = new asn1js.OctetString({ valueHex: randomBytes(20).buffer.slice(0, 20) });
  const localKeyId = new pkijs.Attribute({ type: "1.2.840.113549.1.9.21", values: [keyId] });
  const keys = [privateKeyPem, options.extraKeyPem].filter((text) => typeof text === "string").flatMap(pemBodies);
  const certificates = [...pemBodies(certificatePem ?? ""), ...pemBodies(chainPem)];
  const encryption = {
    password,
    contentEncryptionAlgorithm: { name: "AES-CBC", length: 256 },
    hmacHashAlgorithm: "SHA-256",
    iterationCount: iterations,
  };
  const keyBags = [];
  for (const der of keys) {
    const value = new pkijs.PKCS8ShroudedKeyBag({ parsedValue: pkijs.PrivateKeyInfo.fromBER(bytes(der)) });
    await value.makeInternalValues(encryption, engine);
    keyBags.push(
      new pkijs.SafeBag({ bagId: "1.2.840.113549.1.12.10.1.2", bagValue: value, bagAttributes: [localKeyId] }),
    );
  }
  const certificateBags = certificates.map((der, index) => {
    const bagValue = new pkijs.CertBag({ parsedValue: pkijs.Certificate.fromBER(bytes(der)) });
    const bagAttributes = index === 0 && certificatePem !== null ? { bagAttributes: [localKeyId] } : {};
    return new pkijs.SafeBag({ bagId: "1.2.840.113549.1.12.10.1.3", bagValue, ...bagAttributes });
  });
  const safe = new pkijs.AuthenticatedSafe({
    parsedValue: {
      safeContents: [
        { privacyMode: 0, value: new pkijs.SafeContents({ safeBags: keyBags }) },
        { privacyMode: 1, value: new pkijs.SafeContents({ safeBags: certificateBags }) },
      ],
    },
  });
  await safe.makeInternalValues({ safeContents: [{}, encryption] }, engine);
  const file = new pkijs.PFX({ parsedValue: { integrityMode: 0, authenticatedSafe: safe } });
  await file.makeInternalValues(
    { password, iterations, pbkdf2HashAlgorithm: "SHA-256", hmacHashAlgorithm: "SHA-256" },
    engine,
  );
  return Buffer.from(file.toSchema().toBER());
}

export interface PgpOptions {
  type?: "rsa" | "ecc";
  bits?: number;
  userIds?: { name?: string; email: string }[];
  date?: Date;
  expiresInSeconds?: number;
  signOnly?: boolean;
}

/** An OpenPGP key pair, armored. RSA by default: Google takes nothing else. */
export async function mintPgpKey(
  options: PgpOptions = {},
): Promise<{ publicKey: string; privateKey: string; fingerprint: string }> {
  const openpgp = await import("openpgp");
  const shared = {
    userIDs: options.userIds ?? [{ name: "Mail Audit", email: "audit@example.com" }],
    date: options.date ?? new Date("2026-06-01T00:00:00Z"),
    keyExpirationTime: options.expiresInSeconds ?? 0,
    ...(options.signOnly ? { subkeys: [] } : {}),
    format: "armored" as const,
  };
  const made =
    options.type === "ecc"
      ? await openpgp.generateKey({ ...shared, type: "ecc" })
      : await openpgp.generateKey({ ...shared, type: "rsa", rsaBits: options.bits ?? 2048 });
  const key = await openpgp.readKey({ armoredKey: made.publicKey });
  return { publicKey: made.publicKey, privateKey: made.privateKey, fingerprint: key.getFingerprint().toUpperCase() };
}

function pem(certificate: x509.X509Certificate): string {
  return pemBlock("CERTIFICATE", Buffer.from(certificate.rawData));
}

function pemBlock(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

function pemBodies(text: string): Buffer[] {
  return [...text.matchAll(/-----BEGIN [^-]+-----([^-]*)-----END/g)].map((block) =>
    Buffer.from(block[1] ?? "", "base64"),
  );
}

function bytes(buffer: Buffer): ArrayBuffer {
  return Uint8Array.from(buffer).buffer;
}
