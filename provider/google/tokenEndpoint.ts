/** One POST to an OAuth token endpoint, Google's own or its security token service's, and the token it answers with. */
import { GoogleError, redact } from "./googleError";
import { parseJson } from "./jsonObject";
import type { Answer, Transport } from "./transport";

export interface Grant {
  readonly token: string;
  /** How long Google says that it holds, in milliseconds. */
  readonly lifetime: number;
  /** What a refresh token was granted; the other grants say nothing of it. */
  readonly scopes?: readonly string[];
}

/** Where an answer names no time, as long as a token is renewed early. */
const UNSAID_LIFETIME = 5 * 60_000;

export interface TokenRequest {
  readonly url: string;
  readonly form: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** What an answer may echo. */
  readonly secrets: readonly string[];
}

/** Throws a {@link GoogleError} with OAuth's `error` as its reason. */
export async function requestToken(transport: Transport, request: TokenRequest): Promise<Grant> {
  const answer = await transport.send({
    method: "POST",
    url: request.url,
    headers: { "Content-Type": "application/x-www-form-urlencoded", ...request.headers },
    body: new URLSearchParams(request.form).toString(),
  });
  return readGrant(answer, request.secrets);
}

/** What a service account says of itself, signed, for a token: RFC 7523. Throws as {@link requestToken} does. */
export function exchangeAssertion(transport: Transport, url: string, assertion: string): Promise<Grant> {
  const form = { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion };
  return requestToken(transport, { url, form, secrets: [assertion] });
}

/** Of the metadata server too, whose answers look the same. */
export function readGrant(answer: Answer, secrets: readonly string[]): Grant {
  const body = parseJson(answer.text);
  const { access_token: token, expires_in: seconds, scope } = body;
  if (answer.status === 200 && typeof token === "string" && token !== "") {
    const lifetime = typeof seconds === "number" && seconds > 0 ? seconds * 1000 : UNSAID_LIFETIME;
    return { token, lifetime, ...(typeof scope === "string" && { scopes: scope.split(/\s+/).filter(Boolean) }) };
  }
  const reason = typeof body["error"] === "string" ? redact(body["error"], secrets) : undefined;
  const description = typeof body["error_description"] === "string" ? ` "${body["error_description"]}"` : "";
  throw refusedBy(answer, { reason, words: `${reason ?? ""}${description}`, secrets });
}

/** A refusal with Google's words in it, and how long it asks to wait. */
export function refusedBy(
  { status, headers }: Answer,
  { reason, words, secrets }: { reason: string | undefined; words: string; secrets: readonly string[] },
): GoogleError {
  const retryAfter = headers.get("retry-after");
  return GoogleError.answered(status, redact(`${String(status)} ${words}`, secrets), {
    ...(reason !== undefined && { reason }),
    ...(retryAfter !== null && { retryAfter }),
  });
}
