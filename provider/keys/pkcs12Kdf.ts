// Turns passwords into keys as PKCS#12 files ask for it: RFC 7292 appendix B, PBKDF1, PBKDF2 and scrypt (RFC 8018, 7914).
// All hold up the thread until they are done: a thread that is killed must not leave work behind in Node's own pool.
import { hash, pbkdf2Sync, scryptSync } from "node:crypto";

/** One way to encode a password: PKCS#12's own scheme wants UTF-16 with a final zero, everything newer UTF-8. */
export interface PasswordForm {
  utf16: Buffer;
  utf8: Buffer;
}

/** Every encoding worth trying. "No password" and "an empty one" differ in UTF-16, and exporters confuse them. */
export function passwordForms(password: string | undefined): PasswordForm[] {
  const none: PasswordForm = { utf16: Buffer.alloc(0), utf8: Buffer.alloc(0) };
  const empty: PasswordForm = { utf16: Buffer.alloc(2), utf8: Buffer.alloc(0) };
  if (password === undefined) return [none, empty];
  if (password === "") return [empty, none];
  const utf8 = Buffer.from(password, "utf8");
  const forms = [{ utf16: utf16(password), utf8 }];
  // OpenSSL before 1.1 took each UTF-8 byte for a character of its own; today's OpenSSL still tries that second.
  if (utf8.length !== password.length) forms.push({ utf16: utf16(utf8.toString("latin1")), utf8 });
  return forms;
}

function utf16(text: string): Buffer {
  return Buffer.from(`${text}\0`, "utf16le").swap16();
}

export const KEY_ID = 1;
export const IV_ID = 2;
export const MAC_ID = 3;

export interface Pkcs12Kdf {
  digest: string;
  salt: Buffer;
  iterations: number;
}

/** RFC 7292 appendix B.2; `id` says what the bytes are for. */
export function pkcs12Key(kdf: Pkcs12Kdf, password: Buffer, id: number, length: number): Buffer {
  const block = BLOCK_BYTES[kdf.digest] ?? 64;
  const diversifier = Buffer.alloc(block, id);
  let input = Buffer.concat([stretch(kdf.salt, block), stretch(password, block)]);
  const made: Buffer[] = [];
  for (let size = 0; size < length;) {
    const part = iterate(kdf.digest, Buffer.concat([diversifier, input]), kdf.iterations);
    made.push(part);
    size += part.length;
    input = addToBlocks(input, stretch(part, block).subarray(0, block), block);
  }
  return Buffer.concat(made).subarray(0, length);
}

// Bytes a hash takes at a time, where that is not 64: the "v" of appendix B.2.
const BLOCK_BYTES: Record<string, number> = {
  sha384: 128,
  sha512: 128,
  "sha512-224": 128,
  "sha512-256": 128,
  "sha3-224": 144,
  "sha3-256": 136,
  "sha3-384": 104,
  "sha3-512": 72,
};

function stretch(bytes: Buffer, block: number): Buffer {
  if (bytes.length === 0) return bytes;
  return Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes);
}

/** Adds `addend` + 1 to every block, as big-endian numbers that wrap around. */
function addToBlocks(input: Buffer, addend: Buffer, block: number): Buffer<ArrayBuffer> {
  const sum = Buffer.alloc(input.length);
  for (let start = 0; start < input.length; start += block) {
    let carry = 1;
    for (let at = block - 1; at >= 0; at--) {
      carry += (input[start + at] ?? 0) + (addend[at] ?? 0);
      sum[start + at] = carry & 0xff;
      carry >>= 8;
    }
  }
  return sum;
}

/** PBKDF1 of RFC 8018 section 5.1, for the DES and RC2 schemes of PKCS#5 version 1.5. */
export function pbkdf1Key(kdf: Pkcs12Kdf, password: Buffer, length: number): Buffer {
  return iterate(kdf.digest, Buffer.concat([password, kdf.salt]), kdf.iterations).subarray(0, length);
}

function iterate(digest: string, input: Buffer, iterations: number): Buffer {
  let value = input;
  // as text: a buffer of its own for each of a million rounds costs half as much again, for it is not on V8's heap
  for (let round = 0; round < iterations; round++) value = Buffer.from(hash(digest, value, "binary"), "binary");
  return value;
}

export function pbkdf2Key(kdf: Pkcs12Kdf, password: Buffer, length: number): Buffer {
  return pbkdf2Sync(password, kdf.salt, kdf.iterations, length, kdf.digest);
}

export interface Scrypt {
  salt: Buffer;
  cost: number;
  blockSize: number;
  parallelization: number;
}

/** What scrypt may take; OpenSSL's default takes 16 MiB. */
export const SCRYPT_MEMORY = 64 * 1024 * 1024;

export function scryptKey(kdf: Scrypt, password: Buffer, length: number): Buffer {
  const { salt, cost, blockSize, parallelization } = kdf;
  // Node refuses at exactly the limit, and counts a little more than the formula.
  return scryptSync(password, salt, length, { cost, blockSize, parallelization, maxmem: 2 * SCRYPT_MEMORY });
}
