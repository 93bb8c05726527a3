// The contract of the emulator's token endpoint and of signJwt.
import assert from "node:assert/strict";
import { startEmulator, type Emulator } from "./emulator";
import {
  accountOf,
  AUDIT,
  BASIC,
  Client,
  makeAccount,
  makeAssertion,
  reason,
  seed,
  SHARING,
  smimePath,
} from "./emulatorClient";

const account = makeAccount();
const tokenSeed = {
  ...seed,
  serviceAccounts: [
    {
      email: account.email,
      clientId: "1",
      publicKeyPem: account.publicKeyPem,
      scopes: [BASIC],
      signJwtCallers: ["ci"],
    },
  ],
  refreshTokens: [
    { token: "r1", user: "alice@example.com", clientId: "c1", clientSecret: "s1", scopes: [BASIC, SHARING] },
    { token: "r2", user: "bob@example.com", clientId: "c2", clientSecret: "s2", scopes: [BASIC] },
  ],
};

describe("emulator: tokens", () => {
  let emulator: Emulator;
  let client: Client;
  before(async () => {
    emulator = await startEmulator({ seed: tokenSeed });
    client = new Client(emulator.url);
  });
  beforeEach(() => {
    emulator.seed(tokenSeed);
  });
  after(() => emulator.stop());

  const assertion = (claims: Record<string, unknown> = {}) => makeAssertion(account, emulator.url, claims);
  const later = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

  it("exchanges a signed assertion for a token of an hour that acts for its subject", async () => {
    const { status, json } = await client.assert(assertion());
    assert.deepEqual([status, json.expires_in, json.token_type], [200, 3600, "Bearer"]);
    assert.equal((await client.as(json.access_token ?? "").list()).status, 200);
  });

  it("takes Google's own token address as audience too, and no other", async () => {
    assert.equal((await client.assert(assertion({ aud: "https://oauth2.googleapis.com/token" }))).status, 200);
    const reply = await client.assert(assertion({ aud: "https://example.com/token" }));
    assert.deepEqual([reply.status, reply.error], [400, "invalid_grant"]);
  });

  it("refuses a signature by another key", async () => {
    const thief = { ...makeAccount(), email: account.email };
    const reply = await client.assert(makeAssertion(thief, emulator.url));
    assert.deepEqual([reply.status, reply.error], [400, "invalid_grant"]);
  });

  it("refuses an unknown account, an unknown user and a text that is no assertion with invalid_grant", async () => {
    const stranger = makeAssertion({ ...account, email: "x@p.iam.gserviceaccount.com" }, emulator.url);
    const nobody = await client.assert(assertion({ sub: "nobody@example.com" }));
    assert.match(nobody.text, /Invalid email or User ID/);
    for (const reply of [nobody, await client.assert(stranger), await client.assert("a.b.c")]) {
      assert.deepEqual([reply.status, reply.error], [400, "invalid_grant"]);
    }
  });

  it("refuses a scope outside the client's delegation with unauthorized_client", async () => {
    for (const scope of [SHARING, `${BASIC} ${SHARING}`]) {
      const reply = await client.assert(assertion({ scope }));
      assert.deepEqual([reply.status, reply.error], [401, "unauthorized_client"]);
    }
  });

  it("allows a clock that is five minutes off, and no more, and an hour, and no more", async () => {
    const fine = [
      { iat: later(290), exp: later(3600) },
      { iat: later(290), exp: later(290 + 3600) },
      { iat: later(-3600), exp: later(-290) },
      { iat: later(-600), exp: later(3000) },
    ];
    for (const claims of fine)
      assert.equal((await client.assert(assertion(claims))).status, 200, JSON.stringify(claims));
    const wrong = [
      { iat: later(320), exp: later(3600) },
      { iat: later(0), exp: later(3920) },
      { iat: later(-4000), exp: later(-320) },
      { iat: later(-600), exp: later(3600) },
      { iat: null },
      { exp: null },
    ];
    for (const claims of wrong) {
      const reply = await client.assert(assertion(claims));
      assert.deepEqual([reply.status, reply.error], [400, "invalid_grant"], JSON.stringify(claims));
    }
  });

  it("checks token times against the real clock, whatever the emulator's own", async () => {
    emulator.setClock("2031-01-01T00:00:00Z");
    assert.equal((await client.assert(assertion())).status, 200);
  });

  it("answers invalid_request where a parameter is missing", async () => {
    const bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    for (const form of [
      {},
      { grant_type: bearer },
      { grant_type: "refresh_token" },
      { grant_type: "refresh_token", refresh_token: "r1" },
    ]) {
      const reply = await client.grant(form);
      assert.deepEqual([reply.status, reply.error], [400, "invalid_request"]);
    }
  });

  it("gives an account without a subject a token that Gmail refuses with failedPrecondition", async () => {
    const { json } = await client.assert(assertion({ sub: null }));
    const reply = await client.as(json.access_token ?? "").list();
    assert.deepEqual(
      [reply.status, reason(reply), reply.json.error?.status],
      [400, "failedPrecondition", "FAILED_PRECONDITION"],
    );
  });

  it("exchanges a refresh token of the right client, and refuses every other combination", async () => {
    const form = { grant_type: "refresh_token", refresh_token: "r1", client_id: "c1", client_secret: "s1" };
    const granted = await client.grant(form);
    assert.deepEqual([granted.status, granted.json.expires_in, granted.json.token_type], [200, 3600, "Bearer"]);
    assert.equal((await client.as(granted.json.access_token ?? "").list()).status, 200);
    const table = [
      [{ client_id: "c9" }, 401, "invalid_client"],
      [{ client_secret: "s9" }, 401, "invalid_client"],
      [{ refresh_token: "r9" }, 400, "invalid_grant"],
      [{ refresh_token: "r2" }, 401, "unauthorized_client"],
    ] as const;
    for (const [change, status, error] of table) {
      const reply = await client.grant({ ...form, ...change });
      assert.deepEqual([reply.status, reply.error], [status, error]);
    }
  });

  it("closes S/MIME to three-legged tokens, not to delegated ones, where the domain has end-user access off", async () => {
    emulator.seed({ ...tokenSeed, domains: [{ name: "example.com", endUserApiAccess: false }] });
    const form = { grant_type: "refresh_token", refresh_token: "r1", client_id: "c1", client_secret: "s1" };
    const consented = await client.as((await client.grant(form)).json.access_token ?? "").list();
    assert.deepEqual([consented.status, reason(consented)], [403, "forbidden"]);
    assert.match(consented.json.error?.message ?? "", /Feature not enabled/);
    const delegated = await client.as((await client.assert(assertion())).json.access_token ?? "").list();
    assert.equal(delegated.status, 200);
  });

  it("forgets issued tokens when the state is replaced", async () => {
    const { json } = await client.assert(assertion());
    emulator.seed(tokenSeed);
    assert.equal((await client.as(json.access_token ?? "").list()).status, 401);
  });

  it("authorises the key of its own key file for all three scopes in every state", async () => {
    assert.equal(emulator.keyFile.token_uri, `${emulator.url}/token`);
    for (const each of [tokenSeed, { users: [{ email: "alice@example.com" }] }]) {
      emulator.seed(each);
      const scope = [BASIC, SHARING, AUDIT].join(" ");
      const reply = await client.assert(makeAssertion(accountOf(emulator.keyFile), emulator.url, { scope }));
      assert.equal(reply.status, 200, reply.text);
    }
  });

  const signJwt = (bearer: string, body: unknown, email = account.email) =>
    client.as(bearer).call("POST", `/v1/projects/-/serviceAccounts/${encodeURIComponent(email)}:signJwt`, body);
  const payload = () => {
    const [, claims = ""] = assertion().split(".");
    return Buffer.from(claims, "base64url").toString();
  };

  it("signs a JWT for a caller of the account, and takes it at the token endpoint", async () => {
    const { status, json } = await signJwt("ci", { payload: payload() });
    assert.equal(status, 200);
    assert.match(json.keyId ?? "", /^[0-9a-f]{40}$/);
    const granted = await client.assert(json.signedJwt ?? "");
    assert.equal(granted.status, 200, granted.text);
  });

  it("refuses to sign for anybody else with 403 PERMISSION_DENIED", async () => {
    for (const reply of [
      await signJwt("stranger", { payload: payload() }),
      await signJwt("alice", { payload: payload() }),
      await signJwt("ci", { payload: payload() }, "x@p.iam.gserviceaccount.com"),
    ]) {
      assert.deepEqual([reply.status, reply.json.error?.status], [403, "PERMISSION_DENIED"]);
    }
  });

  it("refuses to sign what is no JSON object, and a signature for one account does not count for another", async () => {
    for (const body of [{}, { payload: "x" }, { payload: {} }, "x"])
      assert.equal((await signJwt("ci", body)).status, 400);
    const forged = JSON.stringify({ ...(JSON.parse(payload()) as object), iss: emulator.keyFile.client_email });
    const { json } = await signJwt("ci", { payload: forged });
    assert.equal((await client.assert(json.signedJwt ?? "")).error, "invalid_grant");
  });

  it("logs the requested subject for /token and the token's user elsewhere, never a body", async () => {
    emulator.clearRequests();
    const { json } = await client.assert(assertion({ sub: "BOB@example.com" }));
    await client.as(json.access_token ?? "").call("GET", `${smimePath("bob@example.com")}?alt=json`);
    await client.as("unknown").list();
    await client.grant({ grant_type: "refresh_token", refresh_token: "r2", client_id: "c2", client_secret: "no" });
    const path = "/gmail/v1/users/me/settings/sendAs/bob@example.com/smimeInfo";
    assert.deepEqual(
      emulator.requests().map(({ ms, ...line }) => (assert.ok(Number.isInteger(ms)), line)),
      [
        { method: "POST", path: "/token", status: 200, subject: "BOB@example.com" },
        { method: "GET", path, status: 200, subject: "bob@example.com" },
        { method: "GET", path: path.replace("bob", "alice"), status: 401, subject: null },
        { method: "POST", path: "/token", status: 401, subject: "bob@example.com" },
      ],
    );
  });
});
