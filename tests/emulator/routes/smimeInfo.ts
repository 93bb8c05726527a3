// smimeInfo.insert: the body, the PKCS#12 and the certificate in it are checked as strictly as Google documents.
import { googleError, json, Refusal, type Answer } from "../answer";
import { acceptCertificate, CertificateRefused, type Cause } from "../certificate";
import type { Address, Certificate } from "../entities";
import { isObject } from "../json";
import { Pkcs12Error } from "../passwords";
import { openPkcs12 } from "../pkcs12";
import type { Context, EmulatorRequest } from "../request";

export async function insert(request: EmulatorRequest, context: Context, address: Address): Promise<Answer> {
  const body = readBody(request.body);
  if (body === undefined) throw badRequest();
  const outcome = await addCertificate(context, address, body, true);
  if ("certificate" in outcome) return json(200, writeSmimeInfo(outcome.certificate));
  // Scripts in the wild look for these two words; the rest of Google's sentence is not known.
  if (outcome.refused === "already saved") {
    throw new Refusal(googleError(400, "invalidArgument", "The certificate is already saved."));
  }
  throw badRequest();
}

export type Added = { certificate: Certificate } | { refused: Cause | Pkcs12Error["reason"] | "already saved" };

/** Opens, checks and keeps; also for an administrator by hand, who may save what has expired. */
export async function addCertificate(
  context: Context,
  address: Address,
  file: { pkcs12: Buffer; password: string },
  checkValidity: boolean,
): Promise<Added> {
  const { store } = context;
  try {
    const opened = await openPkcs12(file.pkcs12, file.password);
    const trustedRoots = store.knobs.trust === "roots" ? store.trustedRoots : undefined;
    const rules = { address: address.email, now: store.now(), checkValidity, trustedRoots };
    return store.save(address, acceptCertificate(opened, rules));
  } catch (error) {
    if (error instanceof Pkcs12Error || error instanceof CertificateRefused) return { refused: error.reason };
    throw error;
  }
}

/** Without the cause, as Google answers. */
function badRequest(): Refusal {
  return new Refusal(googleError(400, "invalidArgument", "Bad Request"));
}

/** Only pkcs12 (base64url, not the standard alphabet) and encryptedKeyPassword: everything else is Google's to write. */
function readBody(bytes: Buffer): { pkcs12: Buffer; password: string } | undefined {
  let body: unknown;
  try {
    body = JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
  if (!isObject(body)) return undefined;
  const { pkcs12, encryptedKeyPassword = "", ...others } = body;
  if (Object.keys(others).length > 0) return undefined;
  if (typeof pkcs12 !== "string" || typeof encryptedKeyPassword !== "string") return undefined;
  if (!/^[A-Za-z0-9_-]+={0,2}$/.test(pkcs12)) return undefined;
  return { pkcs12: Buffer.from(pkcs12, "base64url"), password: encryptedKeyPassword };
}

/** As Google returns it: false is left out, the time is a text, and neither PKCS#12 nor password ever comes back. */
export function writeSmimeInfo(certificate: Certificate) {
  return {
    id: certificate.id,
    issuerCn: certificate.issuerCn,
    ...(certificate.isDefault ? { isDefault: true } : {}),
    expiration: String(certificate.expiration),
    pem: certificate.pem,
  };
}
