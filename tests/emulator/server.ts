// HTTP: reads a request, lets the control endpoints or a Google route answer it, and sends that; faults, latency and the log are here.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { faultAnswer, googleError, Refusal, type Answer } from "./answer";
import type { Control } from "./control";
import type { Fault, LoggedRequest } from "./entities";
import type { Context, EmulatorRequest } from "./request";
import { publicKey } from "./routes/audit";
import { controlRoute } from "./routes/control";
import { discovery } from "./routes/discovery";
import { gmail } from "./routes/gmail";
import { signJwt } from "./routes/iamCredentials";
import { requestedSubject, token } from "./routes/token";

const LARGEST_BODY = 8 * 1024 * 1024;

/** Binds 127.0.0.1 only; a port of 0 is any free one. */
export async function listen(port: number): Promise<{ server: Server; origin: string }> {
  const server = createServer();
  server.keepAliveTimeout = 65_000; // a client that waits in a back-off may come back on the same connection
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return { server, origin: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}` };
}

export function serve(server: Server, context: Context, control: Control, latencyMs: number): void {
  server.on("request", (incoming: IncomingMessage, response: ServerResponse) => {
    void handle(incoming, response, context, control, latencyMs).catch(() => response.destroy());
  });
}

/** Also closes the connections that clients keep alive. */
export function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}

async function handle(
  incoming: IncomingMessage,
  response: ServerResponse,
  context: Context,
  control: Control,
  latencyMs: number,
): Promise<void> {
  const request = readHead(incoming, context);
  if (request.segments[0] === "_emulator") {
    const answer = await answerOf(() => receive(incoming, request).then(() => controlRoute(request, control)));
    send(response, answer);
    return;
  }
  const started = performance.now();
  const line: LoggedRequest = { method: request.method, path: request.path, status: 0, subject: null, ms: 0 };
  context.store.log(line);
  const fault = context.store.takeFault(request.method, request.path);
  const answer = await answerOf(() => receive(incoming, request).then(() => faulted(request, context, fault, line)));
  // The work is done, the answer waits: a client that dies meanwhile has still written.
  const delay = latencyMs + (fault?.delayMs ?? 0);
  if (delay > 0) await sleep(delay, undefined, { ref: false });
  line.ms = Math.round(performance.now() - started);
  if (fault?.drop || response.destroyed) {
    response.destroy();
    return;
  }
  line.status = answer.status;
  response.once("close", () => {
    if (!response.writableFinished) line.status = 0;
  });
  send(response, answer);
}

async function faulted(
  request: EmulatorRequest,
  context: Context,
  fault: Fault | undefined,
  line: LoggedRequest,
): Promise<Answer> {
  line.subject = request.path === "/token" ? requestedSubject(request, context) : (request.token?.user ?? null);
  if (fault === undefined) return route(request, context);
  if (fault.drop === "before") return { status: 0, headers: {}, body: "" };
  const status = fault.drop === "after" ? null : (fault.status ?? null);
  const answer =
    status === null
      ? await answerOf(() => route(request, context))
      : faultAnswer(request.path, status, fault.reason ?? "backendError", fault.message ?? "Injected fault");
  const headers = { ...answer.headers, ...fault.headers };
  return { status: answer.status, headers, body: fault.body ?? answer.body };
}

async function answerOf(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    // Our own mistake. The name only: what is in a message of a library we do not know.
    process.stderr.write(`emulator: ${error instanceof Error ? error.name : "error"} in a route\n`);
    return googleError(500, "backendError", "Backend Error");
  }
}

async function route(request: EmulatorRequest, context: Context): Promise<Answer> {
  const { method, path, segments } = request;
  if (method === "POST" && path === "/token") return token(request, context);
  if (path.startsWith("/gmail/v1/users/")) return gmail(request, context);
  if (method === "POST" && /^\/v1\/projects\/-\/serviceAccounts\/[^/]+:signJwt$/.test(path)) {
    return signJwt(request, context);
  }
  if (method === "POST" && path.startsWith("/a/feeds/compliance/audit/publickey/") && segments.length === 6) {
    return publicKey(request, context);
  }
  if (method === "GET" && path === "/$discovery/rest" && request.query.get("version") === "v1")
    return discovery(context);
  throw new Refusal(googleError(404, "notFound", "The requested URL was not found on this server."));
}

function readHead(incoming: IncomingMessage, context: Context): EmulatorRequest {
  const [rawPath = "/", query = ""] = (incoming.url ?? "/").split(/\?(.*)/s);
  const segments = rawPath.split("/").slice(1).map(decode);
  const bearer = /^Bearer +(\S+)$/i.exec(incoming.headers.authorization ?? "")?.[1];
  return {
    method: incoming.method ?? "GET",
    path: `/${segments.join("/")}`,
    segments,
    query: new URLSearchParams(query),
    body: Buffer.alloc(0),
    bearer,
    token: bearer === undefined ? undefined : context.store.findToken(bearer),
  };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

async function receive(incoming: IncomingMessage, request: EmulatorRequest): Promise<void> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size <= LARGEST_BODY) chunks.push(bytes);
  }
  if (size > LARGEST_BODY)
    throw new Refusal(googleError(413, "uploadTooLarge", "Request payload size exceeds the limit"));
  request.body = Buffer.concat(chunks);
}

function send(response: ServerResponse, answer: Answer): void {
  const empty = answer.status === 204 || answer.status === 304;
  const length = empty ? {} : { "content-length": String(Buffer.byteLength(answer.body)) };
  // setHeader, so that whoever watches this process's servers can read them
  for (const [name, value] of Object.entries({ ...answer.headers, ...length })) response.setHeader(name, value);
  response.writeHead(answer.status);
  response.end(empty ? undefined : answer.body);
}
