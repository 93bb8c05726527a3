/**
 * What an OpenPGP public key is, and what a preview would say of it. Nothing is sent.
 *
 * ```ts
 * const { usable, findings } = await inspectPublicKey({ publicKey: new pulumi.asset.FileAsset("audit.asc") });
 * ```
 */
import type { Args, Field, Result } from "../fields";
import type { DataFunction } from "../invoke";
import { readPublicKey } from "../keys/openpgp";
import { KeyMaterialError } from "../keys/problem";
import { auditPublicKey } from "../resources/auditPublicKey";
import { readText } from "../resources/keySource";
import type { Services } from "../resources/services";
import { argument, shown } from "./rows";
import { unreadable, verdict, verdictRows } from "./verdict";

const { publicKey, packetsSha256, fingerprint, keyId, userIds, algorithm, bits, created, expires } =
  auditPublicKey.fields;

const args = { publicKey: argument(publicKey, "required") } as const satisfies Record<string, Field>;

const result = {
  ...verdictRows,
  fingerprint: shown(fingerprint),
  keyId: shown(keyId),
  userIds: shown(userIds),
  algorithm: shown(algorithm),
  bits: shown(bits),
  created: shown(created),
  expires: shown(expires),
  packetsSha256: shown(packetsSha256),
} as const satisfies Record<string, Field>;

type A = typeof args;
type R = typeof result;

export const inspectPublicKey: DataFunction<A, R, Services> = {
  token: "inspectPublicKey",
  description:
    "What an OpenPGP public key is, and what a preview of an AuditPublicKey would say of it. Nothing is sent.",
  args,
  result,
  call,
};

async function call(written: Args<A>, services: Services): Promise<Result<R>> {
  try {
    const text = await readText("publicKey", written.publicKey, services);
    const { armored: _armored, ...facts } = await readPublicKey(text, services.now());
    return { ...verdict([]), ...facts };
  } catch (error) {
    if (error instanceof KeyMaterialError) return unreadable(error);
    throw error;
  }
}
