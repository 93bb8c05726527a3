/** The keys and certificates that the cases are made of: those of the fixtures, the same in every run. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readPkcs12 } from "../../provider/keys/pkcs12";
import { tracesOfFile } from "../traces";

export const NOW = new Date("2026-12-01T00:00:00Z");
export const PASSWORD = "fixture";
const folder = join(__dirname, "..", "fixtures");
export const fixture = (name: string): Buffer => readFileSync(join(folder, name));

export const PKCS12_FIXTURES = [
  "openssl-default.p12",
  "openssl-legacy.p12",
  "openssl-rc2-rc4.p12",
  "openssl-des.p12",
  "openssl-camellia-aria.p12",
  "openssl-sha3.p12",
  "openssl-nomac.p12",
  "openssl-clear.p12",
  "keytool.p12",
  "keytool-legacy.p12",
] as const;

export const PGP_FIXTURES = [
  "gpg-rsa.asc",
  "gpg-rsa-primary.asc",
  "gpg-modern.asc",
  "gpg-revoked.asc",
  "google-sample.asc",
] as const;

export interface Material {
  /** PKCS#8. */
  readonly key: Buffer;
  readonly leaf: Buffer;
  readonly chain: readonly Buffer[];
  /** Texts that would betray the key. */
  readonly traces: readonly string[];
}

export async function material(name: "openssl-ec.p12" | "openssl-default.p12"): Promise<Material> {
  const { privateKey, leaf, chain } = await readPkcs12(fixture(name), PASSWORD);
  const key = privateKey.export({ type: "pkcs8", format: "der" });
  return {
    key,
    leaf: leaf.raw,
    chain: chain.map(({ raw }) => raw),
    traces: tracesOfFile(key.subarray(key.length / 2)),
  };
}

export function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
