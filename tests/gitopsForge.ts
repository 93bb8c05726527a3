// The few REST endpoints of GitHub and of GitLab that a repository's scripts use, strictly: a wrong path, a token that may
// not, or too long a text is refused. It holds comments and issues, and remembers what was written.
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A comment, a note or an issue. */
export interface Text {
  readonly id: number;
  /** The pull request or merge request of a comment. */
  readonly of?: number;
  readonly by: string;
  body: string;
  title?: string;
  isOpen?: boolean;
}

interface Holder {
  readonly login: string;
  readonly rights: readonly ("code" | "comments" | "issues")[];
}

interface Asked {
  readonly query: URLSearchParams;
  readonly by: string;
  readonly json: Readonly<Record<string, string>>;
  /** What the route's pattern found in the path. */
  readonly numbers: readonly number[];
}

interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly right: Holder["rights"][number];
  readonly answer: (asked: Asked) => unknown;
}

class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Characters of a text, GitHub's; GitLab takes more. */
export const LONGEST = 65_536;
export const REPOSITORY = "acme/mail-keys";
export const PROJECT_ID = "7";

export class Forge {
  comments: Text[] = [];
  issues: Text[] = [];
  /** By token. */
  readonly holders = new Map<string, Holder>();
  /** Method and path of what changed something. */
  written: string[] = [];
  /** Where main is. */
  head = (): string => assert.fail("nobody said where main is");
  #last = 100;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Forge> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const forge = new Forge(server);
    server.on("request", (request, response) => {
      void forge.#answered(request).then(([status, body]) => {
        response.writeHead(status, { "Content-Type": "application/json" });
        response.end(JSON.stringify(body));
      });
    });
    return forge;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  add(texts: Text[], text: Omit<Text, "id">): Text {
    const added = { id: (this.#last += 1), ...text };
    texts.push(added);
    return added;
  }

  async #answered(request: IncomingMessage): Promise<[number, unknown]> {
    try {
      return [200, await this.#answer(request)];
    } catch (error) {
      return [error instanceof Refusal ? error.status : 500, { message: String(error) }];
    }
  }

  async #answer(request: IncomingMessage): Promise<unknown> {
    const { method = "" } = request;
    const { pathname, searchParams: query } = new URL(request.url ?? "", this.url);
    const found = this.#routes.find((route) => route.method === method && route.path.test(pathname));
    if (!found) throw new Refusal(404, "Not Found");
    const { login: by, rights } = this.#holder(request);
    if (!rights.includes(found.right)) throw new Refusal(403, "Resource not accessible");
    const json = object(await textOf(request));
    for (const text of [json["body"], json["description"]])
      if ((text?.length ?? 0) > LONGEST) throw new Refusal(422, "body is too long");
    if (method !== "GET") this.written.push(`${method} ${pathname}`);
    const numbers = (found.path.exec(pathname) ?? []).slice(1).map(Number);
    return found.answer({ query, by, json, numbers });
  }

  #holder({ headers }: IncomingMessage): Holder {
    const isGithub = headers["x-github-api-version"] === "2022-11-28";
    const [bearer] = [/^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1]];
    const [token] = isGithub ? [bearer] : [headers["private-token"]].flat();
    const holder = this.holders.get(token ?? "");
    if (!holder) throw new Refusal(401, "Bad credentials");
    return holder;
  }

  readonly #routes: readonly Route[] = [
    ...this.#github(`/api/v3/repos/${REPOSITORY}`),
    ...this.#gitlab(`/api/v4/projects/${PROJECT_ID}`),
  ];

  #github(root: string): Route[] {
    const comments = new RegExp(`^${root}/issues/(\\d+)/comments$`);
    const right = "comments";
    const shown = ({ by, isOpen, id, ...text }: Text) => ({
      ...text,
      user: { login: by },
      ...(isOpen === undefined ? { id } : { number: id, state: isOpen ? "open" : "closed" }),
    });
    const change = (texts: () => Text[]) => (asked: Asked) => shown(changed(texts(), asked, asked.json["state"]));
    const issues = new RegExp(`^${root}/issues$`);
    const main = new RegExp(`^${root}/git/ref/heads/main$`);
    return [
      { method: "GET", path: main, right: "code", answer: () => ({ object: { sha: this.head() } }) },
      { method: "GET", path: comments, right, answer: (asked) => page(on(this.comments, asked), asked).map(shown) },
      { method: "POST", path: comments, right, answer: (asked) => shown(this.#posted(this.comments, asked)) },
      {
        method: "PATCH",
        path: new RegExp(`^${root}/issues/comments/(\\d+)$`),
        right,
        answer: change(() => this.comments),
      },
      { method: "GET", path: issues, right: "issues", answer: (asked) => page(this.#open(asked), asked).map(shown) },
      { method: "POST", path: issues, right: "issues", answer: (asked) => shown(this.#posted(this.issues, asked)) },
      {
        method: "PATCH",
        path: new RegExp(`^${root}/issues/(\\d+)$`),
        right: "issues",
        answer: change(() => this.issues),
      },
    ];
  }

  #gitlab(root: string): Route[] {
    const notes = new RegExp(`^${root}/merge_requests/(\\d+)/notes$`);
    const issues = new RegExp(`^${root}/issues$`);
    const shown = ({ by, isOpen, id, body, title }: Text) => ({
      author: { id: by },
      ...(isOpen === undefined
        ? { id, body }
        : { iid: id, title, description: body, state: isOpen ? "opened" : "closed" }),
    });
    const closing = ({ json }: Asked): string | undefined => (json["state_event"] === "close" ? "closed" : undefined);
    return [
      { method: "GET", path: /^\/api\/v4\/user$/, right: "issues", answer: ({ by }) => ({ id: by }) },
      {
        method: "GET",
        path: notes,
        right: "comments",
        answer: (asked) => page(on(this.comments, asked), asked).map(shown),
      },
      ...[notes, new RegExp(`^${root}/issues/(\\d+)/notes$`)].map((path): Route => ({
        ...{ method: "POST", path, right: path === notes ? "comments" : "issues" },
        answer: (asked) => shown(this.#posted(this.comments, asked)),
      })),
      {
        method: "PUT",
        path: new RegExp(`^${root}/merge_requests/\\d+/notes/(\\d+)$`),
        right: "comments",
        answer: (asked) => shown(changed(this.comments, asked)),
      },
      { method: "GET", path: issues, right: "issues", answer: (asked) => page(this.#open(asked), asked).map(shown) },
      { method: "POST", path: issues, right: "issues", answer: (asked) => shown(this.#posted(this.issues, asked)) },
      {
        method: "PUT",
        path: new RegExp(`^${root}/issues/(\\d+)$`),
        right: "issues",
        answer: (asked) => shown(changed(this.issues, asked, closing(asked))),
      },
    ];
  }

  #posted(texts: Text[], { by, json, numbers: [of] }: Asked): Text {
    const { title, body = json["description"] } = json;
    if (!body || (texts === this.issues && !title)) throw new Refusal(422, "Validation Failed");
    return this.add(texts, { by, body, ...(of !== undefined && { of }), ...(title && { title, isOpen: true }) });
  }

  #open({ query }: Asked): Text[] {
    if (!["open", "opened"].includes(query.get("state") ?? "")) throw new Refusal(422, "which issues?");
    return this.issues.filter(({ isOpen }) => isOpen);
  }
}

const on = (texts: readonly Text[], { numbers: [of] }: Asked): Text[] => texts.filter((text) => text.of === of);

function page(texts: readonly Text[], { query }: Asked): Text[] {
  const size = Number(query.get("per_page") ?? 30);
  const start = (Number(query.get("page") ?? 1) - 1) * size;
  return texts.slice(start, start + size);
}

/** Only by whoever wrote it: GitHub would let a token do more, but no script of ours should. */
function changed(texts: Text[], { by, json, numbers: [id] }: Asked, state?: string): Text {
  const text = texts.find((each) => each.id === id);
  if (!text) throw new Refusal(404, "Not Found");
  if (text.by !== by) throw new Refusal(403, "Somebody else's");
  text.body = json["body"] ?? json["description"] ?? text.body;
  if (state !== undefined) text.isOpen = state === "open";
  return text;
}

const object = (text: string): Record<string, string> =>
  text === "" ? {} : (JSON.parse(text) as Record<string, string>);

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
