/**
 * Credential files as Google writes them: service-account keys, gcloud's authorized_user, workload identity federation's
 * external_account, and gcloud's impersonated_service_account.
 */
import { createPrivateKey, type KeyObject } from "node:crypto";
import { MailKeyError } from "../mailKeyError";
import type { AuthorizedUser, FederatedIdentity, ServiceAccountKey } from "./credentials";
import { redact } from "./googleError";
import { isObject, object } from "./jsonObject";
import { GOOGLE_TOKEN_URL } from "./tokens";

/** What a file holds, and the service account that it says to impersonate. */
export interface FileContent {
  readonly holder: AuthorizedUser | ServiceAccountKey | FederatedIdentity;
  readonly serviceAccount?: string;
}

const TOKEN_URLS = [GOOGLE_TOKEN_URL, "https://accounts.google.com/o/oauth2/token"];
const UNIVERSE = "googleapis.com";
const STS_URL = /^https:\/\/sts(\.[a-z0-9-]+)*\.googleapis\.com\/v1\/(oauth)?token$/;

/** Whether tokens are exchanged elsewhere than at Google: then what Google Cloud knows a machine by is not sent there unasked. */
export const isStandIn = (tokenUrl: string): boolean => tokenUrl !== GOOGLE_TOKEN_URL;

/** Reads a credential file's JSON. `tokenUrl` is where this run exchanges tokens: a file that points elsewhere is refused. */
export function parseCredentialFile(json: string, source: string, tokenUrl: string): FileContent {
  return new CredentialFile(parseObject(json, source), source, tokenUrl).content();
}

class CredentialFile {
  constructor(
    private readonly json: Readonly<Record<string, unknown>>,
    private readonly source: string,
    private readonly tokenUrl: string,
  ) {}

  content(): FileContent {
    const universe = this.#optional("universe_domain") ?? UNIVERSE;
    if (universe !== UNIVERSE) throw this.#ofAnotherUniverse(universe);
    switch (this.json["type"]) {
      case "service_account":
        return { holder: this.#serviceAccount() };
      case "authorized_user":
        return { holder: this.#authorizedUser() };
      case "external_account":
        return this.#federation();
      case "impersonated_service_account":
        return this.#impersonator();
      default:
        throw this.#wrong(
          'its "type" is not service_account, authorized_user, external_account or impersonated_service_account',
        );
    }
  }

  /** Who impersonates may ask IAM to sign by the same role (Service Account Token Creator), without a token in between. */
  #impersonator(): FileContent {
    this.#text("service_account_impersonation_url");
    const { delegates, source_credentials: json } = this.json;
    if (Array.isArray(delegates) && delegates.length > 0) throw this.#wrong("it has delegates: name one account only");
    const source = object(json);
    if (source["type"] === this.json["type"]) throw this.#wrong("its source_credentials impersonate as well");
    const { holder } = new CredentialFile(source, this.source, this.tokenUrl).content();
    return { holder, ...this.#impersonated() };
  }

  #federation(): FileContent {
    const impersonated = this.#impersonated();
    return { holder: this.#federated(impersonated), ...impersonated };
  }

  #serviceAccount(): ServiceAccountKey {
    const tokenUri = this.#optional("token_uri");
    if (tokenUri !== undefined && ![...TOKEN_URLS, this.tokenUrl].includes(tokenUri))
      throw this.#pointsElsewhere("token_uri", tokenUri);
    const email = this.#text("client_email");
    const keyId = this.#optional("private_key_id");
    return {
      kind: "serviceAccount",
      source: this.source,
      email,
      clientId: this.#optional("client_id") ?? email,
      key: this.#privateKey(),
      ...(keyId !== undefined && { keyId }),
    };
  }

  #privateKey(): KeyObject {
    const key = readKey(this.#text("private_key"));
    if (key?.asymmetricKeyType !== "rsa") throw this.#wrong("its private_key cannot be read");
    return key;
  }

