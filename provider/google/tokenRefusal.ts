/**
 * Refusals on the way to a token as sentences: what was tried, what Google said, the likely cause, one next step. Decided by
 * OAuth's `error`, IAM's status and reason (facts google B5, F; read: GAM); wording only adds a hint.
 */
import { MailKeyError } from "../mailKeyError";
import { clientOf } from "./credentialNames";
import type { AuthorizedUser, Caller, Keyless, ServiceAccountKey } from "./credentials";
import type { GoogleError } from "./googleError";
import { CLOUD_SCOPE, type Scope } from "./scopes";

/** On the way to a token: who asks IAM, IAM's signature, the exchange of what is signed, a user's consent. */
export type TokenStep = "caller" | "signing" | "delegation" | "consent";

/** No token was had. It was retried already, and must not be retried again by the call that wanted the token. */
export class TokenError extends MailKeyError {
  constructor(
    sentence: string,
    readonly step: TokenStep,
    /** OAuth's `error`, or IAM's reason. */
    readonly reason: string | undefined,
    /** Who gave no answer. */
    readonly host?: string,
    private readonly isUserGone = false,
  ) {
    super(sentence);
  }

  /** OAuth answers a delegation with these where the fault is the user's. */
  override get concerns(): "one" | "gone" | "all" {
    if (this.step !== "delegation" || !["invalid_grant", "invalid_request"].includes(this.reason ?? "")) return "all";
    return this.isUserGone ? "gone" : "one";
  }
}

/** Google's words for a user that was deleted, or never was. */
export const isUserGone = ({ reason, said }: GoogleError): boolean =>
  reason === "invalid_grant" && (DELETED.test(said) || UNKNOWN_USER.test(said));

const DELETED = /account has been deleted/i;
const UNKNOWN_USER = /email or user id|not a valid email/i;

interface Wanted {
  readonly account: ServiceAccountKey | Keyless;
  readonly subject: string;
  readonly scope: Scope;
}

export function explainTokenRefusal(refusal: GoogleError, { account, subject, scope }: Wanted): string {
  return `${failed(refusal, `an access token for ${subject}`)} ${delegationCause(refusal, { account, subject, scope })}`;
}

function delegationCause(refusal: GoogleError, { account, subject, scope }: Wanted): string {
  switch (refusal.reason) {
    case "unauthorized_client":
      return `The service account is not authorised for this scope. Next: in the Admin console, Security > Access and data control > API controls > Domain-wide delegation, authorise ${clientOf(account)} for ${scope}`;
    case "invalid_grant":
      return invalidGrant(refusal, account, subject);
    case "invalid_client":
      return account.kind === "serviceAccount"
        ? `Google does not know this service-account key. ${newKey(account)}`
        : `Google does not know ${account.email}. Next: check the account in the Cloud console.`;
    case "invalid_request":
      return `${subject} cannot be impersonated. Next: use the user's full primary address as userId.`;
    case "access_denied":
      return `The domain restricts this account's access. Next: in the Admin console, Security > Access and data control > API controls, allow ${clientOf(account)}.`;
    default:
      return unknown(refusal, "check the service account and its delegation");
  }
}

function invalidGrant(refusal: GoogleError, account: ServiceAccountKey | Keyless, subject: string): string {
  const { said } = refusal;
  if (account.kind === "serviceAccount" && isAboutTheKey(refusal)) return keyCause(refusal, account);
  if (CLOCK.test(said)) return WRONG_CLOCK;
  if (DELETED.test(said))
    return `${subject} was deleted, and the keys went with the mailbox. Next: remove its resources with pulumi state delete (of a fleet: its rows), or restore the user in the Admin console's Directory.`;
  if (UNKNOWN_USER.test(said))
    return `${subject} is not a user of the domain (deleted, or an alias rather than the primary address). Next: check the address in the Admin console's Directory. If the user was deleted, the keys went with the mailbox: remove its resources with pulumi state delete (of a fleet: its rows).`;
  return `Probably ${subject} is not a user of the domain (suspended, deleted, or an alias rather than the primary address), or the service account's key was revoked. Next: check the address in the Admin console's Directory, then the service account in the Cloud console. If the user was deleted, the keys went with the mailbox: remove its resources with pulumi state delete (of a fleet: its rows).`;
}

const CLOCK = /iat and exp|short-lived|timeframe/i;
const WRONG_CLOCK =
  "This machine's clock is more than ten minutes off. Next: set it (timedatectl set-ntp true), and run it again.";

const isAboutTheKey = ({ reason, said }: GoogleError): boolean =>
  reason === "invalid_grant" && (CLOCK.test(said) || /signature|account not found/i.test(said));

/** Of an account that signs for itself. */
const keyCause = ({ said }: GoogleError, account: ServiceAccountKey): string =>
  CLOCK.test(said)
    ? WRONG_CLOCK
    : `The key of ${account.email} was revoked, or the account is gone. ${newKey(account)}`;

const newKey = ({ email, source }: ServiceAccountKey): string =>
  `Next: create a new key for ${email} in the Cloud console, and set ${source} to it.`;

