/** A mailbox's whole life and the audit key, with each credential a team may hold, through both adapters. */
import assert from "node:assert/strict";
import type { SettingName } from "../provider/settings";
import { AUDIT, BASIC, SHARING } from "./emulatorClient";
import { DELEGATED, delegatedTo } from "./keylessWorld";
import { mintPgpKey } from "./mint";
import { ADAPTERS } from "./sessions";
import type { Program, Story } from "./story";
import { ADMIN, ALICE, BOB, certificate, clean, mailbox, NOW, SALES, seed, unchanged, World } from "./world";

type Config = Partial<Record<SettingName, string>>;

const client = { clientId: "client", clientSecret: "client-secret" };
const TOKENS = {
  serviceAccounts: [delegatedTo(["caller"])],
  refreshTokens: [
    { token: "alice-refresh", user: ALICE, ...client, scopes: [BASIC, SHARING] },
    { token: "admin-refresh", user: ADMIN, ...client, scopes: [AUDIT] },
  ],
  accessTokens: [
    { token: "alice-token", user: ALICE, scopes: [BASIC, SHARING] },
    { token: "admin-token", user: ADMIN, scopes: [AUDIT] },
  ],
};
const userFile = (refresh_token: string): string =>
  JSON.stringify({
    type: "authorized_user",
    client_id: client.clientId,
    client_secret: client.clientSecret,
    refresh_token,
  });
const consentOf = (refreshToken: string): Config => ({ refreshToken, ...client });

/** `own`: without delegation, so that the mailbox may be called `me`. */
const HELD: readonly { readonly by: string; readonly own?: true; readonly config: (world: World) => Config }[] = [
  { by: "a service-account key", config: (world) => ({ credentials: JSON.stringify(world.emulator.keyFile) }) },
  { by: "keyless delegation", config: () => ({ serviceAccount: DELEGATED, accessToken: "caller" }) },
  { by: "a user's file", own: true, config: () => ({ credentials: userFile("alice-refresh") }) },
  { by: "a refresh token", own: true, config: () => consentOf("alice-refresh") },
  { by: "an access token", own: true, config: () => ({ accessToken: "alice-token" }) },
];

