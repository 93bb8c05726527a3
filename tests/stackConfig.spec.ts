// Where settings come from on the real engine: the stack's configuration, or the customary variables of the environment.
import assert from "node:assert/strict";
import type { Stack } from "./engine";
import { openStack } from "./engine";
import { mintPgpKey } from "./mint";
import { ADAPTERS } from "./sessions";
import { openMailboxes, program, STACK_TIMEOUT, steps, throughAdapter, unchanged } from "./stackMailbox";
import { ADMIN, ALICE, NOW, PASSWORD, seed, World, type Minted } from "./world";

for (const adapter of ADAPTERS)
  describe(`settings of a stack, through the ${adapter} adapter`, function () {
    this.timeout(STACK_TIMEOUT);
    let world: World;
    let key: Minted;
    let auditKey: { publicKey: string; fingerprint: string };
    let text: string;
    let stack: Stack | undefined;

    before(async () => {
      world = await World.start(adapter);
      [key, auditKey] = await Promise.all([world.mint(), mintPgpKey()]);
      text = program(
        `new SmimeCertificate("alice", { userId: "${ALICE}", pkcs12: new pulumi.asset.FileAsset("alice.p12"), password });`,
        'new AuditPublicKey("audit", { domain: "example.com", publicKey: new pulumi.asset.FileAsset("audit.asc") });',
      );
    });
    beforeEach(() => {
      world.emulator.seed(seed());
    });
    afterEach(() => {
      stack?.dispose();
    });
    after(() => world.emulator.stop());

    const files = (): Record<string, string | Uint8Array> => ({
      "alice.p12": key.bytes,
      "audit.asc": auditKey.publicKey,
      "service-account.json": JSON.stringify(world.emulator.keyFile),
    });

    function openWith(env: Record<string, string>): Promise<Stack> {
      const config = { password: { value: PASSWORD, secret: true } };
      return openStack({
        program: text,
        rewrite: (original) => throughAdapter(adapter, original),
        files: files(),
        config,
        env: { GOOGLE_WORKSPACE_MAIL_NOW: NOW, ...env },
      });
    }

    function bothAreThere(): void {
      assert.deepEqual(world.fingerprints(), [key.fingerprint]);
      assert.equal(world.emulator.state().audit["example.com"]?.fingerprint, auditKey.fingerprint);
      const subjects = world.emulator.requests().filter(({ path }) => path === "/token");
      assert.deepEqual(subjects.map(({ subject }) => subject).sort(), [ADMIN, ALICE]);
    }

    it("come from the stack, credentials as a secret, before what lies about in the environment", async () => {
      stack = await openMailboxes(world, {
        program: text,
        files: files(),
        env: {
          GOOGLEWORKSPACE_CREDENTIALS: "{}",
          GOOGLEWORKSPACE_IMPERSONATED_USER_EMAIL: "nobody@example.com",
          GOOGLE_WORKSPACE_MAIL_ENDPOINT: "http://127.0.0.1:9",
        },
      });
      const outcome = await stack.up();
      steps(outcome);
      assert.doesNotMatch(outcome.output, /Google APIs are taken from/);
      bothAreThere();
    });

    it("come from the environment, the key as a path, an endpoint on loopback with a notice", async () => {
      stack = await openWith({
        GOOGLEWORKSPACE_CREDENTIALS: "service-account.json",
        GOOGLEWORKSPACE_IMPERSONATED_USER_EMAIL: ADMIN,
        GOOGLE_WORKSPACE_MAIL_ENDPOINT: world.emulator.url,
      });
      const outcome = await stack.up();
      steps(outcome);
      const notice = `Google APIs are taken from ${world.emulator.url} (GOOGLE_WORKSPACE_MAIL_ENDPOINT).`;
      assert.equal(outcome.messages.filter((message) => message.text === notice).length, 1, outcome.output);
      bothAreThere();
      unchanged(await stack.refresh({ expectNoChanges: true }));
    });

    it("are refused where the environment sends the key to another host, and nothing is sent", async () => {
      stack = await openWith({
        GOOGLEWORKSPACE_CREDENTIALS: JSON.stringify(world.emulator.keyFile),
        GOOGLE_WORKSPACE_MAIL_ENDPOINT: "https://mail.example.net",
      });
      const outcome = await stack.preview();
      assert.equal(outcome.ok, false);
      assert.match(outcome.output, /GOOGLE_WORKSPACE_MAIL_ENDPOINT must be a loopback origin.* Nothing was sent/);
    });

    it("are not needed in a preview, and missing in an up they are asked for by name", async () => {
      stack = await openWith({ GOOGLE_WORKSPACE_MAIL_ENDPOINT: world.emulator.url });
      assert.deepEqual(steps(await stack.preview()).sort(), ["create alice", "create audit"]);
      const outcome = await stack.up();
      assert.equal(outcome.ok, false);
      assert.match(outcome.output, /No Google credentials: set the secret google-workspace-mail:credentials/);
      assert.deepEqual(world.verbs(), []);
    });
  });
