// Package mailbox declares an address that signs with its own certificate, and the domain's key for encrypted mailbox
// exports. It is a package of its own so that programs of the Automation API can run it as well as main.go.
package mailbox

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	mail "pulumi-google-workspace-mail/sdk/go/googleworkspacemail"
)

// Program takes its mailbox, password and domain from the stack's configuration.
func Program(ctx *pulumi.Context) error {
	settings := config.New(ctx, "")
	user := pulumi.String(settings.Require("user"))

	certificate, err := mail.NewSmimeCertificate(ctx, "mailbox", &mail.SmimeCertificateArgs{
		UserId:   user,
		Pkcs12:   pulumi.NewFileAsset("keys/mailbox.p12"),
		Password: settings.RequireSecret("password"),
	})
	if err != nil {
		return err
	}

	if _, err = mail.NewDefaultSmimeCertificate(ctx, "signs", &mail.DefaultSmimeCertificateArgs{
		UserId:        user,
		CertificateId: certificate.ID(),
	}); err != nil {
		return err
	}

	if _, err = mail.NewAuditPublicKey(ctx, "audit", &mail.AuditPublicKeyArgs{
		Domain:    pulumi.String(settings.Require("domain")),
		PublicKey: pulumi.NewFileAsset("keys/audit.asc"),
	}); err != nil {
		return err
	}

	ctx.Export("fingerprint", certificate.Fingerprint)
	ctx.Export("expiration", certificate.Expiration)
	return nil
}
