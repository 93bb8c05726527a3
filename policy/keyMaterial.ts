/** Finds private keys in texts, by their heads, at any place. What is found is named by its kind, and never quoted. */

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

/** Characters of a text that are searched for base64: a bound for the work, far above what any key takes. */
const MOST = 1_048_576;
/** Base64 in base64, as a Secret's manifest that is packed itself. */
const LAYERS = 2;

/** In each run of base64's letters: a bundle, a data URI, a line of a JSON or YAML text. */
function encoded(text: string, layers = LAYERS): string | undefined {
  for (const [run] of unwrapped(text.slice(0, MOST)).matchAll(/[\w+/-]{40,}/g)) {
    // Letters may stand before the key without a mark between, so each of the four ways to read them is tried.
    for (const skipped of [0, 1, 2, 3]) {
      const inside = Buffer.from(run.slice(skipped), "base64").toString("latin1"); // takes base64url as well
      if (isPkcs12(inside)) return "a PKCS#12 file";
      const what = armored(inside);
      if (what !== undefined) return `${what} in base64`;
      const deeper = layers > 1 ? encoded(inside, layers - 1) : undefined;
      if (deeper !== undefined) return deeper;
    }
  }
  return undefined;
}

/** Without the breaks between a run's lines, and without what JSON writes for breaks and may write for slashes. */
const unwrapped = (text: string): string =>
  text.replace(/\\{1,4}([nrt/])/g, (_, escaped) => (escaped === "/" ? "/" : "")).replace(/\s+/g, "");

/** RFC 7292, 4: PFX ::= SEQUENCE { version INTEGER 3, authSafe ContentInfo }, whose type is a PKCS#7 data or signed data. */
const isPkcs12 = (bytes: string): boolean =>
  /\x30[^]{1,9}?\x02\x01\x03\x30[^]{1,10}?\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07/.test(bytes);
