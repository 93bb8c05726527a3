// Explicit Provider resources: two domains in one stack, each with the credentials of its own service account.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import * as fs from "node:fs";
import type { Stack } from "./engine";
import { openStack } from "./engine";
import { program, STACK_TIMEOUT, steps, throughAdapter, unchanged } from "./stackMailbox";
import { propertiesOf } from "./stackState";
import { tracesOfPem } from "./traces";
import { ALICE, NOW, PASSWORD, seed, World, type Minted } from "./world";

const OLGA = "olga@example.org";
const SHOP = "shop@example.org";
const BASIC = "https://www.googleapis.com/auth/gmail.settings.basic";
const SHARING = "https://www.googleapis.com/auth/gmail.settings.sharing";

const write = (...lines: string[]): string =>
  throughAdapter(
    "plugin",
    program(
      'import { Provider } from "pulumi-google-workspace-mail";',
      "const config = new pulumi.Config();",
      'const endpoint = config.require("endpoint");',
      ...lines,
    ),
  );

/** The second one's credentials come out of another resource, so a preview does not know them. */
const TWO_DOMAINS = write(
  'const com = new Provider("com", { endpoint, credentials: config.requireSecret("com") });',
  "const file = (name: string) => new pulumi.asset.FileAsset(name);",
  `const alice = new SmimeCertificate("alice", { userId: "${ALICE}", pkcs12: file("alice.p12"), password }, { provider: com });`,
  'const credentials = pulumi.all([config.requireSecret("org"), alice.certificateId]).apply(([key]) => key);',
  'const org = new Provider("org", { endpoint, credentials });',
  `const shop = { userId: "${OLGA}", sendAsEmail: "${SHOP}" };`,
  'new SmimeCertificate("shop", { ...shop, pkcs12: file("shop.p12"), password }, { provider: org });',
);

