/** Finds private keys in texts, by their first bytes. What is found is named by its kind, and never quoted. */

import { AssetText, Hidden, type Value, type Values } from "./values";

interface Found {
  /** `options.keys.0` */
  readonly path: string;
  /** `a PEM private key` */
  readonly what: string;
}

/** Secrets and files are passed over. */
export const keysIn = (properties: Values): Found[] =>
  Object.entries(properties).flatMap(([name, value]) => inValue(name, value));

function inValue(path: string, value: Value): Found[] {
  if (typeof value === "string") {
    const what = armored(value) ?? encoded(value);
    return what === undefined ? [] : [{ path, what }];
  }
  if (typeof value !== "object" || value === null || value instanceof Hidden) return [];
  if (value instanceof AssetText) return inValue(path, value.text ?? null);
  return Object.entries(value).flatMap(([name, part]: [string, Value]) => inValue(`${path}.${name}`, part));
}

/** Anywhere in the text: a JSON file of a service account holds one, and so may a script. */
function armored(text: string): string | undefined {
  if (/-----BEGIN PGP PRIVATE KEY BLOCK-----/.test(text)) return "an OpenPGP private key";
  return /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/.test(text) ? "a PEM private key" : undefined;
}

/** Enough for the longest head of the three: of a file, only its first bytes are decoded. */
const HEAD = 400;

function encoded(text: string): string | undefined {
  const head = text.slice(0, HEAD).replace(/\s/g, "");
  if (head.length < 40 || !/^[\w+/-]+=*$/.test(head)) return undefined;
  const bytes = Buffer.from(head, "base64"); // takes base64url as well
  if (isPkcs12(bytes)) return "a PKCS#12 file";
  const inside = armored(bytes.toString("latin1"));
  return inside === undefined ? undefined : `${inside} in base64`;
}

/** RFC 7292, 4: PFX ::= SEQUENCE { version INTEGER 3, authSafe ContentInfo }, whose type is a PKCS#7 data or signed data. */
function isPkcs12(bytes: Buffer): boolean {
  if (bytes[0] !== 0x30) return false;
  const version = bytes.indexOf(Buffer.from([0x02, 0x01, 0x03, 0x30]));
  const type = bytes.indexOf(Buffer.from([0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07]));
  return version >= 2 && version <= 10 && type > version && type <= version + 14;
}
