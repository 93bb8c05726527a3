/**
 * The limits on what comes over the network (DESIGN.md, "Security"): size, time, depth, entities and redirects of Gmail,
 * the token endpoint and the audit API, and what each refusal cost.
 */
import assert from "node:assert/strict";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { servicesFor } from "../provider/config";
import { MailKeyError } from "../provider/mailKeyError";
import type { Services } from "../provider/resources/services";
import type { SettingName } from "../provider/settings";
import { measured } from "./measured";
import { ALICE } from "./world";

const TOKEN = "ya29.token-of-the-test";
const GIGABYTE = 2 ** 30;

/** Answers every request in this way; counts what was asked and sent. */
class Hostile {
  asked: { path: string; authorization: string | undefined }[] = [];
  sent = 0;
  readonly #server: Server;
  origin = "";

  constructor(answer: (response: ServerResponse) => void) {
    this.#server = createServer((request, response) => {
      this.asked.push({ path: request.url ?? "", authorization: request.headers.authorization });
      request.resume().on("end", () => answer(response));
    });
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.origin = `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
    return this;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** Such chunks until it is a gigabyte or nobody takes them any more, counted. */
  *gigabyte(chunk: Buffer): Generator<Buffer> {
    for (let made = 0; made < GIGABYTE; made += chunk.length) {
      this.sent += chunk.length;
      yield chunk;
    }
  }
}

const pour = (
  chunks: Iterable<Buffer>,
  ...into: [NodeJS.ReadWriteStream, NodeJS.WritableStream] | [NodeJS.WritableStream]
): void => void pipeline([Readable.from(chunks), ...into], () => undefined);

const CONSENT = { refreshToken: "1//refresh-token", clientId: "client", clientSecret: "GOCSPX-secret" };
type Settings = Partial<Record<SettingName, string>>;

/** Each of the three kinds of calls, first as they go with a ready token. */
const CALLS: Readonly<Record<string, { readonly settings: Settings; run(services: Services): Promise<unknown> }>> = {
  Gmail: { settings: { accessToken: TOKEN }, run: ({ sendAs }) => sendAs.list({ userId: ALICE, sendAsEmail: ALICE }) },
  audit: {
    settings: { accessToken: TOKEN },
    run: ({ emailAudit }) => emailAudit.uploadPublicKey("example.com", "key"),
  },
  token: { settings: CONSENT, run: ({ sendAs }) => sendAs.addresses("me") },
};

function servicesAt(endpoint: string, settings: Settings): Services {
  let time = 0;
  const given: Settings = { endpoint, ...settings };
  return servicesFor({
    setting: (name) => given[name],
    environment: { HOME: "/nonexistent" },
    now: () => new Date(),
    elapsed: () => time,
    random: () => 0,
    sleep: (milliseconds) => Promise.resolve(void (time += milliseconds)),
    fetch: globalThis.fetch,
    log: () => undefined,
  });
}

/** The one of our errors that comes out, and the server that was asked. */
async function refusal(kind: string, what: string, server: Hostile): Promise<string> {
  const call = CALLS[kind];
  assert.ok(call);
  const services = servicesAt(server.origin, call.settings);
  return measured(`${kind}: ${what}`, async () => {
    const error: unknown = await call.run(services).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof MailKeyError, String(error));
    assert.doesNotMatch(error.message, /ya29|GOCSPX|1\/\/refresh/);
    return error.message;
  });
}

describe("the limits of the network", () => {
  let server: Hostile | undefined;
  afterEach(() => server?.close());
  const serve = async (answer: ConstructorParameters<typeof Hostile>[0]): Promise<Hostile> => {
    server = await new Hostile(answer).listen();
    return server;
  };
  const JSON_TYPE = { "Content-Type": "application/json" };

  for (const kind of Object.keys(CALLS)) {
    it(`are 1 MiB of an answer, whatever comes: ${kind}`, async () => {
      const endless = await serve((response) => {
        response.writeHead(200, { ...JSON_TYPE, "Content-Length": GIGABYTE });
        pour(endless.gigabyte(Buffer.alloc(64 * 1024, "a")), response);
      });
      assert.match(await refusal(kind, "an answer of 1 GB", endless), /answer larger than 1 MiB/);
      assert.ok(endless.sent < 64 * 2 ** 20, `${String(endless.sent)} bytes were taken`);
      endless.close();
      const packed = await serve((response) => {
        response.writeHead(200, { ...JSON_TYPE, "Content-Encoding": "gzip" });
        pour(packed.gigabyte(Buffer.alloc(2 ** 20)), createGzip(), response);
      });
      assert.match(await refusal(kind, "1 GB packed into 1 MB", packed), /answer larger than 1 MiB/);
    }).timeout(60_000);

    it(`are 16 KiB of headers: ${kind}`, async () => {
      const endless = await serve((response) => {
        response.socket?.write("HTTP/1.1 200 OK\r\n");
        pour(endless.gigabyte(Buffer.from("X-Any: aaaaaaaaaaaaaaaa\r\n".repeat(100))), response.socket ?? response);
      });
      assert.match(await refusal(kind, "headers without an end", endless), /no answer \(UND_ERR_HEADERS_OVERFLOW\)/);
    });

    it(`are 60 seconds for an answer, however slowly it comes: ${kind}`, async () => {
      const waits: number[] = [];
      const timeout = AbortSignal.timeout.bind(AbortSignal);
      // a minute is a tenth of a second here
      AbortSignal.timeout = (milliseconds) => timeout((waits.push(milliseconds), milliseconds / 600));
      try {
        const slow = await serve((response) => {
          response.writeHead(200, JSON_TYPE);
          const drip = setInterval(() => response.write(" "), 20);
          response.on("close", () => clearInterval(drip));
        });
        assert.match(await refusal(kind, "a byte every 20 ms, a minute being 100 ms", slow), /no answer \(timeout\)/);
        assert.deepEqual([...new Set(waits)], [60_000]);
      } finally {
        AbortSignal.timeout = timeout;
      }
    });

    it(`are one host: a redirect is not followed, least of all with a token: ${kind}`, async () => {
      const other = await new Hostile((response) => void response.end("{}")).listen();
      try {
        for (const status of [301, 302, 303, 307, 308]) {
          const redirecting = await serve(
            (response) => void response.writeHead(status, { Location: `${other.origin}/` }).end(),
          );
          await refusal(kind, `a redirect by ${String(status)}`, redirecting);
          redirecting.close();
        }
        assert.deepEqual(other.asked, []);
      } finally {
        other.close();
      }
    });
  }

  for (const kind of ["Gmail", "token"]) {
    it(`let JSON be as deep as it likes, for no reader of ours goes down: ${kind}`, async () => {
      for (const status of [200, 400]) {
        const depth = 100_000;
        const deep = `${'{"error":['.repeat(depth / 2)}${"]}".repeat(depth / 2)}`;
        const nested = await serve((response) => void response.writeHead(status, JSON_TYPE).end(deep));
        await refusal(kind, `JSON nested 100,000 deep, with ${String(status)}`, nested);
        nested.close();
      }
    });
  }

  const LAUGHS = Array.from(
    { length: 9 },
    (_, index) => `<!ENTITY l${String(index + 1)} "${`&l${String(index)};`.repeat(10)}">`,
  );
  const XML: Readonly<Record<string, string>> = {
    "a billion laughs": `<!DOCTYPE l [<!ENTITY l0 "ha">${LAUGHS.join("")}]><entry><id>https://&l9;</id></entry>`,
    "an external entity": '<!DOCTYPE e [<!ENTITY f SYSTEM "file:///etc/passwd">]><entry><id>https://&f;</id></entry>',
    "a doctype in lower case": "<!doctype entry><entry><id>https://a</id></entry>",
    "elements 10,000 deep": `${"<id>".repeat(10_000)}https://a${"</id>".repeat(10_000)}`,
    "elements 17 deep": `<entry>${"<a>".repeat(17)}${"</a>".repeat(17)}<id>https://a</id></entry>`,
    "64 KiB and more": `<entry><id>https://a</id>${" ".repeat(64 * 1024)}</entry>`,
    "5,000 attributes": `<entry ${Array.from({ length: 5_000 }, (_, at) => `a${String(at)}="b"`).join(" ")}><id>https://</id></entry>`,
    "60,000 open brackets": "<".repeat(60_000),
  };

  it("are 64 KiB, a depth of 16 and no DOCTYPE of XML: nothing is read of a success, nor of a refusal", async () => {
    for (const [what, xml] of Object.entries(XML)) {
      const success = await serve((response) => void response.writeHead(201).end(xml));
      const services = servicesAt(success.origin, { accessToken: TOKEN });
      const entry = await measured(`audit: ${what}`, () => services.emailAudit.uploadPublicKey("example.com", "key"));
      assert.deepEqual(entry, {}, what);
      success.close();
      const failure = await serve((response) => void response.writeHead(400).end(xml));
      assert.doesNotMatch(await refusal("audit", `${what}, with 400`, failure), /root:|(ha){3}/);
      failure.close();
    }
  });
});