describe("explicit providers", function () {
  this.timeout(STACK_TIMEOUT);
  let world: World;
  let stack: Stack;
  let keys: { alice: Minted; shop: Minted };
  const accounts = { com: account("com", BASIC), org: account("org", SHARING), later: account("later", BASIC) };

  before(async () => {
    world = await World.start("plugin");
    const [alice, shop] = await Promise.all([world.mint(), world.mint(SHOP)]);
    keys = { alice, shop };
    // Each account may do only what its own domain's certificate needs: the other one's token is refused.
    const domains = [{ name: "example.com" }, { name: "example.org" }];
    const users = [{ email: ALICE }, { email: OLGA, sendAs: [OLGA, SHOP] }];
    const serviceAccounts = Object.values(accounts).map(({ seeded }) => seeded);
    world.emulator.seed(seed({}, { domains, users, serviceAccounts }));
    stack = await openStack({
      program: TWO_DOMAINS,
      env: { GOOGLE_WORKSPACE_MAIL_NOW: NOW },
      files: { "alice.p12": keys.alice.bytes, "shop.p12": keys.shop.bytes },
      config: {
        endpoint: world.emulator.url,
        password: { value: PASSWORD, secret: true },
        com: { value: keyFile("com"), secret: true },
        org: { value: keyFile("org"), secret: true },
      },
    });
  });
  after(async () => {
    stack.dispose();
    await world.emulator.stop();
  });
  beforeEach(() => {
    world.emulator.clearRequests();
  });

  function keyFile(name: keyof typeof accounts): string {
    const { email, privateKeyPem } = accounts[name];
    return JSON.stringify({ ...world.emulator.keyFile, client_email: email, private_key: privateKeyPem });
  }

  it("are previewed where one's credentials are known in the up only", async () => {
    assert.deepEqual(steps(await stack.preview()), ["create alice", "create shop"]);
    assert.deepEqual(world.verbs(), []);
  });

  it("ask each mailbox with credentials of their own, and stay as they are", async () => {
    assert.deepEqual(steps(await stack.up()), ["create alice", "create shop"]);
    const subjects = world.emulator.requests().map(({ path, subject }) => `${path === "/token"} ${subject}`);
    assert.deepEqual(
      new Set(subjects),
      new Set(["true", "false"].flatMap((isToken) => [ALICE, OLGA].map((user) => `${isToken} ${user}`))),
    );
    assert.deepEqual(world.fingerprints(), [keys.alice.fingerprint]);
    assert.deepEqual(world.fingerprints(OLGA, SHOP), [keys.shop.fingerprint]);
    unchanged(await stack.refresh({ expectNoChanges: true }));
    world.emulator.clearRequests();
    unchanged(await stack.up({ expectNoChanges: true }));
    assert.deepEqual(world.verbs(), []);
  });

  it("take other credentials by an update of the provider alone, with no request", async () => {
    const before = await propertiesOf(stack);
    await stack.setConfig({ com: { value: keyFile("later"), secret: true } });
    const updated = ({ steps: all }: { steps: { op: string; name: string }[] }): string[] =>
      all.filter(({ op }) => op !== "same").map(({ op, name }) => `${op} ${name}`);
    const previewed = await stack.preview();
    unchanged(previewed);
    assert.deepEqual(updated(previewed), ["update com"]);
    const outcome = await stack.up();
    unchanged(outcome);
    assert.deepEqual(updated(outcome), ["update com"]);
    assert.deepEqual(world.verbs(), []);
    const after = await propertiesOf(stack);
    assert.equal(after["com"]?.id, before["com"]?.id);
    assert.notDeepEqual(after["com"]?.inputs, before["com"]?.inputs);
  });

  it("keep their keys encrypted in the state, and leave none in what the engine writes", () => {
    const written = stack.engineFiles().map((file) => fs.readFileSync(file, "utf8"));
    assert.ok(written.some((text) => text.includes("pulumi:providers:google-workspace-mail")));
    for (const { privateKeyPem } of Object.values(accounts))
      for (const trace of tracesOfPem(privateKeyPem)) assert.ok(!written.some((text) => text.includes(trace)));
  });

  it("destroy what each made, and nothing is left", async () => {
    assert.deepEqual(steps(await stack.destroy()), ["delete shop", "delete alice"]);
    assert.deepEqual(world.writes(), ["delete", "delete"]);
    assert.deepEqual([...world.certificates(), ...world.certificates(OLGA, SHOP)], []);
  });

  const CANARY = "hunter2-canary";
  const REFUSED = {
    "credentials that are none": [`{ endpoint, credentials: "{${CANARY}" }`, /credentials: this is neither the JSON/],
    "an endpoint that is no origin": [`{ endpoint: "http://gmail.example.com" }`, /endpoint must be an https origin/],
    "a password in the endpoint": [`{ endpoint: "https://user:${CANARY}@example.com" }`, /endpoint must be an https/],
    "a misspelt setting": [
      `{ endpoint, credential: "${CANARY}" }`,
      /credential is not a setting of this provider\. It takes credentials, /,
    ],
    "a setting of another type": [`{ endpoint, adminEmail: ["${CANARY}"] }`, /adminEmail must be a string/],
  } as const;
  for (const [what, [args, reason]] of Object.entries(REFUSED)) {
    it(`refuse ${what} in the preview, and quote nothing`, async () => {
      // The SDK's class hands on what it knows alone; YAML hands on everything, as this one does.
      const lines = [
        'class Plain extends pulumi.ProviderResource { constructor(name: string, args: object) { super("google-workspace-mail", name, args as pulumi.Inputs); } }',
        `const provider = new Plain("plain", ${args});`,
        `new SmimeCertificate("alice", { userId: "${ALICE}", pkcs12: new pulumi.asset.FileAsset("alice.p12"), password }, { provider });`,
      ];
      stack.setProgram(write(...lines));
      const { ok, output } = await stack.preview();
      assert.equal(ok, false);
      assert.match(output, reason);
      assert.ok(!output.includes(CANARY));
      assert.deepEqual(world.verbs(), []);
    });
  }
});

function account(name: string, scope: string) {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const email = `${name}@project.iam.gserviceaccount.com`;
  const publicKeyPem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const privateKeyPem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { email, privateKeyPem, seeded: { email, clientId: name, scopes: [scope], publicKeyPem } };
}
