/** The registry: token -> resource. A further resource is one file and one line here. */
import type { Fields } from "../fields";
import type { Resource } from "../lifecycle";
import { auditPublicKey } from "./auditPublicKey";
import { defaultSmimeCertificate } from "./defaultSmimeCertificate";
import { MailKeyError } from "../mailKeyError";
import type { Services } from "./services";
import { smimeCertificate } from "./smimeCertificate";
import { smimeFleet } from "./smimeFleet";

export const resources = {
  SmimeCertificate: smimeCertificate,
  DefaultSmimeCertificate: defaultSmimeCertificate,
  SmimeFleet: smimeFleet,
  AuditPublicKey: auditPublicKey,
} as const;
export type Token = keyof typeof resources;
export type AnyResource = Resource<Fields, Services>;

/** A resource by its token, for adapters, which handle rows by name only. */
export function resourceOf(token: string): AnyResource {
  const found: unknown = Object.hasOwn(resources, token) ? resources[token as Token] : undefined;
  if (found === undefined)
    throw new MailKeyError(`There is no resource ${token}. There are ${Object.keys(resources).join(", ")}.`);
  return found as AnyResource;
}
