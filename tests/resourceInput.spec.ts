/** Wrong values of a DefaultSmimeCertificate and an AuditPublicKey end in the preview, with the field and the remedy. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { mintPgpKey } from "./mint";
import { assertRefused, failuresOf as previewFailures, HIDDEN } from "./preview";
import { ADAPTERS } from "./sessions";
import type { Declared, Problem } from "./story";
import { ALICE, BOB, clean, defaultOf, SALES, seed, World } from "./world";

for (const adapter of ADAPTERS)
  describe(`bad input, through the ${adapter} adapter`, () => {
    let world: World;
    before(async () => {
      world = await World.start(adapter);
    });
    after(() => world.emulator.stop());
    beforeEach(() => world.emulator.seed(seed()));
    const failuresOf = (declared: Declared): Promise<readonly Problem[]> => previewFailures(world, declared);
    const refused = (declared: Declared, property: string, reason: RegExp): Promise<void> =>
      assertRefused(world, declared, [property, reason]);

    describe("DefaultSmimeCertificate in preview", () => {
      it("refuses no choice, two choices, and candidates that cannot be", async () => {
        const args = (given: Record<string, unknown>): Declared => ({
          token: "DefaultSmimeCertificate",
          args: { userId: ALICE, ...given },
        });
        await refused(args({}), "certificateId", /^certificateId is required/);
        await refused(
          args({ certificateId: "x", choose: "furthestExpiry", candidates: [] }),
          "certificateId",
          /exclude each other/,
        );
        await refused(args({ choose: "furthestExpiry" }), "candidates", /^candidates is required with choose/);
        await refused(
          args({ choose: "newest", candidates: [{ certificateId: "x", expiration: "2027-01-01T00:00:00Z" }] }),
          "choose",
          /must be one of furthestExpiry/,
        );
        await refused(
          args({ choose: "furthestExpiry", candidates: [{ certificateId: "x", expiration: "soon" }] }),
          "candidates",
          /is not an RFC 3339 time/,
        );
      });

      it("refuses a certificate of another address", () =>
        refused(
          defaultOf(`users/${ALICE}/settings/sendAs/${SALES}/smimeInfo/ANe1`),
          "certificateId",
          /this certificate is on sales@example\.com \(mailbox alice@example\.com\), not on alice@example\.com/,
        ));

      it("refuses a certificate of another mailbox that has the same alias", () =>
        refused(
          defaultOf(`users/${BOB}/settings/sendAs/${SALES}/smimeInfo/ANe1`, { sendAsEmail: SALES }),
          "certificateId",
          /is on sales@example\.com \(mailbox bob@example\.com\), not on sales@example\.com \(mailbox alice@example\.com\)/,
        ));

      it("refuses a second one for the same address, which would undo the first for ever", async () => {
        const id = (name: string): string => `users/${ALICE}/settings/sendAs/${ALICE}/smimeInfo/${name}`;
        const { failures } = await world
          .story()
          .preview({ one: defaultOf(id("ANe1")), same: defaultOf("ANe1"), two: defaultOf(id("ANe2")) });
        assert.deepEqual(Object.keys(failures), ["two"]);
        assert.match(
          failures["two"]?.[0]?.reason ?? "",
          /^Another DefaultSmimeCertificate of this program wants something else for alice@example\.com default\. Declare one only/,
        );
      });

      it("repeats no control character: a terminal would obey it", async () => {
        const given = {
          token: "DefaultSmimeCertificate",
          args: { userId: ALICE, certificateId: "\u009b2J/\u001b[2J" },
        };
        const [failure] = await failuresOf(given as Declared);
        assert.doesNotMatch(failure?.reason ?? "\u001b", /[\u001b\u009b]/);
      });

      it("refuses an id that is none", () =>
        refused(
          defaultOf("users/alice/smimeInfo"),
          "certificateId",
          /is not the id of a SmimeCertificate, nor Google's/,
        ));
    });

    describe("AuditPublicKey in preview", () => {
      const audit = (publicKey: unknown, domain = "example.com"): Declared => ({
        token: "AuditPublicKey",
        args: { domain, publicKey },
      });
      const keyFailure = async (publicKey: unknown, reason: RegExp): Promise<void> =>
        refused(audit(publicKey), HIDDEN, reason);

      it("refuses a secret key, an ECC key, two user ids, an expired one, one that cannot encrypt, and two keys", async () => {
        const [rsa, ecc, two, expired, signs] = await Promise.all([
          mintPgpKey(),
          mintPgpKey({ type: "ecc" }),
          mintPgpKey({ userIds: [{ email: "a@example.com" }, { email: "b@example.com" }] }),
          mintPgpKey({ expiresInSeconds: 3600 }),
          mintPgpKey({ signOnly: true }),
        ]);
        await keyFailure(rsa.privateKey, /secret|private/i);
        await keyFailure(ecc.publicKey, /RSA/);
        await keyFailure(two.publicKey, /user id/i);
        await keyFailure(expired.publicKey, /expired/);
        await keyFailure(signs.publicKey, /encrypt/);
        await keyFailure(rsa.publicKey + ecc.publicKey, /one|more than/i);
        await keyFailure("no key at all", /publicKey/);
        assert.deepEqual(await failuresOf(audit(rsa.publicKey)), []);
      });

      it("refuses Google's published sample key, which is damaged", async () => {
        await keyFailure(
          readFileSync(join(__dirname, "fixtures", "google-sample.asc"), "utf8"),
          /damaged|cannot be read|checksum/i,
        );
      });

      it("warns of a key already uploaded that has expired since, and does not block the stack", async () => {
        const { publicKey } = await mintPgpKey({ expiresInSeconds: 300 * 24 * 3600 });
        const program = { it: audit(publicKey) };
        const story = world.story();
        clean(await story.up(program));
        const later = world.story({ environment: { GOOGLE_WORKSPACE_MAIL_NOW: "2027-11-22T00:00:00Z" } });
        for (const [name, kept] of story.kept) later.kept.set(name, kept);
        const outcome = await later.preview(program);
        assert.deepEqual(clean(outcome), { it: "same" });
        assert.match(outcome.messages.join("\n"), /warning: AuditPublicKey: publicKey: .*expired/);
      });

      it("refuses a domain that is none", async () => {
        const { publicKey } = await mintPgpKey();
        await refused(audit(publicKey, "admin@example.com"), "domain", /^domain is not a domain name/);
      });
    });
  });
