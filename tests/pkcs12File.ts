// Writes DER and PKCS#12 piece by piece, for files that no exporter makes. Shares no code with the provider.
import forge from "node-forge";

/** The bytes of a PEM text with one block. */
export const body = (pem: string): Buffer => Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");

export function der(tag: number, ...parts: (Buffer | number[])[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const size = content.length;
  const length =
    size < 128
      ? [size]
      : size < 256
        ? [0x81, size]
        : size < 65536
          ? [0x82, size >> 8, size & 255]
          : [0x83, size >> 16, (size >> 8) & 255, size & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}
export const sequence = (...parts: (Buffer | number[])[]): Buffer => der(0x30, ...parts);
export const octets = (content: Buffer): Buffer => der(0x04, content);
export const oid = (dotted: string): Buffer => Buffer.from(forge.asn1.oidToDer(dotted).getBytes(), "latin1");
export const id = (dotted: string): Buffer => der(0x06, oid(dotted));
export const integer = (value: number): Buffer =>
  der(0x02, value < 128 ? [value] : [0, value >> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255]);
export const data = (content: Buffer): Buffer => sequence(id("1.2.840.113549.1.7.1"), der(0xa0, octets(content)));
export const bag = (kind: number, value: Buffer): Buffer =>
  sequence(id(`1.2.840.113549.1.12.10.1.${kind}`), der(0xa0, value));
export const keyBag = (pem: string): Buffer => bag(1, body(pem));
export const certificateBag = (pem: string): Buffer =>
  bag(3, sequence(id("1.2.840.113549.1.9.22.1"), der(0xa0, octets(body(pem)))));
export const safe = (...bags: Buffer[]): Buffer => sequence(data(sequence(...bags)));
export const file = (content: Buffer, mac?: Buffer): Buffer =>
  sequence(integer(3), data(content), ...(mac === undefined ? [] : [mac]));
export const pbkdf2 = (salt: Buffer, iterations: number, ...more: Buffer[]): Buffer =>
  sequence(id("1.2.840.113549.1.5.12"), sequence(octets(salt), integer(iterations), ...more));
