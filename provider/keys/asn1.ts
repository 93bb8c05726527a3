// Reads ASN.1 in DER and BER with node-forge, and takes elements apart: what PKCS#12 files and certificate extensions need.
import { fromDer, type ForgeAsn1 } from "./forge";

/** One element; `tag` is its identifier octet, so 0x30 is a SEQUENCE and 0xa0 a constructed [0]. */
export interface Asn1 {
  tag: number;
  /** Empty where the element is constructed. */
  content: Buffer;
  /** Empty unless the element is constructed. */
  children: Asn1[];
}

/** Bytes that are not the ASN.1 they should be. The message is fixed: it never quotes the input. */
export class Asn1Error extends Error {
  constructor() {
    super("not the ASN.1 structure expected here");
  }
}

export const tags = { integer: 0x02, octetString: 0x04, oid: 0x06, sequence: 0x30, set: 0x31 } as const;

// A PKCS#12 file written by the usual tools is nine levels deep; forge's recursion must end long before the stack does.
const MAX_DEPTH = 32;

/** The first element of the bytes; whatever follows it is ignored, as OpenSSL does. */
export function readAsn1(bytes: Uint8Array): Asn1 {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const options = { strict: true, parseAllBytes: false, decodeBitStrings: false, maxDepth: MAX_DEPTH };
  return fromForge(fromDer(text, options));
}

function fromForge({ tagClass, type, constructed, value }: ForgeAsn1): Asn1 {
  if ((type as number) === 0x1f) throw new Asn1Error(); // no high tag numbers here
  const tag = tagClass | (constructed ? 0x20 : 0) | type;
  if (typeof value === "string") return { tag, content: Buffer.from(value, "latin1"), children: [] };
  return { tag, content: Buffer.alloc(0), children: value.map(fromForge) };
}

/** The child at a place, which must be there and, where a tag is given, have it. */
export function child(parent: Asn1, index: number, tag?: number): Asn1 {
  const found = parent.children[index];
  if (found === undefined || (tag !== undefined && found.tag !== tag)) throw new Asn1Error();
  return found;
}

/** The bytes of an OCTET STRING or of an implicitly tagged one; BER may cut it into pieces. */
export function octets(element: Asn1): Buffer {
  return (element.tag & 0x20) === 0 ? element.content : Buffer.concat(element.children.map(octets));
}

/** A small INTEGER. One too large for exact arithmetic is Infinity, so that every limit refuses it. */
export function integer(element: Asn1): number {
  const { tag, content } = element;
  if (tag !== tags.integer || content.length === 0) throw new Asn1Error();
  if (content.length > 6) return Infinity;
  return content.readIntBE(0, content.length);
}

/** An OBJECT IDENTIFIER in dots. */
export function oid(element: Asn1): string {
  if (element.tag !== tags.oid || element.content.length === 0) throw new Asn1Error();
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const byte of element.content.subarray(0, 64)) {
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    if (byte >= 0x80) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const first = arcs[0] ?? 0n;
  const root = first < 40n ? 0n : first < 80n ? 1n : 2n;
  return [root, first - root * 40n, ...arcs.slice(1)].join(".");
}

/** The element again as DER, for a structure that a library wants whole. */
export function writeDer(element: Asn1): Buffer {
  const content = (element.tag & 0x20) === 0 ? element.content : Buffer.concat(element.children.map(writeDer));
  const size = content.length;
  const length =
    size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : size < 0x10000 ? [0x82, size >> 8, size & 0xff] : undefined;
  if (length === undefined) throw new Asn1Error();
  return Buffer.concat([Buffer.from([element.tag, ...length]), content]);
}
