/**
 * The emulator's requests as they come and go, in this process: Node tells of every HTTP server's through
 * diagnostics_channel, so that whoever watches sees each state between two writes of one mailbox.
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Emulator } from "../emulator";
import type { Moment } from "./scenario";

export interface Exchange {
  readonly method: string;
  readonly path: string;
  /** Once it is answered; a dropped one never is. */
  readonly header?: (name: string) => unknown;
}

export type Listener = (stage: "start" | "answered", exchange: Exchange) => void;

/** Returns what ends it. */
export function watchRequests({ url }: Emulator, listener: Listener): () => void {
  const port = Number(new URL(url).port);
  const told = (stage: "start" | "answered") => (message: unknown) => {
    const { request, response, server } = message as {
      request: IncomingMessage;
      response: ServerResponse;
      server: Server;
    };
    if ((server.address() as AddressInfo | null)?.port !== port) return;
    const { method = "GET", url: target = "/" } = request;
    const header = stage === "answered" && { header: (name: string) => response.getHeader(name) };
    listener(stage, { method, path: decodeURIComponent(target.replace(/\?.*$/s, "")), ...header });
  };
  const [start, answered] = [told("start"), told("answered")];
  subscribe("http.server.request.start", start);
  subscribe("http.server.response.finish", answered);
  return () => {
    unsubscribe("http.server.request.start", start);
    unsubscribe("http.server.response.finish", answered);
  };
}

/** True once, for the request that the moment names. */
export function countdown({ path, method, nth }: Moment): (request: { method: string; path: string }) => boolean {
  let left = nth;
  return (request) => {
    if (!path.test(request.path) || (method !== undefined && method !== request.method)) return false;
    left -= 1;
    return left === 0;
  };
}
