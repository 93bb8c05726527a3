/** Wrong values of a SmimeCertificate end in the preview, with the field and the remedy, all at once, and no secret. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mintPkcs12, type LeafOptions } from "./mint";
import { assertRefused, failuresOf as previewFailures, HIDDEN } from "./preview";
import { ADAPTERS } from "./sessions";
import { fileAsset, textAsset, type Declared, type Problem } from "./story";
import { ALICE, BOB, certificate, clean, PASSWORD, SALES, seed, World, type Minted } from "./world";

const EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4";
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

for (const adapter of ADAPTERS)
  describe(`bad input, through the ${adapter} adapter`, () => {
    let world: World;
    let good: Minted;
    let folder: string;
    before(async () => {
      world = await World.start(adapter);
      good = await world.mint();
      folder = mkdtempSync(join(tmpdir(), "bad-input-"));
    });
    after(async () => {
      rmSync(folder, { recursive: true });
      await world.emulator.stop();
    });
    beforeEach(() => world.emulator.seed(seed()));
    const failuresOf = (declared: Declared): Promise<readonly Problem[]> => previewFailures(world, declared);
    const refused = (declared: Declared, property: string, reason: RegExp): Promise<void> =>
      assertRefused(world, declared, [property, reason]);
    const leafWith = async (options: Partial<LeafOptions>): Promise<Declared> =>
      certificate(await world.mint(ALICE, options));

    describe("SmimeCertificate in preview", () => {
      it("accepts a good one", async () => {
        assert.deepEqual(await failuresOf(certificate(good)), []);
      });

      it("refuses what is no PKCS#12", () =>
        refused(
          certificate(good, { pkcs12: Buffer.from("not a key file").toString("base64") }),
          HIDDEN,
          /^pkcs12: is not a PKCS#12 file/,
        ));
      it("refuses what is no base64", () =>
        refused(
          certificate(good, { pkcs12: "{not base64}" }),
          HIDDEN,
          /^pkcs12: the text is neither base64 nor base64url/,
        ));
      it("refuses a wrong password, in other words than a damaged file", () =>
        refused(certificate(good, { password: "wrong" }), HIDDEN, /^password: does not open this PKCS#12 file/));
      it("refuses a missing password", () => {
        const { password: _password, ...args } = certificate(good).args;
        return refused({ token: "SmimeCertificate", args }, HIDDEN, /^password: is missing or empty/);
      });
      it("refuses an empty password", () =>
        refused(certificate(good, { password: "" }), HIDDEN, /^password must not be empty\. Leave it out/));
      it("refuses a file without a key", async () => {
        const bytes = await mintPkcs12(good, { password: PASSWORD, privateKeyPem: null });
        await refused(certificate(good, { pkcs12: bytes.toString("base64") }), HIDDEN, /^pkcs12: holds no private key/);
      });
      it("refuses a file with two keys", async () => {
        const bytes = await mintPkcs12(good, { password: PASSWORD, extraKeyPem: (await world.mint()).privateKeyPem });
        await refused(
          certificate(good, { pkcs12: bytes.toString("base64") }),
          HIDDEN,
          /^pkcs12: holds more than one private key/,
        );
      });
      it("refuses a key that does not belong to the certificate", async () => {
        const bytes = await mintPkcs12(good, { password: PASSWORD, privateKeyPem: (await world.mint()).privateKeyPem });
        await refused(
          certificate(good, { pkcs12: bytes.toString("base64") }),
          HIDDEN,
          /^pkcs12: holds no certificate that belongs to its private key/,
        );
      });
      it("refuses a file that asks for too many key derivation iterations, before doing any", async () => {
        const bytes = await mintPkcs12(good, { password: PASSWORD, iterations: 400_000 });
        const start = performance.now();
        await refused(
          certificate(good, { pkcs12: bytes.toString("base64") }),
          HIDDEN,
          /^pkcs12: asks for more than 1,000,000/,
        );
        assert.ok(performance.now() - start < 5000);
      }).timeout(60_000);
      it("refuses a missing intermediate", async () => {
        const bytes = await mintPkcs12(good, { password: PASSWORD, chainPem: "" });
        await refused(
          certificate(good, { pkcs12: bytes.toString("base64") }),
          HIDDEN,
          /^chain: does not hold the intermediate/,
        );
      });
      it("refuses an address that is not in the certificate", () =>
        refused(
          certificate(good, { userId: BOB }),
          "sendAsEmail",
          /^sendAsEmail: bob@example\.com is not in the certificate, which names alice@example\.com/,
        ));
      it("refuses the primary address's certificate on an alias", () =>
        refused(
          certificate(good, { sendAsEmail: SALES }),
          "sendAsEmail",
          /^sendAsEmail: sales@example\.com is not in the certificate/,
        ));
      for (const keyKind of ["P-521", "RSA-1024", "Ed25519"] as const) {
        it(`refuses a ${keyKind} key`, async () =>
          refused(
            await leafWith({ keyKind }),
            HIDDEN,
            /^certificate: its key has a type or size that Gmail does not take/,
          ));
      }
      it("refuses a certificate without emailProtection", async () =>
        refused(
          await leafWith({ extendedKeyUsage: [SERVER_AUTH] }),
          HIDDEN,
          /^certificate: its extended key usage lacks emailProtection/,
        ));
      it("refuses a new certificate that has expired", async () =>
        refused(
          await leafWith({ notAfter: new Date("2026-10-01T00:00:00Z") }),
          HIDDEN,
          /^certificate: expired at 2026-10-01T00:00:00Z/,
        ));
      it("refuses a new certificate that is not valid yet", async () =>
        refused(
          await leafWith({ notBefore: new Date("2026-12-24T00:00:00Z") }),
          HIDDEN,
          /^certificate: is not valid before 2026-12-24T00:00:00Z/,
        ));

      it("warns of what only Google can decide, and lets it pass", async () => {
        const outcome = await world
          .story()
          .preview({ it: await leafWith({ extendedKeyUsage: [EMAIL_PROTECTION, SERVER_AUTH] }) });
        clean(outcome);
        assert.match(
          outcome.messages.join("\n"),
          /^warning: SmimeCertificate of alice@example\.com: certificate: its extended key usage also holds serverAuth/m,
        );
      });

      it("refuses two key sources, none, and halves of one", async () => {
        const { privateKeyPem, certificatePem, chainPem } = good;
        const args = (given: Record<string, unknown>): Declared => ({
          token: "SmimeCertificate",
          args: { userId: ALICE, ...given },
        });
        await refused(certificate(good, { certificate: certificatePem }), "", /^Two key sources are given/);
        await refused(args({}), "", /^No key is given/);
        await refused(args({ privateKey: privateKeyPem }), HIDDEN, /^certificate is required with privateKey/);
        await refused(
          args({ pkcs12: undefined, password: "x", certificate: certificatePem }),
          HIDDEN,
          /^password belongs to pkcs12/,
        );
        assert.deepEqual(
          await failuresOf(args({ privateKey: privateKeyPem, certificate: certificatePem, chain: chainPem })),
          [],
        );
      });

      it("refuses PEM parts that are wrong, all of them at once", async () => {
        const pem = { userId: ALICE, privateKey: "rubbish", certificate: "rubbish", chain: "rubbish" };
        const failures = await failuresOf({ token: "SmimeCertificate", args: pem });
        assert.deepEqual(
          failures.map(({ property, reason }) => [property, reason.split(":")[0]]),
          [
            ["", "privateKey"],
            ["", "certificate"],
            ["", "chain"],
          ],
        );
      });

      it("refuses an encrypted PEM key, and says how to decrypt it", () => {
        const privateKey = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
        const { certificatePem, chainPem } = good;
        return refused(
          {
            token: "SmimeCertificate",
            args: { userId: ALICE, privateKey, certificate: certificatePem, chain: chainPem },
          },
          HIDDEN,
          /^privateKey: is encrypted.*openssl pkey/,
        );
      });

      it("refuses a private key where a certificate is expected, since that is not treated as a secret", () =>
        refused(
          { token: "SmimeCertificate", args: { userId: ALICE, certificate: good.privateKeyPem } },
          HIDDEN,
          /^certificate: holds a private key/,
        ));

      it("refuses files that are missing, too large, or remote", async () => {
        const large = join(folder, "large.p12");
        writeFileSync(large, Buffer.alloc(64 * 1024 + 1));
        await refused(
          certificate(good, { pkcs12: fileAsset(join(folder, "none.p12")) }),
          HIDDEN,
          /^pkcs12: the file .*none\.p12 cannot be read\. Check the path/,
        );
        await refused(
          certificate(good, { pkcs12: fileAsset(large) }),
          HIDDEN,
          /^pkcs12: the file .*large\.p12 is larger than 64 KiB/,
        );
        await refused(
          certificate(good, { pkcs12: fileAsset(folder) }),
          HIDDEN,
          /^pkcs12: the file .* is no regular file/,
        );
        const remote = { ...fileAsset(""), uri: "https://example.com/key.p12" };
        await refused(certificate(good, { pkcs12: remote }), HIDDEN, /^pkcs12: a RemoteAsset is not fetched/);
      });

      it("takes a file, and text, as an Asset", async () => {
        const file = join(folder, "alice.p12");
        writeFileSync(file, good.bytes);
        assert.deepEqual(await failuresOf(certificate(good, { pkcs12: fileAsset(file) })), []);
        assert.deepEqual(await failuresOf(certificate(good, { pkcs12: textAsset(good.pkcs12) })), []);
      });

      it("tells everything that is wrong at once", async () => {
        const failures = await failuresOf({
          token: "SmimeCertificate",
          args: {
            userId: "nobody",
            sendAsEmail: 7,
            pkcs12: good.pkcs12,
            password: PASSWORD,
            renewBeforeDays: 0,
            expiryPolicy: "shout",
            onDelete: "purge",
            colour: "red",
          },
        });
        assert.deepEqual(
          failures.map(({ property }) => property),
          ["sendAsEmail", "onDelete", "renewBeforeDays", "expiryPolicy", "", "userId"],
        );
        assert.match(
          failures.map(({ reason }) => reason).join("\n"),
          /onDelete must be one of delete, retain\.\n.*a whole number from 1 to 825\.\n.*one of warn, error, ignore\.\ncolour is not a property of this resource\. It takes userId/,
        );
      });

      it("refuses me without sendAsEmail, and me with a service account", async () => {
        const failures = await failuresOf(certificate(good, { userId: "me" }));
        assert.match(
          failures.map(({ reason }) => reason).join("\n"),
          /a service account acts for a user only by name[^]*sendAsEmail is required where userId is me/,
        );
      });

      it("names no property whose value the engine would print: a misspelt one may hold a secret", async () => {
        const misspelt = { ...certificate(good).args, passwort: PASSWORD };
        await refused(
          { token: "SmimeCertificate", args: misspelt },
          HIDDEN,
          /^passwort is not a property of this resource/,
        );
      });

      it("refuses an output written as an input, and what only looks like an Asset", async () => {
        const output = { ...certificate(good).args, adopted: true };
        await refused(
          { token: "SmimeCertificate", args: output },
          "adopted",
          /^adopted is an output, not an input of this resource\. It takes userId/,
        );
        const odd = certificate(good, { pkcs12: { asset: PASSWORD } });
        await refused(odd, HIDDEN, /^pkcs12 must be a string or an asset/);
      });

      it("refuses a text that is too large before it is decoded", () =>
        refused(certificate(good, { pkcs12: "A".repeat(5_000_000) }), HIDDEN, /^pkcs12: the text is larger than/));

      it("warns before a key is deleted because its resource moves to another mailbox", async () => {
        const both = await world.mint(ALICE, { emails: [ALICE, BOB] });
        const story = world.story();
        clean(await story.up({ it: certificate(both) }));
        const outcome = await story.preview({ it: certificate(both, { userId: BOB }) });
        assert.deepEqual(clean(outcome), { it: "replace" });
        assert.match(
          outcome.messages.join("\n"),
          /SmimeCertificate of bob@example\.com: this replaces the certificate on alice@example\.com\..*its private key is deleted from Gmail/,
        );
      });

      it("never prints a HIDDEN, whatever is wrong", async () => {
        const key = await world.mint();
        const secrets = [
          key.pkcs12,
          PASSWORD,
          key.privateKeyPem
            .replace(/-----[^-]+-----/g, "")
            .trim()
            .slice(0, 40),
        ];
        const wrong = [
          certificate(key, { pkcs12: key.pkcs12.slice(0, -100) }),
          certificate(key, { password: `${PASSWORD}!` }),
          certificate(key, { userId: "x" }),
          {
            token: "SmimeCertificate",
            args: { userId: ALICE, privateKey: key.privateKeyPem.replace("MI", "!!"), certificate: key.privateKeyPem },
          } as const,
          {
            token: "SmimeCertificate",
            args: { userId: ALICE, privateKey: 7, password: [PASSWORD], pkcs12: { a: key.pkcs12 } },
          } as const,
        ];
        for (const declared of wrong) {
          const said = JSON.stringify(await failuresOf(declared));
          for (const hidden of secrets) assert.ok(!said.includes(hidden), said);
        }
      });
    });

    describe("a certificate already there, in preview", () => {
      const soon = { notAfter: new Date("2026-12-10T00:00:00Z") };
      const later = (now: string): ReturnType<World["story"]> =>
        world.story({ environment: { GOOGLE_WORKSPACE_MAIL_NOW: now } });

      for (const [expiryPolicy, fails, warns] of [
        ["warn", false, true],
        ["error", true, false],
        ["ignore", false, false],
      ] as const) {
        it(`that has expired ${fails ? "fails" : "does not fail"} the preview where expiryPolicy is ${expiryPolicy}`, async () => {
          const program = { it: certificate(await world.mint(ALICE, soon), { expiryPolicy, renewBeforeDays: 10 }) };
          const story = later("2026-11-22T00:00:00Z");
          clean(await story.up(program));
          const after = later("2027-01-01T00:00:00Z");
          for (const [name, kept] of story.kept) after.kept.set(name, kept);
          const outcome = await after.preview(program);
          assert.equal(Object.keys(outcome.failures).length > 0, fails);
          assert.equal(/expired at 2026-12-10/.test(outcome.messages.join()), warns);
        });
      }

      it("that is due for renewal is a warning", async () => {
        const program = { it: certificate(await world.mint(ALICE, soon), { renewBeforeDays: 30 }) };
        const outcome = await later("2026-11-22T00:00:00Z").preview(program);
        clean(outcome);
        assert.match(
          outcome.messages.join(),
          /expires at 2026-12-10T00:00:00Z and was due for renewal at 2026-11-10T00:00:00Z/,
        );
      });
    });
  });
