// A certificate from PEM parts, as the TLS provider, an ACME client or Vault hand them out: no PKCS#12 and no password.
import * as pulumi from "@pulumi/pulumi";
import { DefaultSmimeCertificate, SmimeCertificate } from "pulumi-google-workspace-mail";

const config = new pulumi.Config();
const userId = config.require("userId");

const certificate = new SmimeCertificate("mailbox", {
  userId,
  // Unencrypted PKCS#8 or the older RSA and EC forms. Any of the three may be another resource's output.
  privateKey: config.requireSecret("privateKey"),
  certificate: config.require("certificate"),
  // The intermediates, the leaf's issuer first.
  chain: config.require("chain"),
});

new DefaultSmimeCertificate("mailbox", { userId, certificateId: certificate.id });

export const fingerprint = certificate.fingerprint;
export const expiration = certificate.expiration;
