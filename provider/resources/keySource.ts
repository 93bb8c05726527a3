/** Where a certificate's key comes from: a PKCS#12, PEM parts, or nowhere (adopt only). Loaded by Check and by create. */
import { createHash, randomBytes, type X509Certificate } from "node:crypto";
import { UNKNOWN, type Asset, type Failure, type Field, type Unknown } from "../fields";
import { readCertificates, readPem, readPublicPem, writePkcs12 } from "../keys/pem";
import { certificateFacts, type CertificateFacts } from "../keys/certificate";
import { decodeBase64, readPkcs12, type KeyBundle } from "../keys/pkcs12";
import { KeyMaterialError, type KeyProblem } from "../keys/problem";
import type { PublicBundle } from "../keys/bundle";
import type { Upload } from "../google/gmail";
import { MailKeyError } from "../mailKeyError";
import type { Services } from "./services";

export const keySourceFields = {
  pkcs12: {
    type: "material",
    input: "optional",
    secret: true,
    description: "The key, its certificate and chain as PKCS#12: base64 or base64url text, or an Asset.",
  },
  password: { type: "string", input: "optional", secret: true, description: "The password of `pkcs12`." },
  privateKey: {
    type: "material",
    input: "optional",
    secret: true,
    description: "The private key as PEM, unencrypted; with `certificate`, instead of `pkcs12`.",
  },
  certificate: {
    type: "material",
    input: "optional",
    description: "The certificate as PEM. Without a private key: adopt only, it must be on the address already.",
  },
  chain: {
    type: "material",
    input: "optional",
    description: "The issuing certificates as PEM, the leaf's issuer first.",
  },
} as const satisfies Record<string, Field>;

/** design, "Security": PKCS#12 and PEM chain 64 KiB; a base64 text is four thirds of its bytes, and may be wrapped. */
const MAX_BYTES = 64 * 1024;
const MAX_TEXT = 96 * 1024;

type Part = string | Asset | Unknown;
type Source = { readonly [K in keyof typeof keySourceFields]?: Part };

/** A private key with its certificates, or certificates alone. */
export interface Material {
  readonly leaf: X509Certificate;
  readonly chain: readonly X509Certificate[];
  readonly upload?: () => Promise<Upload>;
}

/** Which combination of parts makes no key source. Parts not known yet count as given. */
export function sourceFailures({ pkcs12, password, privateKey, certificate, chain }: Source): Failure[] {
  const failures: Failure[] = [];
  const complain = (field: string, reason: string): number => failures.push({ field, reason });
  if (pkcs12 === undefined && privateKey === undefined && certificate === undefined) {
    complain(
      "",
      "No key is given. Set pkcs12 (with password), or privateKey with certificate and chain, or certificate alone to adopt what is there.",
    );
  }
  if (pkcs12 !== undefined && [privateKey, certificate, chain].some((part) => part !== undefined)) {
    complain(
      "",
      "Two key sources are given. Set either pkcs12 or the PEM parts (privateKey, certificate, chain), not both.",
    );
  }
  if (password !== undefined && pkcs12 === undefined)
    complain(
      "password",
      "password belongs to pkcs12, which is not set. Remove it; an encrypted PEM key is decrypted with openssl pkey.",
    );
  if (privateKey !== undefined && certificate === undefined)
    complain("certificate", "certificate is required with privateKey.");
  if (chain !== undefined && certificate === undefined) complain("chain", "chain is given without certificate.");
  return failures;
}

/**
 * Undefined while a part is not known that says which certificate it is. The private key and the chain do not: where previews
 * run no key needs to be. Throws {@link KeyMaterialError} with every problem found.
 */
export async function loadKey(source: Source, services: Services): Promise<Material | undefined> {
  const { pkcs12, password, privateKey, certificate, chain } = source;
  if ([pkcs12, password, certificate].includes(UNKNOWN)) return undefined;
  if (pkcs12 !== undefined) return openFile(await readFile(pkcs12, password, services), services);
  const parts = await collect({ privateKey, certificate, chain }, services);
  const { privateKey: key, certificate: leafText = "", chain: issuers } = parts;
  const certificates = { certificate: leafText, ...(issuers !== undefined && { chain: issuers }) };
  if (key !== undefined) return fromBundle(await readPem({ privateKey: key, ...certificates }));
  if (privateKey === UNKNOWN) return withoutKey(readPublicPem(certificates));
  const [leaf, ...others] = readCertificates(leafText);
  return leaf && { leaf, chain: others };
}

/** For a preview, which uploads nothing: whether the key belongs to the certificate is seen by the Check of the update. */
const withoutKey = (bundle: PublicBundle | undefined): Material | undefined =>
  bundle && { ...bundle, upload: () => Promise.reject(new MailKeyError("privateKey is not known yet.")) };

/** What create needs to know of a key source. */
export interface Known {
  readonly facts: CertificateFacts;
  readonly upload?: Material["upload"];
}

