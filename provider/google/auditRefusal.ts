/**
 * The Email Audit API's refusals as sentences: what was tried, what Google said, the likely cause, one next step. Decided by
 * its error codes and the status (facts google E6, E7); words, which it has in place of codes now and then, only add a hint.
 */
import { clientOf, isOfOneUser, projectOption, sourceOf } from "./credentialNames";
import type { Credential } from "./credentials";
import type { GoogleError } from "./googleError";
import { SCOPES } from "./scopes";

interface Attempt {
  readonly domain: string;
  readonly subject: string;
  readonly credential: Credential;
}

const NO_FEATURE =
  "The audit feature is not available to this domain. Next: check the edition in the Admin console; Google Vault's exports do the same job.";
const WRONG_DOMAIN = "Google does not know this domain. Next: write the primary domain of the account as domain.";

const CAUSES: Record<string, string> = {
  1203: NO_FEATURE,
  1301: WRONG_DOMAIN,
  1303: WRONG_DOMAIN,
  1409: "Google takes the key for invalid (expired or revoked). Next: export a current key.",
  1410: NO_FEATURE,
  1411: "Google cannot read the key's format. Next: export it again with gpg --armor --export KEYID, one RSA key with one user id.",
  1412: "Google wants an RSA public key that may encrypt. Next: create one with gpg --full-generate-key, RSA.",
  1413: "Google accepts one user id only. Next: remove the others with gpg --edit-key, deluid.",
  1800: NO_FEATURE,
};

export function explainAuditRefusal(error: GoogleError, attempt: Attempt): string {
  if (error.status === undefined && error.outcome === "refused") return error.message;
  const said = error.status === undefined ? "gave" : "answered";
  return `Uploading the audit public key of ${attempt.domain}: Google ${said} ${error.said}. ${causeAndNextStep(error, attempt)}`;
}

function causeAndNextStep(error: GoogleError, attempt: Attempt): string {
  const cause = CAUSES[error.reason ?? ""];
  if (cause !== undefined) return cause;
  if (error.status === 401) return unauthorized(attempt);
  if (error.status === 403) return forbidden(error, attempt);
  if (error.outcome === "refused") return `Next: check that ${attempt.domain} is the primary domain of the account.`;
  return "Google could not be reached or was busy. The upload replaces the key, so run pulumi up again.";
}

function unauthorized({ credential }: Attempt): string {
  const next =
    credential.kind === "accessToken"
      ? `set ${sourceOf(credential)} to a fresh one: they hold for an hour`
      : `check ${sourceOf(credential)}, then run it again`;
  return `The access token is not accepted (expired, or revoked). Next: ${next}.`;
}

/** 1002, or no code at all, for every kind of it. */
function forbidden({ said }: GoogleError, { domain, subject, credential }: Attempt): string {
  if (/has not been used in project|accessNotConfigured|SERVICE_DISABLED/i.test(said))
    return `The Email Audit API is off in the Cloud project of ${clientOf(credential)}. Next: enable it in the Cloud console, APIs & Services > Library, or with gcloud services enable audit.googleapis.com${projectOption(credential)}, and run it again after a few minutes.`;
  const who = isOfOneUser(credential) ? `the user of ${sourceOf(credential)}` : subject;
  const notAdmin = `${who} is no administrator of ${domain}`;
  const probably = /authorized to access this api/i.test(said)
    ? `the scope is not granted, or ${notAdmin}`
    : `${notAdmin}, or the scope is not granted`;
  return `Probably ${probably}. Next: ${nextStep(credential)}`;
}

function nextStep(credential: Credential): string {
  if (isOfOneUser(credential)) return `let an administrator of the domain consent, to the scope ${SCOPES.audit}`;
  return `set google-workspace-mail:adminEmail to an administrator, and authorise ${clientOf(credential)} for ${SCOPES.audit} in the Admin console's Domain-wide delegation. Google does not say whether it takes delegation here: an administrator's own consent (google-workspace-mail:refreshToken) does without.`;
}
