/** The smallest program for each function in each language. tests/schemaExamples.spec.ts compiles them. */
import type { functions } from "../functions";
import { go, SDK, type Programs } from "./schemaProgram";

export const functionExamples: Readonly<Record<keyof typeof functions, Programs>> = {
  getSmimeCertificates: {
    typescript: `import * as mail from "pulumi-google-workspace-mail/plugin";

const { certificates } = mail.getSmimeCertificatesOutput({ userId: "alice@example.com" });
export const certificateIds = certificates.apply((all) => all.map(({ id }) => id));
`,
    python: `import pulumi
import pulumi_google_workspace_mail as mail

listed = mail.get_smime_certificates(user_id="alice@example.com")
pulumi.export("certificateIds", [certificate.id for certificate in listed.certificates])
`,
    go: go(
      [SDK],
      'listed, err := mail.GetSmimeCertificates(ctx, &mail.GetSmimeCertificatesArgs{UserId: "alice@example.com"})',
      "if err != nil {",
      "\treturn err",
      "}",
      "var ids []string",
      "for _, certificate := range listed.Certificates {",
      "\tids = append(ids, certificate.Id)",
      "}",
      'ctx.Export("certificateIds", pulumi.ToStringArray(ids))',
      "return nil",
    ),
    yaml: `variables:
  listed:
    fn::invoke:
      function: google-workspace-mail:getSmimeCertificates
      arguments:
        userId: alice@example.com
outputs:
  certificates: \${listed.certificates}
`,
  },
  getSendAsAddresses: {
    typescript: `import * as mail from "pulumi-google-workspace-mail/plugin";

const { addresses } = mail.getSendAsAddressesOutput({ userId: "alice@example.com" });
export const mayBeSentFrom = addresses.apply((all) => all.map(({ sendAsEmail }) => sendAsEmail));
`,
    python: `import pulumi
import pulumi_google_workspace_mail as mail

mailbox = mail.get_send_as_addresses(user_id="alice@example.com")
pulumi.export("mayBeSentFrom", [address.send_as_email for address in mailbox.addresses])
`,
    go: go(
      [SDK],
      'mailbox, err := mail.GetSendAsAddresses(ctx, &mail.GetSendAsAddressesArgs{UserId: "alice@example.com"})',
      "if err != nil {",
      "\treturn err",
      "}",
      "var addresses []string",
      "for _, address := range mailbox.Addresses {",
      "\taddresses = append(addresses, address.SendAsEmail)",
      "}",
      'ctx.Export("mayBeSentFrom", pulumi.ToStringArray(addresses))',
      "return nil",
    ),
    yaml: `variables:
  mailbox:
    fn::invoke:
      function: google-workspace-mail:getSendAsAddresses
      arguments:
        userId: alice@example.com
outputs:
  mayBeSentFrom: \${mailbox.addresses}
`,
  },
  inspectPkcs12: {
    typescript: `import * as pulumi from "@pulumi/pulumi";
import * as mail from "pulumi-google-workspace-mail/plugin";

const config = new pulumi.Config();
const { usable, findings } = mail.inspectPkcs12Output({
  pkcs12: new pulumi.asset.FileAsset("keys/alice.p12"),
  password: config.requireSecret("alicePassword"),
  sendAsEmail: "alice@example.com",
});
export const keyIsUsable = usable;
export const keyFindings = findings.apply((all) => all.map(({ reason }) => reason));
`,
    python: `import pulumi
import pulumi_google_workspace_mail as mail

config = pulumi.Config()
inspected = mail.inspect_pkcs12_output(
    pkcs12=pulumi.FileAsset("keys/alice.p12"),
    password=config.require_secret("alicePassword"),
    send_as_email="alice@example.com",
)
pulumi.export("keyIsUsable", inspected.usable)
pulumi.export("keyFindings", inspected.findings)
`,
    go: go(
      [SDK, `${SDK}/config`],
      "inspected := mail.InspectPkcs12Output(ctx, mail.InspectPkcs12OutputArgs{",
      '\tPkcs12:      pulumi.NewFileAsset("keys/alice.p12"),',
      '\tPassword:    config.New(ctx, "").RequireSecret("alicePassword"),',
      '\tSendAsEmail: pulumi.String("alice@example.com"),',
      "})",
      'ctx.Export("keyIsUsable", inspected.Usable())',
      'ctx.Export("keyFindings", inspected.Findings())',
      "return nil",
    ),
    yaml: `configuration:
  alicePassword:
    type: string
    secret: true
variables:
  inspected:
    fn::invoke:
      function: google-workspace-mail:inspectPkcs12
      arguments:
        pkcs12:
          fn::fileAsset: keys/alice.p12
        password: \${alicePassword}
        sendAsEmail: alice@example.com
outputs:
  keyIsUsable: \${inspected.usable}
  keyFindings: \${inspected.findings}
`,
  },
  inspectPublicKey: {
    typescript: `import * as pulumi from "@pulumi/pulumi";
import * as mail from "pulumi-google-workspace-mail/plugin";

const publicKey = new pulumi.asset.FileAsset("keys/audit.asc");
const { usable, fingerprint } = mail.inspectPublicKeyOutput({ publicKey });
export const auditKeyIsUsable = usable;
export const auditKeyFingerprint = fingerprint;
`,
    python: `import pulumi
import pulumi_google_workspace_mail as mail

audit_key = mail.inspect_public_key(public_key=pulumi.FileAsset("keys/audit.asc"))
pulumi.export("auditKeyIsUsable", audit_key.usable)
pulumi.export("auditKeyFingerprint", audit_key.fingerprint)
`,
    go: go(
      [SDK],
      "auditKey := mail.InspectPublicKeyOutput(ctx, mail.InspectPublicKeyOutputArgs{",
      '\tPublicKey: pulumi.NewFileAsset("keys/audit.asc"),',
      "})",
      'ctx.Export("auditKeyIsUsable", auditKey.Usable())',
      'ctx.Export("auditKeyFingerprint", auditKey.Fingerprint())',
      "return nil",
    ),
    yaml: `variables:
  auditKey:
    fn::invoke:
      function: google-workspace-mail:inspectPublicKey
      arguments:
        publicKey:
          fn::fileAsset: keys/audit.asc
outputs:
  auditKeyIsUsable: \${auditKey.usable}
  auditKeyFingerprint: \${auditKey.fingerprint}
`,
  },
  readFleet: {
    typescript: `import * as mail from "pulumi-google-workspace-mail/plugin";

// the second of ten stacks that share one CSV
const { csv, rows, passwords } = mail.readFleetOutput({ csv: "mailboxes.csv", shard: 2, of: 10 });
new mail.SmimeFleet("shard", { csv, rows, passwords });
`,
    python: `import pulumi_google_workspace_mail as mail

# the second of ten stacks that share one CSV
shard = mail.read_fleet(csv="mailboxes.csv", shard=2, of=10)
mail.SmimeFleet("shard", csv=shard.csv, rows=shard.rows, passwords=shard.passwords)
`,
    go: go(
      [SDK],
      "// the second of ten stacks that share one CSV",
      "shard := mail.ReadFleetOutput(ctx, mail.ReadFleetOutputArgs{",
      '\tCsv:   pulumi.String("mailboxes.csv"),',
      "\tShard: pulumi.Int(2),",
      "\tOf:    pulumi.Int(10),",
      "})",
      '_, err := mail.NewSmimeFleet(ctx, "shard", &mail.SmimeFleetArgs{',
      "\tCsv:       shard.Csv(),",
      "\tRows:      shard.Rows(),",
      "\tPasswords: shard.Passwords(),",
      "})",
      "return err",
    ),
    yaml: `variables:
  # the second of ten stacks that share one CSV
  shardOfTen:
    fn::invoke:
      function: google-workspace-mail:readFleet
      arguments:
        csv: mailboxes.csv
        shard: 2
        of: 10
resources:
  shard:
    type: google-workspace-mail:SmimeFleet
    properties:
      csv: \${shardOfTen.csv}
      rows: \${shardOfTen.rows}
      passwords: \${shardOfTen.passwords}
`,
  },
  getCallerIdentity: {
    typescript: `import * as mail from "pulumi-google-workspace-mail/plugin";

const { usable, findings } = mail.getCallerIdentityOutput({ userId: "alice@example.com" });
export const credentialIsUsable = usable;
export const missing = findings.apply((all) => all.map(({ reason }) => reason));
`,
    python: `import pulumi
import pulumi_google_workspace_mail as mail

identity = mail.get_caller_identity(user_id="alice@example.com")
pulumi.export("credentialIsUsable", identity.usable)
pulumi.export("missing", [finding.reason for finding in identity.findings])
`,
    go: go(
      [SDK],
      "identity := mail.GetCallerIdentityOutput(ctx, mail.GetCallerIdentityOutputArgs{",
      '\tUserId: pulumi.String("alice@example.com"),',
      "})",
      'ctx.Export("credentialIsUsable", identity.Usable())',
      'ctx.Export("missing", identity.Findings())',
      "return nil",
    ),
    yaml: `variables:
  identity:
    fn::invoke:
      function: google-workspace-mail:getCallerIdentity
      arguments:
        userId: alice@example.com
outputs:
  credentialIsUsable: \${identity.usable}
  missing: \${identity.findings}
`,
  },
};
