/** Keyless delegation: whoever may ask IAM to sign, what they and Google are asked, and how long it holds. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { SCOPES } from "../provider/google/scopes";
import { byFile, CALLERS, EXCHANGE, federated, gcloudUser, onMetadata, withAccount } from "./callers";
import { AUDIENCE, federation, JWT_TYPE, SUBJECT_TOKEN } from "./identityServer";
import { CALLER_TOKENS, DELEGATED, KeylessWorld } from "./keylessWorld";
import { ADAPTERS } from "./sessions";
import { ALICE, BOB, certificate, clean, NOW, SALES } from "./world";

const WANTED = [
  [ALICE, SCOPES.primary],
  [ALICE, SCOPES.custom],
  [BOB, SCOPES.primary],
] as const;
const AWS = { AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "AKIACANARY", AWS_SECRET_ACCESS_KEY: "aws-secret-canary" };

describe("keyless delegation", () => {
  let keyless: KeylessWorld;
  before(async () => {
    keyless = await KeylessWorld.start();
  });
  after(() => keyless.stop());
  beforeEach(() => {
    keyless.reset();
  });

  for (const { by, held, asked } of CALLERS) {
    it(`by ${by}: one token of the caller for all, one signature and one exchange for each mailbox and scope`, async () => {
      const { source } = keyless.tokens(held(keyless));
      const seven = Array.from({ length: 7 }, () => WANTED).flat();
      const tokens = await Promise.all(seven.map(([subject, scope]) => source.token(subject, scope)));
      assert.equal(new Set(tokens).size, 3);
      assert.deepEqual(keyless.identity.paths(), asked);
      assert.deepEqual(keyless.asked(), { signed: 3, exchanged: 3 });
      const audience = `${keyless.world.emulator.url}/token`;
      for (const [sub, scope] of WANTED) {
        const [one, ...others] = keyless.signed.filter(
          ({ claims }) => claims["sub"] === sub && claims["scope"] === scope,
        );
        assert.ok(one && others.length === 0);
        const { iat, exp, ...rest } = one.claims;
        assert.deepEqual(rest, { iss: DELEGATED, sub, scope, aud: audience });
        assert.deepEqual([Number(exp) - Number(iat), Math.round(one.at / 60_000 - Number(iat) / 60)], [3600, 11]);
        assert.equal(one.headers.get("authorization"), `Bearer ${CALLER_TOKENS[0]}`);
      }
      const [exchange] = keyless.identity.asked.filter(({ path }) => path === "/v1/token");
      if (exchange)
        assert.deepEqual(
          [exchange.form["audience"], exchange.form["subject_token"], exchange.form["subject_token_type"]],
          [AUDIENCE, SUBJECT_TOKEN, JWT_TYPE],
        );
    });
  }

  it("by AWS: the request that says who this is goes to Google signed, without the secret key", async () => {
    const verification = "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15";
    const held = federated(keyless, { environment_id: "aws1", regional_cred_verification_url: verification });
    const before = { ...process.env };
    Object.assign(process.env, AWS);
    try {
      await keyless.tokens(held).source.token(ALICE, SCOPES.primary);
    } finally {
      for (const name of Object.keys(AWS)) process.env[name] = before[name] ?? "";
    }
    assert.deepEqual(keyless.identity.paths(), [EXCHANGE]);
    const subject = decodeURIComponent(keyless.identity.asked[0]?.form["subject_token"] ?? "");
    const { url, headers } = JSON.parse(subject) as { url: string; headers: { key: string; value: string }[] };
    assert.equal(url, verification.replace("{region}", "eu-west-1"));
    assert.ok(headers.some(({ key, value }) => key === "x-goog-cloud-target-resource" && value === AUDIENCE));
    assert.ok(headers.some(({ key, value }) => key === "authorization" && value.includes(AWS.AWS_ACCESS_KEY_ID)));
    assert.doesNotMatch(subject, /aws-secret-canary/);
  });

  it("of a workforce pool names its project, and a client's secret goes as Basic authorisation", async () => {
    const source = { file: keyless.file("subject", SUBJECT_TOKEN) };
    const audience = "//iam.googleapis.com/locations/global/workforcePools/people/providers/oidc";
    const { stsUrl: token_url } = keyless;
    const pool = federation(source, { token_url, audience, workforce_pool_user_project: "42" });
    const client = federation(source, { token_url, client_id: "pool client", client_secret: "pool-secret" });
    for (const credentials of [pool, client])
      await keyless.tokens(withAccount({ credentials })).source.token(ALICE, SCOPES.primary);
    const [ofPool, ofClient] = keyless.identity.asked;
    assert.equal(ofPool?.form["options"], '{"userProject":"42"}');
    assert.equal(ofPool.headers.authorization, undefined);
    assert.equal(ofClient?.form["options"], undefined);
    assert.equal(ofClient?.headers.authorization, `Basic ${Buffer.from("pool client:pool-secret").toString("base64")}`);
  });

  it("counts against the project that gcloud's file names for its quota, which Gmail is not told", async () => {
    const { source } = keyless.tokens(withAccount({ credentials: gcloudUser({ quota_project_id: "ours" }) }));
    await source.token(ALICE, SCOPES.primary);
    assert.deepEqual(
      keyless.signed.map(({ headers }) => headers.get("x-goog-user-project")),
      ["ours"],
    );
  });

  describe("the caller's token", () => {
    it("is asked for again when half of it is over, where it is as short as a metadata server's may be", async () => {
      keyless.identity.lifetime = 240;
      const { source, pass } = keyless.tokens(onMetadata(keyless));
      await source.token(ALICE, SCOPES.primary);
      pass(110_000);
      await source.token(ALICE, SCOPES.custom);
      assert.equal(keyless.identity.asked.length, 1);
      pass(15_000);
      await source.token(BOB, SCOPES.primary);
      const bearers = keyless.signed.map(({ headers }) => headers.get("authorization"));
      assert.deepEqual(
        bearers,
        [0, 0, 1].map((index) => `Bearer ${CALLER_TOKENS[index] ?? ""}`),
      );
      pass(3 * 60_000);
      await source.token(BOB, SCOPES.primary);
      assert.deepEqual(keyless.asked(), { signed: 3, exchanged: 3 });
    });

    it("is asked for again after a refusal, which all who wait are told", async () => {
      const { source } = keyless.tokens(byFile(keyless));
      keyless.identity.replies = [() => ({ status: 400, body: { error: "invalid_grant" } })];
      const waiting = [ALICE, BOB].map((subject) => source.token(subject, SCOPES.primary));
      assert.deepEqual(
        (await Promise.allSettled(waiting)).map(({ status }) => status),
        ["rejected", "rejected"],
      );
      await source.token(ALICE, SCOPES.primary);
      assert.deepEqual(keyless.identity.paths(), [EXCHANGE, EXCHANGE]);
    });
  });

  it("waits out 429 and 503, at each step on the way, for as long as Google asks", async () => {
    const { source } = keyless.tokens(byFile(keyless));
    keyless.identity.replies = [503, 429].map((status) => () => ({
      status,
      body: "",
      headers: { "Retry-After": "2" },
    }));
    keyless.world.emulator.fault({ match: { path: ":signJwt$" }, times: 2, status: 503 });
    const busy = { status: 429, headers: { "Retry-After": "7" } };
    keyless.world.emulator.fault({ match: { path: "^/token$" }, times: 2, ...busy });
    await source.token(ALICE, SCOPES.primary);
    assert.deepEqual(keyless.identity.paths(), [EXCHANGE, EXCHANGE, EXCHANGE]);
    assert.deepEqual(keyless.asked(), { signed: 3, exchanged: 3 });
  });

  it("gives up after eight tries and 120 seconds, of which the mailbox's call makes none again", async () => {
    const key = await keyless.world.mint();
    keyless.world.emulator.fault({ match: { path: ":signJwt$" }, times: 100, status: 503 });
    const config = { endpoint: keyless.world.emulator.url, serviceAccount: DELEGATED, accessToken: CALLER_TOKENS[0] };
    const story = keyless.world.story({ config, environment: { GOOGLE_WORKSPACE_MAIL_NOW: NOW } });
    const { errors } = await story.up({ alice: certificate(key) });
    assert.match(errors["alice"] ?? "", /^Getting a signature of mail-keys@\S+ from IAM: Google answered 503/);
    assert.match(errors["alice"] ?? "", /was busy; run it again/);
    const { signed } = keyless.asked();
    assert.ok(signed > 1 && signed <= 8, String(signed));
    assert.ok(story.waited <= 120_000, String(story.waited));
  });

  for (const minutes of [-10, 10])
    for (const adapter of ADAPTERS)
      it(`works with a clock that is ${String(Math.abs(minutes))} minutes ${minutes < 0 ? "slow" : "fast"}, with no tolerance of Google's (${adapter})`, async () => {
        const key = await keyless.world.mint(SALES);
        const now = (): Date => new Date(Date.now() + minutes * 60_000);
        const config = { endpoint: keyless.world.emulator.url, credentials: gcloudUser(), serviceAccount: DELEGATED };
        const story = keyless.world.story({ adapter, config, environment: {}, now, fetch: keyless.fetch });
        clean(await story.up({ sales: certificate(key, { sendAsEmail: SALES, expiryPolicy: "ignore" }) }));
        assert.deepEqual(keyless.world.fingerprints(ALICE, SALES), [key.fingerprint]);
        assert.ok(keyless.signed.length > 0);
        for (const { claims, at } of keyless.signed) {
          const [iat, exp, seconds] = [Number(claims["iat"]), Number(claims["exp"]), at / 1000];
          assert.ok(iat <= seconds && exp > seconds, "neither from the future nor over");
          assert.ok(exp - iat <= 3600 && exp - seconds <= 3600, "not longer than an hour");
        }
      });

  it("writes nothing to disk", async () => {
    const held = byFile(keyless);
    const before = readdirSync(keyless.folder);
    await keyless.tokens(held).source.token(ALICE, SCOPES.primary);
    assert.deepEqual(readdirSync(keyless.folder), before);
  });
});
