// Credentials without a key on the real engine: keyless delegation with a caller from the environment, and a user's consent
// in the stack's configuration. What is secret of them is in nothing that the engine writes.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { BASIC } from "./emulatorClient";
import { openStack, type Config, type Stack } from "./engine";
import { DELEGATED, delegatedTo } from "./keylessWorld";
import { mintPgpKey } from "./mint";
import { ADAPTERS } from "./sessions";
import { program, STACK_TIMEOUT, steps, throughAdapter } from "./stackMailbox";
import { tracesOf } from "./traces";
import { ADMIN, ALICE, BOB, NOW, PASSWORD, seed, World, type Minted } from "./world";

const canary = (name: string): string => `${name}-canary-${randomBytes(12).toString("hex")}`;
const [CALLER, REFRESH, CLIENT] = ["caller", "refresh", "client"].map(canary) as [string, string, string];

for (const adapter of ADAPTERS)
  describe(`credentials without a key, through the ${adapter} adapter`, function () {
    this.timeout(STACK_TIMEOUT);
    let world: World;
    let keys: Minted[];
    let stack: Stack;

    before(async () => {
      world = await World.start(adapter);
      keys = await Promise.all([ALICE, BOB].map((email) => world.mint(email)));
      const consent = { token: REFRESH, user: ALICE, clientId: "client", clientSecret: CLIENT, scopes: [BASIC] };
      world.emulator.seed(seed({}, { serviceAccounts: [delegatedTo([CALLER])], refreshTokens: [consent] }));
    });
    afterEach(() => {
      stack.dispose();
    });
    after(() => world.emulator.stop());

    async function open(text: string, config: Config, env: Record<string, string> = {}): Promise<void> {
      const [alice, bob] = keys.map(({ bytes }) => bytes);
      const files = { "alice.p12": alice ?? "", "bob.p12": bob ?? "", "audit.asc": (await mintPgpKey()).publicKey };
      stack = await openStack({
        program: program("const file = (name: string) => new pulumi.asset.FileAsset(name);", text),
        rewrite: (original) => throughAdapter(adapter, original),
        files,
        config: {
          "google-workspace-mail:endpoint": world.emulator.url,
          password: { value: PASSWORD, secret: true },
          ...config,
        },
        env: { GOOGLE_WORKSPACE_MAIL_NOW: NOW, ...env },
      });
    }

    async function showsNothing(printed: string): Promise<void> {
      const files = stack.engineFiles().map((name) => fs.readFileSync(name, "latin1"));
      const texts = [printed, JSON.stringify(await stack.exportState()), ...files];
      const traces = [CALLER, REFRESH, CLIENT].flatMap((secret) => tracesOf(secret));
      // all tokens of the emulator begin with ya29, and all signed JWTs with the base64url of {"alg"
      for (const trace of [...traces, "ya29.", "eyJhbGci"])
        assert.ok(!texts.some((text) => text.includes(trace)), trace.slice(0, 12));
    }

    it("are a service account of the stack, for which the environment's token asks IAM: one signature a mailbox", async () => {
      await open(
        [
          `new SmimeCertificate("bob", { userId: "${BOB}", pkcs12: file("bob.p12"), password });`,
          'new AuditPublicKey("audit", { domain: "example.com", publicKey: file("audit.asc") });',
        ].join("\n"),
        { "google-workspace-mail:serviceAccount": DELEGATED, "google-workspace-mail:adminEmail": ADMIN },
        { GOOGLE_OAUTH_ACCESS_TOKEN: CALLER },
      );
      const outcome = await stack.up();
      assert.deepEqual(steps(outcome).sort(), ["create audit", "create bob"]);
      assert.deepEqual(world.fingerprints(BOB), [keys[1]?.fingerprint]);
      assert.ok(world.emulator.state().audit["example.com"]);
      const asked = world.emulator.requests();
      assert.equal(asked.filter(({ path }) => path.endsWith(`${DELEGATED}:signJwt`)).length, 2);
      const subjects = asked.filter(({ path }) => path === "/token").map(({ subject }) => subject);
      assert.deepEqual(subjects.sort(), [ADMIN, BOB]);
      await showsNothing(outcome.output);
    });

    it("are a user's refresh token in the stack, for the mailbox that the program calls me", async () => {
      const secret = (value: string) => ({ value, secret: true });
      await open(
        `new SmimeCertificate("me", { userId: "me", sendAsEmail: "${ALICE}", pkcs12: file("alice.p12"), password });`,
        {
          "google-workspace-mail:refreshToken": secret(REFRESH),
          "google-workspace-mail:clientId": "client",
          "google-workspace-mail:clientSecret": secret(CLIENT),
        },
      );
      const up = await stack.up();
      assert.deepEqual(steps(up), ["create me"]);
      assert.deepEqual(world.fingerprints(), [keys[0]?.fingerprint]);
      const destroyed = await stack.destroy();
      assert.deepEqual(steps(destroyed), ["delete me"]);
      assert.deepEqual(world.fingerprints(), []);
      await showsNothing(up.output + destroyed.output);
    });
  });
