/**
 * Gmail's users.settings.sendAs and its smimeInfo through Google's generated client: one method a call, answers as
 * values. Shapes: facts google B1, B2, B4 (read from the discovery document 20261005).
 */
import type { gmail_v1 } from "@googleapis/gmail";
import { SCOPES } from "./scopes";
import type { TokenSource } from "./tokens";
import { GoogleError, redact } from "./googleError";
import { isObject } from "./jsonObject";
import { UNITS } from "./quota";
import { FREE, type Transport } from "./transport";
import { checkPathPart, type Address } from "./address";
import { explainGmailRefusal, type Verb } from "./gmailRefusal";

/** A certificate as Gmail shows it; the private key can never be read back. */
export interface SmimeInfo {
  readonly id: string;
  readonly isDefault: boolean;
  /** Leaf first, then the chain without the root. */
  readonly pem?: string;
}

/** One of the addresses that a mailbox may send from. */
export interface SendAsAddress {
  readonly sendAsEmail: string;
  readonly displayName?: string;
  readonly isPrimary: boolean;
  /** The From address of new mail; not the default certificate. */
  readonly isDefault: boolean;
  readonly treatAsAlias: boolean;
  /** Google's word, `accepted` or `pending`, for an address that is not the mailbox's own. */
  readonly verificationStatus?: string;
}

export interface Upload {
  readonly pkcs12: Uint8Array;
  readonly password?: string;
}

/** A read within an insert's attempt, which has its units of the quota already. */
export type Within = "insert";

export const GMAIL_URL = "https://gmail.googleapis.com";

type SendAsResource = gmail_v1.Resource$Users$Settings$Sendas;
type Options = { readonly headers: Record<string, string> };

export class Gmail {
  #client: Promise<SendAsResource> | undefined;

  constructor(
    readonly endpoint: string,
    private readonly tokens: TokenSource,
    private readonly transport: Transport,
  ) {}

  /** The mailbox's addresses. Undefined: no such mailbox. Google takes the scope for custom addresses not here (facts google B2). */
  addresses(userId: string): Promise<SendAsAddress[] | undefined> {
    const address = { userId, sendAsEmail: userId };
    return this.#idempotent({ verb: "addresses", address, parse: parseAddresses }, (client, options) =>
      client.list({ userId }, options),
    );
  }

  /** Undefined: Gmail knows no such address in this mailbox. */
  list(address: Address, within?: Within): Promise<SmimeInfo[] | undefined> {
    return this.#idempotent({ verb: "list", address, parse: parseList, within }, (client, options) =>
      client.smimeInfo.list({ ...address }, options),
    );
  }

  /** Undefined: not there. */
  get(address: Address, id: string, within?: Within): Promise<SmimeInfo | undefined> {
    return this.#idempotent({ verb: "get", address, id, parse: parseSmimeInfo, within }, (client, options) =>
      client.smimeInfo.get({ ...address, id }, options),
    );
  }

  /** False: it was not there. */
  async delete(address: Address, id: string): Promise<boolean> {
    const done = this.#idempotent({ verb: "delete", address, id, parse: parseNothing }, (client, options) =>
      client.smimeInfo.delete({ ...address, id }, options),
    );
    return (await done) ?? false;
  }

  /** False: Gmail has no such certificate on the address. */
  async setDefault(address: Address, id: string): Promise<boolean> {
    const done = this.#idempotent({ verb: "setDefault", address, id, parse: parseNothing }, (client, options) =>
      client.smimeInfo.setDefault({ ...address, id }, options),
    );
    return (await done) ?? false;
  }

  /** One try: an insert is not idempotent, so its caller decides what follows a failure. */
  insert(address: Address, { pkcs12, password }: Upload): Promise<SmimeInfo> {
    // base64url with padding, and no field but these two: facts google B3, B4
    const encoded = Buffer.from(pkcs12).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
    const requestBody = { pkcs12: encoded, ...(password !== undefined && { encryptedKeyPassword: password }) };
    const secrets = password === undefined ? [] : [password];
    return this.#once({ verb: "insert", address, parse: parseSmimeInfo, secrets }, (client, options) =>
      client.smimeInfo.insert({ ...address, requestBody }, options),
    );
  }

  /** True where all addresses are of one mailbox: the user's own, whether the program calls it `me` or by name. */
  get isOneMailbox(): boolean {
    return this.tokens.isOfOneUser;
  }

  /** Undefined: Google says that it is not there. A 404 that is not Google's says nothing. */
  async #idempotent<T>(request: Request<T>, run: Run): Promise<T | undefined> {
    const { verb, address, within } = request;
    const units = verb === "delete" || verb === "setDefault" ? UNITS.write : UNITS.read;
    const cost = within ? FREE : { units, user: address.userId };
    try {
      return await this.transport.retry(() => this.#once(request, run), cost);
    } catch (error) {
      if (error instanceof GoogleError && error.status === 404 && error.reason !== undefined) return undefined;
      throw error;
    }
  }

  async #once<T>({ verb, address, id = "none", parse, secrets = [] }: Request<T>, run: Run): Promise<T> {
    [address.userId, address.sendAsEmail, id].forEach(checkPathPart);
    const scope = address.sendAsEmail === address.userId ? SCOPES.primary : SCOPES.custom;
    const token = await this.tokens.token(address.userId, scope);
    this.#client ??= this.#open();
    const client = await this.#client;
    try {
      const { status, data, headers } = await run(client, { headers: { Authorization: `Bearer ${token}` } });
      if (status >= 200 && status < 300) return parse(data);
      throw refusal(status, data, { secrets: [...secrets, token], retryAfter: retryAfter(headers) });
    } catch (error) {
      // the client's own error carries the request with its body and token: only ours may leave
      const cause = error instanceof Error && error.cause instanceof GoogleError ? error.cause : error;
      const known = GoogleError.noAnswer(cause);
      throw known.explained(explainGmailRefusal(known, { verb, address, scope, credential: this.tokens.credential }));
    }
  }

  /** 85 ms to load, so loaded when the first call is made. The environment must not move the host: universeDomain. */
  async #open(): Promise<SendAsResource> {
    const { gmail } = await import("@googleapis/gmail");
    const client = gmail({
      version: "v1",
      rootUrl: `${this.endpoint}/`,
      universeDomain: "googleapis.com",
      fetchImplementation: this.transport.fetch,
      validateStatus: () => true,
      retry: false,
    });
    return client.users.settings.sendAs;
  }
}

