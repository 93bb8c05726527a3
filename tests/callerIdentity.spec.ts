/** getCallerIdentity with delegation, or without credentials: who asks, for whom, and everything that is missing. */
import assert from "node:assert/strict";
import { ASKING, keyFile, type Config } from "./asking";
import { AUDIT, BASIC, codes, consent, identity, KEY, KEYLESS, OTHER, OWN, reasons, seeded } from "./callerIdentity";
import { ADMIN, ALICE, BOB, SALES, World } from "./world";

for (const [way, ask] of Object.entries(ASKING)) {
  describe(`getCallerIdentity, asked by the ${way}`, () => {
    let world: World;
    before(async () => {
      world = await World.start();
    });
    beforeEach(() => {
      world.emulator.seed(seeded());
    });
    after(() => world.emulator.stop());
    const about = (args: Record<string, unknown>, config?: Config) => identity(ask, world, args, config);

    describe("of a service-account key", () => {
      const account = () => {
        const { client_email: serviceAccount, client_id: clientId } = world.emulator.keyFile;
        const source = "google-workspace-mail:credentials";
        const endpoint = world.emulator.url;
        return { kind: "serviceAccountKey", source, serviceAccount, clientId, adminEmail: ADMIN, endpoint };
      };

      it("says without a request what it is, where neither mailbox nor domain is named", async () => {
        assert.deepEqual(await about({}), { ...account(), scopes: [], findings: [] });
        assert.deepEqual(world.verbs(), []);
      });

      it("finds a mailbox's own address usable by one token and two reads", async () => {
        assert.deepEqual(await about({ userId: " Alice@Example.com " }), {
          ...account(),
          subject: ALICE,
          scopes: [{ ...OWN, granted: true }],
          findings: [],
          usable: true,
        });
        assert.deepEqual(world.verbs(), ["token", "addresses", "list"]);
      });

      it("asks about another address with the scope for it, and no other", async () => {
        const { scopes, findings } = await about({ userId: ALICE, sendAsEmail: SALES });
        assert.deepEqual([scopes, findings], [[{ ...OTHER, granted: true }], []]);
        assert.deepEqual(world.verbs(), ["token", "list"]);
      });

      it("has a token for the audit key, and says that nothing more can be tried", async () => {
        const found = await about({ domain: "Example.com" });
        assert.deepEqual([found.scopes, found.usable], [[{ ...KEY, granted: true }], true]);
        assert.deepEqual(codes(found), ["warning auditNotTried"]);
        assert.match(
          reasons(found),
          /no read, so the first upload is the first to tell whether admin@example\.com is an administrator of example\.com, and whether Google takes delegation/,
        );
        assert.deepEqual(
          world.emulator.requests().map(({ path, subject }) => [path, subject]),
          [["/token", ADMIN]],
        );
      });

      it("tells all that is missing at once, each with the next step", async () => {
        world.emulator.seed(seeded({ domains: [{ name: "example.com", admins: [ADMIN], smimeEnabled: false }] }));
        const found = await about({ userId: ALICE, domain: "example.com" }, { ...keyFile(world), adminEmail: "" });
        assert.deepEqual(codes(found), ["error forbidden", "error noAdminEmail"]);
        assert.match(
          reasons(found),
          /Hosted S\/MIME is probably off.*Next: Admin console.*\nAuditPublicKey needs an administrator.*adminEmail/,
        );
        assert.equal(found.usable, false);
        assert.deepEqual(
          found.scopes.map(({ granted }) => granted),
          [true, undefined],
        );
        assert.deepEqual(world.verbs(), ["token", "addresses", "list"]);
      });

      it("names client ID and scope where they are not authorised, and asks no further", async () => {
        const refused = { error: "unauthorized_client", error_description: "Client is unauthorized." };
        world.emulator.fault({ match: { path: "^/token$" }, times: 2, status: 401, body: JSON.stringify(refused) });
        const found = await about({ userId: ALICE, domain: "example.com" });
        assert.deepEqual(codes(found), ["error unauthorized_client", "error unauthorized_client"]);
        for (const [index, scope] of [BASIC, AUDIT].entries()) {
          const { granted, problem = "" } = found.scopes[index] ?? assert.fail();
          assert.equal(granted, false);
          assert.ok(problem.includes(`authorise client ID ${world.emulator.keyFile.client_id} for ${scope}`), problem);
          assert.equal(found.findings[index]?.reason, problem);
        }
        assert.deepEqual(world.verbs(), ["token", "token"]);
      });

      it("says which user, address or mailbox Google does not know", async () => {
        const ghost = await about({ userId: "ghost@example.com" });
        assert.deepEqual([codes(ghost), ghost.usable], [["error invalid_grant"], false]);
        assert.equal(ghost.scopes[0]?.granted, undefined, "the scope may well be granted");
        const address = await about({ userId: ALICE, sendAsEmail: BOB });
        assert.deepEqual(codes(address), ["error notSendAs"]);
        assert.match(reasons(address), /^bob@example\.com is no send-as address of alice@example\.com\. Next: /);
      });

      it("says that the Gmail API is off once, though both reads are refused", async () => {
        world.emulator.fault({
          match: { path: "/sendAs" },
          times: 2,
          status: 403,
          reason: "accessNotConfigured",
          message: "Off.",
        });
        const found = await about({ userId: ALICE });
        assert.deepEqual(codes(found), ["error accessNotConfigured"]);
        assert.match(reasons(found), /gcloud services enable gmail\.googleapis\.com --project /);
        assert.deepEqual(world.verbs(), ["token", "addresses", "list"]);
      });

      it("says within two tries who gave no answer, asks that one nothing else, and nobody for ten seconds", async () => {
        for (const [path, asked] of [
          ["^/token$", ["token", "token"]],
          ["/sendAs$", ["token", "addresses", "addresses"]],
        ] as const) {
          world.emulator.seed(seeded());
          world.emulator.fault({ match: { path }, times: 100, drop: "before" });
          const found = await about({ userId: ALICE, domain: "example.com" });
          assert.deepEqual(codes(found), ["error unreachable"]);
          assert.match(reasons(found), /^127\.0\.0\.1:\d+ gave no answer \(\w+\), so that .*network.*$/);
          assert.deepEqual([world.verbs(), found.usable], [asked, false]);
        }
      });

      it("says that Google is not to be reached, as a finding", async () => {
        world.emulator.fault({ match: { path: "^/token$" }, times: 100, status: 503, body: "" });
        const found = await about({ userId: ALICE });
        assert.match(reasons(found), /Google answered 503.*could not be reached or was busy/);
        assert.deepEqual([found.usable, found.scopes[0]?.granted], [false, undefined]);
      });
    });

    describe("of no key", () => {
      it("names the account and who asks IAM to sign for it", async () => {
        const config = { serviceAccount: KEYLESS, accessToken: "t0k3n-ci" };
        const { kind, source, serviceAccount, clientId, caller, callerSource, usable } = await about(
          { userId: ALICE },
          config,
        );
        assert.deepEqual(
          [kind, source, serviceAccount, clientId, usable],
          ["keyless", "google-workspace-mail:serviceAccount", KEYLESS, undefined, true],
        );
        assert.deepEqual([caller, callerSource], ["accessToken", "google-workspace-mail:accessToken"]);
        const [signing, ...rest] = world.emulator.requests();
        assert.match(signing?.path ?? "", /:signJwt$/);
        assert.deepEqual(
          rest.map(({ path }) => path.replace(/.*\//, "")),
          ["token", "sendAs", "smimeInfo"],
        );
      });

      it("names the account's project and client in what Gmail refuses", async () => {
        const config = { serviceAccount: KEYLESS, accessToken: "t0k3n-ci" };
        for (const [reason, sentence] of [
          ["accessNotConfigured", /is off in the Cloud project of the client ID of keyless@.* --project project /],
          ["domainPolicy", /App access control, trust the client ID of keyless@project\S+ \(its "Unique ID"/],
        ] as const) {
          world.emulator.fault({ match: { path: "/sendAs" }, times: 2, status: 403, reason, message: "No." });
          assert.match(reasons(await about({ userId: ALICE }, config)), sentence);
        }
      });

      it("tells apart that IAM does not let sign from a scope that is not authorised", async () => {
        const stranger = await about({ userId: ALICE }, { serviceAccount: KEYLESS, accessToken: "t0k3n-stranger" });
        assert.match(reasons(stranger), /roles\/iam\.serviceAccountTokenCreator/);
        assert.equal(stranger.scopes[0]?.granted, undefined);
        world.emulator.fault({
          match: { path: "^/token$" },
          status: 401,
          body: JSON.stringify({ error: "unauthorized_client" }),
        });
        const otherClient = await about({ userId: ALICE }, { serviceAccount: KEYLESS, ...consent("r3fr3sh-basic") });
        assert.match(reasons(otherClient), /does not take OAuth client 7-x/);
        assert.equal(otherClient.scopes[0]?.granted, undefined, "who asks IAM was refused, not the scope");
        const config = { serviceAccount: KEYLESS, accessToken: "t0k3n-ci" };
        const sales = await about({ userId: ALICE, sendAsEmail: SALES }, config);
        assert.match(
          reasons(sales),
          /authorise the client ID of keyless@project\S+ \(its "Unique ID".* for \S+sharing$/,
        );
        assert.equal(sales.scopes[0]?.granted, false);
      });
    });

    it("without any credentials is an answer, with the next step, and asks nothing", async () => {
      for (const args of [{}, { userId: ALICE, domain: "example.com" }, { userId: "me" }]) {
        const found = await about(args, {});
        assert.deepEqual([found["kind"], found["source"], found.usable], ["none", undefined, false]);
        assert.deepEqual(codes(found), ["error noCredentials"]);
        assert.match(reasons(found), /^No Google credentials: set the secret google-workspace-mail:credentials/);
      }
      assert.deepEqual(world.verbs(), []);
    });

    it("rejects what cannot be asked, all at once", async () => {
      await assert.rejects(
        about({ userId: "alice", domain: "example" }),
        /userId is not an e-mail address\..* domain is not a domain name\./,
      );
      await assert.rejects(about({ sendAsEmail: SALES }), /write the mailbox's userId too/);
      await assert.rejects(about({ userId: "me" }), /userId is me, but a service account acts for a user only by name/);
      assert.deepEqual(world.verbs(), []);
    });
  });
}
