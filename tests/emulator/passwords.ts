// The password arithmetic of PKCS#12: key derivation (RFC 7292 appendix B, PBKDF2, scrypt), decryption and the integrity check.
import { createDecipheriv, createHash, createHmac, pbkdf2, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { child, integer, octets, oid, type Element } from "./der";
import { decryptRc2 } from "./rc2";

/** Why a file does not open. Google tells nobody; the control endpoint and our own tests may know. */
export class Pkcs12Error extends Error {
  override readonly name = "Pkcs12Error";
  constructor(readonly reason: "unreadable" | "password" | "unsupported") {
    super(`the PKCS#12 does not open (${reason})`);
  }
}

/** One password in its two encodings: UTF-16 with an end mark for the old schemes, UTF-8 for PBES2 and PBMAC1. */
export interface Password {
  bmp: Buffer;
  utf8: Buffer;
}

/** The encodings to try: no password and an empty one differ in the old schemes. */
export function encodings(password: string): Password[] {
  const bmp = Buffer.concat([Buffer.from(password, "utf16le").swap16(), Buffer.alloc(2)]);
  const utf8 = Buffer.from(password, "utf8");
  return password === ""
    ? [
        { bmp, utf8 },
        { bmp: Buffer.alloc(0), utf8 },
      ]
    : [{ bmp, utf8 }];
}

/** How much derivation one file may cost: far above any real file, low enough that the emulator stays awake. */
export class Effort {
  private left = 5_000_000;
  spend(iterations: number): void {
    this.left -= iterations;
    if (iterations < 1 || this.left < 0) throw new Pkcs12Error("unreadable");
  }
}

const digests: Record<string, { name: string; block: number }> = {
  "1.3.14.3.2.26": { name: "sha1", block: 64 },
  "2.16.840.1.101.3.4.2.4": { name: "sha224", block: 64 },
  "2.16.840.1.101.3.4.2.1": { name: "sha256", block: 64 },
  "2.16.840.1.101.3.4.2.2": { name: "sha384", block: 128 },
  "2.16.840.1.101.3.4.2.3": { name: "sha512", block: 128 },
};
const hmacs: Record<string, string> = {
  "1.2.840.113549.2.7": "sha1",
  "1.2.840.113549.2.8": "sha224",
  "1.2.840.113549.2.9": "sha256",
  "1.2.840.113549.2.10": "sha384",
  "1.2.840.113549.2.11": "sha512",
};
const blockCiphers: Record<string, { name: string; key: number }> = {
  "2.16.840.1.101.3.4.1.2": { name: "aes-128-cbc", key: 16 },
  "2.16.840.1.101.3.4.1.22": { name: "aes-192-cbc", key: 24 },
  "2.16.840.1.101.3.4.1.42": { name: "aes-256-cbc", key: 32 },
  "1.2.840.113549.3.7": { name: "des-ede3-cbc", key: 24 },
};
/** pkcs-12PbeIds: three-key and two-key 3DES, RC2 with 128 and 40 bits; all with SHA-1. */
const oldCiphers: Record<string, { rc2: boolean; key: number }> = {
  "1.2.840.113549.1.12.1.3": { rc2: false, key: 24 },
  "1.2.840.113549.1.12.1.4": { rc2: false, key: 16 },
  "1.2.840.113549.1.12.1.5": { rc2: true, key: 16 },
  "1.2.840.113549.1.12.1.6": { rc2: true, key: 5 },
};
const PBES2 = "1.2.840.113549.1.5.13";
const PBMAC1 = "1.2.840.113549.1.5.14";
const PBKDF2 = "1.2.840.113549.1.5.12";
const SCRYPT = "1.3.6.1.4.1.11591.4.11";

function known<T>(table: Record<string, T>, key: string): T {
  const found = table[key];
  if (found === undefined) throw new Pkcs12Error("unsupported");
  return found;
}

/** Decrypts with an AlgorithmIdentifier of PKCS#5 v2 or of PKCS#12 itself. */
export async function decrypt(algorithm: Element, data: Buffer, password: Password, effort: Effort): Promise<Buffer> {
  const id = oid(child(algorithm, 0));
  const parameters = child(algorithm, 1);
  if (id === PBES2) {
    const scheme = child(parameters, 1);
    const cipher = known(blockCiphers, oid(child(scheme, 0)));
    const key = await deriveKey(child(parameters, 0), cipher.key, password, effort);
    return decipher(cipher.name, key, octets(child(scheme, 1)), data);
  }
  const { rc2, key: size } = known(oldCiphers, id);
  const salt = octets(child(parameters, 0));
  const iterations = integer(child(parameters, 1));
  effort.spend(iterations * 2);
  const sha1 = known(digests, "1.3.14.3.2.26");
  const key = pkcs12Kdf(sha1, 1, password.bmp, salt, iterations, size);
  const iv = pkcs12Kdf(sha1, 2, password.bmp, salt, iterations, 8);
  if (!rc2) return decipher("des-ede3-cbc", Buffer.concat([key, key]).subarray(0, 24), iv, data);
  const plain = await decryptRc2(key, size * 8, iv, data);
  if (plain === undefined) throw new Pkcs12Error("password");
  return plain;
}

function decipher(name: string, key: Buffer, iv: Buffer, data: Buffer): Buffer {
  try {
    const cipher = createDecipheriv(name, key, iv);
    return Buffer.concat([cipher.update(data), cipher.final()]);
  } catch {
    throw new Pkcs12Error("password"); // the padding does not fit
  }
}

/** PBKDF2 (any HMAC of the SHA family) or scrypt, from the AlgorithmIdentifier. */
async function deriveKey(algorithm: Element, size: number, password: Password, effort: Effort): Promise<Buffer> {
  const id = oid(child(algorithm, 0));
  const parameters = child(algorithm, 1);
  if (id === SCRYPT) {
    const [N, r, p] = [1, 2, 3].map((index) => integer(child(parameters, index)));
    const memory = 128 * (N ?? 0) * (r ?? 0);
    if (memory > 64 * 1024 * 1024 || (p ?? 0) > 16) throw new Pkcs12Error("unreadable");
    return await runScrypt(password.utf8, octets(child(parameters, 0)), size, { N, r, p, maxmem: memory * 2 + 1024 });
  }
  if (id !== PBKDF2) throw new Pkcs12Error("unsupported");
  const iterations = integer(child(parameters, 1));
  effort.spend(iterations);
  const prf = parameters.children.slice(2).find((each) => each.tag === 16); // absent = HMAC with SHA-1
  const hash = prf === undefined ? "sha1" : known(hmacs, oid(child(prf, 0)));
  return promisify(pbkdf2)(password.utf8, octets(child(parameters, 0)), iterations, size, hash);
}

type ScryptOptions = { [name in "N" | "r" | "p" | "maxmem"]: number | undefined };
function runScrypt(password: Buffer, salt: Buffer, size: number, options: ScryptOptions): Promise<Buffer> {
  const { N = 0, r = 0, p = 0, maxmem = 0 } = options;
  return new Promise((resolve, reject) => {
    scrypt(password, salt, size, { N, r, p, maxmem }, (error, key) => {
      if (error) reject(new Pkcs12Error("unreadable"));
      else resolve(key);
    });
  });
}

/** MacData over the content: SHA-1 … SHA-512 of RFC 7292, or PBMAC1 (RFC 9579). */
export async function macMatches(mac: Element, content: Buffer, password: Password, effort: Effort): Promise<boolean> {
  const digestInfo = child(mac, 0);
  const algorithm = child(digestInfo, 0);
  const expected = octets(child(digestInfo, 1));
  const id = oid(child(algorithm, 0));
  let actual: Buffer;
  if (id === PBMAC1) {
    const parameters = child(algorithm, 1);
    const hash = known(hmacs, oid(child(child(parameters, 1), 0)));
    const kdf = child(parameters, 0);
    const size = child(kdf, 1)
      .children.slice(2)
      .find((each) => each.tag === 2);
    // RFC 9579 asks for keyLength, and for refusing a short one.
    if (size === undefined || integer(size) < 20 || integer(size) > 64) throw new Pkcs12Error("unreadable");
    const key = await deriveKey(kdf, integer(size), password, effort);
    actual = createHmac(hash, key).update(content).digest();
  } else {
    const digest = known(digests, id);
    const count = mac.children[2];
    const iterations = count === undefined ? 1 : integer(count);
    effort.spend(iterations);
    const size = createHash(digest.name).digest().length;
    const key = pkcs12Kdf(digest, 3, password.bmp, octets(child(mac, 1)), iterations, size);
    actual = createHmac(digest.name, key).update(content).digest();
  }
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

/** RFC 7292, appendix B.2. `purpose`: 1 = key, 2 = IV, 3 = MAC. */
function pkcs12Kdf(
  digest: { name: string; block: number },
  purpose: 1 | 2 | 3,
  password: Buffer,
  salt: Buffer,
  iterations: number,
  size: number,
): Buffer {
  const v = digest.block;
  const diversifier = Buffer.alloc(v, purpose);
  const input = Buffer.concat([repeat(salt, v), repeat(password, v)]);
  const parts: Buffer[] = [];
  for (let made = 0; made < size;) {
    let a = createHash(digest.name).update(diversifier).update(input).digest();
    for (let round = 1; round < iterations; round++) a = createHash(digest.name).update(a).digest();
    parts.push(a);
    made += a.length;
    const b = repeat(a, v).subarray(0, v);
    for (let at = 0; at < input.length; at += v) addOneMore(input.subarray(at, at + v), b);
  }
  return Buffer.concat(parts).subarray(0, size);
}

/** Copies of the bytes up to the next multiple of v. */
function repeat(bytes: Buffer, v: number): Buffer {
  return bytes.length === 0 ? bytes : Buffer.alloc(Math.ceil(bytes.length / v) * v, bytes);
}

/** block = block + b + 1, as big-endian numbers of the block's size. */
function addOneMore(block: Buffer, b: Buffer): void {
  let carry = 1;
  for (let at = block.length - 1; at >= 0; at--) {
    carry += (block[at] ?? 0) + (b[at] ?? 0);
    block[at] = carry & 0xff;
    carry >>= 8;
  }
}