interface Request<T> {
  readonly verb: Verb;
  readonly address: Address;
  /** Of a certificate. */
  readonly id?: string;
  /** Reads a success; what is not Google's (a proxy's page, say) is as good as no answer. */
  readonly parse: (data: unknown) => T;
  /** What an answer may echo. */
  readonly secrets?: readonly string[];
  readonly within?: Within | undefined;
}
type Run = (client: SendAsResource, options: Options) => Promise<{ status: number; data: unknown; headers: object }>;

/** The client hands headers on as a plain object with lower-case names. */
function retryAfter(headers: object): string | undefined {
  const value: unknown = (headers as Record<string, unknown>)["retry-after"];
  return typeof value === "string" ? value : undefined;
}

const notGoogles = (): GoogleError => new GoogleError({ outcome: "ambiguous", said: "an answer that is not Gmail's" });

/** Google leaves out what is false, and the display name where none is set may be empty. */
function parseAddresses(data: unknown): SendAsAddress[] {
  const entries = isObject(data) ? data["sendAs"] : undefined;
  if (!Array.isArray(entries)) throw notGoogles();
  return entries.map(parseAddress);
}

function parseAddress(value: unknown): SendAsAddress {
  const { sendAsEmail, displayName, isPrimary, isDefault, treatAsAlias, verificationStatus } = isObject(value)
    ? value
    : {};
  if (typeof sendAsEmail !== "string" || sendAsEmail === "") throw notGoogles();
  return {
    sendAsEmail: sendAsEmail.toLowerCase(),
    ...(typeof displayName === "string" && displayName !== "" && { displayName }),
    isPrimary: isPrimary === true,
    isDefault: isDefault === true,
    treatAsAlias: treatAsAlias === true,
    ...(typeof verificationStatus === "string" && { verificationStatus }),
  };
}

/** An empty list has no array (facts google B4, GAM). */
function parseList(data: unknown): SmimeInfo[] {
  // with an error in it, it is a proxy's: believed, it would make second copies
  const entries = isObject(data) && !("error" in data) ? (data["smimeInfo"] ?? []) : undefined;
  if (!Array.isArray(entries)) throw notGoogles();
  return entries.map(parseSmimeInfo);
}

/** `isDefault` is left out when false, and `expiration` and `issuerCn` are read from the certificate itself. */
function parseSmimeInfo(value: unknown): SmimeInfo {
  const { id, isDefault, pem } = isObject(value) ? value : {};
  if (typeof id !== "string" || id === "") throw notGoogles();
  return { id, isDefault: isDefault === true, ...(typeof pem === "string" && { pem }) };
}

/** setDefault and delete answer with no body. */
function parseNothing(data: unknown): true {
  if (!isNothing(data)) throw notGoogles();
  return true;
}

function isNothing(data: unknown): boolean {
  if (typeof data === "string") return data.trim() === "";
  if (data instanceof Blob) return data.size === 0;
  return data === undefined || (isObject(data) && Object.keys(data).length === 0);
}

/**
 * Google's error shape: {error:{code, message, errors:[{domain, reason, message}], status}} (facts google B5). Its newer one
 * has `details` in place of `errors`, where a reason such as SERVICE_DISABLED says more than the status PERMISSION_DENIED.
 */
function reasonIn({ errors, details, status }: Record<string, unknown>): string | undefined {
  const entries: unknown[] = [errors, details].flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []));
  const reasons = entries.map((entry) => (isObject(entry) ? entry["reason"] : undefined));
  return [...reasons, status].find((word) => typeof word === "string" && /^\w{1,64}$/.test(word)) as string | undefined;
}

function refusal(
  status: number,
  data: unknown,
  context: { secrets: readonly string[]; retryAfter: string | undefined },
): GoogleError {
  const error = isObject(data) && isObject(data["error"]) ? data["error"] : {};
  const absent = status === 404 && error["code"] === 404 ? "notFound" : undefined;
  const given = reasonIn(error);
  const reason = given === undefined ? absent : redact(given, context.secrets);
  const message = typeof error["message"] === "string" ? ` "${error["message"]}"` : "";
  const said = redact(`${String(status)}${reason ? ` ${reason}` : ""}${message}`, context.secrets);
  return GoogleError.answered(status, said, {
    ...(reason !== undefined && { reason }),
    ...(context.retryAfter !== undefined && { retryAfter: context.retryAfter }),
  });
}
