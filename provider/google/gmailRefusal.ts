/** Gmail's bare refusals as sentences: what was tried, on which mailbox, what Google said, likely cause, next step. */
import type { Credential, Scope } from "./credentials";
import type { GoogleError } from "./googleError";
import type { Address } from "./address";
import { isRateLimit } from "./transport";

export type Verb = "list" | "get" | "insert" | "setDefault" | "delete";

interface Attempt {
  readonly verb: Verb;
  readonly address: Address;
  readonly scope: Scope;
  readonly credential: Credential;
}

const DOING: Record<Verb, string> = {
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
function causeAndNextStep(error: GoogleError, { verb, address, scope, credential }: Attempt): string {
  const { status, reason, said } = error;
  if (isRateLimit(error))
    return "The project's or the user's quota is used up. Next: run pulumi up again later, or with a smaller --parallel.";
  if (status === 401)
    return "The access token is not accepted (expired, revoked, or of another project). Next: check google-workspace-mail:credentials or accessToken.";
  if (status === 403 && /feature not enabled/i.test(said)) {
    return `Hosted S/MIME is probably off for this user's organisational unit, or ${address.userId}'s licence lacks it. Next: Admin console > Apps > Google Workspace > Gmail > User settings > S/MIME, and check the licence (Enterprise Plus, Education).`;
  }
  if (status === 403) {
    const client = credential.kind === "serviceAccount" ? ` for client ID ${credential.clientId}` : "";
    return `The credential may not act on this address${reason ? ` (${reason})` : ""}. Next: authorise the scope ${scope}${client} in the Admin console's Domain-wide delegation, and check that ${address.userId} is the mailbox's own user.`;
  }
  if (status === 404)
    return `Gmail has no such address or certificate. Next: check that ${address.sendAsEmail} is a send-as address of ${address.userId}.`;
  if (status === 400 && reason === "failedPrecondition")
    return "Gmail is probably not switched on for this user, or the certificate is still the default. Next: check the user's Gmail service in the Admin console.";
  if (status === 400 && verb === "insert") {
    return "Google does not say why. Everything that can be checked here passed, so likely: the issuing CA is not in Google's trusted list (add its root in the Admin console's S/MIME settings), or the certificate breaks Google's S/MIME certificate profile. Next: read this resource's warnings in the preview.";
  }
  if (status === 400)
    return "Google does not say why. Next: run pulumi refresh, then look at the certificate in the preview.";
  return "Google could not be reached or was busy. Nothing is lost: run pulumi up again.";
}
