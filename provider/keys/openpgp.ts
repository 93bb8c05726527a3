// Reads the OpenPGP public key for mailbox exports and refuses here what the Email Audit API refuses without a reason.
// The only file that loads openpgp, and only when a key is read.
import { createHash } from "node:crypto";
import type { Key, PublicKey, Subkey } from "openpgp" with { "resolution-mode": "import" };
import { MAX_BYTES } from "./bundle";
import { decodeBase64 } from "./pkcs12";
import { asKeyMaterialError, keyError, type KeyMaterialError } from "./problem";

export interface PublicKeyFacts {
  /** The one block as given, with LF line ends and nothing around it. */
  armored: string;
  /** Upper-case hex, as is keyId. */
  fingerprint: string;
  keyId: string;
  userIds: string[];
  algorithm: string;
  bits: number;
  /** RFC 3339, UTC. */
  created: string;
  /** When the first part needed for encryption expires. */
  expires?: string;
  /** Over the binary packets: the key's identity whatever its armor looks like. */
  packetsSha256: string;
}

const DAMAGED =
  "is damaged: it cannot be read as an OpenPGP key. Export it again (gpg --armor --export) and copy the whole block.";

/** The facts of the one key in the text. Throws KeyMaterialError and nothing else. */
export async function readPublicKey(text: string, now: Date): Promise<PublicKeyFacts> {
  try {
    const armored = blockOf(text);
    return await factsOf(armored, packetsOf(armored), now);
  } catch (error) {
    throw asKeyMaterialError(error, "publicKey", DAMAGED);
  }
}

/** {@link PublicKeyFacts.packetsSha256} of a text, whatever else may be wrong with the key. Throws KeyMaterialError. */
export function packetsSha256(text: string): string {
  try {
    return sha256(packetsOf(blockOf(text)));
  } catch (error) {
    throw asKeyMaterialError(error, "publicKey", DAMAGED);
  }
}

const sha256 = (packets: Buffer): string => createHash("sha256").update(packets).digest("hex").toUpperCase();

function refuse(code: string, text: string): KeyMaterialError {
  return keyError("publicKey", code, text);
}

const BEGIN = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END = "-----END PGP PUBLIC KEY BLOCK-----";

/** The one public-key block of the text. openpgp itself would drop a second block without a word. */
function blockOf(text: string): string {
  if (text.length > MAX_BYTES || Buffer.byteLength(text) > MAX_BYTES) {
    throw refuse(
      "tooLarge",
      "is larger than 64 KiB. Export the one key, without the signatures of others (--export-options export-minimal).",
    );
  }
  const lines = text.split(/\r\n|\r|\n/).map((line) => line.trimEnd());
  if (/BEGIN PGP PRIVATE KEY BLOCK/.test(text)) throw secretKey();
  const odd = lines.findIndex((line) => /[^\t\x20-\x7e]/.test(line));
  if (odd !== -1)
    throw refuse(
      "notAscii",
      `has a character on line ${odd + 1} that is not US-ASCII. Google reads the key as US-ASCII: remove it.`,
    );
  const starts = lines.filter((line) => line.includes("-----BEGIN "));
  if (starts.length === 0) {
    throw refuse("notArmored", `holds no "${BEGIN}" line. Give the key as ASCII armor (gpg --armor --export).`);
  }
  if (starts.length > 1) throw severalKeys();
  const start = lines.indexOf(BEGIN);
  const end = lines.indexOf(END);
  if (start === -1)
    throw refuse("notPublicKey", "is not a public key block. Export the public key (gpg --armor --export).");
  if (end < start) throw refuse("unreadable", DAMAGED);
  return lines.slice(start, end + 1).join("\n");
}

function secretKey(): KeyMaterialError {
  const step =
    "Export only the public part (gpg --armor --export), and keep this one away from stacks and repositories.";
  return refuse("secretKey", `holds a secret key. ${step}`);
}

function severalKeys(): KeyMaterialError {
  return refuse(
    "severalKeys",
    "holds more than one key, and Google takes one. Export only the key meant (gpg --armor --export KEYID).",
  );
}

/** The binary packets of an armored block (RFC 9580 section 6). openpgp ignores a wrong checksum; gpg does not. */
function packetsOf(armored: string): Buffer {
  const lines = armored.split("\n").slice(1, -1);
  const body = lines.slice(lines.indexOf("") + 1).filter((line) => line !== "");
  const checksum = body.at(-1)?.startsWith("=") ? body.pop() : undefined;
  const packets = Buffer.from(decodeBase64(body.join("")) ?? []);
  const expected = checksum === undefined ? undefined : decodeBase64(checksum.slice(1));
  const right = checksum === undefined || (expected !== undefined && crc24(packets).equals(expected));
  if (!lines.includes("") || packets.length === 0 || !right) throw refuse("unreadable", DAMAGED);
  return packets;
}

/** RFC 9580 section 6.1.1. */
function crc24(bytes: Buffer): Buffer {
  let crc = 0xb704ce;
  for (const byte of bytes) {
    crc ^= byte << 16;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x800000 ? ((crc << 1) ^ 0x1864cfb) & 0xffffff : crc << 1;
  }
  return Buffer.from([crc >> 16, (crc >> 8) & 0xff, crc & 0xff]);
}

type Algorithm = ReturnType<Key["getAlgorithmInfo"]>;

