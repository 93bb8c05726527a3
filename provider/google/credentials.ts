/**
 * The credentials that a platform team may hold, and their JSON files as Google writes them: service-account keys, gcloud's
 * authorized_user, workload identity federation's external_account, and gcloud's impersonated_service_account.
 */
import { createPrivateKey, type KeyObject } from "node:crypto";
import { MailKeyError } from "../mailKeyError";
import { redact } from "./googleError";

/** Each says where it was found: a setting or a variable, for messages. */
interface Sourced {
  readonly source: string;
}

/** Ready-made: of one user, or, where it asks IAM to sign, of whoever may. */
export interface AccessToken extends Sourced {
  readonly kind: "accessToken";
  readonly token: string;
}

/** A user's consent (three-legged OAuth): its tokens are of that user alone, whom Gmail calls `me`. */
export interface AuthorizedUser extends Sourced {
  readonly kind: "authorizedUser";
  readonly clientId: string;
  readonly clientSecret: string;
  readonly refreshToken: string;
}

/** With domain-wide delegation: one subject a mailbox. */
export interface ServiceAccountKey extends Sourced {
  readonly kind: "serviceAccount";
  readonly email: string;
  /** What an administrator authorises in the Admin console. */
  readonly clientId: string;
  readonly key: KeyObject;
  readonly keyId?: string;
}

/** Workload identity federation: AWS, Azure, GitHub, Kubernetes and so on vouch for this process. */
export interface FederatedIdentity extends Sourced {
  readonly kind: "federated";
  readonly tokenUrl: string;
  readonly configuration: Readonly<Record<string, unknown>>;
}

/** The service account that a machine of Google Cloud runs as. */
export interface MetadataServer extends Sourced {
  readonly kind: "metadataServer";
}

/** Who asks IAM to sign: any of these, none of which needs delegation. */
export type Caller = AccessToken | AuthorizedUser | ServiceAccountKey | FederatedIdentity | MetadataServer;

/** Domain-wide delegation without a key: IAM signs in the service account's name. */
export interface Keyless extends Sourced {
  readonly kind: "keyless";
  readonly email: string;
  readonly caller: Caller;
}

export interface Missing {
  readonly kind: "missing";
  /** What was found instead, and why it cannot be used. */
  readonly why?: string;
}

export type Credential = AccessToken | AuthorizedUser | ServiceAccountKey | Keyless | Missing;

/** What a file holds, and the service account that it says to impersonate. */
export interface FileContent {
  readonly holder: AuthorizedUser | ServiceAccountKey | FederatedIdentity;
  readonly serviceAccount?: string;
}

const TOKEN_URLS = ["https://oauth2.googleapis.com/token", "https://accounts.google.com/o/oauth2/token"];
const STS_URL = /^https:\/\/sts(\.[a-z0-9-]+)*\.googleapis\.com\/v1\/(oauth)?token$/;

/** Reads a credential file's JSON. `tokenUrl` is where this run exchanges tokens: a file that points elsewhere is refused. */
export function parseCredentialFile(json: string, source: string, tokenUrl: string): FileContent {
  const file = new CredentialFile(parseObject(json, source), source, tokenUrl);
  const impersonated = file.optional("service_account_impersonation_url");
  const serviceAccount = impersonated === undefined ? undefined : file.impersonated(impersonated);
  return { holder: file.holder(), ...(serviceAccount !== undefined && { serviceAccount }) };
}

class CredentialFile {
  constructor(
    private readonly json: Readonly<Record<string, unknown>>,
    private readonly source: string,
    private readonly tokenUrl: string,
  ) {}

  holder(): FileContent["holder"] {
    switch (this.json["type"]) {
      case "service_account":
        return this.#serviceAccount();
      case "authorized_user":
        return this.#authorizedUser();
      case "external_account":
        return this.#federated();
      case "impersonated_service_account":
        return this.#impersonator();
      default:
        throw this.#wrong(
          'its "type" is not service_account, authorized_user, external_account or impersonated_service_account',
        );
    }
  }

  /** Who impersonates may ask IAM to sign by the same role (Service Account Token Creator), without a token in between. */
  #impersonator(): FileContent["holder"] {
    const source = object(this.json["source_credentials"]);
    if (source["type"] === this.json["type"]) throw this.#wrong("its source_credentials impersonate as well");
    return new CredentialFile(source, this.source, this.tokenUrl).holder();
  }

  #serviceAccount(): ServiceAccountKey {
    const tokenUri = this.optional("token_uri");
    if (tokenUri !== undefined && ![...TOKEN_URLS, this.tokenUrl].includes(tokenUri))
      throw this.#pointsElsewhere("token_uri", tokenUri);
    const email = this.#text("client_email");
    const keyId = this.optional("private_key_id");
    return {
      kind: "serviceAccount",
      source: this.source,
      email,
      clientId: this.optional("client_id") ?? email,
      key: this.#privateKey(),
      ...(keyId !== undefined && { keyId }),
    };
  }

  #privateKey(): KeyObject {
    const pem = this.#text("private_key");
    try {
      return createPrivateKey(pem);
    } catch {
      throw this.#wrong("its private_key cannot be read");
    }
  }

  #authorizedUser(): AuthorizedUser {
    const [clientId, clientSecret, refreshToken] = ["client_id", "client_secret", "refresh_token"].map((name) =>
      this.#text(name),
    ) as [string, string, string];
    return { kind: "authorizedUser", source: this.source, clientId, clientSecret, refreshToken };
  }

  /** What proves who this is goes to Google's token service only, whatever the file says. */
  #federated(): FederatedIdentity {
    const tokenUrl = this.#text("token_url");
    const own = new URL(this.tokenUrl).origin;
    if (!STS_URL.test(tokenUrl) && !(URL.canParse(tokenUrl) && new URL(tokenUrl).origin === own))
      throw this.#pointsElsewhere("token_url", tokenUrl);
    this.#text("audience");
    this.#text("subject_token_type");
    return { kind: "federated", source: this.source, tokenUrl, configuration: this.json };
  }

  /** The last part of the URL that a file names for impersonation, as Google's tools write it. */
  impersonated(url: string): string {
    const [, email] = /\/serviceAccounts\/([^/:@\s]+@[^/:@\s]+):generateAccessToken$/.exec(url) ?? [];
    if (email === undefined) throw this.#wrong("its service_account_impersonation_url names no service account");
    return email;
  }

  optional(name: string): string | undefined {
    const value = this.json[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  }

  #text(name: string): string {
    const value = this.optional(name);
    if (value === undefined) throw this.#wrong(`it has no ${name}`);
    return value;
  }

  #wrong(why: string): MailKeyError {
    return new MailKeyError(
      `${this.source}: this credential file cannot be used: ${why}. Next: download it again (Cloud console, IAM & Admin > Service accounts > Keys, JSON), or write it again with gcloud.`,
    );
  }

  #pointsElsewhere(name: string, url: string): MailKeyError {
    return new MailKeyError(
      `${this.source}: ${name} is ${redact(url, [])}, which is not Google's; nothing is sent there. Next: download the file again from the Cloud console.`,
    );
  }
}

function parseObject(json: string, source: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // said below, without the parser's message: it quotes the text, which is a secret
  }
  throw notCredentials(source);
}

export const notCredentials = (source: string): MailKeyError =>
  new MailKeyError(`${source}: this is neither the JSON of a credential file nor the path of one.`);

const object = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
