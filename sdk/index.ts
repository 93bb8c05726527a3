/** What a Pulumi program imports. */
export { AuditPublicKey, type AuditPublicKeyArgs } from "./auditPublicKey";
export { DefaultSmimeCertificate, type DefaultSmimeCertificateArgs } from "./defaultSmimeCertificate";
export {
  getCallerIdentity,
  type GetCallerIdentityArgs,
  type GetCallerIdentityResult,
  getSendAsAddresses,
  type GetSendAsAddressesArgs,
  type GetSendAsAddressesResult,
  getSmimeCertificates,
  type GetSmimeCertificatesArgs,
  type GetSmimeCertificatesResult,
  inspectPkcs12,
  type InspectPkcs12Args,
  type InspectPkcs12Result,
  inspectPublicKey,
  type InspectPublicKeyArgs,
  type InspectPublicKeyResult,
} from "./functions";
export { readFleet } from "./readFleet";
export { SmimeCertificate, type SmimeCertificateArgs } from "./smimeCertificate";
export type { SmimeIdentityArgs, SmimeIdentityCertificate } from "./identity";
export { SmimeIdentity } from "./smimeIdentity";
export { SmimeFleet, type SmimeFleetArgs } from "./smimeFleet";
