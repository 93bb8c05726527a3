/** A server that answers whatever it is asked with the bytes of the case, over a real socket. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as fc from "fast-check";
import { gzipSync } from "node:zlib";

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  readonly how: "plain" | "chunked" | "gzip" | "cut" | "garbage" | "long";
}

export class AnswerServer {
  readonly #server: Server;
  #answers: readonly Answer[] = [];
  #taken = 0;
  /** Method, path and whether a token came along, of the requests since {@link answer}. */
  asked: { readonly method: string; readonly path: string; readonly host: string }[] = [];

  constructor() {
    this.#server = createServer((request, response) => {
      this.asked.push({ method: request.method ?? "", path: request.url ?? "", host: request.headers.host ?? "" });
      const answer = this.#answers[this.#taken++ % Math.max(1, this.#answers.length)];
      request.resume().on("end", () => response.socket?.end(answer ? bytesOf(answer) : ""));
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** In turn, and again from the first. */
  answer(answers: readonly Answer[]): void {
    this.#answers = answers;
    this.#taken = 0;
    this.asked = [];
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

function bytesOf({ status, type, headers, body, how }: Answer): Buffer {
  const content = Buffer.from(body, "utf8");
  const lines = [...headers, ["Content-Type", type] as const, ["Connection", "close"] as const];
  const head = (...more: string[]): Buffer =>
    Buffer.from(
      [`HTTP/1.1 ${String(status)} Said`, ...lines.map(([name, value]) => `${name}: ${value}`), ...more, "", ""].join(
        "\r\n",
      ),
      "latin1",
    );
  switch (how) {
    case "plain":
      return Buffer.concat([head(`Content-Length: ${String(content.length)}`), content]);
    case "long":
      return Buffer.concat([head(`Content-Length: ${String(content.length + 1000)}`), content]);
    case "cut":
      return Buffer.concat([head(), content]).subarray(0, 20 + content.length);
    case "garbage":
      return content;
    case "gzip": {
      const packed = gzipSync(content);
      return Buffer.concat([head("Content-Encoding: gzip"), status % 2 === 0 ? packed : packed.subarray(0, -9)]);
    }
    case "chunked": {
      const chunk = Buffer.concat([Buffer.from(`${content.length.toString(16)}\r\n`), content, Buffer.from("\r\n")]);
      return Buffer.concat([
        head("Transfer-Encoding: chunked"),
        content.length > 0 ? chunk : Buffer.alloc(0),
        Buffer.from("0\r\n\r\n"),
      ]);
    }
  }
}

const headerText = fc.string({ unit: fc.constantFrom(..."abcXYZ019 -_/;=,\"'%:()"), maxLength: 40 });

const header = fc.oneof(
  fc.tuple(
    fc.constant("Retry-After"),
    fc.oneof(
      headerText,
      fc.integer().map(String),
      fc.double().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    ),
  ),
  fc.tuple(fc.constantFrom("Location", "Content-Type", "Content-Encoding", "X-Any", "Set-Cookie"), headerText),
);

/** Every status that HTTP can carry; the ones that mean something more often. */
const statuses = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(200, 200, 200, 201, 204, 205) },
  { weight: 4, arbitrary: fc.constantFrom(301, 302, 304, 307, 400, 401, 403, 404, 404, 408, 409, 429, 500, 503) },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 999 }) },
);

const types = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      "application/json; charset=UTF-8",
      "application/json",
      "application/atom+xml",
      "text/html",
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("", "application/octet-stream", "text/plain; charset=utf-16", "multipart/mixed"),
  },
);

/** Answers with such bodies. */
export const answersOf = (bodies: fc.Arbitrary<string>): fc.Arbitrary<Answer> =>
  fc.record({
    status: statuses,
    type: types,
    headers: fc.array(header, { maxLength: 3 }),
    body: bodies,
    how: fc.oneof(
      { weight: 12, arbitrary: fc.constant("plain" as const) },
      { weight: 4, arbitrary: fc.constantFrom("chunked" as const, "gzip" as const) },
      { weight: 1, arbitrary: fc.constantFrom("cut" as const, "garbage" as const, "long" as const) },
    ),
  });
