/** Gmail's bare refusals as sentences: what was tried, on which mailbox, what Google said, likely cause, next step. */
import type { Credential } from "./credentials";
import { SCOPES, type Scope } from "./scopes";
import type { GoogleError } from "./googleError";
import type { Address } from "./address";
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

/** Decided by status and reason (facts google B5): the wording of Google's messages is not promised (facts G3). */
function causeAndNextStep(error: GoogleError, attempt: Attempt): string {
  const { status } = error;
  if (isRateLimit(error))
    return "The project's or the user's quota is used up. Next: run it again later, or with less at once (pulumi up has --parallel).";
  if (status === 401)
    return `The access token is not accepted (expired, revoked, or of another project). Next: check ${sourceOf(attempt)}.`;
  if (status === 403) return forbidden(error, attempt);
  if (status === 404)
    return `Gmail has no such address or certificate. Next: check that ${attempt.address.sendAsEmail} is a send-as address of ${attempt.address.userId}.`;
  if (status === 400) return badRequest(error, attempt);
  return "Google could not be reached or was busy. Nothing is lost: run it again.";
}

function forbidden({ reason, said }: GoogleError, { address, scope, credential }: Attempt): string {
  if (/feature not enabled/i.test(said)) {
    return `Hosted S/MIME is probably off for this user's organisational unit, or ${address.userId}'s licence lacks it. Next: Admin console > Apps > Google Workspace > Gmail > User settings > S/MIME, and check the licence (Enterprise Plus, Education).`;
  }
  const why = reason ? ` (${reason})` : "";
  if (credential.kind === "accessToken" || credential.kind === "authorizedUser") {
    return `The token may not act on this address${why}. Next: check that the token in ${credential.source} is of this mailbox, and has the scope ${SCOPES.primary} for its primary address or ${SCOPES.custom} for another.`;
  }
  const client =
    credential.kind === "serviceAccount"
      ? ` for client ID ${credential.clientId}`
      : credential.kind === "keyless"
        ? ` for the client ID of ${credential.email}`
        : "";
  return `The credential may not act on this address${why}. Next: authorise the scope ${scope}${client} in the Admin console's Domain-wide delegation, and check that ${address.userId} is the mailbox's own user.`;
}

function badRequest({ reason }: GoogleError, { verb }: Attempt): string {
  if (reason === "failedPrecondition" && verb === "delete")
    return "Gmail is probably not switched on for this user, or the certificate is the default and may not go before others. Next: make another certificate the default, then run pulumi up again.";
  if (reason === "failedPrecondition")
    return "Gmail is probably not switched on for this user. Next: check the user's Gmail service in the Admin console.";
  if (verb === "insert")
    return "Google does not say why. Everything that can be checked here passed, so likely: the issuing CA is not in Google's trusted list (add its root in the Admin console's S/MIME settings), or the certificate breaks Google's S/MIME certificate profile. Next: read this resource's warnings in the preview.";
  if (verb === "addresses" || verb === "list")
    return "Google does not say why. Next: check that userId is the primary address of a user who has Gmail.";
  return "Google does not say why. Next: run pulumi refresh, then look at the certificate in the preview.";
}

const sourceOf = ({ credential }: Attempt): string =>
  credential.kind === "missing" ? "google-workspace-mail:credentials" : credential.source;
