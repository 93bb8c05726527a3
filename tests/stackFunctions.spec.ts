// The functions in a program on the real engine: with the stack's settings, Assets and secrets, and when they reject.
import assert from "node:assert/strict";
import type { Stack } from "./engine";
import { mintPgpKey } from "./mint";
import { ADAPTERS } from "./sessions";
import { openMailboxes, program, STACK_TIMEOUT } from "./stackMailbox";
import { ALICE, PASSWORD, SALES, seed, World, type Minted } from "./world";

const IMPORT =
  'import { getSendAsAddresses, getSmimeCertificates, inspectPkcs12, inspectPublicKey } from "pulumi-google-workspace-mail";';

const part = (output: unknown, name: string): unknown => (output as Record<string, unknown>)[name];

for (const adapter of ADAPTERS)
  describe(`the functions of the ${adapter} SDK on the real engine`, function () {
    this.timeout(STACK_TIMEOUT);
    let world: World;
    let key: Minted;
    let auditKey: { publicKey: string; fingerprint: string };
    let stack: Stack | undefined;

    before(async () => {
      world = await World.start(adapter);
      [key, auditKey] = await Promise.all([world.mint(), mintPgpKey()]);
    });
    beforeEach(() => {
      world.emulator.seed(seed());
    });
    afterEach(() => {
      stack?.dispose();
    });
    after(() => world.emulator.stop());

    const open = (...lines: string[]): Promise<Stack> =>
      openMailboxes(world, {
        program: program(IMPORT, ...lines),
        files: { "alice.p12": key.bytes, "audit.asc": auditKey.publicKey },
      });

    it("answer a program that runs, in a preview too, with the stack's settings and its files", async () => {
      const id = await world.byHand(key);
      stack = await open(
        `export const listed = getSmimeCertificates({ userId: "${ALICE}" }).then((answer) => answer.certificates[0]?.certificateId);`,
        `export const addresses = getSendAsAddresses({ userId: "${ALICE}" }).then((answer) => answer.addresses.map((each) => each.sendAsEmail));`,
        'const file = (password: string) => inspectPkcs12({ pkcs12: new pulumi.asset.FileAsset("alice.p12"), password });',
        "export const inFile = password.apply(file);",
        'export const audit = inspectPublicKey({ publicKey: new pulumi.asset.FileAsset("audit.asc") });',
        `export const text = inspectPkcs12({ pkcs12: new pulumi.asset.StringAsset("AAAA") });`,
        `export const remote = inspectPublicKey({ publicKey: new pulumi.asset.RemoteAsset("https://example.com/key") });`,
      );
      const previewed = await stack.preview();
      assert.ok(previewed.ok, previewed.output);
      assert.deepEqual(world.verbs().sort(), ["addresses", "list", "token"]);
      assert.ok((await stack.up()).ok);
      const { listed, addresses, inFile, audit, text, remote } = await stack.outputs();
      assert.deepEqual([listed, addresses], [id, [ALICE, SALES]]);
      assert.deepEqual([part(inFile, "usable"), part(inFile, "fingerprint")], [true, key.fingerprint]);
      assert.deepEqual([part(audit, "usable"), part(audit, "fingerprint")], [true, auditKey.fingerprint]);
      assert.match(JSON.stringify(text), /pkcs12: is not a PKCS#12 file.*"usable":false/);
      assert.match(JSON.stringify(remote), /publicKey: a RemoteAsset is not fetched/);
      const { deployment } = (await stack.exportState()) as { deployment: unknown };
      assert.doesNotMatch(JSON.stringify(deployment), new RegExp(PASSWORD));
    });

    it("fail the program with a sentence that names everything wrong, and no value", async () => {
      stack = await open(`export const wrong = inspectPkcs12({ pkcs12: 7, sendAsEmail: ["${PASSWORD}"] } as never);`);
      const { ok, output } = await stack.preview();
      assert.ok(!ok);
      assert.match(output, /inspectPkcs12.*: pkcs12 must be a string or an asset .* sendAsEmail must be a string\./);
      assert.doesNotMatch(output, new RegExp(PASSWORD));
      assert.deepEqual(world.verbs(), []);
    });
  });
