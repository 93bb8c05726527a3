/**
 * Properties as plain values. @pulumi/policy hands them out behind proxies that throw at what a preview does not know yet,
 * which would end a rule with "can't run policy", and that hide which values are secrets.
 */
import { asset } from "@pulumi/pulumi";
import { Secret } from "@pulumi/policy";

/** A secret. What it is is not looked at. */
export class Hidden {}

/** An Asset; its text where it carries one, and nothing where it names a file or an address. */
export class AssetText {
  constructor(readonly text: string | undefined) {}
}

export type Value = string | number | boolean | null | Hidden | AssetText | readonly Value[] | Values;
export interface Values {
  readonly [name: string]: Value;
}

/** What is unknown is left out. */
export async function plainProperties(properties: object): Promise<Values> {
  return Object.fromEntries(await entries(properties));
}

async function plain(value: unknown): Promise<Value> {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (typeof value !== "object" || value === null) return null;
  const bare = behindProxies(value);
  if (bare instanceof Secret) return new Hidden();
  if (bare instanceof asset.StringAsset) return new AssetText(await bare.text);
  if (bare instanceof asset.AssetArchive) return plainProperties(await bare.assets);
  if (asset.Asset.isInstance(bare) || asset.Archive.isInstance(bare)) return new AssetText(undefined);
  const parts = await entries(value);
  return Array.isArray(bare) ? parts.map(([, part]) => part) : Object.fromEntries(parts);
}

async function entries(holder: object): Promise<[string, Value][]> {
  const bare = behindProxies(holder);
  const known = Object.keys(bare).flatMap((name): [string, unknown][] => {
    const inside: unknown = Reflect.get(bare, name);
    // read through the proxy, which would show a secret's value instead
    if (inside instanceof Secret) return [[name, inside]];
    try {
      return [[name, Reflect.get(holder, name)]];
    } catch {
      return []; // the proxy throws at nothing else than what is unknown
    }
  });
  return Promise.all(known.map(async ([name, value]): Promise<[string, Value]> => [name, await plain(value)]));
}

/**
 * An Asset's text is a promise, and a promise behind a proxy cannot be awaited; nor can a secret be told there. So this asks
 * as @pulumi/policy does itself (proxy.js, serializeProperty), which is no part of its public face: its version is pinned.
 */
function behindProxies(value: object): object {
  let bare = value;
  while (Reflect.get(bare, "__isSpecialProxy") === true) bare = Reflect.get(bare, "__getSpecialProxyTarget") as object;
  return bare;
}
