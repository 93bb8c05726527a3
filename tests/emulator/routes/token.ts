// POST /token: service-account assertions (jwt-bearer) and refresh tokens become access tokens.
import { json, oauthError, Refusal, type Answer } from "../answer";
import { readJwt, type Jwt } from "../jwt";
import type { Context, EmulatorRequest } from "../request";
import type { ServiceAccount } from "../entities";

const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const TOLERANCE = 300;
const HOUR = 3600;
/** Names of the real endpoint, old and new: libraries put one of them into `aud` whatever token_uri they post to. */
const googleAudiences = [
  "https://oauth2.googleapis.com/token",
  "https://www.googleapis.com/oauth2/v4/token",
  "https://accounts.google.com/o/oauth2/token",
];

export async function token(request: EmulatorRequest, context: Context): Promise<Answer> {
  const form = readForm(request);
  const grantType = form.get("grant_type");
  if (grantType === JWT_BEARER) return assertionGrant(form, context);
  if (grantType === "refresh_token") return refreshGrant(form, context);
  if (!grantType) throw refuse("invalid_request", "Missing required parameter: grant_type");
  throw refuse("unsupported_grant_type", "Invalid grant_type");
}

/** For the log: whom the request asks to act for, whatever becomes of it. */
export function requestedSubject(request: EmulatorRequest, context: Context): string | null {
  const form = readForm(request);
  const subject = readJwt(form.get("assertion") ?? "")?.claims["sub"];
  if (typeof subject === "string") return subject;
  return context.store.refreshTokens.find((each) => each.token === form.get("refresh_token"))?.user ?? null;
}

function readForm(request: EmulatorRequest): URLSearchParams {
  return new URLSearchParams(request.body.toString("utf8"));
}

function refuse(error: string, description: string): Refusal {
  return new Refusal(oauthError(error, description));
}

async function assertionGrant(form: URLSearchParams, context: Context): Promise<Answer> {
  const assertion = form.get("assertion");
  if (!assertion) throw refuse("invalid_request", "Missing required parameter: assertion");
  const jwt = readJwt(assertion);
  if (jwt === undefined) throw refuse("invalid_grant", "Invalid JWT: Token must be a JSON Web Token.");
  const account = context.store.findServiceAccount(textOf(jwt.claims["iss"]));
  if (account === undefined) throw refuse("invalid_grant", "Invalid grant: account not found");
  if (!(await isSignedFor(account, jwt, context))) throw refuse("invalid_grant", "Invalid JWT Signature.");
  checkAudience(jwt, context);
  checkTimes(jwt);
  const user = findSubject(jwt, context);
  const scopes = textOf(jwt.claims["scope"]).split(/\s+/).filter(Boolean);
  if (scopes.length === 0) throw refuse("invalid_scope", "Empty or missing scope not allowed.");
  if (user !== undefined && scopes.some((scope) => !account.scopes.includes(scope))) {
    const words =
      "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.";
    throw refuse("unauthorized_client", words);
  }
  return granted(context.store.issueToken({ user, scopes, byConsent: false }));
}

/** By the account's own key, or by the key that signJwt keeps for this account. */
async function isSignedFor(account: ServiceAccount, jwt: Jwt, context: Context): Promise<boolean> {
  if (account.publicKey !== undefined && jwt.isSignedBy(account.publicKey)) return true;
  if (jwt.header["kid"] !== context.signingKey.keyId(account.email)) return false;
  return jwt.isSignedBy((await context.signingKey.keys()).publicKey);
}

function checkAudience(jwt: Jwt, context: Context): void {
  const port = new URL(context.origin).port;
  const own = ["127.0.0.1", "localhost"].map((host) => `http://${host}:${port}/token`);
  if (![...own, ...googleAudiences].includes(textOf(jwt.claims["aud"]))) {
    throw refuse("invalid_grant", "Invalid JWT: Failed audience check.");
  }
}

function textOf(claim: unknown): string {
  return typeof claim === "string" ? claim : "";
}

/** By the real clock: iat not in the future, exp not past, at most an hour between them and from now. */
function checkTimes(jwt: Jwt): void {
  const { iat, exp } = jwt.claims;
  const now = Date.now() / 1000;
  const fits =
    typeof iat === "number" &&
    typeof exp === "number" &&
    iat <= now + TOLERANCE &&
    exp >= now - TOLERANCE &&
    exp > iat &&
    exp <= Math.min(iat, now) + HOUR + TOLERANCE;
  if (fits) return;
  const words =
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.";
  throw refuse("invalid_grant", words);
}

/** Undefined when the account asks for itself: Google grants that, and Gmail then refuses (failedPrecondition). */
function findSubject(jwt: Jwt, context: Context): string | undefined {
  const subject = jwt.claims["sub"];
  if (subject === undefined || subject === jwt.claims["iss"]) return undefined;
  const user = context.store.findAccount(textOf(subject));
  if (user === undefined) throw refuse("invalid_grant", "Invalid email or User ID");
  return user;
}

function refreshGrant(form: URLSearchParams, context: Context): Answer {
  const clientId = form.get("client_id");
  const presented = form.get("refresh_token");
  if (!presented) throw refuse("invalid_request", "Missing required parameter: refresh_token");
  if (!clientId) throw refuse("invalid_request", "Could not determine client ID from request.");
  const client = context.store.refreshTokens.find((each) => each.clientId === clientId);
  if (client === undefined) throw refuse("invalid_client", "The OAuth client was not found.");
  if (client.clientSecret !== form.get("client_secret")) {
    throw refuse("invalid_client", "The provided client secret is invalid.");
  }
  const found = context.store.refreshTokens.find((each) => each.token === presented);
  if (found === undefined) throw refuse("invalid_grant", "Token has been expired or revoked.");
  if (found.clientId !== clientId) throw refuse("unauthorized_client", "Unauthorized");
  const user = context.store.findAccount(found.user);
  if (user === undefined) throw refuse("invalid_grant", "Account has been deleted");
  return granted(context.store.issueToken({ user, scopes: found.scopes, byConsent: true }), found.scopes);
}

function granted(accessToken: string, scopes?: string[]): Answer {
  const scope = scopes === undefined ? {} : { scope: scopes.join(" ") };
  return json(200, { access_token: accessToken, expires_in: HOUR, ...scope, token_type: "Bearer" });
}
