/** The settings of a stack: wrong ones are told in the preview, and none is needed for one. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mintPgpKey } from "./mint";
import { ADAPTERS } from "./sessions";
import { ALICE, certificate, clean, seed, World, type Minted } from "./world";

for (const adapter of ADAPTERS)
  describe(`settings in preview, through the ${adapter} adapter`, () => {
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
    const previewWith = async (
      config: Record<string, string>,
      environment: Record<string, string> = {},
    ): Promise<string> => {
      const { failures, errors } = await world
        .story({ config, environment })
        .preview({ it: certificate(good, { userId: ALICE, expiryPolicy: "ignore" }) });
      assert.deepEqual(errors, {});
      return (failures["it"] ?? []).map(({ property, reason }) => `${property}${reason}`).join("\n");
    };

    it("needs no credentials at all", async () => {
      assert.equal(await previewWith({}), "");
    });

    it("takes what is blank for what is not set", async () => {
      const blank = { endpoint: " ", credentials: "\n", unitsPerMinute: "", serviceAccount: "\t", refreshToken: " " };
      const variables = { GOOGLE_WORKSPACE_MAIL_ENDPOINT: " ", GOOGLE_WORKSPACE_MAIL_NOW: " " };
      assert.equal(await previewWith(blank, variables), "");
      assert.equal(await previewWith({ endpoint: world.emulator.url }, { GOOGLE_WORKSPACE_MAIL_NOW: " " }), "");
    });

    for (const endpoint of [
      "http://gmail.example.com",
      "ftp://127.0.0.1",
      "https://user:pw@example.com",
      "https://example.com/path",
      "nonsense",
    ]) {
      it(`refuses the endpoint ${endpoint}`, async () => {
        assert.match(
          await previewWith({ endpoint }),
          /^google-workspace-mail:endpoint must be an https origin, or http on loopback/,
        );
      });
    }

    it("takes an endpoint from the environment only on loopback", async () => {
      assert.match(
        await previewWith({}, { GOOGLE_WORKSPACE_MAIL_ENDPOINT: "https://example.com" }),
        /^GOOGLE_WORKSPACE_MAIL_ENDPOINT must be a loopback origin/,
      );
      assert.equal(await previewWith({}, { GOOGLE_WORKSPACE_MAIL_ENDPOINT: "http://localhost:1" }), "");
    });

    it("refuses credentials that are none, without quoting them", async () => {
      assert.match(
        await previewWith({ credentials: '{"type":"authorized_user"}' }),
        /google-workspace-mail:credentials: this credential file cannot be used: it has no client_id/,
      );
      assert.match(
        await previewWith({ credentials: "{broken canary" }),
        /^google-workspace-mail:credentials: this is neither the JSON[^]*$/,
      );
      assert.doesNotMatch(await previewWith({ credentials: "{broken canary" }), /canary/);
      assert.match(await previewWith({ credentials: join(folder, "none.json") }), /the credential file cannot be read/);
      const elsewhere = JSON.stringify({ ...world.emulator.keyFile, token_uri: "https://evil.example.com/token" });
      assert.match(
        await previewWith({ credentials: elsewhere }),
        /token_uri is https:\/\/evil\.example\.com\/token, which is not Google's; nothing is sent there/,
      );
    });

    it("does not stop a preview for what lies about in the environment, but says so when credentials are needed", async () => {
      const file = join(folder, "user.json");
      writeFileSync(file, '{"type":"authorized_user"}');
      const story = world.story({
        config: { endpoint: world.emulator.url },
        environment: { GOOGLE_APPLICATION_CREDENTIALS: file, GOOGLE_WORKSPACE_MAIL_NOW: "2026-11-22T00:00:00Z" },
      });
      clean(await story.preview({ it: certificate(good) }));
      assert.match(
        (await story.up({ it: certificate(good) })).errors["it"] ?? "",
        /^GOOGLE_APPLICATION_CREDENTIALS: this credential file cannot be used: it has no client_id/,
      );
    });

    it("says what to set where there are no credentials", async () => {
      const story = world.story({ config: { endpoint: world.emulator.url } });
      assert.match(
        (await story.up({ it: certificate(good, { expiryPolicy: "ignore" }) })).errors["it"] ?? "",
        /^No Google credentials: set the secret google-workspace-mail:credentials/,
      );
    });

    it("says which administrator is missing for an audit key", async () => {
      const { publicKey } = await mintPgpKey();
      const story = world.story({
        config: { endpoint: world.emulator.url, credentials: JSON.stringify(world.emulator.keyFile) },
      });
      const { errors } = await story.up({
        it: { token: "AuditPublicKey", args: { domain: "example.com", publicKey } },
      });
      assert.match(
        errors["it"] ?? "",
        /^AuditPublicKey needs an administrator to act for: set google-workspace-mail:adminEmail/,
      );
    });
  });
