// The functions in a program on the real engine: with the stack's settings, Assets and secrets, and when they reject.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import type { Stack } from "./engine";
import { mintPgpKey } from "./mint";
import { ADAPTERS, type Adapter } from "./sessions";
import { certificateLine, openMailboxes, program, STACK_TIMEOUT, steps } from "./stackMailbox";
import { tracesOf, tracesOfFile } from "./traces";
import { ALICE, BOB, PASSWORD, SALES, seed, World, type Minted } from "./world";

const IMPORT =
  'import { getCallerIdentity, getSendAsAddresses, getSmimeCertificates, inspectPkcs12, inspectPublicKey } from "pulumi-google-workspace-mail";';

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

    it("fail the program with Google's answer in words, and call a wrong password a finding", async () => {
      const asked = `getSmimeCertificates({ userId: "${ALICE}", sendAsEmail: "${BOB}" })`;
      stack = await open(`export const nobodys = ${asked};`);
      const { ok, output } = await stack.preview();
      assert.ok(!ok);
      assert.match(output, /error: .*Gmail knows no address bob@example\.com \(mailbox alice@example\.com\)/);
      stack.setProgram(
        program(
          IMPORT,
          'const file = new pulumi.asset.FileAsset("alice.p12");',
          'export const closed = inspectPkcs12({ pkcs12: file, password: "mistaken" });',
        ),
      );
      assert.ok((await stack.up()).ok);
      const { closed } = await stack.outputs();
      assert.match(JSON.stringify(closed), /"password: does not open this PKCS#12 file .*"usable":false/);
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

describe("the functions of both SDKs on one mailbox", function () {
  this.timeout(STACK_TIMEOUT);
  let world: World;
  let key: Minted;
  let auditKey: { publicKey: string; fingerprint: string };
  const stacks: Stack[] = [];

  before(async () => {
    world = await World.start("plugin");
    [key, auditKey] = await Promise.all([world.mint(), mintPgpKey()]);
  });
  beforeEach(() => {
    world.emulator.seed(seed());
  });
  afterEach(() => {
    for (const stack of stacks.splice(0)) stack.dispose();
  });
  after(() => world.emulator.stop());

  async function open(adapter: Adapter, ...lines: string[]): Promise<Stack> {
    const stack = await openMailboxes(new World(world.emulator, world.authority, adapter), {
      program: program(IMPORT, ...lines),
      files: { "alice.p12": key.bytes, "audit.asc": auditKey.publicKey },
    });
    stacks.push(stack);
    return stack;
  }

  it("have the same results, property for property", async () => {
    await world.byHand(key);
    const answers = async (adapter: Adapter): Promise<unknown> => {
      const stack = await open(
        adapter,
        'const pkcs12 = new pulumi.asset.FileAsset("alice.p12");',
        'const publicKey = new pulumi.asset.FileAsset("audit.asc");',
        `export const certificates = getSmimeCertificates({ userId: "${ALICE}" });`,
        `export const none = getSmimeCertificates({ userId: "${ALICE}", sendAsEmail: "${SALES}" });`,
        `export const addresses = getSendAsAddresses({ userId: "${ALICE}" });`,
        "export const file = password.apply((password) => inspectPkcs12({ pkcs12, password }));",
        `export const unfit = password.apply((password) => inspectPkcs12({ pkcs12, password, sendAsEmail: "${BOB}" }));`,
        'export const closed = inspectPkcs12({ pkcs12, password: "mistaken" });',
        "export const audit = inspectPublicKey({ publicKey });",
        'export const noKey = inspectPublicKey({ publicKey: "no key" });',
        "export const credential = getCallerIdentity();",
        `export const mailbox = getCallerIdentity({ userId: "${ALICE}", domain: "example.com" });`,
        'export const ghost = getCallerIdentity({ userId: "ghost@example.com" });',
      );
      const { ok, output } = await stack.up();
      assert.ok(ok, output);
      return stack.outputs();
    };
    const ofDynamic = await answers("dynamic");
    assert.match(
      JSON.stringify(ofDynamic),
      new RegExp(`${key.fingerprint}.*${auditKey.fingerprint}|${auditKey.fingerprint}.*${key.fingerprint}`),
    );
    const { mailbox, ghost } = ofDynamic as Record<string, unknown>;
    assert.deepEqual([part(mailbox, "usable"), part(ghost, "usable")], [true, false]);
    assert.deepEqual(await answers("plugin"), ofDynamic);
  });

  it("in the form for outputs: wait for what they are asked about, and keep a secret's answer a secret", async () => {
    const stack = await open(
      "plugin",
      'import { getSmimeCertificatesOutput, inspectPkcs12Output } from "pulumi-google-workspace-mail";',
      certificateLine("alice"),
      'const pkcs12 = new pulumi.asset.FileAsset("alice.p12");',
      "const { usable, fingerprint } = inspectPkcs12Output({ pkcs12, password });",
      "export { usable, fingerprint };",
      `const { certificates } = getSmimeCertificatesOutput({ userId: "${ALICE}" }, { dependsOn: [alice] });`,
      "export const ids = certificates.apply((all) => all.map(({ certificateId }) => certificateId));",
    );
    const previewed = await stack.preview();
    assert.deepEqual(steps(previewed), ["create alice"]);
    assert.deepEqual(world.verbs(), [], "a certificate still to be made is not asked about");
    const upped = await stack.up();
    assert.deepEqual(steps(upped), ["create alice"]);
    const ids = [world.idOf(key)];
    assert.deepEqual(await stack.outputs(), { usable: true, fingerprint: key.fingerprint, ids });
    const { stdout } = await stack.run(["stack", "output", "--json"]);
    assert.deepEqual(JSON.parse(stdout), { usable: "[secret]", fingerprint: "[secret]", ids });
    const written = stack.engineFiles().map((file) => fs.readFileSync(file, "latin1"));
    const everything = [previewed.output, upped.output, stdout, ...written].join("\n");
    for (const trace of [...tracesOf(PASSWORD), ...tracesOfFile(key.bytes)]) assert.ok(!everything.includes(trace));
    assert.ok(everything.includes("google-workspace-mail:index:SmimeCertificate"), "it was searched");
  });
});
