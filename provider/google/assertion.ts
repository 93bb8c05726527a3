/** What a service account says of itself to get a token for a user, signed by its key or, without one, by IAM. */
import { sign } from "node:crypto";
import type { Keyless, ServiceAccountKey } from "./credentials";
import type { GoogleError } from "./googleError";
import { object, parseJson } from "./jsonObject";
import { refusedBy } from "./tokenEndpoint";
import type { Transport } from "./transport";

export interface Claims {
  /** Left out: the service account asks for itself. */
  readonly subject?: string;
  readonly scope: string;
  readonly audience: string;
  readonly now: Date;
}

/**
 * Google's "OAuth 2.0 for server to server applications": at most an hour, and not from the future. Issued eleven minutes
 * ago and valid for an hour, so that a clock ten minutes off in either direction still gets a token.
 */
function claimsOf(email: string, { subject, scope, audience, now }: Claims): string {
  const issued = Math.floor(now.getTime() / 1000) - 660;
  const sub = subject === undefined ? {} : { sub: subject };
  return JSON.stringify({ iss: email, ...sub, scope, aud: audience, iat: issued, exp: issued + 3600 });
}

export function signByKey({ email, key, keyId }: ServiceAccountKey, claims: Claims): string {
  const header = JSON.stringify({ alg: "RS256", typ: "JWT", ...(keyId !== undefined && { kid: keyId }) });
  const text = [header, claimsOf(email, claims)].map((part) => Buffer.from(part).toString("base64url")).join(".");
  return `${text}.${sign("RSA-SHA256", Buffer.from(text), key).toString("base64url")}`;
}

export interface Iam {
  readonly origin: string;
  /** Of whoever may sign in the account's name: the role Service Account Token Creator on it. */
  readonly callerToken: string;
}

export const IAM_URL = "https://iamcredentials.googleapis.com";

/** IAM Credentials API, projects.serviceAccounts.signJwt (facts google F). Throws a {@link GoogleError}. */
export async function signByIam(transport: Transport, account: Keyless, claims: Claims, iam: Iam): Promise<string> {
  const { email, caller } = account;
  const quota = "quotaProject" in caller ? { "X-Goog-User-Project": caller.quotaProject } : {};
  const answer = await transport.send({
    method: "POST",
    url: `${iam.origin}/v1/projects/-/serviceAccounts/${encodeURIComponent(email)}:signJwt`,
    headers: { Authorization: `Bearer ${iam.callerToken}`, "Content-Type": "application/json", ...quota },
    body: JSON.stringify({ payload: claimsOf(email, claims) }),
  });
  const body = parseJson(answer.text);
  if (answer.status === 200 && typeof body["signedJwt"] === "string") return body["signedJwt"];
  throw iamRefusal(answer, iam.callerToken);
}

/** {error:{code, message, status, details:[{reason}]}}: `reason` says SERVICE_DISABLED where `status` says only PERMISSION_DENIED. */
function iamRefusal(answer: Parameters<typeof refusedBy>[0], callerToken: string): GoogleError {
  const { error } = parseJson(answer.text);
  const { message, status, details } = object(error);
  const reasons = (Array.isArray(details) ? details : []).map((detail) => object(detail)["reason"]);
  const reason = [...reasons, status].find((word) => typeof word === "string" && /^\w{1,64}$/.test(word)) as
    string | undefined;
  const words = `${reason ?? ""}${typeof message === "string" ? ` "${message}"` : ""}`;
  return refusedBy(answer, { reason, words, secrets: [callerToken] });
}
