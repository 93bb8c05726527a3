/** What a Pulumi program imports. */
export { AuditPublicKey, type AuditPublicKeyArgs } from "./auditPublicKey";
export { DefaultSmimeCertificate, type DefaultSmimeCertificateArgs } from "./defaultSmimeCertificate";
export { SmimeCertificate, type SmimeCertificateArgs } from "./smimeCertificate";
