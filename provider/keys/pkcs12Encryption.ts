// Which algorithms a PKCS#12 file names, and how to undo them: PBES1 and PBES2 encryption, the file's MAC and PBMAC1.
// Naming comes first and does no work, so that the iterations of a whole file are known before the first one runs.
import { createDecipheriv, createHmac, getCiphers, getHashes, timingSafeEqual } from "node:crypto";
import { child, integer, octets, oid, tags, type Asn1 } from "./asn1";
import { decryptRc2, decryptRc4 } from "./oldCiphers";
import * as kdf from "./pkcs12Kdf";
import { keyError, type KeyMaterialError } from "./problem";

/** Encrypted bytes with all that is needed to open them but the password. */
export interface Encrypted {
  /** As a measure of the work: those of every pass. */
  iterations: number;
  /** Throws when the password is wrong, as far as padding tells. */
  open(password: kdf.PasswordForm): Buffer;
}

/** The file's integrity check. */
export interface Integrity {
  /** One pass makes its key. */
  iterations: number;
  matches(password: kdf.PasswordForm): boolean;
}

type Derive = (password: kdf.PasswordForm, length: number) => Buffer;
type Decipher = (key: Buffer, data: Buffer) => Buffer;

function unsupported(what: string): KeyMaterialError {
  return keyError(
    "pkcs12",
    "unsupportedAlgorithm",
    `uses ${what}, which cannot be opened here. Export it again with AES-256 (the default of openssl pkcs12 -export).`,
  );
}

/** Reads an AlgorithmIdentifier of encryption. */
export function encrypted(algorithm: Asn1, data: Buffer): Encrypted {
  const name = oid(child(algorithm, 0));
  if (name === "1.2.840.113549.1.5.13") return pbes2(child(algorithm, 1, tags.sequence), data);
  const scheme = PKCS12_PBE[name] ?? PKCS5_PBE[name];
  if (scheme === undefined) throw unsupported(`the encryption ${name}`);
  const parameters = child(algorithm, 1, tags.sequence);
  const from = { salt: octets(child(parameters, 0, tags.octetString)), iterations: integer(child(parameters, 1)) };
  if ("digest" in scheme) return pkcs5Pbe(scheme, { digest: scheme.digest, ...from }, data);
  return pkcs12Pbe(scheme, { digest: "sha1", ...from }, data);
}

type OldCipher = "RC4" | "3DES" | "RC2" | "DES";

// RFC 7292 appendix C. 3DES with a key of two parts has sixteen bytes.
const PKCS12_PBE: Record<string, { cipher: OldCipher; keyBytes: number }> = {
  "1.2.840.113549.1.12.1.1": { cipher: "RC4", keyBytes: 16 },
  "1.2.840.113549.1.12.1.2": { cipher: "RC4", keyBytes: 5 },
  "1.2.840.113549.1.12.1.3": { cipher: "3DES", keyBytes: 24 },
  "1.2.840.113549.1.12.1.4": { cipher: "3DES", keyBytes: 16 },
  "1.2.840.113549.1.12.1.5": { cipher: "RC2", keyBytes: 16 },
  "1.2.840.113549.1.12.1.6": { cipher: "RC2", keyBytes: 5 },
};

// RFC 8018 appendix A.3.
const PKCS5_PBE: Record<string, { cipher: OldCipher; digest: string }> = {
  "1.2.840.113549.1.5.3": { cipher: "DES", digest: "md5" },
  "1.2.840.113549.1.5.6": { cipher: "RC2", digest: "md5" },
  "1.2.840.113549.1.5.10": { cipher: "DES", digest: "sha1" },
  "1.2.840.113549.1.5.11": { cipher: "RC2", digest: "sha1" },
};

function pkcs12Pbe(scheme: { cipher: OldCipher; keyBytes: number }, from: kdf.Pkcs12Kdf, data: Buffer): Encrypted {
  return {
    iterations: from.iterations * passes(scheme),
    open({ utf16 }) {
      const key = kdf.pkcs12Key(from, utf16, kdf.KEY_ID, scheme.keyBytes);
      const iv = scheme.cipher === "RC4" ? Buffer.alloc(0) : kdf.pkcs12Key(from, utf16, kdf.IV_ID, 8);
      return decryptOld(scheme.cipher, { key, iv, bits: scheme.keyBytes * 8 }, data);
    },
  };
}

/** A pass of all iterations makes the twenty bytes of a SHA-1; the key and the IV are made one after the other. */
const passes = ({ cipher, keyBytes }: { cipher: OldCipher; keyBytes: number }): number =>
  Math.ceil(keyBytes / 20) + (cipher === "RC4" ? 0 : 1);

