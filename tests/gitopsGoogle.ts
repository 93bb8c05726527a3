// Google as a repository's jobs meet it: the security token service that believes some of them, Secret Manager, which knows
// one of these, and behind both the emulator. One origin, as the provider wants it of a stand-in; all that is asked is counted.
import * as fs from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import type { Emulator } from "./emulator";

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** Access tokens by the subjects of a pool; only the first may read secrets. */
export const CALLERS: Readonly<Record<string, string>> = {
  "repo:acme/mail-keys:environment:production": "caller-production",
  "repo:acme/mail-keys:environment:drift": "caller-drift",
};
const READER = "caller-production";
export const KEYS_PROJECT = "acme-keys";

export class GoogleFront {
  /** Method and path of everything that came. */
  asked: string[] = [];
  /** Texts by their secrets' names. */
  readonly secrets = new Map<string, string>();

  private constructor(
    private readonly server: Server,
    private readonly emulator: Emulator,
  ) {}

  static async start(emulator: Emulator): Promise<GoogleFront> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const front = new GoogleFront(server, emulator);
    server.on("request", (request, response) => {
      void front.#answer(request).then(({ status, body }) => {
        response.writeHead(status, { "Content-Type": "application/json" });
        response.end(typeof body === "string" ? body : JSON.stringify(body));
      });
    });
    return front;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #answer(request: IncomingMessage): Promise<Reply> {
    const { method = "", url = "" } = request;
    this.asked.push(`${method} ${url}`);
    const body = await textOf(request);
    if (url === "/v1/token") return exchange(new URLSearchParams(body));
    const [, project, secret] =
      /^\/v1\/projects\/([\w-]+)\/secrets\/([\w-]+)\/versions\/latest:access$/.exec(url) ?? [];
    if (project !== undefined && secret !== undefined)
      return this.#access(project, secret, request.headers.authorization);
    return this.#forward(request, body);
  }

  #access(project: string, name: string, authorization: string | undefined): Reply {
    if (authorization !== `Bearer ${READER}`) return { status: 403, body: { error: { status: "PERMISSION_DENIED" } } };
    const text = this.secrets.get(name);
    if (project !== KEYS_PROJECT || text === undefined)
      return { status: 404, body: { error: { status: "NOT_FOUND" } } };
    return { status: 200, body: { payload: { data: Buffer.from(text).toString("base64") } } };
  }

  /** What IAM is to sign names its audience by this origin; the emulator knows its own only. */
  async #forward({ method = "", url = "", headers }: IncomingMessage, body: string): Promise<Reply> {
    const { authorization, "content-type": type } = headers;
    const response = await fetch(`${this.emulator.url}${url}`, {
      method,
      headers: { ...(authorization && { authorization }), ...(type && { "content-type": type }) },
      ...(body !== "" && { body: url.endsWith(":signJwt") ? body.replaceAll(this.url, this.emulator.url) : body }),
    });
    return { status: response.status, body: await response.text() };
  }
}

function exchange(form: URLSearchParams): Reply {
  const access_token = CALLERS[form.get("subject_token") ?? ""];
  if (access_token === undefined) return { status: 400, body: { error: "unauthorized_client" } };
  return { status: 200, body: { access_token, expires_in: 3600, token_type: "Bearer" } };
}

/** A file of workload identity federation, and the token that it names, beside it. */
export function writeFederation(folder: string, subject: string, google: string, token = "subject"): string {
  const [file, source] = ["federation.json", token].map((name) => path.join(folder, name)) as [string, string];
  const federation = {
    type: "external_account",
    audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/mail-keys/providers/jobs",
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    token_url: `${google}/v1/token`,
    credential_source: { file: source },
  };
  fs.writeFileSync(file, JSON.stringify(federation));
  if (subject !== "") fs.writeFileSync(source, subject);
  return file;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