async function factsOf(armored: string, packets: Buffer, now: Date): Promise<PublicKeyFacts> {
  const openpgp = await import("openpgp");
  const keys = await openpgp.readKeys({ binaryKeys: new Uint8Array(packets) });
  const [key] = keys;
  if (key === undefined) throw refuse("unreadable", DAMAGED);
  if (keys.length > 1) throw severalKeys();
  if (key.isPrivate()) throw secretKey();
  const info = key.getAlgorithmInfo();
  const userIds = key.users.flatMap(({ userID }) => (userID ? [userID.userID] : []));
  checkKind(key, info, userIds);
  checkSizes(key);
  await checkValid(key, now);
  const expires = await expiryOf(key, await encryptionKeyOf(key, now), now);
  return {
    armored,
    fingerprint: key.getFingerprint().toUpperCase(),
    keyId: key.getKeyID().toHex().toUpperCase(),
    userIds,
    algorithm: "RSA",
    bits: info.bits ?? 0,
    created: rfc3339(key.getCreationTime()),
    ...(expires === undefined ? {} : { expires: rfc3339(expires) }),
    packetsSha256: sha256(packets),
  };
}

const HOW_TO_MAKE = "Make one with gpg --full-generate-key, choosing RSA and RSA.";

function checkKind(key: PublicKey, info: Algorithm, userIds: string[]): void {
  if (!isRsa(info)) {
    throw refuse(
      "notRsa",
      `is not an RSA key, and Google takes no other; today's GnuPG makes others unless told. ${HOW_TO_MAKE}`,
    );
  }
  if (key.keyPacket.version !== 4) {
    throw refuse(
      "keyVersion",
      `is an OpenPGP key of version ${key.keyPacket.version}; Google documents tools that make version 4. ${HOW_TO_MAKE}`,
    );
  }
  if (userIds.length > 1) {
    const step = "Export it with only the one of this domain (gpg --edit-key, then deluid the others in a copy).";
    throw refuse("severalUserIds", `has ${userIds.length} user ids, and Google takes one. ${step}`);
  }
  if (userIds.length === 0)
    throw refuse("noUserId", "has no user id. Export it again with the user id of this domain.");
}

// GnuPG makes RSA keys of up to 8192 bits, all with an exponent of 65537.
const MAX_MODULUS_BYTES = 1024;
const MAX_EXPONENT_BYTES = 4;
const MAX_PACKETS = 100;

/** Before any signature is checked: by SHA-224, openpgp itself computes with numbers of any size, for minutes. */
function checkSizes(key: PublicKey): void {
  const isTooLong = ({ keyPacket }: PublicKey | Subkey): boolean => {
    const { n, e } = keyPacket.publicParams as { n?: Uint8Array; e?: Uint8Array };
    return (n?.length ?? 0) > MAX_MODULUS_BYTES || (e?.length ?? 0) > MAX_EXPONENT_BYTES;
  };
  if (key.getKeys().some(isTooLong)) {
    throw refuse("keyTooLong", `has RSA numbers beyond 8192 bits, or a public exponent beyond 32. ${HOW_TO_MAKE}`);
  }
  if (key.toPacketList().length > MAX_PACKETS) {
    const step = "Export it without the signatures of others (gpg --armor --export-options export-minimal --export).";
    throw refuse("tooManyPackets", `has more than ${MAX_PACKETS} packets. ${step}`);
  }
}

function isRsa({ algorithm }: Algorithm): boolean {
  return algorithm.startsWith("rsa");
}

async function checkValid(key: PublicKey, now: Date): Promise<void> {
  if (key.getCreationTime().getTime() > now.getTime()) {
    const at = rfc3339(key.getCreationTime());
    throw refuse("notYetValid", `was made at ${at}, which is in the future. Check this machine's clock and the key's.`);
  }
  if (await key.isRevoked(undefined, undefined, now))
    throw refuse("revoked", "is revoked. Export a key that is in use.");
  const expires = await key.getExpirationTime();
  if (expires === null) throw refuse("unreadable", DAMAGED); // no valid self-signature
  if (expires instanceof Date && expires.getTime() <= now.getTime()) {
    throw refuse("expired", `expired at ${rfc3339(expires)}. Extend it (gpg --quick-set-expire) and export it again.`);
  }
  try {
    await key.verifyPrimaryKey(now);
  } catch {
    throw refuse("unreadable", DAMAGED);
  }
}

/** The RSA key or subkey that an exporter would encrypt to now. */
async function encryptionKeyOf(key: PublicKey, now: Date): Promise<EncryptionKey> {
  const { config } = await import("openpgp");
  for (const part of key.getKeys()) {
    if (!isRsa(part.getAlgorithmInfo())) continue;
    try {
      // Google publishes no smallest size; whether a short key will do is for Google to say.
      return await key.getEncryptionKey(part.getKeyID(), now, undefined, { ...config, minRSABits: 0 });
    } catch {
      continue; // signs only, or is expired or revoked
    }
  }
  const step = "Add one to the key (gpg --edit-key, addkey, RSA encrypt only) and export it again.";
  throw refuse("cannotEncrypt", `has no RSA key that may encrypt and is valid now. ${step}`);
}

type EncryptionKey = Awaited<ReturnType<PublicKey["getEncryptionKey"]>>;

async function expiryOf(key: PublicKey, part: EncryptionKey, now: Date): Promise<Date | undefined> {
  const { Subkey } = await import("openpgp");
  const times = [await key.getExpirationTime(), part instanceof Subkey ? await part.getExpirationTime(now) : Infinity];
  const dates = times.flatMap((time) => (time instanceof Date ? [time.getTime()] : []));
  return dates.length === 0 ? undefined : new Date(Math.min(...dates));
}

function rfc3339(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}
