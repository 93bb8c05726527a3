/**
 * Access tokens: a service-account key with domain-wide delegation (one subject a mailbox, least scope), or a ready
 * access token. Tokens live in memory only.
 */
import { createPrivateKey, sign, type KeyObject } from "node:crypto";
import { MailKeyError } from "../mailKeyError";
import { GoogleError, redact } from "./googleError";
import type { Transport } from "./transport";

/** What a service account needs for an address (guide, "ACL scopes"): basic for the primary one, sharing for others. */
export const SCOPES = {
  primary: "https://www.googleapis.com/auth/gmail.settings.basic",
  custom: "https://www.googleapis.com/auth/gmail.settings.sharing",
  audit: "https://apps-apis.google.com/a/feeds/compliance/audit/",
} as const;
export type Scope = (typeof SCOPES)[keyof typeof SCOPES];

export interface ServiceAccount {
  readonly kind: "serviceAccount";
  /** The setting or variable it was found in, for messages. */
  readonly source: string;
  readonly email: string;
  /** What an administrator authorises in the Admin console. */
  readonly clientId: string;
  readonly key: KeyObject;
  readonly keyId?: string;
}
export type Credential =
  | ServiceAccount
  | { readonly kind: "accessToken"; readonly token: string; readonly source: string }
  | { readonly kind: "missing"; /** What was found instead, and why it cannot be used. */ readonly why?: string };

const GOOGLE_TOKEN_URLS = ["https://oauth2.googleapis.com/token", "https://accounts.google.com/o/oauth2/token"];
export const GOOGLE_TOKEN_URL = "https://oauth2.googleapis.com/token";

/** Reads a key file's JSON. `tokenUrl` is where this run exchanges tokens: a key that points elsewhere is refused. */
export function parseServiceAccount(json: string, source: string, tokenUrl: string): Credential {
  const key = parseObject(json, source);
  const {
    type,
    client_email: email,
    private_key: pem,
    client_id: clientId,
    token_uri: tokenUri,
    private_key_id: keyId,
  } = key;
  if (type !== "service_account") {
    throw new MailKeyError(
      `${source}: this is not a service-account key ("type" is not "service_account"). Create one in the Cloud console: IAM & Admin > Service accounts > Keys, JSON.`,
    );
  }
  if (typeof email !== "string" || typeof pem !== "string") {
    throw new MailKeyError(
      `${source}: the service-account key has no client_email or no private_key. Download the key file again.`,
    );
  }
  if (typeof tokenUri === "string" && ![...GOOGLE_TOKEN_URLS, tokenUrl].includes(tokenUri)) {
    throw new MailKeyError(
      `${source}: token_uri is ${redact(tokenUri, [])}, which is not Google's; nothing is sent there. Download the key file again from the Cloud console.`,
    );
  }
  return {
    kind: "serviceAccount",
    source,
    email,
    clientId: typeof clientId === "string" ? clientId : email,
    key: readKey(pem, source),
    ...(typeof keyId === "string" && { keyId }),
  };
}

function parseObject(json: string, source: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // said below, without the parser's message: it quotes the text, which is a secret
  }
  throw new MailKeyError(`${source}: this is neither the JSON of a service-account key nor the path of one.`);
}

function readKey(pem: string, source: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new MailKeyError(
      `${source}: the private_key of this service-account key cannot be read. Download the key file again.`,
    );
  }
}

interface Token {
  readonly value: string;
  /** On {@link Transport.elapsed}'s scale: the wall clock may be wrong. */
  readonly renewAt: number;
}

/** Renewed this long before Google's `expires_in` ends. */
const RENEW_EARLY = 5 * 60_000;

/** One exchange per (subject, scope), shared by those who wait for it. */
export class TokenSource {
  readonly #tokens = new Map<string, Promise<Token>>();

  constructor(
    readonly credential: Credential,
    private readonly tokenUrl: string,
    private readonly transport: Transport,
    private readonly now: () => Date,
  ) {}

