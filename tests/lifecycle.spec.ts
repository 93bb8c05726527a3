/** The lifecycle list of the design, through story.ts: what Pulumi asks, and what Google holds afterwards. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mintPgpKey, mintPkcs12 } from "./mint";
import { ADAPTERS } from "./sessions";
import { fileAsset, UNKNOWN, type Program, type Story } from "./story";
import {
  ADMIN,
  ALICE,
  BOB,
  certificate,
  clean,
  defaultOf,
  mailbox,
  seed,
  unchanged,
  World,
  type Minted,
} from "./world";

for (const adapter of ADAPTERS)
  describe(`lifecycle through the ${adapter} adapter`, () => {
    let world: World;
    let first: Minted;
    let second: Minted;
    before(async () => {
      world = await World.start(adapter);
      [first, second] = await Promise.all([
        world.mint(),
        world.mint(ALICE, { notAfter: new Date("2028-05-01T00:00:00Z") }),
      ]);
    });
    after(() => world.emulator.stop());

    let story: Story;
    beforeEach(() => {
      world.emulator.seed(seed());
      story = world.story();
    });

    it("asks Google four things to create a certificate and its default, two to refresh them, five to rotate", async () => {
      clean(await story.up(mailbox(first)));
      assert.deepEqual(world.verbs(), ["token", "list", "insert", "setDefault"]);
      world.emulator.clearRequests();
      unchanged(await story.refresh());
      assert.deepEqual(world.verbs(), ["token", "list"]);
      world.emulator.clearRequests();
      clean(await story.up(mailbox(second)));
      assert.deepEqual(world.verbs(), ["token", "list", "insert", "setDefault", "delete"]);
    });

    it("accepts values not known in a preview, and asks Google nothing", async () => {
      const program: Program = {
        alice: { token: "SmimeCertificate", args: { userId: UNKNOWN, pkcs12: UNKNOWN, password: UNKNOWN } },
        pem: {
          token: "SmimeCertificate",
          args: { userId: ALICE, privateKey: UNKNOWN, certificate: UNKNOWN, chain: UNKNOWN },
        },
        signs: { token: "DefaultSmimeCertificate", args: { userId: ALICE, certificateId: UNKNOWN } },
        chooses: {
          token: "DefaultSmimeCertificate",
          args: {
            userId: BOB,
            choose: "furthestExpiry",
            candidates: [{ certificateId: UNKNOWN, expiration: UNKNOWN }],
          },
        },
        audit: { token: "AuditPublicKey", args: { domain: UNKNOWN, publicKey: UNKNOWN } },
      };
      assert.deepEqual(new Set(Object.values(clean(await story.preview(program)))), new Set(["create"]));
      assert.deepEqual(world.verbs(), []);
    });

    it("takes another password or encoding of the same certificate for no change", async () => {
      clean(await story.up({ alice: certificate(first) }));
      world.emulator.clearRequests();
      const again = (await mintPkcs12(first, { password: "another one" })).toString("base64url");
      unchanged(await story.up({ alice: certificate(first, { pkcs12: again, password: "another one" }) }));
      assert.deepEqual(world.verbs(), []);
    });

    it("keeps what ignoreChanges hands back: the Asset of a file that has changed since, or gone", async () => {
      const folder = mkdtempSync(join(tmpdir(), "google-workspace-mail-kept-"));
      try {
        const [p12, asc] = [join(folder, "alice.p12"), join(folder, "audit.asc")];
        const [audit, another] = await Promise.all([mintPgpKey(), mintPgpKey()]);
        writeFileSync(p12, first.bytes);
        writeFileSync(asc, audit.publicKey);
        const program: Program = {
          alice: certificate(first, { pkcs12: fileAsset(p12) }),
          audit: { token: "AuditPublicKey", args: { domain: "example.com", publicKey: fileAsset(asc) } },
        };
        clean(await story.up(program));
        world.emulator.clearRequests();
        writeFileSync(p12, second.bytes);
        writeFileSync(asc, another.publicKey);
        unchanged(await story.up(program));
        rmSync(folder, { recursive: true });
        unchanged(await story.up(program));
        assert.deepEqual(world.verbs(), []);
        assert.deepEqual(world.fingerprints(), [first.fingerprint]);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });

    it("says who signs now where neither the delete nor the way back from it succeeds", async () => {
      world.emulator.seed(seed({ deleteDefault: "refuse" }));
      clean(await story.up(mailbox(first)));
      const foreign = await world.byHand(second);
      const [remove, setDefault] = [
        { method: "DELETE", path: "smimeInfo/[^/]+$" },
        { method: "POST", path: "setDefault$" },
      ];
      const forbidden = { status: 403, reason: "forbidden" };
      // the first of each is answered as Google would
      world.emulator.fault(
        { match: remove, times: 1 },
        { match: remove, ...forbidden },
        { match: setDefault, times: 1 },
        { match: setDefault, ...forbidden },
      );
      const { errors } = await story.destroy();
      assert.match(
        errors["alice"] ?? "",
        new RegExp(
          `Meanwhile alice@example\\.com signs with certificate ${foreign}, which had to become the default first`,
        ),
      );
      assert.equal(world.default(), second.fingerprint);
    });

    it("takes the case of an address for no change, and user+tag for an address of its own", async () => {
      const tagged = "Alice+Signing@Example.com";
      world.emulator.seed(seed({}, { users: [{ email: "alice+signing@example.com" }, { email: ALICE }] }));
      const key = await world.mint("alice+signing@example.com");
      clean(await story.up({ alice: certificate(key, { userId: tagged }) }));
      assert.deepEqual(world.fingerprints("alice+signing@example.com"), [key.fingerprint]);
      unchanged(await story.refresh());
      unchanged(await story.up({ alice: certificate(key, { userId: tagged.toLowerCase() }) }));
    });

    it("names an address that is percent-encoded", async () => {
      const { failures } = await story.preview({ alice: certificate(first, { userId: "alice%40example.com" }) });
      assert.deepEqual(failures["alice"], [
        { property: "userId", reason: "userId is percent-encoded. Write alice@example.com." },
      ]);
    });

    it("works for me with a user's own token", async () => {
      const mine = world.story({ config: { accessToken: "alice-own-token", endpoint: world.emulator.url } });
      const program: Program = { mine: certificate(first, { userId: "me", sendAsEmail: ALICE }) };
      clean(await mine.up(program));
      assert.deepEqual(world.fingerprints(), [first.fingerprint]);
      unchanged(await mine.refresh());
      clean(await mine.destroy());
      assert.deepEqual(world.fingerprints(), []);
    });

    it("does not delete what it only adopted, and names what it left", async () => {
      const id = await world.byHand(first);
      clean(await story.up({ alice: certificate(first) }));
      const outcome = await story.destroy();
      clean(outcome);
      assert.deepEqual(world.fingerprints(), [first.fingerprint]);
      assert.match(outcome.messages.join("\n"), new RegExp(`certificate ${id} .* is left in Gmail`));
    });

    it("deletes what it adopted where onDelete says so, and retains its own where onDelete says that", async () => {
      await world.byHand(first);
      clean(
        await story.up({
          one: certificate(first, { onDelete: "delete" }),
          two: certificate(second, { onDelete: "retain" }),
        }),
      );
      clean(await story.destroy());
      assert.deepEqual(world.fingerprints(), [second.fingerprint]);
    });

    it("changes onDelete and renewBeforeDays without asking Google", async () => {
      clean(await story.up({ alice: certificate(first) }));
      world.emulator.clearRequests();
      const program = { alice: certificate(first, { onDelete: "retain", renewBeforeDays: 30 }) };
      assert.deepEqual(clean(await story.up(program)), { alice: "update" });
      assert.equal(story.outputs("alice")["renewalDueAt"], "2027-10-02T00:00:00Z");
      unchanged(await story.up(program));
      assert.deepEqual(clean(await story.up({ alice: certificate(first) })), { alice: "update" });
      assert.equal(story.outputs("alice")["renewalDueAt"], undefined);
      assert.deepEqual(world.verbs(), []);
    });

    it("refuses to read or delete through another endpoint what it made through this one", async () => {
      clean(await story.up({ alice: certificate(first) }));
      const other = world.story({ config: { accessToken: "x", endpoint: "http://127.0.0.1:60999" } });
      for (const [name, kept] of story.kept) other.kept.set(name, kept);
      for (const outcome of [await other.refresh(), await other.destroy()]) {
        assert.match(
          outcome.errors["alice"] ?? "",
          /was made through http:\/\/127\.0\.0\.1:\d+, but this run talks to http:\/\/127\.0\.0\.1:60999\. Nothing was read or changed/,
        );
      }
      assert.equal(other.kept.size, 1);
    });

    it("refuses, without a request, to preview or go up through another endpoint than the state was made through", async () => {
      clean(await story.up(mailbox(first)));
      world.emulator.clearRequests();
      const other = world.story({ config: { accessToken: "x", endpoint: "http://127.0.0.1:60999" } });
      for (const [name, kept] of story.kept) other.kept.set(name, kept);
      for (const outcome of [await other.preview(mailbox(first)), await other.up(mailbox(first))]) {
        assert.match(
          outcome.errors["alice"] ?? "",
          /^This SmimeCertificate was made through http:\/\/127\.0\.0\.1:\d+, but this run talks to http:\/\/127\.0\.0\.1:60999/,
        );
      }
      assert.deepEqual(world.verbs(), []);
    });

    it("remembers the default before ours though at first every candidate had expired", async () => {
      const foreign = await world.byHand(second);
      world.emulator.setDefault(ALICE, ALICE, foreign);
      const chooses = (expiration: string): Program => ({
        alice: certificate(first),
        signs: {
          token: "DefaultSmimeCertificate",
          args: {
            userId: ALICE,
            choose: "furthestExpiry",
            candidates: [{ certificateId: story.outputs("alice")["id"], expiration }],
          },
        },
      });
      clean(await story.up({ alice: certificate(first) }));
      const { messages } = await story.up(chooses("2026-01-01T00:00:00Z"));
      assert.match(messages.join("\n"), /every candidate has expired, so the default stays as it is/);
      assert.equal(world.default(), second.fingerprint);
      clean(await story.up(chooses("2027-11-01T00:00:00Z")));
      assert.equal(world.default(), first.fingerprint);
      clean(await story.destroy());
      assert.equal(world.default(), second.fingerprint);
    });

    it("does not believe a list that still shows our certificate as the default", async () => {
      world.emulator.seed(seed({ listLag: 1 }));
      const [ours, other] = [await world.byHand(first), await world.byHand(second)];
      world.emulator.setDefault(ALICE, ALICE, ours);
      await world.letListsCatchUp(second);
      world.emulator.setDefault(ALICE, ALICE, other);
      clean(await story.up({ signs: defaultOf(ours) }));
      assert.equal(world.default(), first.fingerprint);
    });

    it("keeps the copy that an unchanged resource holds, where Google keeps duplicates", async () => {
      world.emulator.seed(seed({ duplicateInsert: "second" }));
      const program: Program = { one: certificate(first, { onDelete: "delete" }), two: certificate(first) };
      clean(await story.up(program));
      const held = story.outputs("two")["certificateId"];
      const copy = await world.byHand(first);
      world.emulator.setDefault(ALICE, ALICE, copy);
      clean(await story.up(program, { replace: ["one"] }));
      assert.deepEqual(
        world.certificates().map(({ id }) => id),
        [held, copy],
      );
    });

    it("lets 8, 64 and 256 mailboxes go up in parallel, and names the one that is bad", async () => {
      for (const count of [8, 64, 256]) {
        const users = Array.from({ length: count }, (_, index) => `user${String(index)}@example.com`);
        world.emulator.seed(seed({}, { users: users.filter((_, index) => index !== 3).map((email) => ({ email })) }));
        const key = await world.mint(ALICE, { emails: users });
        const program = Object.fromEntries(users.map((user) => [user, certificate(key, { userId: user })]));
        const outcome = await world.story().up(program);
        assert.deepEqual(Object.keys(outcome.errors), ["user3@example.com"]);
        assert.match(
          outcome.errors["user3@example.com"] ?? "",
          /user3@example\.com.*invalid_grant.*is not a user of the domain/,
        );
        assert.ok(users.every((user, index) => index === 3 || world.fingerprints(user).length === 1));
      }
    }).timeout(120_000);

    it("moves a certificate from me to the mailbox's name without losing it", async () => {
      const mine = world.story({ config: { accessToken: "alice-own-token", endpoint: world.emulator.url } });
      clean(await mine.up({ mine: certificate(first, { userId: "me", sendAsEmail: ALICE }) }));
      clean(await mine.up({ mine: certificate(first) }));
      assert.deepEqual(world.fingerprints(), [first.fingerprint]);
    });

    it("reads by its id what is in no state: a certificate, a default, nothing", async () => {
      clean(await story.up(mailbox(first)));
      const { id, certificateId, pem } = story.outputs("alice");
      const read = await story.get("SmimeCertificate", String(id));
      assert.deepEqual(
        [read?.["certificateId"], read?.["fingerprint"], read?.["pem"]],
        [certificateId, first.fingerprint, pem],
      );
      assert.equal(read?.["adopted"], true, "what was only read is not ours to delete");
      const signs = await story.get("DefaultSmimeCertificate", String(story.outputs("signs")["id"]));
      assert.equal(signs?.["certificateId"], certificateId);
      assert.equal(
        await story.get("SmimeCertificate", `users/${ALICE}/settings/sendAs/${ALICE}/smimeInfo/none`),
        undefined,
      );
      assert.equal(
        await story.get("DefaultSmimeCertificate", `users/${BOB}/settings/sendAs/${BOB}/defaultSmimeInfo`),
        undefined,
      );
    });

    it("reads an id with its addresses percent-encoded, in any case", async () => {
      clean(await story.up({ alice: certificate(first) }));
      const id = String(story.outputs("alice")["id"]).replaceAll("alice@example.com", "Alice%40Example.com");
      assert.equal((await story.get("SmimeCertificate", id))?.["fingerprint"], first.fingerprint);
    });

    it("names an id that is nonsense, one of an unknown user, and one that Google cannot read back", async () => {
      await assert.rejects(
        () => story.get("SmimeCertificate", "alice"),
        /alice is not the id of a certificate\. It looks like users\//,
      );
      await assert.rejects(
        () => story.get("DefaultSmimeCertificate", "alice"),
        /is not the id of a default\. It looks like users\//,
      );
      await assert.rejects(
        () => story.get("SmimeCertificate", "users/x@example.com/settings/sendAs/x@example.com/smimeInfo/1"),
        /Getting an access token for x@example\.com: Google answered 400 invalid_grant/,
      );
      await assert.rejects(
        () => story.get("AuditPublicKey", "domains/example.com/auditPublicKey"),
        /cannot be imported: Google does not return a domain's audit key/,
      );
    });

    it("hands the default to the foreign certificate that expires last, where Google does not delete a default before others", async () => {
      world.emulator.seed(seed({ deleteDefault: "refuse" }));
      const foreign = await Promise.all(
        ["2027-02-01", "2029-02-01", "2028-02-01"].map((day) =>
          world.mint(ALICE, { notAfter: new Date(`${day}T00:00:00Z`) }),
        ),
      );
      clean(await story.up(mailbox(first)));
      for (const key of foreign) await world.byHand(key);
      const outcome = await story.destroy();
      clean(outcome);
      assert.deepEqual(
        world.fingerprints(),
        foreign.map(({ fingerprint }) => fingerprint),
      );
      assert.equal(world.default(), foreign[1]?.fingerprint);
      assert.match(
        outcome.messages.join("\n"),
        /warning: SmimeCertificate of alice@example\.com: Gmail does not delete a default while other certificates are there, so \S+ became the default first/,
      );
    });

    it("only adopts where a certificate is given without a key, and says what is missing where it is not there", async () => {
      const adopts: Program = {
        alice: { token: "SmimeCertificate", args: { userId: ALICE, certificate: first.certificatePem } },
      };
      const { errors } = await story.up(adopts);
      assert.match(
        errors["alice"] ?? "",
        new RegExp(
          `must be on the address already, but no certificate there has the SHA-256 ${first.fingerprint}\\. Add pkcs12 or privateKey`,
        ),
      );
      await world.byHand(first);
      clean(await story.up(adopts));
      assert.deepEqual(world.writes(), []);
      unchanged(await story.preview(adopts));
      clean(await story.destroy());
      assert.deepEqual(world.fingerprints(), [first.fingerprint]);
    });

    it("says what to do where the certificate to sign with is no longer on the address", async () => {
      const { errors } = await story.up({ signs: defaultOf("ANe1gone") });
      assert.match(
        errors["signs"] ?? "",
        /^DefaultSmimeCertificate of alice@example\.com: Gmail has no certificate ANe1gone on this address\. Run pulumi refresh/,
      );
    });

    it("chooses the unexpired candidate that expires last, by the clock", async () => {
      const candidates = (names: string[]): unknown[] =>
        names.map((name) => ({
          certificateId: story.outputs(name)["certificateId"],
          expiration: story.outputs(name)["expiration"],
        }));
      const certificates: Program = { one: certificate(first), two: certificate(second) };
      clean(await story.up(certificates));
      const chooses = (): Program => ({
        ...certificates,
        signs: {
          token: "DefaultSmimeCertificate",
          args: { userId: ALICE, choose: "furthestExpiry", candidates: candidates(["one", "two"]) },
        },
      });
      clean(await story.up(chooses()));
      assert.equal(world.default(), second.fingerprint);
      world.emulator.clearRequests();
      unchanged(await story.up(chooses()));
      assert.deepEqual(world.verbs(), []);
    });

    it("uploads an audit key, takes another armor of it for no change, and replaces it by another key", async () => {
      const [one, two] = await Promise.all([mintPgpKey(), mintPgpKey()]);
      const audit = (publicKey: string): Program => ({
        audit: { token: "AuditPublicKey", args: { domain: "Example.com", publicKey } },
      });
      const created = await story.up(audit(one.publicKey));
      clean(created);
      assert.match(created.messages.join("\n"), /no way to read this key back/);
      assert.equal(world.emulator.state().audit["example.com"]?.fingerprint, one.fingerprint);
      assert.deepEqual(
        world.emulator.requests().map((request) => request.subject),
        [ADMIN, ADMIN],
      );
      world.emulator.clearRequests();
      unchanged(await story.up(audit(one.publicKey.replaceAll(/\r?\n/g, "\r\n"))));
      unchanged(await story.refresh());
      assert.deepEqual(world.verbs(), []);
      assert.deepEqual(clean(await story.up(audit(two.publicKey))), { audit: "update" });
      assert.equal(world.emulator.state().audit["example.com"]?.fingerprint, two.fingerprint);
      const destroyed = await story.destroy();
      clean(destroyed);
      assert.match(destroyed.messages.join("\n"), /exports stay encrypted/);
    });

    for (const auditLineEnds of ["any", "crlf", "lf"] as const) {
      it(`uploads an audit key where Google wants ${auditLineEnds} line ends`, async () => {
        world.emulator.seed(seed({ auditLineEnds }));
        const key = await mintPgpKey();
        clean(
          await story.up({
            audit: { token: "AuditPublicKey", args: { domain: "example.com", publicKey: key.publicKey } },
          }),
        );
        assert.equal(world.emulator.state().audit["example.com"]?.fingerprint, key.fingerprint);
      });
    }
  });
