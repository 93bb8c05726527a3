// Writes OpenPGP packets and armor piece by piece (RFC 9580), for keys that no program makes. Shares no code with the provider.
import { createHash } from "node:crypto";

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** With a length of five bytes, so that any content fits. */
export const packet = (tag: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0xc0 | tag, 0xff]), u32(content.length), content]);

/** A number by its bytes, the first of which is not zero. */
function number(bytes: Buffer): Buffer {
  return Buffer.concat([u16((bytes.length - 1) * 8 + 32 - Math.clz32(bytes[0] ?? 0)), bytes]);
}

/** An odd number of this many bytes, all of whose bits are set but a few. */
export const long = (bytes: number, first = 0xff): Buffer => Buffer.alloc(bytes, 0xff).fill(first, 0, 1);

export const TAGS = { signature: 2, secretKey: 5, publicKey: 6, compressed: 8, literal: 11, userId: 13 } as const;

/** Seconds: 2026-06-01. */
const MADE = 1_780_272_000;
const RSA = 1;
const SHA224 = 11;

/** The content of a public-key packet of version 4. */
export const rsaKey = (modulus: Buffer, exponent: Buffer): Buffer =>
  Buffer.concat([Buffer.from([4]), u32(MADE), Buffer.from([RSA]), number(modulus), number(exponent)]);

/**
 * A self-signature over key and user id with this number in it, right but for the number. By SHA-224, which no Web Crypto
 * knows: openpgp then computes with its own big numbers.
 */
export function selfSignature(key: Buffer, userId: Buffer, signed: Buffer): Buffer {
  const hashOf = (bytes: Buffer, algorithm: string): Buffer => createHash(algorithm).update(bytes).digest();
  const keyed = Buffer.concat([Buffer.from([0x99]), u16(key.length), key]);
  const subpacket = (type: number, content: Buffer): Buffer =>
    Buffer.concat([Buffer.from([content.length + 1, type]), content]);
  const issuer = hashOf(keyed, "sha1").subarray(12);
  const hashed = Buffer.concat([subpacket(2, u32(MADE)), subpacket(27, Buffer.from([3])), subpacket(16, issuer)]);
  const head = Buffer.concat([Buffer.from([4, 0x13, RSA, SHA224]), u16(hashed.length), hashed]);
  const trailer = Buffer.concat([Buffer.from([4, 0xff]), u32(head.length)]);
  const named = Buffer.concat([Buffer.from([0xb4]), u32(userId.length), userId]);
  const digest = hashOf(Buffer.concat([keyed, named, head, trailer]), "sha224");
  return Buffer.concat([head, u16(0), digest.subarray(0, 2), number(signed)]);
}

/** A whole public key with one user id and this many signatures. */
export function publicKey(modulus: Buffer, exponent: Buffer, signatures: readonly Buffer[]): Buffer {
  const key = rsaKey(modulus, exponent);
  const userId = Buffer.from("Mail Audit <audit@example.com>");
  const signed = signatures.map((signature) => packet(TAGS.signature, selfSignature(key, userId, signature)));
  return Buffer.concat([packet(TAGS.publicKey, key), packet(TAGS.userId, userId), ...signed]);
}

/** Without a checksum, which may be left out. */
export function armor(packets: Uint8Array, label = "PUBLIC KEY BLOCK"): string {
  const lines =
    Buffer.from(packets)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN PGP ${label}-----`, "", ...lines, `-----END PGP ${label}-----`, ""].join("\n");
}
