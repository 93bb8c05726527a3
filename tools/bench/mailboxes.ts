/**
 * The mailboxes of the benchmark, each with a certificate of its own address in a PKCS#12 file. Minting ten thousand takes
 * minutes, so they stay in node_modules/.cache, for a quarter of a year. A few RSA keys serve them all.
 */
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mintAuthority, mintLeaf, mintPkcs12, type Authority } from "../../tests/mint";

export const CACHE = join(__dirname, "../../node_modules/.cache/google-workspace-mail-bench");
export const PASSWORD = "of files that hold no real key";
/** Where a CSV says that the password is in the environment. */
export const PASSWORD_VARIABLE = "BENCH_PASSWORD";

const KEYS = 8;
const DAY = 24 * 3_600_000;

export interface Mailbox {
  readonly email: string;
  /** In a project's folder, as its CSV says. */
  readonly path: string;
  /** Of the file in the cache. */
  readonly cached: string;
}

/** For `--fleet 100000`, too. */
const nameOf = (index: number): string => `user${String(index + 1).padStart(6, "0")}`;

/**
 * The first so many mailboxes, minted where they are missing; `tell` hears how far it is. Another `edition` has other
 * certificates of the same addresses, for a rotation.
 */
export async function mailboxes(count: number, tell: (done: number) => void, edition = 1): Promise<Mailbox[]> {
  const folder = join(CACHE, `keys-${quarter(new Date())}-${String(edition)}`);
  mkdirSync(folder, { recursive: true });
  const all = Array.from({ length: count }, (_, index) => nameOf(index)).map((name) => ({
    email: `${name}@example.com`,
    path: `keys/${name}.p12`,
    cached: join(folder, `${name}.p12`),
  }));
  const missing = all.filter(({ cached }) => !existsSync(cached));
  if (missing.length > 0) await mintAll(missing, tell);
  return all;
}

/** For the project's folder: the key files, and `rows.csv` with a row a mailbox as Google's guide has them. */
export function projectFiles(boxes: readonly Mailbox[], password = PASSWORD): Record<string, string | Uint8Array> {
  const keys = boxes.map(({ path, cached }) => [path, readFileSync(cached)] as const);
  const rows = boxes.map(({ email, path }) => `${email},${path},${password}\n`);
  return { ...Object.fromEntries(keys), "rows.csv": rows.join("") };
}

const quarter = (date: Date): string =>
  `${String(date.getUTCFullYear())}-${String(Math.floor(date.getUTCMonth() / 3))}`;

async function mintAll(boxes: readonly Mailbox[], tell: (done: number) => void): Promise<void> {
  const authority = await mintAuthority({ name: "Benchmark", keyKind: "RSA-2048" });
  const pems = Array.from({ length: KEYS }, () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  });
  for (let done = 0; done < boxes.length; done += KEYS) {
    await Promise.all(boxes.slice(done, done + KEYS).map((box, index) => mint(authority, box, pems[index] ?? "")));
    tell(Math.min(done + KEYS, boxes.length));
  }
}

/** Encrypted as OpenSSL 3 does it, with its 2048 iterations. */
async function mint(authority: Authority, { email, cached }: Mailbox, privateKeyPem: string): Promise<void> {
  const now = Date.now();
  const dates = { notBefore: new Date(now - DAY), notAfter: new Date(now + 365 * DAY) };
  const leaf = await mintLeaf(authority, { emails: [email], keyKind: "RSA-2048", privateKeyPem, ...dates });
  const partial = `${cached}.${String(process.pid)}`;
  writeFileSync(partial, await mintPkcs12(leaf, { password: PASSWORD }), { mode: 0o600 });
  renameSync(partial, cached);
}