/** IAM's signJwt. */
export function explainSigning(refusal: GoogleError, account: Keyless): string {
  return `${failed(refusal, `a signature of ${account.email} from IAM`)} ${signingCause(refusal, account)}`;
}

function signingCause(refusal: GoogleError, { email, caller, source, passedOver }: Keyless): string {
  const { status, reason, said } = refusal;
  if (reason === "USER_PROJECT_DENIED" || /use project/i.test(said))
    return `${capital(nameOf(caller))} may not use the quota of the project in quota_project_id. Next: gcloud auth application-default set-quota-project PROJECT, one in which it has the role Service Usage Consumer.`;
  if (reason === "SERVICE_DISABLED" || /has not been used in project|is disabled/i.test(said))
    return `The IAM Service Account Credentials API is off in the project. Next: gcloud services enable iamcredentials.googleapis.com${caller.kind === "authorizedUser" ? ", and gcloud auth application-default set-quota-project PROJECT where it is another project than yours" : ""}`;
  if (reason === "ACCESS_TOKEN_SCOPE_INSUFFICIENT" || /insufficient authentication scopes/i.test(said))
    return `The token of ${nameOf(caller)} lacks a scope. Next: get one with ${CLOUD_SCOPE} (of a virtual machine, in its access scopes).`;
  if (status === 401) return `The token of ${nameOf(caller)} is not accepted. Next: check ${caller.source}.`;
  if (status === 404) return `There is no service account ${email}. Next: check its address in ${source}.`;
  const itself = passedOver === undefined ? "" : ` itself (not ${passedOver}, which its file names) asks, and`;
  if (status === 403)
    return `${capital(nameOf(caller))}${itself} may not sign for this account, or there is no such account. Next: grant it the role Service Account Token Creator (roles/iam.serviceAccountTokenCreator) on ${email}, to itself where it is the same account, and check the address in ${source}.`;
  return unknown(refusal, `check ${caller.source}`);
}

/** The token of whoever asks IAM to sign. */
export function explainCallerRefusal(refusal: GoogleError, caller: Caller): string {
  const tried = failed(refusal, `a token of ${nameOf(caller)}`);
  switch (caller.kind) {
    case "authorizedUser":
      return `${tried} ${refreshCause(refusal, caller)}`;
    case "metadataServer":
      return `${tried} No other credential was found to ask IAM for signatures of google-workspace-mail:serviceAccount. Next, where this machine is none of Google Cloud's: run gcloud auth application-default login, or set google-workspace-mail:credentials to the file of workload identity federation.`;
    case "federated":
      return `${tried} ${unknown(refusal, `check the audience in ${caller.source}, and the attribute conditions of the workload identity pool's provider`)}`;
    case "serviceAccount":
      return `${tried} ${isAboutTheKey(refusal) ? keyCause(refusal, caller) : unknown(refusal, `check ${caller.source}`)}`;
    case "accessToken":
      return tried;
  }
}

/** A user's consent (three-legged OAuth). */
export function explainRefresh(refusal: GoogleError, user: AuthorizedUser): string {
  return `${failed(refusal, `an access token by the refresh token in ${user.source}`)} ${refreshCause(refusal, user)}`;
}

function refreshCause(refusal: GoogleError, { clientId, source }: AuthorizedUser): string {
  switch (refusal.reason) {
    case "invalid_grant":
      if (/rapt/i.test(refusal.said))
        return "The domain wants its users to sign in again from time to time (Google Cloud session control), which nobody can do here. Next: gcloud auth application-default login, or another kind of credential.";
      return `The refresh token has expired or was revoked (a changed password, six months without use, a client that is still in testing), or the user was deleted. Next: consent again, and put the new one into ${source}.`;
    case "invalid_client":
    case "deleted_client":
    case "unauthorized_client":
      return `Google does not take OAuth client ${clientId} with this secret and refresh token. Next: check the client in the Cloud console, APIs & Services > Credentials.`;
    case "access_denied":
    case "admin_policy_enforced":
    case "org_internal":
      return `The domain does not let this OAuth client act for the user. Next: in the Admin console, Security > API controls > App access control, allow client ${clientId}.`;
    default:
      return unknown(refusal, `check ${source}`);
  }
}

const failed = (refusal: GoogleError, what: string): string =>
  `Getting ${what}: Google ${refusal.status === undefined ? "gave" : "answered"} ${refusal.said}.`;

const unknown = ({ outcome }: Pick<GoogleError, "outcome">, next: string): string =>
  outcome === "refused" ? `Next: ${next}.` : "Google could not be reached or was busy; run it again.";

export function nameOf(caller: Caller): string {
  switch (caller.kind) {
    case "accessToken":
      return `the access token in ${caller.source}`;
    case "authorizedUser":
      return `the user of ${caller.source}`;
    case "serviceAccount":
      return caller.email;
    case "federated":
      return `the federated identity of ${caller.source}`;
    case "metadataServer":
      return caller.host === undefined ? caller.source : `${caller.source} at ${caller.host}`;
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
