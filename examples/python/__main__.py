"""An address that signs with its own certificate, and the domain's key for encrypted mailbox exports."""

import pulumi
import pulumi_google_workspace_mail as mail

config = pulumi.Config()
user = config.require("user")

certificate = mail.SmimeCertificate(
    "mailbox",
    user_id=user,
    pkcs12=pulumi.FileAsset("keys/mailbox.p12"),
    password=config.require_secret("password"),
)

mail.DefaultSmimeCertificate("signs", user_id=user, certificate_id=certificate.id)

mail.AuditPublicKey(
    "audit",
    domain=config.require("domain"),
    public_key=pulumi.FileAsset("keys/audit.asc"),
)

pulumi.export("fingerprint", certificate.fingerprint)
pulumi.export("expiration", certificate.expiration)
