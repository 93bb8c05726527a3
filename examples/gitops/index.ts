// One stack a domain. A folder certificates/DOMAIN/MAILBOX is a mailbox, a file NAME.pem in it one of its certificates, with
// the chain; it signs with the one that expires last. The private key is keys/DOMAIN/MAILBOX/NAME.key, which is only where
// `pulumi up` runs.
import { X509Certificate } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { SmimeIdentity } from "pulumi-google-workspace-mail";

const config = new pulumi.Config();
const domain = config.require("domain");
const renewBeforeDays = config.getNumber("renewBeforeDays") ?? 30;

const mailboxes = entries(path.join("certificates", domain)).map((mailbox) => ({ mailbox, names: namesOf(mailbox) }));
const missing = mailboxes
  .flatMap(({ mailbox, names }) => names.map((name) => keyFile(mailbox, name)))
  .filter(isMissing);
// before anything is declared: an update that stops half-way would leave half of it done
if (!pulumi.runtime.isDryRun() && missing.length > 0)
  throw new pulumi.RunError(`No private key is in ${missing.join(", ")}. Fetch it first: node ci/fetch-keys.mjs`);

const identities = mailboxes.map(({ mailbox, names }) => {
  const certificates = Object.fromEntries(names.map((name) => [name, certificate(mailbox, name)]));
  return [mailbox, new SmimeIdentity(mailbox, { userId: mailbox, renewBeforeDays, certificates })] as const;
});

/** Per mailbox, the name of the certificate that it signs with. */
export const signsWith = Object.fromEntries(identities.map(([mailbox, { defaultName }]) => [mailbox, defaultName]));

function certificate(mailbox: string, name: string) {
  const key = keyFile(mailbox, name);
  return {
    certificate: new pulumi.asset.FileAsset(path.join("certificates", domain, mailbox, `${name}.pem`)),
    // not known where no key may be: everything that a preview says is in the certificate, which is public
    privateKey: isMissing(key) ? pulumi.output<string>(pulumi.unknown as never) : new pulumi.asset.FileAsset(key),
  };
}

function keyFile(mailbox: string, name: string): string {
  return path.join("keys", domain, mailbox, `${name}.key`);
}

function isMissing(file: string): boolean {
  return !fs.existsSync(file);
}

/** A slip in a name must not be a certificate that silently goes. */
function namesOf(mailbox: string): string[] {
  const folder = path.join("certificates", domain, mailbox);
  if (!mailbox.endsWith(`@${domain}`))
    throw new pulumi.RunError(`${folder} is not named after a mailbox of ${domain}.`);
  if (mailbox !== mailbox.toLowerCase())
    throw new pulumi.RunError(`${folder} is not in lower case: the same mailbox could be declared twice.`);
  const strangers = entries(folder).filter((entry) => !entry.endsWith(".pem"));
  if (strangers.length > 0)
    throw new pulumi.RunError(`${folder} holds ${strangers.join(", ")}: only NAME.pem files, please.`);
  const names = entries(folder).map((entry) => path.basename(entry, ".pem"));
  if (names.length === 0) throw new pulumi.RunError(`${folder} holds no NAME.pem: remove the folder, or add one.`);
  const turned = names.map((name) => `${name}.pem`).filter((name) => beginsWithAuthority(path.join(folder, name)));
  if (turned.length > 0)
    throw new pulumi.RunError(`${folder}: ${turned.join(", ")} must begin with the mailbox's own certificate.`);
  return names;
}

/** Its key is stored under the SHA-256 of the first certificate in it. What is none is for the provider to refuse. */
function beginsWithAuthority(file: string): boolean {
  try {
    return new X509Certificate(fs.readFileSync(file)).ca;
  } catch {
    return false;
  }
}

function entries(folder: string): string[] {
  if (isMissing(folder)) throw new pulumi.RunError(`The folder ${folder} is missing, so nothing is declared for it.`);
  return fs.readdirSync(folder).filter((entry) => !entry.startsWith("."));
}
