// The JSON Web Tokens of the token endpoint: RS256 only, as Google's service accounts sign them.
import { sign, verify, type KeyObject } from "node:crypto";
import { isObject } from "./json";

export interface Jwt {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  /** Is it signed, with RS256, by the owner of this key? */
  isSignedBy(key: KeyObject): boolean;
}

/** Undefined when the text is no JWT at all. */
export function readJwt(text: string): Jwt | undefined {
  const parts = text.split(".");
  const [head, body, signature] = parts;
  if (parts.length !== 3 || head === undefined || body === undefined || signature === undefined) return undefined;
  const header = readPart(head);
  const claims = readPart(body);
  if (header === undefined || claims === undefined) return undefined;
  const isSignedBy = (key: KeyObject) =>
    header["alg"] === "RS256" &&
    key.asymmetricKeyType === "rsa" &&
    verify("RSA-SHA256", Buffer.from(`${head}.${body}`), key, Buffer.from(signature, "base64url"));
  return { header, claims, isSignedBy };
}

function readPart(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function writeJwt(payload: string, keyId: string, key: KeyObject): string {
  const header = { alg: "RS256", kid: keyId, typ: "JWT" };
  const text = [JSON.stringify(header), payload].map((part) => Buffer.from(part).toString("base64url")).join(".");
  return `${text}.${sign("RSA-SHA256", Buffer.from(text), key).toString("base64url")}`;
}
