// Reads from a certificate what node:crypto does not tell: extensions, name parts and the signature's algorithm.
import type { X509Certificate } from "node:crypto";
import { child, octets, oid, readAsn1, tags, type Asn1 } from "./asn1";

/** What the extensions say; undefined or an empty list where one is missing. */
export interface Extensions {
  keyUsage: { bits: Set<KeyUsage>; critical: boolean } | undefined;
  extendedKeyUsage: string[] | undefined;
  basicConstraints: { ca: boolean; critical: boolean } | undefined;
  emails: string[];
  /** Subject alternative names of the kinds dNSName, URI and iPAddress. */
  otherNames: number;
  crlUrls: string[];
  policies: string[];
  /** Ids of extensions whose content could not be read. */
  unreadable: string[];
}

export const keyUsages = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
] as const;
export type KeyUsage = (typeof keyUsages)[number];

// OpenSSL has parsed the certificate before, so its outer structure holds; extensions are opaque to it and may not.
export function extensionsOf(certificate: X509Certificate): Extensions {
  const found: Extensions = {
    keyUsage: undefined,
    extendedKeyUsage: undefined,
    basicConstraints: undefined,
    emails: [],
    otherNames: 0,
    crlUrls: [],
    policies: [],
    unreadable: [],
  };
  const wrapper = toBeSigned(certificate).children.find(({ tag }) => tag === 0xa3); // [3]
  for (const extension of wrapper === undefined ? [] : child(wrapper, 0).children) {
    const id = oid(child(extension, 0));
    const read = READERS[id];
    if (read === undefined) continue;
    try {
      const last = extension.children.length - 1; // "critical" stands between id and value, and may be left out
      const critical = last === 2 && child(extension, 1).content[0] !== 0;
      read(readAsn1(octets(child(extension, last, tags.octetString))), critical, found);
    } catch {
      found.unreadable.push(id);
    }
  }
  return found;
}

type Reader = (value: Asn1, critical: boolean, into: Extensions) => void;

const READERS: Record<string, Reader> = {
  "2.5.29.15": (value, critical, into) => {
    const bits = value.content.subarray(1); // after the count of unused bits
    const set = keyUsages.filter((_, index) => ((bits[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0);
    into.keyUsage = { bits: new Set(set), critical };
  },
  "2.5.29.17": (value, _critical, into) => {
    for (const { tag, content } of value.children) {
      if (tag === 0x81) into.emails.push(printable(content.toString("latin1")));
      if (tag === 0x82 || tag === 0x86 || tag === 0x87) into.otherNames++;
    }
  },
  "2.5.29.19": (value, critical, into) => {
    const [first] = value.children;
    into.basicConstraints = { ca: first?.tag === 0x01 && first.content[0] !== 0, critical };
  },
  "2.5.29.31": (value, _critical, into) => {
    for (const point of value.children) {
      const names = point.children.find(({ tag }) => tag === 0xa0)?.children.find(({ tag }) => tag === 0xa0);
      for (const { tag, content } of names?.children ?? []) {
        if (tag === 0x86) into.crlUrls.push(content.toString("latin1"));
      }
    }
  },
  "2.5.29.32": (value, _critical, into) => {
    into.policies = value.children.map((policy) => oid(child(policy, 0)));
  },
  "2.5.29.37": (value, _critical, into) => {
    into.extendedKeyUsage = value.children.map(oid);
  },
};

/** The last value of one kind in the subject or issuer, for that is the most specific. */
export function namePart(certificate: X509Certificate, which: "subject" | "issuer", id: string): string | undefined {
  return namePartsOf(certificate, which, id).at(-1);
}

export function namePartsOf(certificate: X509Certificate, which: "subject" | "issuer", id: string): string[] {
  const fields = toBeSigned(certificate).children.filter(({ tag }) => tag !== 0xa0); // without the version
  const name = fields[which === "issuer" ? 2 : 4];
  return (name?.children ?? [])
    .flatMap((set) => set.children)
    .filter((part) => oid(child(part, 0)) === id)
    .map((part) => text(child(part, 1)));
}

function text({ tag, content }: Asn1): string {
  const isBmp = tag === 0x1e; // BMPString
  const even = content.subarray(0, content.length & ~1);
  if (isBmp) return printable(Buffer.from(even).swap16().toString("utf16le"));
  return printable(content.toString(tag === 0x14 ? "latin1" : "utf8")); // T61String as everyone reads it
}

/** Names are shown in messages, and a terminal would obey control characters; OpenSSL escapes them in the subject. */
const printable = (name: string): string => name.replace(/[\u0000-\u001f\u007f-\u009f]/g, "\ufffd");

export function signatureAlgorithm(certificate: X509Certificate): string {
  return oid(child(child(parsed(certificate), 1, tags.sequence), 0));
}

function toBeSigned(certificate: X509Certificate): Asn1 {
  return child(parsed(certificate), 0, tags.sequence);
}

/** Facts and findings ask one certificate a dozen questions. */
function parsed(certificate: X509Certificate): Asn1 {
  const known = PARSED.get(certificate) ?? readAsn1(certificate.raw);
  PARSED.set(certificate, known);
  return known;
}

const PARSED = new WeakMap<X509Certificate, Asn1>();
