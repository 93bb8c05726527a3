/**
 * A Google that repeats in its refusals whatever secret it was sent, in any encoding and in every place of the answer: some
 * servers and proxies do. What it is not told to refuse it answers as Google does.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";

export type Stage = "exchange" | "refresh" | "signJwt" | "list" | "insert" | "audit";

export interface Echo {
  readonly stage: Stage;
  readonly status: number;
  readonly encode: (secret: string) => string;
}

export const ENCODINGS: Readonly<Record<string, Echo["encode"]>> = {
  plain: (secret) => secret,
  "JSON in JSON": (secret) => JSON.stringify({ secret }),
  "URL-encoded": encodeURIComponent,
  form: (secret) => new URLSearchParams({ secret }).toString(),
  hex: (secret) => Buffer.from(secret).toString("hex"),
  "upper-case hex": (secret) => Buffer.from(secret).toString("hex").toUpperCase(),
  base64: (secret) => Buffer.from(secret).toString("base64"),
  "base64, one further": (secret) => Buffer.from(`'${secret}'`).toString("base64"),
  "base64url, two further": (secret) => Buffer.from(`: ${secret}.`).toString("base64url"),
};

/** What it issues; the test searches for both. */
export const ISSUED = {
  token: "ya29.issued-canary+/=&%20_token",
  jwt: "eyJhbGciOiJSUzI1NiJ9.canary_payload.canary_seal",
};

export class EchoServer {
  echo: Echo | undefined;
  /** How often it has refused since the last `echo`. */
  refusals = 0;
  readonly #server: Server = createServer((request, response) => void this.#handle(request, response));

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  start(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readText(request);
    const stage = stageOf(request, body);
    response.setHeader("Content-Type", stage === "audit" ? "application/atom+xml" : "application/json");
    if (stage === this.echo?.stage) {
      this.refusals += 1;
      refuse(response, this.echo, secretsIn(request, body).map(this.echo.encode).join(" "));
    } else response.end(JSON.stringify(SUCCESS[stage]));
  }
}

const SUCCESS: Record<Stage, object> = {
  exchange: { access_token: ISSUED.token, expires_in: 3600 },
  refresh: { access_token: ISSUED.token, expires_in: 3600 },
  signJwt: { signedJwt: ISSUED.jwt },
  list: {},
  insert: { id: "ANe1Bm" },
  audit: {},
};

function stageOf({ method, url = "" }: IncomingMessage, body: string): Stage {
  if (url === "/token") return body.includes("grant_type=refresh_token") ? "refresh" : "exchange";
  if (url.endsWith(":signJwt")) return "signJwt";
  if (url.includes("/audit/")) return "audit";
  return method === "POST" ? "insert" : "list";
}

/** What must not come back: the token, and of a body what only the sender may know. */
function secretsIn({ headers }: IncomingMessage, body: string): string[] {
  const bearer = (headers.authorization ?? "").replace(/^Bearer /, "");
  const fields = body.startsWith("{")
    ? (JSON.parse(body) as Record<string, string>)
    : Object.fromEntries(new URLSearchParams(body));
  const named = ["assertion", "refresh_token", "client_secret", "encryptedKeyPassword", "pkcs12"];
  return [bearer, ...named.map((name) => fields[name] ?? "")].filter(Boolean);
}

/** In the words of every API, with the echo wherever an answer has words. */
function refuse(response: ServerResponse, { stage, status }: Echo, echo: string): void {
  const inHeader = encodeURIComponent(echo).slice(0, 4000);
  response.statusCode = status;
  response.setHeader("Retry-After", inHeader);
  response.setHeader("WWW-Authenticate", `Bearer error="${inHeader}"`);
  if (status === 302) response.setHeader("Location", `/${inHeader}`);
  const escaped = echo.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  if (stage === "audit")
    response.end(
      status === 403
        ? echo
        : `<AppsForYourDomainErrors><error errorCode="1300" reason="${escaped}"/></AppsForYourDomainErrors>`,
    );
  else if (stage === "exchange" || stage === "refresh")
    response.end(JSON.stringify({ error: echo, error_description: echo }));
  else {
    const error = { code: status, message: echo, status: echo, errors: [{ reason: echo, message: echo }] };
    response.end(JSON.stringify({ error: { ...error, details: [{ reason: echo }] } }));
  }
}