  async token(subject: string, scope: Scope): Promise<string> {
    const { credential } = this;
    if (credential.kind === "accessToken") return credential.token;
    if (credential.kind === "missing") throw new MailKeyError(credential.why ?? NO_CREDENTIALS);
    const name = `${subject} ${scope}`;
    const pending = this.#tokens.get(name);
    if (pending) {
      const { value, renewAt } = await pending.catch(final);
      if (this.transport.elapsed() < renewAt) return value;
      if (this.#tokens.get(name) === pending) this.#tokens.delete(name);
      return this.token(subject, scope);
    }
    const exchange = this.transport.retry(() => this.#exchange(credential, subject, scope));
    this.#tokens.set(name, exchange);
    try {
      return (await exchange).value;
    } catch (error) {
      this.#tokens.delete(name);
      return final(error);
    }
  }

  async #exchange(account: ServiceAccount, subject: string, scope: Scope): Promise<Token> {
    const assertion = signAssertion(account, { subject, scope, audience: this.tokenUrl, now: this.now() });
    const answer = await this.transport.send({
      method: "POST",
      url: this.tokenUrl,
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion }).toString(),
    });
    const body = parseAnswer(answer.text);
    const { access_token: value, expires_in: seconds } = body;
    if (answer.status === 200 && typeof value === "string") {
      const lifetime = typeof seconds === "number" ? seconds * 1000 : RENEW_EARLY;
      return { value, renewAt: this.transport.elapsed() + Math.max(0, lifetime - RENEW_EARLY) };
    }
    const reason = typeof body["error"] === "string" ? body["error"] : undefined;
    const description = typeof body["error_description"] === "string" ? body["error_description"] : "";
    const said = redact(`${String(answer.status)} ${reason ?? ""} ${description && `"${description}"`}`, [assertion]);
    const retryAfter = answer.headers.get("retry-after");
    const refusal = GoogleError.answered(answer.status, said, {
      ...(reason && { reason }),
      ...(retryAfter && { retryAfter }),
    });
    throw refusal.explained(explainTokenRefusal(refusal, account, { subject, scope }));
  }
}

/** It was retried here, and must not be retried again by the call that wanted the token. */
function final(error: unknown): never {
  throw error instanceof GoogleError ? new MailKeyError(error.message) : error;
}

const NO_CREDENTIALS =
  "No Google credentials: set the secret google-workspace-mail:credentials (the JSON of a service-account key with " +
  "domain-wide delegation, or its path), or GOOGLEWORKSPACE_CREDENTIALS, or google-workspace-mail:accessToken. " +
  "Previews need none.";

interface Wanted {
  readonly subject: string;
  readonly scope: Scope;
}

interface Claims extends Wanted {
  readonly audience: string;
  readonly now: Date;
}

/**
 * The signed claims of Google's "OAuth 2.0 for server to server applications". Issued five minutes ago and valid for
 * half an hour, so that a clock ten minutes off in either direction still gets a token.
 */
function signAssertion(account: ServiceAccount, { subject, scope, audience, now }: Claims): string {
  const issued = Math.floor(now.getTime() / 1000) - 300;
  const header = { alg: "RS256", typ: "JWT", ...(account.keyId && { kid: account.keyId }) };
  const claims = { iss: account.email, sub: subject, scope, aud: audience, iat: issued, exp: issued + 1800 };
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${text}.${sign("RSA-SHA256", Buffer.from(text), account.key).toString("base64url")}`;
}

function parseAnswer(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** facts: google, B5 "Token endpoint failures" (read: GAM). The reason decides; wording only adds a hint. */
function explainTokenRefusal(refusal: GoogleError, account: ServiceAccount, { subject, scope }: Wanted): string {
  const tried = `Getting an access token for ${subject}: Google answered ${refusal.said}.`;
  switch (refusal.reason) {
    case "unauthorized_client":
      return `${tried} The service account is not authorised for this scope. Next: in the Admin console, Security > Access and data control > API controls > Domain-wide delegation, authorise client ID ${account.clientId} for ${scope}`;
    case "invalid_grant":
      return `${tried} Probably ${subject} is not a user of the domain (suspended, deleted, or an alias rather than the primary address), or the service-account key was revoked. Next: check the address in the Admin console's Directory, then the key in the Cloud console. If the user was deleted, the keys went with the mailbox: remove its resources with pulumi state delete.`;
    case "invalid_client":
      return `${tried} Google does not know this service-account key. Next: create a new key for ${account.email} in the Cloud console.`;
    case "invalid_request":
      return `${tried} ${subject} cannot be impersonated. Next: use the user's full primary address as userId.`;
    case "access_denied":
      return `${tried} The domain restricts this account's access. Next: in the Admin console, Security > API controls, allow the service account's client ID ${account.clientId}.`;
    case undefined:
    default:
      return `${tried} ${refusal.outcome === "refused" ? "Next: check the service-account key and its delegation." : "Google could not be reached or was busy; run it again."}`;
  }
}
