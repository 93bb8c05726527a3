/** What can be read from a resource's public certificates: facts of each, the leaf first. */
import { X509Certificate, type KeyObject } from "node:crypto";
import { AssetText, type Value, type Values } from "./values";

/** `pem` is what Gmail returned; before that, a program may have written the certificate and its chain. */
export function certificatesOf({ pem, certificate, chain }: Values): X509Certificate[] {
  const returned = parse(written(pem));
  return returned.length > 0 ? returned : parse(`${written(certificate)}\n${written(chain)}`);
}

/** A file's path is no text: a policy has another working folder than the program. */
function written(value: Value | undefined): string {
  if (value instanceof AssetText) return value.text ?? "";
  return typeof value === "string" ? value : "";
}

/** What is no certificate is the provider's to refuse, which knows the field's rules. */
function parse(pem: string): X509Certificate[] {
  const blocks = pem.matchAll(/-----BEGIN ((?:X509 )?CERTIFICATE)-----([^-]+)-----END \1-----/g);
  return [...blocks].flatMap(([, , body = ""]) => {
    try {
      return [new X509Certificate(Buffer.from(body, "base64"))];
    } catch {
      return [];
    }
  });
}

/** `CN=Example Issuing CA`; of several, the last one, as the provider's `issuerCn`. OpenSSL escapes commas and the like. */
export const commonName = (name: string): string | undefined =>
  [...name.matchAll(/^CN=(.*)$/gm)].at(-1)?.[1]?.replace(/\\(.)/g, "$1");

export interface Key {
  readonly rsaBits?: number;
  /** As certificates' authors call it: P-256, not prime256v1. */
  readonly curve?: string;
}

/** Empty where it is a key of another kind. */
export function keyOf({ publicKey }: X509Certificate): Key {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject = publicKey;
  if (details?.modulusLength !== undefined) return { rsaBits: details.modulusLength };
  const curve = details?.namedCurve ?? type;
  return curve === undefined ? {} : { curve: CURVES[curve] ?? curve };
}

const CURVES: Readonly<Record<string, string>> = {
  prime256v1: "P-256",
  secp384r1: "P-384",
  secp521r1: "P-521",
  ed25519: "Ed25519",
  ed448: "Ed448",
};
