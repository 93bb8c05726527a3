// Both key sources on the real engine: PEM parts that another resource issues and that a preview does not know yet, and
// PKCS#12 as a file, as text in an asset, and as a string.
import assert from "node:assert/strict";
import type { Stack } from "./engine";
import type { KeyKind } from "./mint";
import { ADAPTERS } from "./sessions";
import { openMailboxes, program, STACK_TIMEOUT, steps, unchanged } from "./stackMailbox";
import { ALICE, BOB, SALES, seed, World, type Minted } from "./world";

/** As a TLS or ACME provider would: what it issues is known only once it has been created or updated. */
const ISSUER = `
class Issuer extends pulumi.CustomResource {
  declare readonly privateKey: pulumi.Output<string>;
  declare readonly certificate: pulumi.Output<string>;
  declare readonly chain: pulumi.Output<string>;
  constructor(name: string, file: string, serial: number) {
    const __provider = \`exports.handler = () => {
      const issue = ({ file, serial }) => ({ file, serial, ...JSON.parse(require("fs").readFileSync(file, "utf8")) });
      return {
        create: async (inputs) => ({ id: "issued", outs: issue(inputs) }),
        update: async (id, olds, news) => ({ outs: issue(news) }),
        diff: async (id, olds, news) => ({ changes: olds.serial !== news.serial }),
      };
    }\`;
    const outputs = { privateKey: undefined, certificate: undefined, chain: undefined };
    super("pulumi-nodejs:dynamic/test:Issuer", name, { __provider, file, serial, ...outputs }, {
      additionalSecretOutputs: ["privateKey"],
    });
  }
}
const serial = new pulumi.Config().requireNumber("serial");`;

const issued = (name: string, user: string): string => `
const ${name}Issuer = new Issuer("${name}Issuer", "${name}.json", serial);
const ${name} = new SmimeCertificate("${name}", {
  userId: "${user}",
  privateKey: ${name}Issuer.privateKey,
  certificate: ${name}Issuer.certificate,
  chain: ${name}Issuer.chain,
});
new DefaultSmimeCertificate("${name}Signs", { userId: "${user}", certificateId: ${name}.id });`;

const parts = ({ privateKeyPem, certificatePem, chainPem }: Minted): string =>
  JSON.stringify({ privateKey: privateKeyPem, certificate: certificatePem, chain: chainPem });

for (const adapter of ADAPTERS)
  describe(`key sources in a stack, through the ${adapter} adapter`, function () {
    this.timeout(STACK_TIMEOUT);
    let world: World;
    let stack: Stack | undefined;
    before(async () => {
      world = await World.start(adapter);
    });
    beforeEach(() => {
      world.emulator.seed(seed());
    });
    afterEach(() => {
      stack?.dispose();
    });
    after(() => world.emulator.stop());

    it("takes PEM parts, RSA and EC, from outputs that the preview does not know, and goes on to the next ones", async () => {
      const mint = (user: string, keyKind: KeyKind): Promise<Minted> => world.mint(user, { keyKind });
      const [rsa, ec] = await Promise.all([mint(ALICE, "RSA-2048"), mint(BOB, "P-384")]);
      stack = await openMailboxes(world, {
        program: program(ISSUER, issued("alice", ALICE), issued("bob", BOB)),
        config: { serial: "1" },
        files: { "alice.json": parts(rsa), "bob.json": parts(ec) },
      });
      const preview = steps(await stack.preview()).sort();
      assert.deepEqual(preview, ["create alice", "create aliceSigns", "create bob", "create bobSigns"]);
      assert.deepEqual(world.verbs(), []);
      steps(await stack.up());
      assert.deepEqual([world.fingerprints(), world.fingerprints(BOB)], [[rsa.fingerprint], [ec.fingerprint]]);
      assert.deepEqual([world.default(), world.default(BOB)], [rsa.fingerprint, ec.fingerprint]);
      unchanged(await stack.preview({ expectNoChanges: true }));

      const [nextRsa, nextEc] = await Promise.all([mint(ALICE, "RSA-3072"), mint(BOB, "P-256")]);
      stack.writeFiles({ "alice.json": parts(nextRsa), "bob.json": parts(nextEc) });
      await stack.setConfig({ serial: "2" });
      const renewal = steps(await stack.preview());
      assert.ok(renewal.includes("replace alice") && renewal.includes("replace bob"), renewal.join());
      steps(await stack.up());
      assert.deepEqual([world.fingerprints(), world.fingerprints(BOB)], [[nextRsa.fingerprint], [nextEc.fingerprint]]);
      assert.deepEqual([world.default(), world.default(BOB)], [nextRsa.fingerprint, nextEc.fingerprint]);
      steps(await stack.destroy());
      assert.deepEqual([world.fingerprints(), world.fingerprints(BOB)], [[], []]);
    });

    it("takes PKCS#12 as a file, as base64 in an asset and as a base64url string, and any other for no change", async () => {
      const [file, asset, text] = await Promise.all([world.mint(), world.mint(SALES), world.mint(BOB)]);
      const source = {
        file: 'new pulumi.asset.FileAsset("key.p12")',
        asset: `new pulumi.asset.StringAsset("${asset.pkcs12}")`,
        text: `"${text.bytes.toString("base64url")}"`,
      };
      const declared = (name: string, address: string, pkcs12: string): string =>
        `new SmimeCertificate("${name}", { ${address}, pkcs12: ${pkcs12}, password });`;
      const written = (sources: typeof source): string =>
        program(
          declared("file", `userId: "${ALICE}"`, sources.file),
          declared("asset", `userId: "${ALICE}", sendAsEmail: "${SALES}"`, sources.asset),
          declared("text", `userId: "${BOB}"`, sources.text),
        );
      stack = await openMailboxes(world, { program: written(source), files: { "key.p12": file.bytes } });
      steps(await stack.up());
      const there = [world.fingerprints(), world.fingerprints(ALICE, SALES), world.fingerprints(BOB)];
      assert.deepEqual(there, [[file.fingerprint], [asset.fingerprint], [text.fingerprint]]);
      unchanged(await stack.preview({ refresh: true, expectNoChanges: true }));
      world.emulator.clearRequests();
      stack.writeFiles({ "key2.p12": text.bytes });
      const asString = `"${file.pkcs12}"`;
      const asFile = 'new pulumi.asset.FileAsset("key2.p12")';
      stack.setProgram(written({ file: asString, asset: `"${asset.pkcs12}"`, text: asFile }));
      unchanged(await stack.up({ expectNoChanges: true }));
      assert.deepEqual(world.verbs(), []);
    });
  });
