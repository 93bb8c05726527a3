/** Whether a scope is granted, as far as getting a token for it tells: nothing is asked of the API itself. */
import { Interrupted, MailKeyError } from "../mailKeyError";
import { sourceOf } from "./credentialNames";
import { GoogleError } from "./googleError";
import type { Scope } from "./scopes";
import { TokenError } from "./tokenRefusal";
import type { TokenSource } from "./tokens";

/** What is missing, or cannot be told: a sentence with the next step. */
export interface Finding {
  /** A name for this kind of finding: our own, or Google's reason for a refusal. */
  readonly code?: string;
  readonly severity: "error" | "warning";
  readonly reason: string;
}

export interface ScopeGrant {
  readonly scope: Scope;
  readonly hasToken: boolean;
  /** Undefined: not known. */
  readonly granted?: boolean;
  readonly finding?: Finding;
}

export async function askForToken(tokens: TokenSource, subject: string, scope: Scope): Promise<ScopeGrant> {
  try {
    if (tokens.credential.kind === "authorizedUser") return await consented(tokens, scope);
    await tokens.token(subject, scope);
    return { scope, hasToken: true, ...(tokens.impersonates && { granted: true }) };
  } catch (error) {
    const notAuthorised =
      error instanceof TokenError && error.step === "delegation" && error.reason === "unauthorized_client";
    return { scope, hasToken: false, ...(notAuthorised && { granted: false }), finding: findingOf(error) };
  }
}

/** A user's consent has its scopes in the answer to its refresh token. */
async function consented(tokens: TokenSource, scope: Scope): Promise<ScopeGrant> {
  const { scopes } = await tokens.consent();
  if (scopes === undefined) return { scope, hasToken: true };
  if (scopes.includes(scope)) return { scope, hasToken: true, granted: true };
  const reason = `The user's consent in ${sourceOf(tokens.credential)} lacks the scope. Next: consent again with ${scope}`;
  return { scope, hasToken: true, granted: false, finding: { code: "scopeNotConsented", severity: "error", reason } };
}

/** A refusal is an answer here. Throws on what is none: a defect, or a call that was stopped. */
export function findingOf(error: unknown): Finding {
  if (!(error instanceof MailKeyError) || error instanceof Interrupted) throw error;
  if (!(error instanceof TokenError || error instanceof GoogleError))
    return { severity: "error", reason: error.message };
  const { reason: code, host } = error;
  return host === undefined
    ? { ...(code !== undefined && { code }), severity: "error", reason: error.message }
    : unreachable(host, code);
}

const UNREACHABLE = "unreachable";

/** The same for all whom it keeps from being asked about. */
const unreachable = (host: string, why = "connection lost"): Finding =>
  missing(
    UNREACHABLE,
    `${host} gave no answer (${why}), so that nothing could be tried. Next: check this machine's way to it (network, DNS, firewall), and run it again.`,
  );

export const isUnreachable = (finding: Finding | undefined): finding is Finding => finding?.code === UNREACHABLE;

/** What stops an up. */
export const missing = (code: string, reason: string): Finding => ({ code, severity: "error", reason });
