/** getCallerIdentity of one user's own tokens, by consent or ready-made: whose they are, and what reads tell of their scopes. */
import assert from "node:assert/strict";
import { ASKING, type Config } from "./asking";
import { codes, consent, identity, KEY, OTHER, OWN, reasons, seeded } from "./callerIdentity";
import { ADMIN, ALICE, BOB, SALES, World } from "./world";

for (const [way, ask] of Object.entries(ASKING)) {
  describe(`getCallerIdentity, asked by the ${way} with a user's own token`, () => {
    let world: World;
    before(async () => {
      world = await World.start();
    });
    beforeEach(() => {
      world.emulator.seed(seeded());
    });
    after(() => world.emulator.stop());
    const about = (args: Record<string, unknown>, config?: Config) => identity(ask, world, args, config);

    describe("of a user's consent", () => {
      it("says whose it is and which scopes it has, by one refresh", async () => {
        const { kind, clientId, subject, scopes, findings } = await about({ userId: "me" }, consent("r3fr3sh-both"));
        assert.deepEqual([kind, clientId, subject], ["authorizedUser", "7-x.apps.googleusercontent.com", ALICE]);
        assert.deepEqual([scopes, findings], [[{ ...OWN, granted: true }], []]);
        assert.deepEqual(world.verbs(), ["token", "addresses", "list"]);
      });

      it("names the scope that was not consented to, though reading works without it", async () => {
        const found = await about({ userId: ALICE, sendAsEmail: SALES }, consent("r3fr3sh-basic"));
        assert.deepEqual(codes(found), ["error scopeNotConsented"]);
        assert.match(
          reasons(found),
          /google-workspace-mail:refreshToken lacks the scope\. Next: consent again with \S+settings\.sharing$/,
        );
        assert.deepEqual(found.scopes, [{ ...OTHER, granted: false, problem: reasons(found) }]);
      });

      it("names the administrator's switch that users' own tokens need", async () => {
        world.emulator.seed(seeded({ domains: [{ name: "example.com", admins: [ADMIN], endUserApiAccess: false }] }));
        const found = await about({ userId: ALICE }, consent("r3fr3sh-basic"));
        assert.match(
          reasons(found),
          /Feature not enabled.*as this is a user's own token, the administrator's switch for end users/,
        );
      });

      it("of an administrator serves the audit key, and no mailbox", async () => {
        const found = await about({ userId: ADMIN, domain: "example.com" }, consent("r3fr3sh-audit"));
        assert.deepEqual(
          found.scopes.map(({ granted }) => granted),
          [false, true],
        );
        assert.deepEqual(codes(found), ["error scopeNotConsented", "warning auditNotTried"]);
      });

      it("names the OAuth client and its project in what Gmail refuses", async () => {
        for (const [reason, sentence] of [
          ["accessNotConfigured", /is off in the Cloud project of OAuth client 7-x\S+ Next: gcloud .* --project 7 /],
          ["domainPolicy", /App access control, trust OAuth client 7-x\.apps/],
          ["forbidden", /Next: check that the token of google-workspace-mail:refreshToken is of this mailbox/],
        ] as const) {
          world.emulator.fault({ match: { path: "/sendAs" }, times: 2, status: 403, reason, message: "No." });
          assert.match(reasons(await about({ userId: ALICE }, consent("r3fr3sh-basic"))), sentence);
        }
      });

      it("that was revoked is one finding for all", async () => {
        const found = await about({ userId: ALICE, domain: "example.com" }, consent("r3fr3sh-revoked"));
        assert.deepEqual(codes(found), ["error invalid_grant"]);
        assert.match(reasons(found), /Next: consent again/);
      });
    });

    describe("of a ready access token", () => {
      const own = { accessToken: "t0k3n-own" };

      it("says what reads cannot tell: whether it may write", async () => {
        for (const token of ["t0k3n-own", "t0k3n-read-only"]) {
          world.emulator.clearRequests();
          const found = await about({ userId: "me" }, { accessToken: token });
          assert.deepEqual(
            [found["kind"], found["subject"], found.scopes, found.usable],
            ["accessToken", ALICE, [OWN], true],
          );
          assert.deepEqual(codes(found), ["warning scopeNotKnown"]);
          assert.deepEqual(world.verbs(), ["addresses", "list"]);
        }
      });

      it("says whose it is, where that is another user's mailbox", async () => {
        const found = await about({ userId: BOB }, own);
        assert.deepEqual([codes(found), found["subject"], found.usable], [["error otherUser"], ALICE, false]);
        assert.match(
          reasons(found),
          /The token of google-workspace-mail:accessToken is alice@example\.com's.*not on bob@example\.com/,
        );
        assert.deepEqual(world.verbs(), ["addresses"]);
      });

      it("tells by what it may read that a scope is granted, or is not", async () => {
        const other = await about({ userId: ALICE, sendAsEmail: SALES }, { accessToken: "t0k3n-sharing-only" });
        assert.deepEqual([other.scopes, other.findings], [[{ ...OTHER, granted: true }], []]);
        for (const accessToken of ["t0k3n-sharing-only", "t0k3n-nothing"]) {
          const mine = await about({ userId: ALICE }, { accessToken });
          assert.deepEqual(codes(mine), ["error insufficientPermissions"], accessToken);
          assert.equal(mine.scopes[0]?.granted, false);
          assert.match(mine.scopes[0].problem ?? "", /lacks the scope\. Next: make it again with \S+settings\.basic$/);
        }
      });

      it("of another address of `me` needs the scope for it, and that address", async () => {
        const args = { userId: "me", sendAsEmail: SALES };
        const { scopes, subject } = await about(args, own);
        assert.deepEqual([scopes, subject], [[OTHER], ALICE]);
        const strange = await about({ userId: "me", sendAsEmail: BOB }, own);
        assert.deepEqual(codes(strange), ["error notSendAs"]);
      });

      it("that has expired, or that nobody made, says so once", async () => {
        const found = await about({ userId: ALICE }, { accessToken: "t0k3n-expired" });
        assert.deepEqual(codes(found), ["error authError"]);
        assert.match(reasons(found), /google-workspace-mail:accessToken: set it to a fresh one/);
      });

      it("of a service account itself has no mailbox, which is said", async () => {
        world.emulator.fault({
          match: { path: "/sendAs$" },
          status: 400,
          reason: "failedPrecondition",
          message: "No.",
        });
        const found = await about({ userId: "me" }, own);
        assert.deepEqual(codes(found), ["error failedPrecondition"]);
        assert.match(reasons(found), /the token in google-workspace-mail:accessToken is a service account's own/);
      });

      it("for the audit key is taken at its word, which is said", async () => {
        const found = await about({ domain: "example.com" }, own);
        assert.deepEqual([found.scopes, found.usable], [[KEY], undefined], "nobody was asked whether it holds");
        assert.match(
          reasons(found),
          /whether Google takes the token, and it has the scope \S+audit\/, and whether its user is an administrator of example\.com/,
        );
        assert.deepEqual(world.verbs(), []);
      });
    });
  });
}
