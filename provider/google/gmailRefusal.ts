/**
 * Gmail's bare refusals as sentences: what was tried, on which mailbox, what Google said, likely cause, one next step. Decided
 * by status and reason (facts google B5); the wording of Google's messages is not promised (facts G3) and only adds a hint.
 */
import type { Address } from "./address";
import { clientOf, isOfOneUser, projectOption, sourceOf } from "./credentialNames";
import type { Credential } from "./credentials";
import type { GoogleError } from "./googleError";
import { SCOPES, type Scope } from "./scopes";
import { isRateLimit } from "./transport";

export type Verb = "addresses" | "list" | "get" | "insert" | "setDefault" | "delete";

interface Attempt {
  readonly verb: Verb;
  readonly address: Address;
  readonly scope: Scope;
  readonly credential: Credential;
}

const DOING: Record<Verb, string> = {
  addresses: "Listing the send-as addresses",
  list: "Listing the S/MIME certificates",
  get: "Reading an S/MIME certificate",
  insert: "Uploading the S/MIME certificate",
  setDefault: "Setting the default S/MIME certificate",
  delete: "Deleting the S/MIME certificate",
};

export function explainGmailRefusal(error: GoogleError, attempt: Attempt): string {
  const { userId, sendAsEmail } = attempt.address;
  const where = sendAsEmail === userId ? sendAsEmail : `${sendAsEmail} (mailbox ${userId})`;
  const said = error.status === undefined ? "Google gave" : "Google answered";
  if (error.status === undefined && error.outcome === "refused") return error.message;
  return `${DOING[attempt.verb]} of ${where}: ${said} ${error.said}. ${causeAndNextStep(error, attempt)}`;
}

function causeAndNextStep(error: GoogleError, attempt: Attempt): string {
  const { status } = error;
  if (isUsedUpForToday(error))
    return "The project's quota for the day is used up, so it was not tried again. Next: run it again tomorrow (Google's day ends at midnight Pacific time), or ask for more in the Cloud console, APIs & Services > Gmail API > Quotas.";
  if (isRateLimit(error)) return rateLimit(error);
  if (status === 401) return unauthorized(attempt);
  if (status === 403) return forbidden(error, attempt);
  if (status === 404)
    return `Gmail has no such address or certificate. Next: check that ${attempt.address.sendAsEmail} is a send-as address of ${attempt.address.userId}.`;
  if (status === 400) return badRequest(error, attempt);
  return "Google could not be reached or was busy. Nothing is lost: run it again.";
}

const isUsedUpForToday = ({ reason }: GoogleError): boolean => /^dailyLimitExceeded/i.test(reason ?? "");

/** Gmail counts by project and by user of it (facts google C); a bare 429 does not say which. */
function rateLimit({ reason, said }: GoogleError): string {
  if (/^userRateLimitExceeded$/i.test(reason ?? "") || /per user|user-rate/i.test(said))
    return "This user's quota is used up. Next: run it again in a minute; look for other programs that use the mailbox through the same project.";
  const whose = /per project/i.test(said) ? "The project's" : "The project's or the user's";
  return `${whose} quota is used up. Next: run it again later, or with less at once (pulumi up has --parallel).`;
}

function unauthorized({ credential }: Attempt): string {
  const refused = "The access token is not accepted";
  const source = sourceOf(credential);
  if (credential.kind === "accessToken")
    return `${refused}: it has expired (they hold for an hour), was revoked, or is none of Google's. Next: check ${source}: set it to a fresh one.`;
  return `${refused}, although Google just gave it: the access was revoked, or the user suspended. Next: check ${source}, then run it again.`;
}

function forbidden(error: GoogleError, attempt: Attempt): string {
  const { reason = "", said } = error;
  if (/^(accessNotConfigured|SERVICE_DISABLED)$/i.test(reason)) return apiDisabled(attempt);
  if (lacksScope(error)) return scopeMissing(attempt);
  if (/^domainPolicy$/i.test(reason)) return domainPolicy(attempt);
  if (/feature not enabled/i.test(said)) return featureDisabled(attempt);
  if (/delegation denied/i.test(said)) return otherUser(attempt);
  return unknown(error, attempt);
}

export const lacksScope = ({ status, reason = "" }: GoogleError): boolean =>
  status === 403 && /^(insufficientPermissions|insufficientScopes|ACCESS_TOKEN_SCOPE_INSUFFICIENT)$/i.test(reason);

