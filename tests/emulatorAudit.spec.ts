// The contract of the emulator's Email Audit API: one upload, four error codes, who may call.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { startEmulator, type Emulator } from "./emulator";
import { AUDIT, Client, makeAssertion, accountOf, seed } from "./emulatorClient";
import { mintPgpKey } from "./mint";

const PATH = "/a/feeds/compliance/audit/publickey/example.com";

function entry(value: string): string {
  return `<atom:entry xmlns:atom='http://www.w3.org/2005/Atom' xmlns:apps='http://schemas.google.com/apps/2006'>
<apps:property name="publicKey" value="${value}"/>
</atom:entry>`;
}

describe("emulator: audit key", () => {
  let emulator: Emulator;
  let admin: Client;
  let key: Awaited<ReturnType<typeof mintPgpKey>>;
  before(async () => {
    emulator = await startEmulator({ seed });
    admin = new Client(emulator.url, "admin");
    key = await mintPgpKey();
  });
  beforeEach(() => {
    emulator.seed(seed);
  });
  after(() => emulator.stop());

  const post = (body: string, path = PATH) =>
    admin.call("POST", path, body, { "content-type": "application/atom+xml" });
  const upload = (text: string) => post(entry(Buffer.from(text).toString("base64")));

  async function assertCode(code: number, text: string): Promise<void> {
    const reply = await upload(text);
    assert.equal(reply.status, 400, reply.text);
    assert.match(reply.headers.get("content-type") ?? "", /^text\/xml/);
    assert.match(reply.text, /<AppsForYourDomainErrors>/);
    assert.match(reply.text, new RegExp(`errorCode="${String(code)}"`));
    assert.deepEqual(emulator.state().audit, {});
  }

  it("answers 201 with the entry Google documents, and keeps key, fingerprint and time", async () => {
    const base64 = Buffer.from(key.publicKey).toString("base64");
    const reply = await post(entry(base64));
    assert.equal(reply.status, 201, reply.text);
    const href = /https:\/\/apps-apis\.google\.com\/a\/feeds\/compliance\/audit\/publickey\/example\.com\/\w+/.source;
    assert.match(reply.text, new RegExp(`<id>${href}</id>`));
    assert.match(reply.text, new RegExp(`<link rel='self' type='application/atom\\+xml' href='${href}'/>`));
    assert.match(reply.text, new RegExp(`<link rel='edit' type='application/atom\\+xml' href='${href}'/>`));
    assert.match(reply.text, /<updated>2026-11-22T00:00:\d\d\.\d{3}Z<\/updated>/);
    assert.ok(reply.text.includes(`<apps:property name='publicKey' value='${base64}'/>`));
    const kept = emulator.state().audit["example.com"];
    assert.deepEqual([kept?.publicKey, kept?.fingerprint], [key.publicKey, key.fingerprint]);
    assert.ok(reply.text.includes(`<updated>${kept?.updated ?? "-"}</updated>`));
  });

  it("replaces the key by the next one", async () => {
    const other = await mintPgpKey();
    await upload(key.publicKey);
    assert.equal((await upload(other.publicKey)).status, 201);
    assert.equal(emulator.state().audit["example.com"]?.fingerprint, other.fingerprint);
  });

  it("takes any prefix, or the default namespace, but not another namespace", async () => {
    const value = Buffer.from(key.publicKey).toString("base64");
    const plain = `<?xml version="1.0"?><entry xmlns="http://www.w3.org/2005/Atom"><a:property xmlns:a="http://schemas.google.com/apps/2006" name="publicKey" value="${value}"/></entry>`;
    assert.equal((await post(plain)).status, 201);
    const wrong = await post(plain.replace("2005/Atom", "2006/Atom"));
    assert.match(wrong.text, /errorCode="1411"/);
  });

  it("answers 1411 to what is no entry, no base64, no armor, no US-ASCII, no key or more than one", async () => {
    const values = ["", "%%%", "abc", Buffer.from(key.publicKey).toString("base64url")];
    const documents = ["", "<a", "<a/>", `<!DOCTYPE a>${entry("")}`, ...values.map(entry)];
    for (const body of documents) {
      const reply = await post(body);
      assert.equal(reply.status, 400);
      assert.match(reply.text, /errorCode="1411"/);
    }
    const damaged = key.publicKey.replace(/\n[A-Za-z0-9+/]{60,}\n/, "\n");
    const other = await mintPgpKey();
    for (const text of ["hello", damaged, `é\n${key.publicKey}`, key.publicKey + other.publicKey])
      await assertCode(1411, text);
  });

  it("answers 1412 to a key that is not RSA, cannot encrypt, or is secret", async () => {
    await assertCode(1412, (await mintPgpKey({ type: "ecc" })).publicKey);
    await assertCode(1412, (await mintPgpKey({ signOnly: true })).publicKey);
    await assertCode(1412, key.privateKey);
  });

  it("answers 1409 to an expired key, by the emulator's clock, and to a revoked one", async () => {
    const made = await mintPgpKey({ date: new Date("2026-06-01T00:00:00Z"), expiresInSeconds: 86_400 });
    await assertCode(1409, made.publicKey);
    emulator.setClock("2026-06-01T12:00:00Z");
    assert.equal((await upload(made.publicKey)).status, 201);
    emulator.seed(seed);
    const openpgp = await import("openpgp");
    const privateKey = await openpgp.readPrivateKey({ armoredKey: key.privateKey });
    const revoked = await openpgp.revokeKey({ key: privateKey, date: new Date("2026-07-01T00:00:00Z") });
    await assertCode(1409, revoked.publicKey);
  });

  it("answers 1413 to a key of several user ids", async () => {
    const userIds = [{ email: "a@example.com" }, { email: "b@example.com" }];
    await assertCode(1413, (await mintPgpKey({ userIds })).publicKey);
  });

  it("judges the keys that GnuPG writes, and Google's own damaged sample, by the same codes", async () => {
    const read = (name: string) => readFile(join(__dirname, "fixtures", name), "latin1");
    for (const name of ["gpg-rsa.asc", "gpg-rsa-primary.asc"]) {
      assert.equal((await upload(await read(name))).status, 201, name);
    }
    emulator.seed(seed);
    await assertCode(1412, await read("gpg-modern.asc"));
    await assertCode(1409, await read("gpg-revoked.asc"));
    await assertCode(1411, await read("google-sample.asc"));
  });

  it("minds line ends where the knob says so", async () => {
    const lf = key.publicKey.replaceAll("\r\n", "\n");
    const crlf = lf.replaceAll("\n", "\r\n");
    for (const [auditLineEnds, good, bad] of [
      ["crlf", crlf, lf],
      ["lf", lf, crlf],
    ] as const) {
      emulator.seed({ ...seed, knobs: { auditLineEnds } });
      await assertCode(1411, bad);
      assert.equal((await upload(good)).status, 201, auditLineEnds);
    }
    emulator.seed(seed);
    for (const text of [lf, crlf, crlf.trimEnd()]) assert.equal((await upload(text)).status, 201);
  });

  it("answers 403 to a caller who is no administrator of that domain or lacks the scope, 401 to an unknown one", async () => {
    const body = entry(Buffer.from(key.publicKey).toString("base64"));
    const users = { token: "user", user: "alice@example.com", scopes: [AUDIT] };
    const other = { token: "other", user: "admin@example.com", scopes: [] };
    emulator.seed({ ...seed, accessTokens: [...seed.accessTokens, users, other] });
    for (const [token, path, status] of [
      ["user", PATH, 403],
      ["other", PATH, 403],
      ["admin", PATH.replace("example.com", "example.org"), 403],
      ["unknown", PATH, 401],
    ] as const) {
      assert.equal((await admin.as(token).call("POST", path, body)).status, status, `${token} ${path}`);
    }
  });

  it("accepts an administrator by delegation", async () => {
    const claims = { sub: "admin@example.com", scope: AUDIT };
    const granted = await admin.assert(makeAssertion(accountOf(emulator.keyFile), emulator.url, claims));
    const body = entry(Buffer.from(key.publicKey).toString("base64"));
    assert.equal((await admin.as(granted.json.access_token ?? "").call("POST", PATH, body)).status, 201);
  });
});
