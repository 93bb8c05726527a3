/**
 * How Pulumi's protocols write property values, and the core's values for them: "not known yet", Assets and secrets
 * (sdk/nodejs runtime/rpc: unknownValue, specialSigKey and its signatures).
 */
import { UNKNOWN, type Asset, type Values } from "../fields";

const UNKNOWN_VALUE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const ASSET_SIGNATURE = "c44067f5952c0a294b673a41bacd8c17";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";
/** The dynamic provider's own property; a stack that came from the dynamic classes still has it in its olds. */
export const PROVIDER_KEY = "__provider";

export function decode(properties: unknown): Values {
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (name !== PROVIDER_KEY) values[name] = decodeValue(value);
  }
  return values;
}

function decodeValue(value: unknown): unknown {
  if (value === UNKNOWN_VALUE) return UNKNOWN;
  if (Array.isArray(value)) return value.map(decodeValue);
  if (typeof value !== "object" || value === null) return value;
  const object = value as Record<string, unknown>;
  if (object[SIGNATURE_KEY] === ASSET_SIGNATURE) return decodeAsset(object);
  if (object[SIGNATURE_KEY] === SECRET_SIGNATURE) return decodeValue(object["value"]);
  return Object.fromEntries(Object.entries(object).map(([name, part]) => [name, decodeValue(part)]));
}

function decodeAsset({ path, text, uri, hash }: Record<string, unknown>): Asset {
  if (typeof path === "string" && path !== "")
    return { asset: { path, ...(typeof hash === "string" && hash !== "" && { hash }) } };
  if (typeof uri === "string" && uri !== "") return { asset: { uri } };
  return { asset: { text: typeof text === "string" ? text : "" } };
}

/** The core's values; what is absent is left out. Assets are not among them: they go back as they came. */
export function encode(values: Values): Record<string, unknown> {
  const encoded: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && !isAsset(value)) encoded[name] = encodeValue(value);
  }
  return encoded;
}

function encodeValue(value: unknown): unknown {
  if (value === UNKNOWN) return UNKNOWN_VALUE;
  if (Array.isArray(value)) return value.map(encodeValue);
  return typeof value === "object" && value !== null ? encode(value as Values) : value;
}

const isAsset = (value: unknown): boolean => typeof value === "object" && value !== null && "asset" in value;

/** The names of the properties that are, or hold, a secret. */
export function secretsOf(properties: unknown): Set<string> {
  const names = Object.entries(properties ?? {}).filter(([, value]) => holdsSecret(value));
  return new Set(names.map(([name]) => name));
}

function holdsSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { [SIGNATURE_KEY]: signature } = value as Record<string, unknown>;
  return signature === SECRET_SIGNATURE || Object.values(value).some(holdsSecret);
}

/** The same properties, with each of these names a secret. */
export function withSecrets(properties: Record<string, unknown>, names: ReadonlySet<string>): Record<string, unknown> {
  const wrap = ([name, value]: [string, unknown]): [string, unknown] =>
    names.has(name) && value !== null && !holdsSecret(value)
      ? [name, { [SIGNATURE_KEY]: SECRET_SIGNATURE, value }]
      : [name, value];
  return Object.fromEntries(Object.entries(properties).map(wrap));
}
