// Opens a PKCS#12 file with its password: the emulator's own reader, on purpose not the provider's.
import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { child, contextChild, integer, octets, oid, readElement, type Element } from "./der";
import { decrypt, Effort, encodings, macMatches, Pkcs12Error, type Password } from "./passwords";

export interface Opened {
  keys: KeyObject[];
  certificates: X509Certificate[];
}

const DATA = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA = "1.2.840.113549.1.7.6";
const KEY_BAG = "1.2.840.113549.1.12.10.1.1";
const SHROUDED_KEY_BAG = "1.2.840.113549.1.12.10.1.2";
const CERTIFICATE_BAG = "1.2.840.113549.1.12.10.1.3";
const NESTED_BAG = "1.2.840.113549.1.12.10.1.6";
const X509_TYPE = "1.2.840.113549.1.9.22.1";

/** Throws Pkcs12Error, and nothing else, for whatever bytes. */
export async function openPkcs12(bytes: Buffer, password: string): Promise<Opened> {
  const effort = new Effort();
  let wrong = new Pkcs12Error("password");
  for (const encoding of encodings(password)) {
    try {
      return await openWith(bytes, encoding, effort);
    } catch (error) {
      if (!(error instanceof Pkcs12Error)) throw new Pkcs12Error("unreadable"); // the ASN.1, a key or a certificate is broken
      if (error.reason !== "password") throw error;
      wrong = error;
    }
  }
  throw wrong;
}

async function openWith(bytes: Buffer, password: Password, effort: Effort): Promise<Opened> {
  const pfx = readElement(bytes);
  if (integer(child(pfx, 0)) !== 3) throw new Pkcs12Error("unreadable");
  const authSafe = child(pfx, 1);
  if (oid(child(authSafe, 0)) !== DATA) throw new Pkcs12Error("unsupported"); // signed with a public key instead
  const content = octets(child(child(authSafe, 1), 0));
  const mac = pfx.children[2];
  if (mac !== undefined && !(await macMatches(mac, content, password, effort))) throw new Pkcs12Error("password");
  const opened: Opened = { keys: [], certificates: [] };
  for (const info of readElement(content).children) {
    const safe = readElement(await readSafe(info, password, effort));
    for (const bag of safe.children) await readBag(bag, password, effort, opened);
  }
  return opened;
}

async function readSafe(info: Element, password: Password, effort: Effort): Promise<Buffer> {
  const type = oid(child(info, 0));
  const content = child(child(info, 1), 0);
  if (type === DATA) return octets(content);
  if (type !== ENCRYPTED_DATA) throw new Pkcs12Error("unsupported");
  const encrypted = child(content, 1);
  const data = contextChild(encrypted, 0);
  if (data === undefined) throw new Pkcs12Error("unreadable");
  return decrypt(child(encrypted, 1), octets(data), password, effort);
}

async function readBag(bag: Element, password: Password, effort: Effort, opened: Opened): Promise<void> {
  const type = oid(child(bag, 0));
  const value = child(child(bag, 1), 0);
  if (type === KEY_BAG) opened.keys.push(readKey(value.raw));
  if (type === SHROUDED_KEY_BAG) {
    opened.keys.push(readKey(await decrypt(child(value, 0), octets(child(value, 1)), password, effort)));
  }
  if (type === CERTIFICATE_BAG && oid(child(value, 0)) === X509_TYPE) {
    opened.certificates.push(new X509Certificate(octets(child(child(value, 1), 0))));
  }
  if (type === NESTED_BAG) for (const inner of value.children) await readBag(inner, password, effort, opened);
}

function readKey(pkcs8: Buffer): KeyObject {
  return createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
}