function apiDisabled({ credential }: Attempt): string {
  return `The Gmail API is off in the Cloud project of ${clientOf(credential)}. Next: gcloud services enable gmail.googleapis.com${projectOption(credential)} (or in the Cloud console, APIs & Services > Library > Gmail API), and run it again after a few minutes.`;
}

function scopeMissing({ verb, address, scope, credential }: Attempt): string {
  switch (credential.kind) {
    case "accessToken":
    case "authorizedUser": {
      // whether an address of `me` is the mailbox's own is not known here
      const either = address.userId === "me" && verb !== "addresses";
      const wanted = either ? `${SCOPES.primary} for the mailbox's own address or ${SCOPES.custom} for another` : scope;
      return credential.kind === "accessToken"
        ? `The token in ${credential.source} lacks the scope. Next: make it again with ${wanted}`
        : `The user's consent in ${credential.source} lacks the scope. Next: consent again with ${wanted}`;
    }
    default:
      return `The delegation lacks the scope. Next: in the Admin console, Security > Access and data control > API controls > Domain-wide delegation, authorise the scope ${scope} for ${clientOf(credential)}`;
  }
}

function domainPolicy({ address, credential }: Attempt): string {
  return `The domain's policy keeps this program from ${address.userId}'s Gmail. Next: in the Admin console, Security > Access and data control > API controls > App access control, trust ${clientOf(credential)}; then check that Gmail is on for the user's organisational unit.`;
}

function featureDisabled({ address, credential }: Attempt): string {
  const next =
    "Next: Admin console > Apps > Google Workspace > Gmail > User settings > S/MIME, and check the licence (Enterprise Plus, Education).";
  const off = `Hosted S/MIME is probably off for this user's organisational unit, or ${address.userId}'s licence lacks it`;
  return isOfOneUser(credential)
    ? `${off}; or, as this is a user's own token, the administrator's switch for end users' access to the S/MIME API is off. ${next}`
    : `${off}. ${next}`;
}

function otherUser({ address, credential }: Attempt): string {
  return isOfOneUser(credential)
    ? `The token of ${sourceOf(credential)} is another user's than ${address.userId}, and acts on that one's mailbox alone. Next: use a token of ${address.userId}, or a service account with domain-wide delegation.`
    : `${address.userId} is not the user whom the token is for. Next: write the mailbox's primary address as userId.`;
}

function unknown({ reason }: GoogleError, { address, scope, credential }: Attempt): string {
  const why = reason ? ` (${reason})` : "";
  if (isOfOneUser(credential))
    return `The token may not act on this address${why}. Next: check that the token of ${sourceOf(credential)} is of this mailbox, and has the scope ${SCOPES.primary} for its primary address or ${SCOPES.custom} for another.`;
  return `The credential may not act on this address${why}. Next: authorise the scope ${scope} for ${clientOf(credential)} in the Admin console's Domain-wide delegation, and check that ${address.userId} is the mailbox's own user.`;
}

function badRequest({ reason }: GoogleError, { verb, credential }: Attempt): string {
  if (isPrecondition(reason) && verb === "delete")
    return "Gmail is probably not switched on for this user, or the certificate is the default and may not go before others. Next: make another certificate the default, then run pulumi up again.";
  if (isPrecondition(reason)) return noMailbox(credential);
  if (verb === "insert")
    return "Google does not say why. Everything that can be checked here passed, so likely: the issuing CA is not in Google's trusted list (add its root in the Admin console's S/MIME settings), or the certificate breaks Google's S/MIME certificate profile. Next: read this resource's warnings in the preview.";
  if (verb === "addresses" || verb === "list")
    return "Google does not say why. Next: check that userId is the primary address of a user who has Gmail.";
  return "Google does not say why. Next: run pulumi refresh, then look at the certificate in the preview.";
}

const isPrecondition = (reason: string | undefined): boolean =>
  /^(failedPrecondition|FAILED_PRECONDITION)$/.test(reason ?? "");

/** No Gmail, or nobody: a service account that asks for itself has no mailbox either. */
function noMailbox(credential: Credential): string {
  if (credential.kind === "accessToken")
    return `Gmail is probably not switched on for this user, or the token in ${credential.source} is a service account's own, which has no mailbox. Next: make the token for a user, and check that user's Gmail service in the Admin console.`;
  return "Gmail is probably not switched on for this user. Next: check the user's Gmail service in the Admin console, and that the licence has Gmail.";
}
