/** The audit key's upload on the wire, against Google's document (shared reference: "Generating a public key"). */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { XMLParser } from "fast-xml-parser";
import { TokenSource } from "../provider/google/tokens";
import { EmailAudit } from "../provider/google/emailAudit";
import { Transport } from "../provider/google/transport";

const fixture = (name: string): string => readFileSync(join(__dirname, "fixtures", name), "utf8");

const TOKEN = "ya29.token-of-the-test";

interface Recorded {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** Uploads through the real client to a server that records the request and answers as Google's document does. */
async function upload(
  armored: string,
  answer: { status: number; body: string },
): Promise<{ requests: Recorded[]; entry: object }> {
  const requests: Recorded[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method, url, headers } = request;
      requests.push({ method, url, headers, body: Buffer.concat(chunks).toString("utf8") });
      response.writeHead(answer.status, { "Content-Type": "application/atom+xml" }).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const now = (): Date => new Date();
  const transport = new Transport({
    now,
    elapsed: () => 0,
    random: () => 0,
    sleep: () => Promise.resolve(),
    fetch: globalThis.fetch,
  });
  const tokens = new TokenSource(
    { kind: "accessToken", token: TOKEN, source: "test" },
    { transport, tokenUrl: `${origin}/token`, now, environment: {} },
  );
  try {
    const entry = await new EmailAudit(origin, tokens, transport, undefined).uploadPublicKey("example.com", armored);
    return { requests, entry };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** The answer as the document prints it: a broken id element, and a root in no namespace. */
const DOCUMENTED_ANSWER = `<entry xmlns:atom='http://www.w3.org/2005/Atom' xmlns:apps='http://schemas.google.com/apps/2006'>
<id>https://apps-apis.google.com/a/feeds/compliance/audit/publickey/your domain/id>/id>
<updated>2009-04-17T15:02:45.646Z</updated>
<apps:property name='publicKey' value='base64 encoded public key'/>
</entry>`;
const WELL_FORMED = DOCUMENTED_ANSWER.replace("your domain/id>/id>", "example.com/id</id>");

describe("the audit key on the wire", () => {
  it("is Google's own base64 of Google's own sample key, damaged as that is", async () => {
    const { requests } = await upload(fixture("google-sample.asc"), { status: 201, body: WELL_FORMED });
    const [request] = requests as [Recorded];
    assert.equal(request.method, "POST");
    assert.equal(request.url, "/a/feeds/compliance/audit/publickey/example.com");
    assert.equal(request.headers["content-type"], "application/atom+xml");
    assert.equal(request.headers.authorization, `Bearer ${TOKEN}`);
    const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "" });
    const documented = fixture("google-sample.base64").replace(/\s+/g, "");
    assert.deepEqual(parser.parse(request.body), {
      "atom:entry": {
        "xmlns:atom": "http://www.w3.org/2005/Atom",
        "xmlns:apps": "http://schemas.google.com/apps/2006",
        "apps:property": { name: "publicKey", value: documented },
      },
    });
  });

  it("is answered by an entry with or without a namespace", async () => {
    const { entry } = await upload("key", { status: 201, body: WELL_FORMED });
    assert.deepEqual(entry, {
      entryId: "https://apps-apis.google.com/a/feeds/compliance/audit/publickey/example.com/id",
      updated: "2009-04-17T15:02:45.646Z",
    });
    const prefixed = WELL_FORMED.replace(/<(\/?)(entry|id|updated)/g, "<$1atom:$2");
    assert.deepEqual((await upload("key", { status: 200, body: prefixed })).entry, entry);
  });

  it("keeps no id that repeats the token, or that would not do on one line", async () => {
    for (const id of ["https://ya29.token-of-the-test", `https://${"x".repeat(501)}`, "https://a\u001b[31m"]) {
      const { entry } = await upload("key", { status: 201, body: `<entry><id>${id}</id></entry>` });
      assert.deepEqual(entry, {}, id);
    }
  });

  for (const body of [
    DOCUMENTED_ANSWER,
    "",
    "no xml",
    "<entry/>",
    "<entry><id>x</id><updated>never</updated></entry>",
    '<!DOCTYPE a [<!ENTITY b "c">]><entry/>',
  ]) {
    it(`is uploaded, whatever the success says: ${JSON.stringify(body.slice(0, 30))}`, async () => {
      const { requests, entry } = await upload("key", { status: 201, body });
      assert.equal(requests.length, 1);
      assert.equal(Object.values(entry).includes("never"), false);
    });
  }
});
