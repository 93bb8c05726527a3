// What stands around Google's token endpoint, as a server of the tests' own: the security token service (RFC 8693), a
// metadata server, a job's identity endpoint, and the token endpoint for whoever asks IAM to sign. Real HTTP; it checks
// what it is asked, and remembers it.
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly form: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
}

export const AUDIENCE = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/jobs";
export const SUBJECT_TOKEN = "subject-token-canary-5f0e";
export const JWT_TYPE = "urn:ietf:params:oauth:token-type:jwt";
const STS_URL = "https://sts.googleapis.com/v1/token";

export class IdentityServer {
  asked: Asked[] = [];
  /** Taken one by one before the usual answers. */
  replies: ((asked: Asked) => Reply)[] = [];
  /** What it hands out, in order; the last one again and again. */
  tokens: readonly string[] = [];
  /** Seconds. */
  lifetime = 3600;
  #handedOut = 0;

  private constructor(
    readonly server: Server,
    readonly host: string,
  ) {}

  static async start(): Promise<IdentityServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const identity = new IdentityServer(server, `127.0.0.1:${String((server.address() as AddressInfo).port)}`);
    server.on("request", (request, response) => {
      void readBody(request).then((body) => {
        const { status, body: answer, headers = {} } = identity.#answer(request, body);
        const type = typeof answer === "string" ? "text/plain" : "application/json; charset=utf-8";
        response.writeHead(status, { "Content-Type": type, ...headers });
        response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
      });
    });
    return identity;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  /** As after a new start. */
  forget(tokens: readonly string[]): void {
    this.asked = [];
    this.replies = [];
    this.tokens = tokens;
    this.lifetime = 3600;
    this.#handedOut = 0;
  }

  paths(): string[] {
    return this.asked.map(({ method, path }) => `${method} ${path}`);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #answer({ method = "", url: path = "", headers }: IncomingMessage, body: string): Reply {
    const asked = { method, path, headers, body, form: Object.fromEntries(new URLSearchParams(body)) };
    this.asked.push(asked);
    const planned = this.replies.shift();
    if (planned) return planned(asked);
    switch (`${method} ${path}`) {
      case "POST /v1/token":
        return this.#exchange(asked);
      case "POST /token":
        return this.#granted();
      case "GET /computeMetadata/v1/instance/service-accounts/default/token":
        if (headers["metadata-flavor"] !== "Google") return { status: 403, body: "" };
        return { ...this.#granted(), headers: { "Metadata-Flavor": "Google" } };
      case "GET /subject":
      case "GET /subject.json":
        if (headers["authorization"] !== "Bearer of-the-job") return { status: 401, body: "" };
        return { status: 200, body: path === "/subject" ? SUBJECT_TOKEN : { value: SUBJECT_TOKEN } };
      default:
        return { status: 404, body: "" };
    }
  }

  /** RFC 8693, 2.1, as Google's service wants it. */
  #exchange({ form, headers }: Asked): Reply {
    const wanted = {
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
      scope: "https://www.googleapis.com/auth/cloud-platform",
    };
    const fits = Object.entries(wanted).every(([name, value]) => form[name] === value);
    if (!fits || !headers["content-type"]?.startsWith("application/x-www-form-urlencoded"))
      return { status: 400, body: { error: "invalid_request" } };
    if (!form["audience"] || !form["subject_token"] || !form["subject_token_type"])
      return { status: 400, body: { error: "invalid_request" } };
    return this.#granted();
  }

  #granted(): Reply {
    const access_token = this.tokens[Math.min(this.#handedOut, this.tokens.length - 1)];
    this.#handedOut += 1;
    return { status: 200, body: { access_token, expires_in: this.lifetime, token_type: "Bearer" } };
  }
}

/** A file of workload identity federation, as gcloud writes it. */
export const federation = (source: object, more: Record<string, unknown> = {}): string =>
  JSON.stringify({
    type: "external_account",
    audience: AUDIENCE,
    subject_token_type: JWT_TYPE,
    token_url: STS_URL,
    credential_source: source,
    ...more,
  });

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
