// Key and chain of a PKCS#12 file. The file is opened in a thread of its own; what is in it is put in order here.
import { type KeyObject, X509Certificate } from "node:crypto";
import { bundle, type KeyBundle, MAX_BYTES } from "./bundle";
import { UNREADABLE } from "./pkcs12File";
import { Pkcs12Threads } from "./pkcs12Threads";
import { readPrivateKey } from "./privateKey";
import { asKeyMaterialError, keyError } from "./problem";

export type { KeyBundle } from "./bundle";

/** The threads of this process; none runs before the first file. */
const threads = new Pkcs12Threads();

/** The key pair and chain of one file, within 5 s. Throws KeyMaterialError and nothing else. */
export async function readPkcs12(bytes: Uint8Array, password: string | undefined): Promise<KeyBundle> {
  try {
    if (bytes.length > MAX_BYTES) {
      const step = "Export only the key, its certificate and the intermediates.";
      throw keyError("pkcs12", "tooLarge", `is larger than 64 KiB. ${step}`);
    }
    const opened = await threads.open({ bytes, password });
    const certificates = opened.certificates.map(certificateOf);
    return bundle(privateKeyOf(opened.key), certificates, certificates, "pkcs12");
  } catch (error) {
    throw asKeyMaterialError(error, "pkcs12", UNREADABLE);
  }
}

/** Base64 or base64url, padded or not, with white space anywhere; undefined when it is neither. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bare = text.replace(/\s+/g, "");
  const body = bare.replace(/={1,2}$/, "");
  if (!/^(?:[A-Za-z0-9+/]*|[A-Za-z0-9_-]*)$/.test(body) || body.length % 4 === 1) return undefined;
  if (body.length !== bare.length && bare.length % 4 !== 0) return undefined;
  return Buffer.from(body, "base64url");
}

function certificateOf(der: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch {
    throw keyError("pkcs12", "unreadableCertificate", "holds a certificate that cannot be read. Export it again.");
  }
}

function privateKeyOf(der: Uint8Array): KeyObject {
  try {
    return readPrivateKey(der, "pkcs8");
  } catch {
    const text = "holds a private key that cannot be read: it is damaged or of an unknown kind. Use an RSA or EC key.";
    throw keyError("pkcs12", "unreadablePrivateKey", text);
  }
}
