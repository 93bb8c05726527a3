/** The smallest program for each resource in each language. tests/schemaExamples.spec.ts compiles them. */
import type { Token } from "../resources";
import { go, SDK, type Programs } from "./schemaProgram";

export const examples: Readonly<Record<Token, Programs>> = {
  SmimeCertificate: {
    typescript: `import * as pulumi from "@pulumi/pulumi";
import * as mail from "pulumi-google-workspace-mail/plugin";

const config = new pulumi.Config();
new mail.SmimeCertificate("alice", {
  userId: "alice@example.com",
  pkcs12: new pulumi.asset.FileAsset("keys/alice.p12"),
  password: config.requireSecret("alicePassword"),
});
`,
    python: `import pulumi
import pulumi_google_workspace_mail as mail

config = pulumi.Config()
mail.SmimeCertificate(
    "alice",
    user_id="alice@example.com",
    pkcs12=pulumi.FileAsset("keys/alice.p12"),
    password=config.require_secret("alicePassword"),
)
`,
    go: go(
      [SDK, `${SDK}/config`],
      '_, err := mail.NewSmimeCertificate(ctx, "alice", &mail.SmimeCertificateArgs{',
      '\tUserId:   pulumi.String("alice@example.com"),',
      '\tPkcs12:   pulumi.NewFileAsset("keys/alice.p12"),',
      '\tPassword: config.New(ctx, "").RequireSecret("alicePassword"),',
      "})",
      "return err",
    ),
    yaml: `configuration:
  alicePassword:
    type: string
    secret: true
resources:
  alice:
    type: google-workspace-mail:SmimeCertificate
    properties:
      userId: alice@example.com
      pkcs12:
        fn::fileAsset: keys/alice.p12
      password: \${alicePassword}
`,
  },
  DefaultSmimeCertificate: {
    typescript: `import * as pulumi from "@pulumi/pulumi";
import * as mail from "pulumi-google-workspace-mail/plugin";

const userId = "alice@example.com";
const certificate = new pulumi.asset.FileAsset("keys/alice.crt");
const alice = new mail.SmimeCertificate("alice", { userId, certificate });
new mail.DefaultSmimeCertificate("alice", { userId, certificateId: alice.id });
`,
    python: `import pulumi
import pulumi_google_workspace_mail as mail

user_id = "alice@example.com"
certificate = pulumi.FileAsset("keys/alice.crt")
alice = mail.SmimeCertificate("alice", user_id=user_id, certificate=certificate)
mail.DefaultSmimeCertificate("alice", user_id=user_id, certificate_id=alice.id)
`,
    go: go(
      [SDK],
      'userId := pulumi.String("alice@example.com")',
      'alice, err := mail.NewSmimeCertificate(ctx, "alice", &mail.SmimeCertificateArgs{',
      "\tUserId:      userId,",
      '\tCertificate: pulumi.NewFileAsset("keys/alice.crt"),',
      "})",
      "if err != nil {",
      "\treturn err",
      "}",
      '_, err = mail.NewDefaultSmimeCertificate(ctx, "alice", &mail.DefaultSmimeCertificateArgs{',
      "\tUserId:        userId,",
      "\tCertificateId: alice.ID(),",
      "})",
      "return err",
    ),
    yaml: `resources:
  alice:
    type: google-workspace-mail:SmimeCertificate
    properties:
      userId: alice@example.com
      certificate:
        fn::fileAsset: keys/alice.crt
  aliceSignsWith:
    type: google-workspace-mail:DefaultSmimeCertificate
    properties:
      userId: alice@example.com
      certificateId: \${alice.id}
`,
  },
  SmimeFleet: {
    typescript: `import * as mail from "pulumi-google-workspace-mail/plugin";

const { csv, rows, passwords } = mail.readFleetOutput({ csv: "mailboxes.csv" });
new mail.SmimeFleet("domain", { csv, rows, passwords });
`,
    python: `import pulumi_google_workspace_mail as mail

fleet = mail.read_fleet(csv="mailboxes.csv")
mail.SmimeFleet("domain", csv=fleet.csv, rows=fleet.rows, passwords=fleet.passwords)
`,
    go: go(
      [SDK],
      'fleet, err := mail.ReadFleet(ctx, &mail.ReadFleetArgs{Csv: "mailboxes.csv"})',
      "if err != nil {",
      "\treturn err",
      "}",
      '_, err = mail.NewSmimeFleet(ctx, "domain", &mail.SmimeFleetArgs{',
      "\tCsv:       pulumi.String(fleet.Csv),",
      "\tRows:      pulumi.String(fleet.Rows),",
      "\tPasswords: pulumi.String(fleet.Passwords),",
      "})",
      "return err",
    ),
    yaml: `variables:
  fleet:
    fn::invoke:
      function: google-workspace-mail:readFleet
      arguments:
        csv: mailboxes.csv
resources:
  domain:
    type: google-workspace-mail:SmimeFleet
    properties:
      csv: \${fleet.csv}
      rows: \${fleet.rows}
      passwords: \${fleet.passwords}
`,
  },
  AuditPublicKey: {
    typescript: `import * as pulumi from "@pulumi/pulumi";
import * as mail from "pulumi-google-workspace-mail/plugin";

new mail.AuditPublicKey("audit", {
  domain: "example.com",
  publicKey: new pulumi.asset.FileAsset("keys/audit.asc"),
});
`,
    python: `import pulumi
import pulumi_google_workspace_mail as mail

mail.AuditPublicKey(
    "audit",
    domain="example.com",
    public_key=pulumi.FileAsset("keys/audit.asc"),
)
`,
    go: go(
      [SDK],
      '_, err := mail.NewAuditPublicKey(ctx, "audit", &mail.AuditPublicKeyArgs{',
      '\tDomain:    pulumi.String("example.com"),',
      '\tPublicKey: pulumi.NewFileAsset("keys/audit.asc"),',
      "})",
      "return err",
    ),
    yaml: `resources:
  audit:
    type: google-workspace-mail:AuditPublicKey
    properties:
      domain: example.com
      publicKey:
        fn::fileAsset: keys/audit.asc
`,
  },
};
