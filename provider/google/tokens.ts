/**
 * Access tokens: one exchange per (subject, scope), shared by those who wait for it, renewed early, kept in memory only.
 */
import { MailKeyError, unlessInterrupted } from "../mailKeyError";
import { IAM_URL, signByIam, signByKey, type Claims } from "./assertion";
import { callerGrant, refresh, type Surroundings } from "./callerToken";
import { isOfOneUser } from "./credentialNames";
import type { Caller, Credential, Keyless, Missing, ServiceAccountKey } from "./credentials";
import { GoogleError } from "./googleError";
import type { Scope } from "./scopes";
import { exchangeAssertion, type Grant } from "./tokenEndpoint";
import {
  explainCallerRefusal,
  explainRefresh,
  explainSigning,
  explainTokenRefusal,
  isUserGone,
  TokenError,
  type TokenStep,
} from "./tokenRefusal";

export const GOOGLE_TOKEN_URL = "https://oauth2.googleapis.com/token";

interface Token extends Grant {
  /** On {@link Transport.elapsed}'s scale: the wall clock may be wrong. */
  readonly renewAt: number;
}

/** Renewed this long before Google's `expires_in` ends, or, of a shorter one, when half of it is over. */
const RENEW_EARLY = 5 * 60_000;

export interface TokenSurroundings extends Surroundings {
  /** Of the IAM Credentials API, where it is not Google's. */
  readonly iamOrigin?: string;
}

export class TokenSource {
  readonly #tokens = new Map<string, Promise<Token>>();

  constructor(
    readonly credential: Credential,
    private readonly around: TokenSurroundings,
  ) {}

  /** True where every token is of one user, whoever is asked for: there is no delegation. */
  get isOfOneUser(): boolean {
    return isOfOneUser(this.credential);
  }

  /** True where a service account acts for users by name, so that `me` means nobody. */
  get impersonates(): boolean {
    return this.credential.kind === "serviceAccount" || this.credential.kind === "keyless";
  }

  async token(subject: string, scope: Scope): Promise<string> {
    const { credential } = this;
    switch (credential.kind) {
      case "accessToken":
        return credential.token;
      case "missing":
        throw new MailKeyError(whyMissing(credential));
      case "authorizedUser":
        return (await this.consent()).token;
      case "serviceAccount":
      case "keyless":
        return (await this.#shared(`${subject} ${scope}`, () => this.#delegated(credential, subject, scope))).token;
    }
  }

  /** The one grant of a user's consent, with the scopes that Google says it has. */
  consent(): Promise<Grant> {
    const { credential } = this;
    if (credential.kind !== "authorizedUser") throw new MailKeyError(`${credential.kind} is no user's consent.`);
    return this.#shared("", () =>
      this.#retry(
        "consent",
        () => refresh(credential, this.around),
        (refusal) => explainRefresh(refusal, credential),
      ),
    );
  }

  async #delegated(account: ServiceAccountKey | Keyless, subject: string, scope: Scope): Promise<Grant> {
    const { transport, tokenUrl, now } = this.around;
    const assertion = await this.#assertion(account, { subject, scope, audience: tokenUrl, now: now() });
    return this.#retry(
      "delegation",
      () => exchangeAssertion(transport, tokenUrl, assertion),
      (refusal) => explainTokenRefusal(refusal, { account, subject, scope }),
    );
  }

  async #assertion(account: ServiceAccountKey | Keyless, claims: Claims): Promise<string> {
    if (account.kind === "serviceAccount") return signByKey(account, claims);
    const iam = { origin: this.around.iamOrigin ?? IAM_URL, callerToken: await this.#callerToken(account.caller) };
    return this.#retry(
      "signing",
      () => signByIam(this.around.transport, account, claims, iam),
      (refusal) => explainSigning(refusal, account),
    );
  }

  async #callerToken(caller: Caller): Promise<string> {
    if (caller.kind === "accessToken") return caller.token;
    const grant = await this.#shared("caller", () =>
      this.#retry(
        "caller",
        () => callerGrant(caller, this.around),
        (refusal) => explainCallerRefusal(refusal, caller),
      ),
    );
    return grant.token;
  }

  async #shared(name: string, exchange: () => Promise<Grant>): Promise<Token> {
    const { transport } = this.around;
    const pending = this.#tokens.get(name);
    if (pending) {
      const token = await pending.catch(unlessInterrupted);
      if (token && transport.elapsed() < token.renewAt) return token;
      if (this.#tokens.get(name) === pending) this.#tokens.delete(name);
      return this.#shared(name, exchange);
    }
    const started = exchange().then((grant): Token => {
      const early = Math.min(RENEW_EARLY, grant.lifetime / 2);
      return { ...grant, renewAt: transport.elapsed() + grant.lifetime - early };
    });
    this.#tokens.set(name, started);
    started.catch(() => this.#tokens.delete(name));
    return started;
  }

  async #retry<T>(step: TokenStep, attempt: () => Promise<T>, explain: (refusal: GoogleError) => string): Promise<T> {
    try {
      return await this.around.transport.retry(attempt);
    } catch (error) {
      if (!(error instanceof GoogleError)) throw error;
      throw new TokenError(explain(error), step, error.reason, error.host, isUserGone(error));
    }
  }
}

export const whyMissing = ({ why }: Missing): string => why ?? NO_CREDENTIALS;

const NO_CREDENTIALS =
  "No Google credentials: set the secret google-workspace-mail:credentials (the JSON of a service-account key with " +
  "domain-wide delegation, or its path), or google-workspace-mail:serviceAccount for delegation without a key, or one of " +
  "the other settings in the README's table. Previews need none.";