  #authorizedUser(): AuthorizedUser {
    return {
      kind: "authorizedUser",
      source: this.source,
      clientId: this.#text("client_id"),
      clientSecret: this.#text("client_secret"),
      refreshToken: this.#text("refresh_token"),
      ...this.#quotaProject(),
    };
  }

  #federated({ serviceAccount }: Pick<FileContent, "serviceAccount">): FederatedIdentity {
    const tokenUrl = this.#tokenService();
    for (const name of ["audience", "subject_token_type"]) this.#text(name);
    const { certificate } = object(this.json["credential_source"]);
    if (certificate !== undefined) throw this.#wrong("federation by X.509 certificate is not supported");
    return {
      kind: "federated",
      source: this.source,
      tokenUrl,
      configuration: this.json,
      ...(serviceAccount !== undefined && { impersonates: serviceAccount }),
      ...this.#quotaProject(),
    };
  }

  /** What proves who this is goes to Google's token service only, whatever the file says; with a stand-in, to that only. */
  #tokenService(): string {
    const url = this.#text("token_url");
    if (!isStandIn(this.tokenUrl)) {
      if (!STS_URL.test(url)) throw this.#pointsElsewhere("token_url", url);
    } else if (!URL.canParse(url) || new URL(url).origin !== new URL(this.tokenUrl).origin) {
      throw new MailKeyError(
        `${this.source}: token_url is ${redact(url, [])}, which is not at google-workspace-mail:endpoint; what it gives is not sent there. Next: unset that setting, or use a file made for that endpoint.`,
      );
    }
    return url;
  }

  /** The last part of the URL that a file names for impersonation, as Google's tools write it. */
  #impersonated(): Pick<FileContent, "serviceAccount"> {
    const url = this.#optional("service_account_impersonation_url");
    if (url === undefined) return {};
    const [, email] = /\/serviceAccounts\/([^/:@\s]+@[^/:@\s]+):generateAccessToken$/.exec(url) ?? [];
    if (email === undefined) throw this.#wrong("its service_account_impersonation_url names no service account");
    return { serviceAccount: email };
  }

  #quotaProject(): { quotaProject?: string } {
    const quotaProject = this.#optional("quota_project_id");
    return quotaProject === undefined ? {} : { quotaProject };
  }

  #optional(name: string): string | undefined {
    const value = this.json[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  }

  #text(name: string): string {
    const value = this.#optional(name);
    if (value === undefined) throw this.#wrong(`it has no ${name}`);
    return value;
  }

  #wrong(why: string): MailKeyError {
    return new MailKeyError(
      `${this.source}: this credential file cannot be used: ${why}. Next: download it again (Cloud console, IAM & Admin > Service accounts > Keys, JSON), or write it again with gcloud.`,
    );
  }

  #ofAnotherUniverse(universe: string): MailKeyError {
    return new MailKeyError(
      `${this.source}: this credential file is for ${redact(universe, [])} (its universe_domain), and Gmail is at ${UNIVERSE} only. Next: make one in a project of Google Cloud itself.`,
    );
  }

  #pointsElsewhere(name: string, url: string): MailKeyError {
    return new MailKeyError(
      `${this.source}: ${name} is ${redact(url, [])}, which is not Google's; nothing is sent there. Next: download the file again from the Cloud console.`,
    );
  }
}

function parseObject(json: string, source: string): Readonly<Record<string, unknown>> {
  try {
    // without the byte-order mark that some editors write
    const value: unknown = JSON.parse(json.trim());
    if (isObject(value)) return value;
  } catch {
    // said below, without the parser's message: it quotes the text, which is a secret
  }
  throw notCredentials(source);
}

/** Undefined where it is none, or encrypted. */
function readKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

export const notCredentials = (source: string): MailKeyError =>
  new MailKeyError(`${source}: this is neither the JSON of a credential file nor the path of one.`);
