/** Writes PKCS#12 files by the tests' own means: any cipher and check, any damage inside, at one iteration each. */
import { createCipheriv, createHmac, pbkdf2Sync } from "node:crypto";
import * as fc from "fast-check";
import forge from "node-forge";
import { data, der, file, id, integer, octets, pbkdf2, sequence } from "../pkcs12File";
import { damaged, damages, type Damage } from "./bytes";
import { edited, edits, type Edit } from "./asn1Edits";
import type { Material } from "./material";

export interface Wanted {
  readonly cipher: "none" | "aes-128-cbc" | "aes-256-cbc" | "des-ede3-cbc" | "pkcs12-3des" | "pkcs12-rc2";
  readonly keyCipher: Wanted["cipher"];
  readonly mac: "none" | "sha1" | "sha256";
  readonly iterations: number;
  readonly nested: boolean;
  /** Before encryption and the integrity check, which then are right: damage that reaches the deepest reader. */
  readonly bags: readonly Edit[];
  readonly content: readonly Edit[];
  /** Of the private key alone. */
  readonly key: readonly Edit[];
  /** Afterwards. */
  readonly outer: readonly Edit[];
  readonly bytes: readonly Damage[];
}

const cipher = fc.constantFrom("none", "aes-128-cbc", "aes-256-cbc", "des-ede3-cbc", "pkcs12-3des", "pkcs12-rc2");

const form = {
  cipher,
  keyCipher: cipher,
  mac: fc.constantFrom("none" as const, "sha1" as const, "sha256" as const),
  iterations: fc.integer({ min: 1, max: 3 }),
  nested: fc.boolean(),
};
const WHOLE = { bags: [], content: [], key: [], outer: [], bytes: [] };
/** Damage in one place, so that what comes before it is right and it is reached. */
const damage = fc.oneof(
  { weight: 1, arbitrary: fc.constant(WHOLE) },
  { weight: 4, arbitrary: fc.record({ bags: edits(4) }) },
  { weight: 2, arbitrary: fc.record({ content: edits(3) }) },
  { weight: 2, arbitrary: fc.record({ key: edits(3) }) },
  { weight: 2, arbitrary: fc.record({ outer: edits(3) }) },
  { weight: 1, arbitrary: fc.record({ bytes: damages(3) }) },
  {
    weight: 1,
    arbitrary: fc.record({ bags: edits(2), content: edits(2), key: edits(2), outer: edits(2), bytes: damages(2) }),
  },
);

export const wanted: fc.Arbitrary<Wanted> = fc
  .tuple(fc.record(form), damage)
  .map(([kept, done]) => ({ ...kept, ...WHOLE, ...done }));

export const isWhole = ({ bags, content, key, outer, bytes }: Wanted): boolean =>
  [bags, content, key, outer, bytes].every((list) => list.length === 0);

const SALT = Buffer.from("a salt of the test");
const IV = Buffer.alloc(16, 7);
const bag = (kind: number, value: Buffer): Buffer =>
  sequence(id(`1.2.840.113549.1.12.10.1.${String(kind)}`), der(0xa0, value));
const certificate = (raw: Buffer): Buffer => bag(3, sequence(id("1.2.840.113549.1.9.22.1"), der(0xa0, octets(raw))));

export function build(wish: Wanted, { key, leaf, chain }: Material, password: string): Buffer {
  const lock = { password, iterations: wish.iterations };
  const pkcs8 = edited(key, wish.key);
  const [algorithm, encryptedKey] = encrypt(wish.keyCipher, pkcs8, lock);
  const keyBag = algorithm ? bag(2, sequence(algorithm, octets(encryptedKey))) : bag(1, pkcs8);
  const certificates = sequence(...[leaf, ...chain].map(certificate));
  const plain = edited(wish.nested ? sequence(bag(6, certificates)) : certificates, wish.bags);
  const content = edited(sequence(part(wish.cipher, plain, lock), data(sequence(keyBag))), wish.content);
  const whole = file(content, wish.mac === "none" ? undefined : mac(wish.mac, content, lock));
  return damaged(edited(whole, wish.outer), wish.bytes);
}