function pkcs5Pbe(scheme: { cipher: OldCipher }, from: kdf.Pkcs12Kdf, data: Buffer): Encrypted {
  return {
    iterations: from.iterations,
    open({ utf8 }) {
      const made = kdf.pbkdf1Key(from, utf8, 16);
      return decryptOld(scheme.cipher, { key: made.subarray(0, 8), iv: made.subarray(8), bits: 64 }, data);
    },
  };
}

function decryptOld(cipher: OldCipher, by: { key: Buffer; iv: Buffer; bits: number }, data: Buffer): Buffer {
  const { key, iv, bits } = by;
  if (cipher === "RC4") return decryptRc4(key, data);
  if (cipher === "RC2") return decryptRc2(key, iv, data, bits);
  // Node has no single or two-key DES of its own: 3DES with parts repeated is the same thing.
  const parts = { 8: [key, key, key], 16: [key, key.subarray(0, 8)], 24: [key] }[key.length] ?? [];
  return decryptNode("des-ede3-cbc", Buffer.concat(parts), iv, data);
}

function decryptNode(cipher: string, key: Buffer, iv: Buffer, data: Buffer): Buffer {
  const decipher = createDecipheriv(cipher, key, iv);
  return Buffer.concat([decipher.update(data), decipher.final()]);
}

/** RFC 8018 section 6.2: a key derivation function and a cipher, each named on its own. */
function pbes2(parameters: Asn1, data: Buffer): Encrypted {
  const { iterations, derive } = derivation(child(parameters, 0, tags.sequence));
  const { keyBytes, decipher } = cipherOf(child(parameters, 1, tags.sequence));
  return { iterations, open: (password) => decipher(derive(password, keyBytes), data) };
}

function derivation(algorithm: Asn1): { iterations: number; derive: Derive; keyBytes?: number } {
  const name = oid(child(algorithm, 0));
  const parameters = child(algorithm, 1, tags.sequence);
  if (name === "1.3.6.1.4.1.11591.4.11") return scryptOf(parameters);
  if (name !== "1.2.840.113549.1.5.12") throw unsupported(`the key derivation ${name}`);
  const salt = octets(child(parameters, 0, tags.octetString));
  const iterations = integer(child(parameters, 1));
  const third = parameters.children[2];
  const keyBytes = third?.tag === tags.integer ? integer(third) : undefined;
  const prf = parameters.children[keyBytes === undefined ? 2 : 3];
  const from = { digest: prf === undefined ? "sha1" : hmacDigest(oid(child(prf, 0))), salt, iterations };
  const derive: Derive = (password, length) => kdf.pbkdf2Key(from, password.utf8, length);
  return { iterations, derive, ...(keyBytes === undefined ? {} : { keyBytes }) };
}

/** RFC 7914. N * r * p is its work, so that is what counts as its iterations. */
function scryptOf(parameters: Asn1): { iterations: number; derive: Derive } {
  const salt = octets(child(parameters, 0, tags.octetString));
  const [cost, blockSize, parallelization] = [1, 2, 3].map((index) => integer(child(parameters, index)));
  if (cost === undefined || blockSize === undefined || parallelization === undefined) throw unsupported("scrypt");
  const powerOfTwo = cost > 1 && Number.isInteger(Math.log2(cost));
  if (!powerOfTwo || blockSize < 1 || parallelization < 1) throw unsupported("scrypt with parameters out of range");
  if (128 * blockSize * (cost + parallelization) > kdf.SCRYPT_MEMORY)
    throw unsupported("scrypt with more than 64 MiB of memory");
  const from = { salt, cost, blockSize, parallelization };
  const derive: Derive = (password, length) => kdf.scryptKey(from, password.utf8, length);
  return { iterations: cost * blockSize * parallelization, derive };
}

const CIPHERS: Record<string, { name: string; keyBytes: number }> = {
  "2.16.840.1.101.3.4.1.2": { name: "aes-128-cbc", keyBytes: 16 },
  "2.16.840.1.101.3.4.1.22": { name: "aes-192-cbc", keyBytes: 24 },
  "2.16.840.1.101.3.4.1.42": { name: "aes-256-cbc", keyBytes: 32 },
  "1.2.392.200011.61.1.1.1.2": { name: "camellia-128-cbc", keyBytes: 16 },
  "1.2.392.200011.61.1.1.1.3": { name: "camellia-192-cbc", keyBytes: 24 },
  "1.2.392.200011.61.1.1.1.4": { name: "camellia-256-cbc", keyBytes: 32 },
  "1.2.410.200046.1.1.2": { name: "aria-128-cbc", keyBytes: 16 },
  "1.2.410.200046.1.1.7": { name: "aria-192-cbc", keyBytes: 24 },
  "1.2.410.200046.1.1.12": { name: "aria-256-cbc", keyBytes: 32 },
};

