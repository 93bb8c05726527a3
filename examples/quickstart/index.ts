// Two mailboxes and an alias that sign with their own certificates, and the domain's key for encrypted mailbox exports.
import * as pulumi from "@pulumi/pulumi";
import { AuditPublicKey, DefaultSmimeCertificate, SmimeCertificate } from "pulumi-google-workspace-mail";

const config = new pulumi.Config();
const domain = config.get("domain") ?? "example.com";

/** Puts NAME's certificate on an address and signs with it. Key file and password come from the stack's configuration. */
function signedBy(name: string, userId: string, sendAsEmail = userId): SmimeCertificate {
  const certificate = new SmimeCertificate(name, {
    userId,
    sendAsEmail,
    pkcs12: new pulumi.asset.FileAsset(config.require(`${name}KeyFile`)),
    password: config.requireSecret(`${name}Password`),
  });
  new DefaultSmimeCertificate(name, { userId, sendAsEmail, certificateId: certificate.id });
  return certificate;
}

const alice = signedBy("alice", `alice@${domain}`);
const sales = signedBy("sales", `alice@${domain}`, `sales@${domain}`);
const bob = signedBy("bob", `bob@${domain}`);

const audit = new AuditPublicKey("audit", {
  domain,
  publicKey: new pulumi.asset.FileAsset(config.require("auditKeyFile")),
});

export const expiration = { alice: alice.expiration, sales: sales.expiration, bob: bob.expiration };
export const auditKey = audit.fingerprint;
