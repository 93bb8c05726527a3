// The door to createPrivateKey for key material: only kinds that cost nothing to read. To load a DSA or DH key OpenSSL
// computes its public half from parameters of any size, on the event loop: 28 s for a key of 20 KiB.
import { createPrivateKey, type KeyObject } from "node:crypto";
import { Asn1Error, child, oid, readAsn1, tags, writeDer, type Asn1 } from "./asn1";

/** PKCS#8 names its algorithm; the other two are RSA's and EC's own forms. */
export type KeyForm = "pkcs8" | "pkcs1" | "sec1";

const ALGORITHMS = new Set([
  "1.2.840.113549.1.1.1", // RSA
  "1.2.840.113549.1.1.10", // RSASSA-PSS
  "1.2.840.10045.2.1", // EC
  "1.3.101.112", // Ed25519
  "1.3.101.113", // Ed448
]);

/** Throws, with words that may quote the key, where it is damaged or of another kind. */
export function readPrivateKey(der: Uint8Array, type: KeyForm): KeyObject {
  const key = readAsn1(der);
  checkForm(key, type);
  // Written anew, so that OpenSSL reads what was checked here and nothing else.
  return createPrivateKey({ key: writeDer(key), format: "der", type });
}

/** OpenSSL takes PKCS#8 for the other two forms as well, so they are told apart by what follows the version. */
function checkForm(key: Asn1, type: KeyForm): void {
  if (type === "pkcs1") child(key, 1, tags.integer);
  else if (type === "sec1") child(key, 1, tags.octetString);
  else if (!ALGORITHMS.has(oid(child(child(key, 1, tags.sequence), 0)))) throw new Asn1Error();
}