/** The same as of {@link loadKey}, without opening a PKCS#12 again that this process has opened. */
export async function knownKey(source: Source, services: Services): Promise<Known | undefined> {
  const { pkcs12, password } = source;
  if (pkcs12 !== undefined && ![pkcs12, password].includes(UNKNOWN)) {
    const file = await readFile(pkcs12, password, services);
    const facts = services.opened.facts(file);
    return facts ? { facts, upload: () => Promise.resolve(file) } : factsOf(await openFile(file, services));
  }
  const material = await loadKey(source, services);
  return material && factsOf(material);
}

const factsOf = ({ leaf, upload }: Material): Known => ({
  facts: certificateFacts(leaf),
  ...(upload && { upload }),
});

/**
 * Whether a file that the engine calls unchanged has changed all the same: ignoreChanges hands back the Asset of the last
 * update, its hash with it, while the file at its path may be another by now, or gone.
 */
export async function isKept(part: unknown, old: unknown, { readFile }: Services): Promise<boolean> {
  const [now, before] = [fileOf(part), fileOf(old)];
  if (now?.hash === undefined || now.hash !== before?.hash) return false;
  const bytes = await readFile(now.path, MAX_BYTES).catch(() => undefined);
  return bytes === undefined || createHash("sha256").update(bytes).digest("hex") !== now.hash;
}

function fileOf(part: unknown): { path: string; hash?: string } | undefined {
  const { asset } = typeof part === "object" && part !== null ? (part as Asset) : {};
  return asset && "path" in asset ? asset : undefined;
}

async function readFile(part: Part, password: Part | undefined, services: Services): Promise<Upload> {
  const pkcs12 = typeof part === "string" ? decodeText(part) : await readBytes("pkcs12", part as Asset, services);
  if (!pkcs12)
    throw problem(
      "pkcs12",
      'pkcs12: the text is neither base64 nor base64url. Pass fs.readFileSync(path).toString("base64"), or new pulumi.asset.FileAsset(path).',
    );
  return { pkcs12, ...(typeof password === "string" && { password }) };
}

async function openFile(file: Upload, { opened }: Services): Promise<Material> {
  const { leaf, chain } = await readPkcs12(file.pkcs12, file.password);
  opened.remember(file, certificateFacts(leaf));
  return { leaf, chain, upload: () => Promise.resolve(file) };
}

/** Undefined where it is no base64. Measured before it is decoded. */
function decodeText(text: string): Uint8Array | undefined {
  if (text.length <= MAX_TEXT) return decodeBase64(text);
  throw problem(
    "pkcs12",
    "pkcs12: the text is larger than 64 KiB of base64 can be. Export only the key, its certificate and the intermediates.",
  );
}

/** The PEM parts become a PKCS#12 of our own making, under a password that lives as long as the request. */
function fromBundle(bundle: KeyBundle): Material {
  const upload = async (): Promise<Upload> => {
    const password = randomBytes(24).toString("base64url");
    return { pkcs12: await writePkcs12(bundle, password), password };
  };
  return { leaf: bundle.leaf, chain: bundle.chain, upload };
}

type PemName = "privateKey" | "certificate" | "chain";

/** Reads all parts, so that all unreadable ones are told at once. */
async function collect(
  parts: { readonly [K in PemName]: Part | undefined },
  services: Services,
): Promise<{ [K in PemName]?: string }> {
  const texts: { [K in PemName]?: string } = {};
  const problems: KeyMaterialError[] = [];
  for (const name of ["privateKey", "certificate", "chain"] as const) {
    const part = parts[name];
    try {
      if (part !== undefined && part !== UNKNOWN) texts[name] = await readText(name, part, services);
    } catch (error) {
      if (!(error instanceof KeyMaterialError)) throw error;
      problems.push(error);
    }
  }
  if (problems.length > 0) throw new KeyMaterialError(problems.flatMap((error) => error.problems));
  return texts;
}

/** The text of a string or Asset. Throws {@link KeyMaterialError}. */
export async function readText(
  field: PemName | "publicKey",
  part: string | Asset,
  services: Services,
): Promise<string> {
  return typeof part === "string" ? part : Buffer.from(await readBytes(field, part, services)).toString("utf8");
}

async function readBytes(
  field: "pkcs12" | PemName | "publicKey",
  { asset }: Asset,
  services: Services,
): Promise<Uint8Array> {
  if ("text" in asset) {
    if (field !== "pkcs12") return Buffer.from(asset.text);
    const bytes = decodeText(asset.text);
    if (bytes) return bytes;
    throw problem(field, `${field}: the text of this asset is not base64. Use new pulumi.asset.FileAsset(path).`);
  }
  if ("uri" in asset) {
    throw problem(
      field,
      `${field}: a RemoteAsset is not fetched. Download the file in the pipeline and pass new pulumi.asset.FileAsset(path).`,
    );
  }
  try {
    return await services.readFile(asset.path, MAX_BYTES);
  } catch (error) {
    throw problem(
      field,
      `${field}: ${error instanceof Error ? error.message : "the file cannot be read"}. Check the path; it is relative to the Pulumi project's folder.`,
    );
  }
}

const problem = (field: KeyProblem["field"], reason: string): KeyMaterialError =>
  new KeyMaterialError([{ code: "unreadable", field, reason }]);
