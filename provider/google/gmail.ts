/**
 * Gmail's users.settings.sendAs.smimeInfo through Google's generated client: one method a call, answers as values.
 * Shapes: facts google B1, B2 (read from the discovery document 20261005).
 */
import type { gmail_v1 } from "@googleapis/gmail";
import { SCOPES, type TokenSource } from "./credentials";
import { GoogleError, redact } from "./googleError";
import type { Transport } from "./transport";
import type { Address } from "./address";
import { explainGmailRefusal, type Verb } from "./gmailRefusal";

/** A certificate as Gmail shows it; the private key can never be read back. */
export interface SmimeInfo {
  readonly id: string;
  readonly isDefault: boolean;
  /** Leaf first, then the chain without the root. */
  readonly pem?: string;
}

export interface Upload {
  readonly pkcs12: Uint8Array;
  readonly password?: string;
}

export const GMAIL_URL = "https://gmail.googleapis.com";

type SmimeInfoResource = gmail_v1.Resource$Users$Settings$Sendas$Smimeinfo;
type Options = { readonly headers: Record<string, string> };

export class Gmail {
  #client: Promise<SmimeInfoResource> | undefined;

  constructor(
    readonly endpoint: string,
    private readonly tokens: TokenSource,
    private readonly transport: Transport,
  ) {}

  /** Undefined: Gmail knows no such address in this mailbox. */
  async list(address: Address): Promise<SmimeInfo[] | undefined> {
    const data = await this.#idempotent("list", address, (client, options) => client.list({ ...address }, options));
    if (data === undefined) return undefined;
    const entries = isObject(data) && Array.isArray(data["smimeInfo"]) ? data["smimeInfo"] : [];
    return entries.map((entry) => parseSmimeInfo(entry));
  }

  /** Undefined: not there. */
  async get(address: Address, id: string): Promise<SmimeInfo | undefined> {
    const data = await this.#idempotent("get", address, (client, options) => client.get({ ...address, id }, options));
    return data === undefined ? undefined : parseSmimeInfo(data);
  }

  /** False: it was not there. */
  async delete(address: Address, id: string): Promise<boolean> {
    const data = await this.#idempotent("delete", address, (client, options) =>
      client.delete({ ...address, id }, options),
    );
    return data !== undefined;
  }

  /** False: Gmail has no such certificate on the address. */
  async setDefault(address: Address, id: string): Promise<boolean> {
    const data = await this.#idempotent("setDefault", address, (client, options) =>
      client.setDefault({ ...address, id }, options),
    );
    return data !== undefined;
  }

  /** One try: an insert is not idempotent, so its caller decides what follows a failure. */
  async insert(address: Address, { pkcs12, password }: Upload): Promise<SmimeInfo> {
    const secrets = password === undefined ? [] : [password];
    // base64url with padding, and no field but these two: facts google B3, B4
    const encoded = Buffer.from(pkcs12).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
    const requestBody = { pkcs12: encoded, ...(password !== undefined && { encryptedKeyPassword: password }) };
    const data = await this.#once("insert", address, secrets, (client, options) =>
      client.insert({ ...address, requestBody }, options),
    );
    return parseSmimeInfo(data);
  }

  async #idempotent(verb: Verb, address: Address, run: Run): Promise<unknown> {
    try {
      return await this.transport.retry(() => this.#once(verb, address, [], run));
    } catch (error) {
      if (error instanceof GoogleError && error.status === 404) return undefined;
      throw error;
    }
  }

  async #once(verb: Verb, address: Address, secrets: readonly string[], run: Run): Promise<unknown> {
    const scope = address.sendAsEmail === address.userId ? SCOPES.primary : SCOPES.custom;
    const token = await this.tokens.token(address.userId, scope);
    this.#client ??= this.#open();
    const client = await this.#client;
    try {
      const { status, data, headers } = await run(client, { headers: { Authorization: `Bearer ${token}` } });
      if (status >= 200 && status < 300) return data ?? null;
      throw refusal(status, data, { secrets: [...secrets, token], retryAfter: retryAfter(headers) });
    } catch (error) {
      // the client's own error carries the request with its body and token: only ours may leave
      const cause = error instanceof Error && error.cause instanceof GoogleError ? error.cause : error;
      const known = GoogleError.noAnswer(cause);
      throw known.explained(explainGmailRefusal(known, { verb, address, scope, credential: this.tokens.credential }));
    }
  }

  /** 85 ms to load, so loaded when the first call is made. The environment must not move the host: universeDomain. */
  async #open(): Promise<SmimeInfoResource> {
    const { gmail } = await import("@googleapis/gmail");
    const client = gmail({
      version: "v1",
      rootUrl: `${this.endpoint}/`,
      universeDomain: "googleapis.com",
      fetchImplementation: this.transport.fetch,
      validateStatus: () => true,
      retry: false,
    });
    return client.users.settings.sendAs.smimeInfo;
  }
}

type Run = (client: SmimeInfoResource, options: Options) => Promise<{ status: number; data: unknown; headers: object }>;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** The client hands headers on as a plain object with lower-case names. */
function retryAfter(headers: object): string | undefined {
  const value: unknown = (headers as Record<string, unknown>)["retry-after"];
  return typeof value === "string" ? value : undefined;
}

/** `isDefault` is left out when false, and `expiration` and `issuerCn` are read from the certificate itself. */
function parseSmimeInfo(value: unknown): SmimeInfo {
  const { id, isDefault, pem } = isObject(value) ? value : {};
  if (typeof id !== "string" || id === "") {
    throw new GoogleError({ outcome: "ambiguous", said: "an answer without a certificate id" });
  }
  return { id, isDefault: isDefault === true, ...(typeof pem === "string" && { pem }) };
}

/** Google's error shape: {error:{code, message, errors:[{domain, reason, message}], status}} (facts google B5). */
function refusal(
  status: number,
  data: unknown,
  context: { secrets: readonly string[]; retryAfter: string | undefined },
): GoogleError {
  const error = isObject(data) && isObject(data["error"]) ? data["error"] : {};
  const first: unknown = Array.isArray(error["errors"]) ? error["errors"][0] : undefined;
  const given = isObject(first) ? first["reason"] : error["status"];
  const reason = typeof given === "string" && /^\w{1,64}$/.test(given) ? given : undefined;
  const message = typeof error["message"] === "string" ? ` "${error["message"]}"` : "";
  const said = redact(`${String(status)}${reason ? ` ${reason}` : ""}${message}`, context.secrets);
  return GoogleError.answered(status, said, {
    ...(reason !== undefined && { reason }),
    ...(context.retryAfter !== undefined && { retryAfter: context.retryAfter }),
  });
}