interface Lock {
  readonly password: string;
  readonly iterations: number;
}

/** One part of the content: bags in clear, or encrypted. */
export function part(name: Wanted["cipher"], plain: Buffer, lock: Lock): Buffer {
  const [algorithm, encrypted] = encrypt(name, plain, lock);
  if (!algorithm) return data(plain);
  const info = sequence(id("1.2.840.113549.1.7.1"), algorithm, der(0x80, encrypted));
  return sequence(id("1.2.840.113549.1.7.6"), der(0xa0, sequence(integer(0), info)));
}

const CIPHERS = {
  "aes-128-cbc": { oid: "2.16.840.1.101.3.4.1.2", keyBytes: 16, ivBytes: 16 },
  "aes-256-cbc": { oid: "2.16.840.1.101.3.4.1.42", keyBytes: 32, ivBytes: 16 },
  "des-ede3-cbc": { oid: "1.2.840.113549.3.7", keyBytes: 24, ivBytes: 8 },
} as const;

/** The AlgorithmIdentifier, unless it is none, and the bytes. */
function encrypt(name: Wanted["cipher"], plain: Buffer, { password, iterations }: Lock): [Buffer | undefined, Buffer] {
  if (name === "none") return [undefined, plain];
  const parameters = sequence(octets(SALT), integer(iterations));
  if (name === "pkcs12-3des" || name === "pkcs12-rc2") {
    const isRc2 = name === "pkcs12-rc2";
    const [key, iv] = [derive(password, 1, iterations, isRc2 ? 5 : 24), derive(password, 2, iterations, 8)];
    const scheme = `1.2.840.113549.1.12.1.${isRc2 ? "6" : "3"}`;
    return [sequence(id(scheme), parameters), isRc2 ? rc2(key, iv, plain) : apply("des-ede3-cbc", key, iv, plain)];
  }
  const { oid, keyBytes, ivBytes } = CIPHERS[name];
  const iv = IV.subarray(0, ivBytes);
  const key = pbkdf2Sync(Buffer.from(password, "utf8"), SALT, iterations, keyBytes, "sha1");
  const scheme = sequence(pbkdf2(SALT, iterations), sequence(id(oid), octets(iv)));
  return [sequence(id("1.2.840.113549.1.5.13"), scheme), apply(name, key, iv, plain)];
}

function apply(name: string, key: Buffer, iv: Buffer, plain: Buffer): Buffer {
  const cipher = createCipheriv(name, key, iv);
  return Buffer.concat([cipher.update(plain), cipher.final()]);
}

function rc2(key: Buffer, iv: Buffer, plain: Buffer): Buffer {
  const encryption = forge.rc2.createEncryptionCipher(key.toString("latin1"), 40);
  encryption.start(iv.toString("latin1"));
  encryption.update(forge.util.createBuffer(plain.toString("latin1")));
  encryption.finish();
  return Buffer.from(encryption.output.getBytes(), "latin1");
}

/** RFC 7292 appendix B, by node-forge. */
function derive(password: string, purpose: 1 | 2 | 3, iterations: number, bytes: number, hash = "sha1"): Buffer {
  const digest = hash === "sha256" ? forge.md.sha256.create() : forge.md.sha1.create();
  const salt = forge.util.createBuffer(SALT.toString("latin1"));
  return Buffer.from(forge.pkcs12.generateKey(password, salt, purpose, iterations, bytes, digest).getBytes(), "latin1");
}

function mac(hash: "sha1" | "sha256", content: Buffer, { password, iterations }: Lock): Buffer {
  const oid = hash === "sha256" ? "2.16.840.1.101.3.4.2.1" : "1.3.14.3.2.26";
  const key = derive(password, 3, iterations, hash === "sha256" ? 32 : 20, hash);
  const digest = createHmac(hash, key).update(content).digest();
  return sequence(sequence(sequence(id(oid), [5, 0]), octets(digest)), octets(SALT), integer(iterations));
}
