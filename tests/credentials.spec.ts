/** Access tokens: one subject a mailbox, least scope, one exchange shared, and a clock that may be wrong. */
import assert from "node:assert/strict";
import { findCredential } from "../provider/credentialSettings";
import { SCOPES } from "../provider/google/scopes";
import { TokenSource } from "../provider/google/tokens";
import { Transport } from "../provider/google/transport";
import { ADAPTERS } from "./sessions";
import { ADMIN, ALICE, BOB, certificate, clean, SALES, seed, World } from "./world";

let world: World;
/** The claims of the assertions that a program's up sent. */
async function assertions(run: (spy: typeof fetch) => Promise<void>): Promise<Record<string, unknown>[]> {
  const claims: Record<string, unknown>[] = [];
  await run(async (input, init) => {
    const body =
      typeof init?.body === "string" && init.body.includes("assertion=") ? new URLSearchParams(init.body) : undefined;
    const [, payload] = body?.get("assertion")?.split(".") ?? [];
    if (payload) claims.push(JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>);
    return fetch(input, init);
  });
  return claims;
}

describe("tokens of a service account", () => {
  before(async () => {
    world = await World.start();
  });
  after(() => world.emulator.stop());
  beforeEach(() => world.emulator.seed(seed()));
  for (const adapter of ADAPTERS) {
    it(`act for the mailbox's own user, with settings.basic for the primary address and settings.sharing for another (${adapter})`, async () => {
      const [own, sales] = await Promise.all([world.mint(), world.mint(SALES)]);
      const claims = await assertions(async (spy) => {
        clean(
          await world
            .story({ adapter, fetch: spy })
            .up({ own: certificate(own), sales: certificate(sales, { sendAsEmail: SALES }) }),
        );
      });
      const asked = claims.map(({ sub, scope }) => [sub, scope]).sort();
      assert.deepEqual(asked, [
        [ALICE, SCOPES.primary],
        [ALICE, SCOPES.custom],
      ]);
    });
  }

  it("are exchanged once for all who wait, and again for another subject or scope", async () => {
    const { source } = tokens();
    const wanted = [ALICE, ALICE, ALICE, BOB].map((subject) => source.token(subject, SCOPES.primary));
    const [one, two, three, other] = await Promise.all(wanted);
    assert.equal(one, two);
    assert.equal(one, three);
    assert.notEqual(one, other);
    await source.token(ADMIN, SCOPES.audit);
    assert.deepEqual(world.verbs(), ["token", "token", "token"]);
  });

  it("are renewed five minutes before they end, once for all who wait", async () => {
    const { source, pass } = tokens();
    const first = await source.token(ALICE, SCOPES.primary);
    pass(54 * 60_000);
    assert.equal(await source.token(ALICE, SCOPES.primary), first);
    pass(2 * 60_000);
    const renewed = await Promise.all([source.token(ALICE, SCOPES.primary), source.token(ALICE, SCOPES.primary)]);
    assert.notEqual(renewed[0], first);
    assert.equal(renewed[0], renewed[1]);
    assert.deepEqual(world.verbs(), ["token", "token"]);
  });

  it("are asked for again after a failure", async () => {
    const { source } = tokens();
    world.emulator.fault({ match: { path: "^/token$" }, times: 1, status: 400, body: '{"error":"invalid_grant"}' });
    await assert.rejects(() => source.token(ALICE, SCOPES.primary), /invalid_grant/);
    assert.equal(typeof (await source.token(ALICE, SCOPES.primary)), "string");
  });

  for (const adapter of ADAPTERS) {
    for (const minutes of [-10, 10]) {
      it(`are had with a clock that is ${String(Math.abs(minutes))} minutes ${minutes < 0 ? "slow" : "fast"} (${adapter})`, async () => {
        const key = await world.mint();
        const now = (): Date => new Date(Date.now() + minutes * 60_000);
        const claims = await assertions(async (spy) => {
          clean(await world.story({ adapter, now, fetch: spy }).up({ alice: certificate(key) }));
        });
        assert.deepEqual(world.fingerprints(), [key.fingerprint]);
        const seconds = Date.now() / 1000;
        for (const { iat, exp } of claims) {
          assert.ok(Number(iat) <= seconds && Number(exp) > seconds, "with no tolerance of Google's");
          assert.ok(Number(exp) - Number(iat) <= 3600 && Number(exp) - seconds <= 3600);
        }
        assert.equal(claims.length, 1);
      });
    }
  }

  it("are never shown: an error names the account's client id, not its key or assertion", async () => {
    const { source } = tokens();
    world.emulator.fault({
      match: { path: "^/token$" },
      times: 1,
      status: 500,
      body: JSON.stringify({ error: world.emulator.keyFile.private_key }),
    });
    world.emulator.fault({ match: { path: "^/token$" }, times: 100, status: 400, body: "x" });
    await assert.rejects(
      () => source.token(ALICE, SCOPES.primary),
      (error: Error) => !/PRIVATE KEY|eyJ/.test(error.message + String(error.stack)),
    );
  });
});

/** A source of tokens on a clock of the test's own. */
function tokens(): { source: TokenSource; pass: (milliseconds: number) => void } {
  let time = 0;
  const now = (): Date => new Date();
  const tokenUrl = `${world.emulator.url}/token`;
  const sleep = (milliseconds: number): Promise<void> => {
    time += milliseconds;
    return Promise.resolve();
  };
  const transport = new Transport({ now, elapsed: () => time, random: () => 0, sleep, fetch });
  const setting = (name: string): string | undefined =>
    name === "credentials" ? JSON.stringify(world.emulator.keyFile) : undefined;
  const credential = findCredential({ setting, environment: {} }, tokenUrl);
  return {
    source: new TokenSource(credential, { transport, tokenUrl, now, environment: {} }),
    pass: (milliseconds) => void (time += milliseconds),
  };
}
