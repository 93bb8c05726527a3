// An independent client of the emulator for its own specs: plain fetch and node:crypto, nothing of the emulator but its page.
import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { mintAuthority, mintLeaf, mintPkcs12, type Authority, type Leaf } from "./mint";

export const BASIC = "https://www.googleapis.com/auth/gmail.settings.basic";
export const SHARING = "https://www.googleapis.com/auth/gmail.settings.sharing";
export const READONLY = "https://www.googleapis.com/auth/gmail.readonly";
export const AUDIT = "https://apps-apis.google.com/a/feeds/compliance/audit/";

/** The seed most sentences start from: fixed tokens, so that none of them needs a token request. */
export const seed = {
  now: "2026-11-22T00:00:00Z",
  domains: [{ name: "example.com", admins: ["admin@example.com"] }],
  users: [
    { email: "alice@example.com", sendAs: ["alice@example.com", "sales@example.com"] },
    { email: "bob@example.com" },
  ],
  accessTokens: [
    { token: "alice", user: "alice@example.com", scopes: [BASIC, SHARING] },
    { token: "alice-basic", user: "alice@example.com", scopes: [BASIC] },
    { token: "alice-sharing", user: "alice@example.com", scopes: [SHARING] },
    { token: "alice-readonly", user: "alice@example.com", scopes: [READONLY] },
    { token: "alice-nothing", user: "alice@example.com", scopes: ["https://www.googleapis.com/auth/drive"] },
    { token: "bob", user: "bob@example.com", scopes: [BASIC, SHARING] },
    { token: "admin", user: "admin@example.com", scopes: [AUDIT] },
  ],
};

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON; an empty object when there is none. */
  json: ReplyBody;
}

/** Every field that any answer has; a sentence reads those it is about. */
export interface ReplyBody {
  error?: {
    code?: number;
    message?: string;
    status?: string;
    errors?: { domain: string; reason: string; message: string }[];
  };
  smimeInfo?: SmimeInfo[];
  sendAs?: { sendAsEmail: string; isPrimary?: boolean }[];
  sendAsEmail?: string;
  id?: string;
  isDefault?: boolean;
  issuerCn?: string;
  expiration?: string;
  pem?: string;
  access_token?: string;
  expires_in?: number;
  token_type?: string;
  keyId?: string;
  signedJwt?: string;
}
export interface SmimeInfo {
  id: string;
  issuerCn: string;
  isDefault?: boolean;
  expiration: string;
  pem: string;
}

export class Client {
  constructor(
    readonly url: string,
    private readonly token = "alice",
  ) {}

  as(token: string): Client {
    return new Client(this.url, token);
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const response = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${this.token}`, ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson ? (JSON.parse(text) as ReplyBody) : {},
    };
  }

  async insert(pkcs12: Buffer, options: { password?: string; address?: string; user?: string } = {}): Promise<Reply> {
    const password = options.password === undefined ? {} : { encryptedKeyPassword: options.password };
    const body = { pkcs12: base64url(pkcs12), ...password };
    return this.call("POST", smimePath(options.address, options.user), body);
  }

  list(address?: string): Promise<Reply> {
    return this.call("GET", smimePath(address));
  }

  get(id: string, address?: string): Promise<Reply> {
    return this.call("GET", `${smimePath(address)}/${id}`);
  }

  delete(id: string, address?: string): Promise<Reply> {
    return this.call("DELETE", `${smimePath(address)}/${id}`);
  }

  setDefault(id: string, address?: string): Promise<Reply> {
    return this.call("POST", `${smimePath(address)}/${id}/setDefault`);
  }

  async grant(form: Record<string, string>): Promise<Reply & { error: unknown }> {
    const response = await fetch(`${this.url}/token`, { method: "POST", body: new URLSearchParams(form) });
    const text = await response.text();
    const json = JSON.parse(text) as ReplyBody & { error?: unknown };
    return { status: response.status, headers: response.headers, text, json, error: json.error };
  }

  /** jwt-bearer. */
  assert(assertion: string) {
    return this.grant({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion });
  }
}

export function smimePath(address = "alice@example.com", user = "me"): string {
  return `/gmail/v1/users/${encodeURIComponent(user)}/settings/sendAs/${encodeURIComponent(address)}/smimeInfo`;
}

/** URL-safe alphabet with padding, as Google's guide and the known clients send it. */
export function base64url(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}

export function reason(reply: Reply): string | undefined {
  return reply.json.error?.errors?.[0]?.reason;
}

/** One authority for a whole spec, and leaves of it. */
export class Mint {
  private authority: Promise<Authority> | undefined;

  get ca(): Promise<Authority> {
    this.authority ??= mintAuthority();
    return this.authority;
  }

  async leaf(options: Partial<Parameters<typeof mintLeaf>[1]> = {}): Promise<Leaf> {
    return mintLeaf(await this.ca, { emails: ["alice@example.com", "sales@example.com"], ...options });
  }

  async pkcs12(options: Partial<Parameters<typeof mintLeaf>[1]> = {}): Promise<Buffer> {
    return mintPkcs12(await this.leaf(options));
  }
}

export interface Account {
  email: string;
  publicKeyPem: string;
  privateKey: KeyObject;
}

export function makeAccount(email = "sa@p.iam.gserviceaccount.com"): Account {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { email, privateKey, publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString() };
}

/** An assertion as Google documents it; `claims` overrides, a null leaves out. */
export function makeAssertion(
  account: Pick<Account, "email" | "privateKey">,
  url: string,
  claims: Record<string, unknown> = {},
): string {
  const iat = Math.floor(Date.now() / 1000);
  const all: Record<string, unknown> = {
    iss: account.email,
    sub: "alice@example.com",
    scope: BASIC,
    aud: `${url}/token`,
    iat,
    exp: iat + 3600,
  };
  const kept = Object.entries({ ...all, ...claims }).filter(([, value]) => value !== null);
  const parts = [{ alg: "RS256", typ: "JWT" }, Object.fromEntries(kept)];
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${text}.${sign("RSA-SHA256", Buffer.from(text), account.privateKey).toString("base64url")}`;
}

export function accountOf(keyFile: {
  client_email: string;
  private_key: string;
}): Pick<Account, "email" | "privateKey"> {
  return { email: keyFile.client_email, privateKey: createPrivateKey(keyFile.private_key) };
}
