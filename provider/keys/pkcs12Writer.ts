// Writes PKCS#12 files as OpenSSL 3 does: AES-256-CBC, PBKDF2 and MAC with SHA-256, for RSA and EC keys alike.
// The only file that loads pkijs and asn1js, and only when a file is written.
import type { X509Certificate } from "node:crypto";
import { webcrypto } from "node:crypto";
import type { KeyBundle } from "./bundle";
import { asKeyMaterialError } from "./problem";

// What openssl pkcs12 -export uses. The file lives for one HTTPS request, under a password of its own.
const ITERATIONS = 2048;
const SHROUDED_KEY_BAG = "1.2.840.113549.1.12.10.1.2";
const CERTIFICATE_BAG = "1.2.840.113549.1.12.10.1.3";
const LOCAL_KEY_ID = "1.2.840.113549.1.9.21";

/** The bundle as a password-protected PKCS#12 file. Salted: the same bundle gives other bytes each time. */
export async function writePkcs12(bundle: KeyBundle, password: string): Promise<Uint8Array> {
  try {
    return await write(bundle, password);
  } catch (error) {
    const text = "cannot be packed into a PKCS#12 file. Use an RSA or EC key, or give a PKCS#12 file instead.";
    throw asKeyMaterialError(error, "privateKey", text);
  }
}

async function write(bundle: KeyBundle, password: string): Promise<Uint8Array> {
  const pkijs = await import("pkijs");
  const asn1js = await import("asn1js");
  // pkijs names the browser's types, which this project does not load; node's own are the same shape.
  const engine = new pkijs.CryptoEngine({ name: "node", crypto: webcrypto });
  const secret = copy(Buffer.from(password, "utf8"));
  const encryption = {
    password: secret,
    contentEncryptionAlgorithm: { name: "AES-CBC", length: 256 },
    hmacHashAlgorithm: "SHA-256",
    iterationCount: ITERATIONS,
  };
  // The leaf's SHA-1 links key and certificate; importers look for it.
  const keyId = new asn1js.OctetString({
    valueHex: copy(Buffer.from(bundle.leaf.fingerprint.replaceAll(":", ""), "hex")),
  });
  const bagAttributes = [new pkijs.Attribute({ type: LOCAL_KEY_ID, values: [keyId] })];
  const pkcs8 = bundle.privateKey.export({ type: "pkcs8", format: "der" });
  const key = new pkijs.PKCS8ShroudedKeyBag({ parsedValue: pkijs.PrivateKeyInfo.fromBER(copy(pkcs8)) });
  await key.makeInternalValues(encryption, engine);
  const certificateBag = (certificate: X509Certificate): InstanceType<typeof pkijs.CertBag> =>
    new pkijs.CertBag({ parsedValue: pkijs.Certificate.fromBER(copy(certificate.raw)) });
  const bags = [
    new pkijs.SafeBag({ bagId: CERTIFICATE_BAG, bagValue: certificateBag(bundle.leaf), bagAttributes }),
    ...bundle.chain.map((issuer) => new pkijs.SafeBag({ bagId: CERTIFICATE_BAG, bagValue: certificateBag(issuer) })),
  ];
  const keyBags = [new pkijs.SafeBag({ bagId: SHROUDED_KEY_BAG, bagValue: key, bagAttributes })];
  const safeContents = [
    { privacyMode: 1, value: new pkijs.SafeContents({ safeBags: bags }) },
    { privacyMode: 0, value: new pkijs.SafeContents({ safeBags: keyBags }) },
  ];
  const authenticatedSafe = new pkijs.AuthenticatedSafe({ parsedValue: { safeContents } });
  await authenticatedSafe.makeInternalValues({ safeContents: [encryption, {}] }, engine);
  const file = new pkijs.PFX({ parsedValue: { integrityMode: 0, authenticatedSafe } });
  const mac = { iterations: ITERATIONS, pbkdf2HashAlgorithm: "SHA-256", hmacHashAlgorithm: "SHA-256" };
  await file.makeInternalValues({ password: secret, ...mac }, engine);
  return new Uint8Array(file.toSchema().toBER());
}

/** Bytes of their own: pkijs reads a Buffer's whole pool otherwise. */
function copy(bytes: Buffer): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