for (const adapter of ADAPTERS)
  describe(`credentials of every kind, through the ${adapter} adapter`, () => {
    let world: World;
    before(async () => {
      world = await World.start(adapter);
    });
    after(() => world.emulator.stop());
    beforeEach(() => {
      world.emulator.seed(seed({ duplicateInsert: "second" }, TOKENS));
    });

    const story = (config: Config): Story =>
      world.story({
        config: { endpoint: world.emulator.url, ...config },
        environment: { GOOGLE_WORKSPACE_MAIL_NOW: NOW },
      });

    for (const { by, own, config } of HELD)
      it(`take a mailbox through its life: ${by}`, async () => {
        const [now, next] = await Promise.all([world.mint(), world.mint()]);
        const args = own ? { userId: "me", sendAsEmail: ALICE } : {};
        const life = story(config(world));
        const program = (key: typeof now): Program => {
          const { alice, signs } = mailbox(key, args) as Record<"alice" | "signs", Program[string]>;
          return { alice, signs: { ...signs, args: { ...signs.args, ...args } } };
        };
        clean(await life.up(program(now)));
        assert.deepEqual([world.fingerprints(), world.default()], [[now.fingerprint], now.fingerprint]);
        world.emulator.clearRequests();
        unchanged(await life.preview(program(now)));
        assert.deepEqual(world.verbs(), [], "a preview asks for no token");
        unchanged(await life.refresh());
        clean(await life.up(program(next)));
        assert.deepEqual([world.fingerprints(), world.default()], [[next.fingerprint], next.fingerprint]);
        clean(await life.destroy());
        assert.deepEqual(world.fingerprints(), []);
      });

    describe("of the audit key", () => {
      let program: Program;
      let fingerprint: string;
      before(async () => {
        const key = await mintPgpKey();
        fingerprint = key.fingerprint;
        program = { audit: { token: "AuditPublicKey", args: { domain: "example.com", publicKey: key.publicKey } } };
      });

      for (const [by, config] of [
        ["an administrator's consent, as a file", () => ({ credentials: userFile("admin-refresh") })],
        ["an administrator's consent, as a refresh token", () => consentOf("admin-refresh")],
        ["an administrator's access token", () => ({ accessToken: "admin-token" })],
        [
          "delegation with adminEmail",
          (): Config => ({ credentials: JSON.stringify(world.emulator.keyFile), adminEmail: ADMIN }),
        ],
        [
          "keyless delegation with adminEmail",
          () => ({ serviceAccount: DELEGATED, accessToken: "caller", adminEmail: ADMIN }),
        ],
      ] as const)
        it(`upload it: ${by}`, async () => {
          const life = story(config());
          clean(await life.up(program));
          assert.equal(world.emulator.state().audit["example.com"]?.fingerprint, fingerprint);
          unchanged(await life.preview(program));
          clean(await life.destroy());
        });

      it("ask for an administrator where delegation is keyless too", async () => {
        const { errors } = await story({ serviceAccount: DELEGATED, accessToken: "caller" }).up(program);
        assert.match(errors["audit"] ?? "", /needs an administrator to act for: set google-workspace-mail:adminEmail/);
        assert.deepEqual(world.verbs(), []);
      });
    });

    describe("of one user", () => {
      for (const [by, config] of [
        ["a refresh token", consentOf("alice-refresh")],
        ["an access token", { accessToken: "alice-token" }],
      ] as const) {
        it(`take me and the user's own address for one mailbox: ${by}`, async () => {
          const key = await world.mint();
          const both = {
            me: certificate(key, { userId: "me", sendAsEmail: ALICE }),
            named: certificate(key, { sendAsEmail: ALICE }),
          };
          clean(await story(config).up(both));
          assert.deepEqual(world.fingerprints(), [key.fingerprint]);
        });

        it(`are told to be of another user, where a mailbox is not theirs: ${by}`, async () => {
          const { errors } = await story(config).up({ bob: certificate(await world.mint(BOB), { userId: BOB }) });
          assert.match(errors["bob"] ?? "", /of bob@example\.com: Google answered 403/);
          assert.match(errors["bob"] ?? "", /google-workspace-mail:(refreshToken|accessToken).*Next: /s);
          assert.deepEqual(world.fingerprints(BOB), []);
        });
      }

      it("say which switch is off where the domain gives its users no such API", async () => {
        const domains = [{ name: "example.com", admins: [ADMIN], endUserApiAccess: false }];
        world.emulator.seed(seed({}, { ...TOKENS, domains }));
        const { errors } = await story(consentOf("alice-refresh")).up({ alice: certificate(await world.mint()) });
        assert.match(errors["alice"] ?? "", /Feature not enabled.*Next: /);
        assert.match(errors["alice"] ?? "", /S\/MIME/);
      });

      it("use one token for all that the user may, the alias as well", async () => {
        const keys = await Promise.all([world.mint(), world.mint(SALES)]);
        const program = {
          alice: certificate(keys[0], { userId: "me", sendAsEmail: ALICE }),
          sales: certificate(keys[1], { userId: "me", sendAsEmail: SALES }),
        };
        clean(await story(consentOf("alice-refresh")).up(program));
        assert.equal(world.verbs().filter((verb) => verb === "token").length, 1);
      });

      it("are refused as me in the preview where a service account acts by name", async () => {
        const me = certificate(await world.mint(), { userId: "me", sendAsEmail: ALICE });
        const { failures } = await story({ serviceAccount: DELEGATED, accessToken: "caller" }).preview({ me });
        assert.match(
          failures["me"]?.[0]?.reason ?? "",
          /userId is me, but a service account acts for a user only by name/,
        );
      });
    });
  });
