// Opens an uploaded OpenPGP key and says which of the Email Audit API's error codes it earns, if any.
// Rules: Google's page "Generating a public key" (ASCII armor, RSA, may encrypt, one key, one user id); code names: gdata-java.

export class KeyRefused extends Error {
  override readonly name = "KeyRefused";
  constructor(
    readonly code: 1409 | 1411 | 1412 | 1413,
    readonly reason: string,
  ) {
    super(reason);
  }
}

const badFormat = new KeyRefused(1411, "EncryptionPublicKeyInvalidFormat");
const badType = new KeyRefused(1412, "EncryptionPublicKeyInvalidType");
const invalid = new KeyRefused(1409, "InvalidEncryptionPublicKey");
const manyUserIds = new KeyRefused(1413, "EncryptionPublicKeyHasManyUserIds");

/** Standard base64, padded. White space is tolerated: an XML parser makes spaces of the line breaks in Google's sample. */
export function decodeKeyText(base64: string): string {
  const compact = base64.replace(/\s/g, "");
  if (compact === "" || compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) throw badFormat;
  const bytes = Buffer.from(compact, "base64");
  if (bytes.some((byte) => byte > 0x7e)) throw badFormat; // US-ASCII
  return bytes.toString("latin1");
}

export function checkLineEnds(text: string, wanted: "any" | "crlf" | "lf"): void {
  if (wanted === "crlf" && /\r(?!\n)|(?<!\r)\n/.test(text)) throw badFormat;
  if (wanted === "lf" && text.includes("\r")) throw badFormat;
}

/** 67 ms to load, so only where a key comes in. */
const load = () => import("openpgp");
type OpenPgp = Awaited<ReturnType<typeof load>>;
type PublicKey = Awaited<ReturnType<OpenPgp["readKeys"]>>[number];

/** The fingerprint, in upper-case hex. */
export async function openPublicKey(text: string, now: Date): Promise<string> {
  const blocks: string[] = text.match(/-----BEGIN PGP [A-Z ]+-----/g) ?? [];
  if (blocks.includes("-----BEGIN PGP PRIVATE KEY BLOCK-----")) throw badType;
  if (blocks.length !== 1 || !/^-----BEGIN PGP PUBLIC KEY BLOCK-----/.test(text.trimStart())) throw badFormat;
  const openpgp = await load();
  const config = { ...openpgp.config, minRSABits: 0 };
  const keys = await openpgp.readKeys({ armoredKeys: text, config }).catch(() => {
    throw badFormat;
  });
  const [key, second] = keys;
  if (key === undefined || second !== undefined) throw badFormat; // "should contain only a single key"
  if (key.isPrivate()) throw badType;
  if (key.users.length > 1) throw manyUserIds;
  if (key.users.length === 0) throw badFormat;
  if (!key.getAlgorithmInfo().algorithm.startsWith("rsa")) throw badType;
  // A key made a moment ahead of this clock is not refused for that: nothing documents it.
  const made = new Date(Math.max(...key.getKeys().map((each) => each.getCreationTime().getTime())) + 1000);
  const moment = now > made ? now : made;
  const revoked = await key.isRevoked(undefined, undefined, moment, config).catch(() => true);
  if (revoked) throw invalid;
  if (!(await mayEncrypt(key, made, config))) throw badType;
  if (!(await mayEncrypt(key, moment, config))) throw invalid; // it could once: expired
  return key.getFingerprint().toUpperCase();
}

async function mayEncrypt(key: PublicKey, at: Date, config: OpenPgp["config"]): Promise<boolean> {
  try {
    const encryption = await key.getEncryptionKey(undefined, at, undefined, config);
    return encryption.getAlgorithmInfo().algorithm.startsWith("rsa");
  } catch {
    return false;
  }
}