function cipherOf(algorithm: Asn1): { keyBytes: number; decipher: Decipher } {
  const name = oid(child(algorithm, 0));
  if (name === "1.2.840.113549.3.2") return rc2Of(child(algorithm, 1, tags.sequence));
  const iv = octets(child(algorithm, 1, tags.octetString));
  if (name === "1.2.840.113549.3.7") {
    return { keyBytes: 24, decipher: (key, data) => decryptOld("3DES", { key, iv, bits: 192 }, data) };
  }
  if (name === "1.3.14.3.2.7") {
    return { keyBytes: 8, decipher: (key, data) => decryptOld("DES", { key, iv, bits: 64 }, data) };
  }
  const known = CIPHERS[name];
  if (known === undefined || !getCiphers().includes(known.name)) throw unsupported(`the cipher ${known?.name ?? name}`);
  return { keyBytes: known.keyBytes, decipher: (key, data) => decryptNode(known.name, key, iv, data) };
}

/** RC2 names its effective key length by odd version numbers (RFC 8018 appendix B.2.3). */
function rc2Of(parameters: Asn1): { keyBytes: number; decipher: Decipher } {
  const version = integer(child(parameters, 0));
  const bits = { 160: 40, 120: 64, 58: 128 }[version];
  if (bits === undefined) throw unsupported("RC2 with an unknown key length");
  const iv = octets(child(parameters, 1, tags.octetString));
  return { keyBytes: bits / 8, decipher: (key, data) => decryptRc2(key, iv, data, bits) };
}

/** Reads MacData: what the file's content is checked with. */
export function integrity(macData: Asn1, content: Buffer): Integrity {
  const info = child(macData, 0, tags.sequence);
  const algorithm = child(info, 0, tags.sequence);
  const expected = octets(child(info, 1, tags.octetString));
  const name = oid(child(algorithm, 0));
  if (name === "1.2.840.113549.1.5.14") return pbmac1(child(algorithm, 1, tags.sequence), content, expected);
  const digest = DIGESTS[name];
  if (digest === undefined || !getHashes().includes(digest)) throw unsupported(`the integrity check ${name}`);
  const salt = octets(child(macData, 1, tags.octetString));
  const count = macData.children[2];
  const iterations = count === undefined ? 1 : integer(count);
  return {
    iterations,
    matches({ utf16 }) {
      const length = createHmac(digest, "").digest().length;
      const key = kdf.pkcs12Key({ digest, salt, iterations }, utf16, kdf.MAC_ID, length);
      return same(createHmac(digest, key).update(content).digest(), expected);
    },
  };
}

/** RFC 9579: PBKDF2 in place of PKCS#12's own scheme. */
function pbmac1(parameters: Asn1, content: Buffer, expected: Buffer): Integrity {
  const { iterations, derive, keyBytes } = derivation(child(parameters, 0, tags.sequence));
  const digest = hmacDigest(oid(child(child(parameters, 1, tags.sequence), 0)));
  // The length multiplies the work, so it is bounded as the iterations are; RFC 9579 asks for at least 20.
  if (keyBytes === undefined || keyBytes < 20 || keyBytes > 64)
    throw unsupported("PBMAC1 with a key length out of range");
  return {
    iterations,
    matches(password) {
      return same(createHmac(digest, derive(password, keyBytes)).update(content).digest(), expected);
    },
  };
}

function same(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

const DIGESTS: Record<string, string> = {
  "1.2.840.113549.2.5": "md5",
  "1.3.14.3.2.26": "sha1",
  "2.16.840.1.101.3.4.2.4": "sha224",
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
  "2.16.840.1.101.3.4.2.5": "sha512-224",
  "2.16.840.1.101.3.4.2.6": "sha512-256",
  "2.16.840.1.101.3.4.2.7": "sha3-224",
  "2.16.840.1.101.3.4.2.8": "sha3-256",
  "2.16.840.1.101.3.4.2.9": "sha3-384",
  "2.16.840.1.101.3.4.2.10": "sha3-512",
};

const HMACS: Record<string, string> = {
  "1.2.840.113549.2.7": "sha1",
  "1.2.840.113549.2.8": "sha224",
  "1.2.840.113549.2.9": "sha256",
  "1.2.840.113549.2.10": "sha384",
  "1.2.840.113549.2.11": "sha512",
  "1.2.840.113549.2.12": "sha512-224",
  "1.2.840.113549.2.13": "sha512-256",
  "2.16.840.1.101.3.4.2.13": "sha3-224",
  "2.16.840.1.101.3.4.2.14": "sha3-256",
  "2.16.840.1.101.3.4.2.15": "sha3-384",
  "2.16.840.1.101.3.4.2.16": "sha3-512",
};

function hmacDigest(name: string): string {
  const digest = HMACS[name];
  if (digest === undefined || !getHashes().includes(digest)) throw unsupported(`the keyed hash ${name}`);
  return digest;
}
