// What only the plugin can tell in a preview: the properties of what is not there yet, and exactly what differs.
import assert from "node:assert/strict";
import type { Stack } from "./engine";
import { differencesOf, outputsAfter, outputsBefore } from "./engineEvents";
import { mintPgpKey } from "./mint";
import { ADAPTERS } from "./sessions";
import {
  certificateLine,
  defaultLine,
  openMailboxes,
  program,
  STACK_TIMEOUT,
  steps,
  throughAdapter,
  unchanged,
} from "./stackMailbox";
import { UNKNOWN } from "./story";
import { ALICE, seed, World, type Minted } from "./world";

const STACK = "test-test";

describe("a preview through the plugin", function () {
  this.timeout(STACK_TIMEOUT);
  let world: World;
  let stack: Stack;
  let key: Minted;
  let other: Minted;

  before(async () => {
    world = await World.start("plugin");
    world.emulator.seed(seed());
    const auditKey = await mintPgpKey();
    [key, other] = await Promise.all([world.mint(), world.mint()]);
    const files = { "alice.p12": key.bytes, "audit.asc": auditKey.publicKey };
    stack = await openMailboxes(world, { files });
  });
  after(async () => {
    stack.dispose();
    await world.emulator.stop();
  });
  beforeEach(() => {
    world.emulator.clearRequests();
  });

  const MAILBOX = [certificateLine("alice"), defaultLine("signs", "alice")];
  const write = (...lines: string[]): void => stack.setProgram(throughAdapter("plugin", program(...lines)));

  it("knows what is in a new certificate before anything is sent, as do what depends on it", async () => {
    write(
      'import { inspectPkcs12 } from "pulumi-google-workspace-mail/plugin";',
      ...MAILBOX,
      "export const { fingerprint, subject, issuerCn, emails, serialNumber, notBefore, expiration } = alice;",
      "export const { certificateId, pem, adopted } = alice;",
      'const domain = emails.apply(([email]) => email.split("@")[1]);',
      'new AuditPublicKey("audit", { domain, publicKey: new pulumi.asset.FileAsset("audit.asc") });',
      'const file = new pulumi.asset.FileAsset("alice.p12");',
      // In an apply: inspectPkcs12Output waits for the resource that an argument comes from, not for the argument.
      "const inspect = ([[sendAsEmail], password]: [string[], string]) => inspectPkcs12({ pkcs12: file, password, sendAsEmail });",
      "export const usable = pulumi.unsecret(pulumi.all([emails, password]).apply(inspect)).usable;",
    );
    const outcome = await stack.preview();
    steps(outcome);
    assert.deepEqual(world.verbs(), []);
    const { serialNumber, ...known } = outputsAfter(outcome, STACK);
    assert.match(String(serialNumber), /^[0-9A-F]{16,}$/);
    assert.deepEqual(known, {
      fingerprint: key.fingerprint,
      subject: `CN=${ALICE}`,
      issuerCn: "Example S/MIME Issuing CA",
      emails: [ALICE],
      notBefore: "2026-06-01T00:00:00Z",
      expiration: "2027-11-01T00:00:00Z",
      certificateId: UNKNOWN,
      pem: UNKNOWN,
      adopted: UNKNOWN,
      usable: true,
    });
    assert.equal(outputsAfter(outcome, "audit")["domain"], "example.com");
    const notice = outcome.messages.find(({ text }) => text.includes(`new certificate CN=${ALICE}`));
    assert.match(notice?.urn ?? "", /::alice$/, "under the resource that it is about");
    // What was known comes true.
    write(...MAILBOX);
    steps(await stack.up());
    assert.deepEqual(world.fingerprints(), [key.fingerprint]);
  });

  it("knows when a certificate will be due, where only that changes", async () => {
    const [line = "", ...rest] = MAILBOX;
    write(
      line.replace("password }", "password, renewBeforeDays: 30 }"),
      ...rest,
      "export const { renewalDueAt, pem } = alice;",
    );
    const outcome = await stack.preview();
    assert.deepEqual(steps(outcome), ["update alice"]);
    assert.deepEqual(differencesOf(outcome, "alice"), { renewBeforeDays: "add" });
    assert.equal(outputsAfter(outcome, STACK)["renewalDueAt"], "2027-10-02T00:00:00Z");
    assert.match(String(outputsAfter(outcome, STACK)["pem"]), /^-----BEGIN CERTIFICATE-----/);
    assert.deepEqual(world.verbs(), []);
  });

  it("shows of another certificate its fingerprint, and that it replaces the one before, and nothing else", async () => {
    write(...MAILBOX);
    stack.writeFiles({ "alice.p12": other.bytes });
    const outcome = await stack.preview();
    assert.deepEqual(differencesOf(outcome, "alice"), { fingerprint: "update-replace" });
    assert.deepEqual(differencesOf(outcome, "signs"), { certificateId: "update" });
    assert.equal(outputsAfter(outcome, "alice")["fingerprint"], other.fingerprint);
    stack.writeFiles({ "alice.p12": key.bytes });
    assert.deepEqual(world.verbs(), []);
  });

  it("shows of a default that somebody moved which certificate it is and which it will be", async () => {
    const ours = world.idOf(key);
    const theirs = await world.byHand(other);
    world.emulator.setDefault(ALICE, ALICE, theirs);
    const outcome = await stack.preview({ refresh: true });
    assert.deepEqual(steps(outcome), ["update signs"]);
    assert.deepEqual(differencesOf(outcome, "signs"), { certificateId: "update" });
    assert.equal(outputsAfter(outcome, "signs")["certificateId"], ours);
    assert.equal(outputsBefore(outcome, "signs")["certificateId"], theirs);
    assert.deepEqual(world.writes(), []);
    world.emulator.deleteCertificate(ALICE, ALICE, theirs);
    world.emulator.setDefault(ALICE, ALICE, ours);
  });
});

for (const adapter of ADAPTERS)
  describe(`ignoreChanges, through the ${adapter} adapter`, function () {
    this.timeout(STACK_TIMEOUT);
    let world: World;
    let stack: Stack | undefined;
    let key: Minted;
    let other: Minted;
    before(async () => {
      world = await World.start(adapter);
      [key, other] = [await world.mint(), await world.mint()];
    });
    beforeEach(() => {
      world.emulator.seed(seed());
    });
    afterEach(() => {
      stack?.dispose();
    });
    after(() => world.emulator.stop());

    const ignoring = (line: string, name: string): string =>
      line.replace("dependsOn: []", `ignoreChanges: ["${name}"]`);

    for (const name of ["fingerprint", "pkcs12"]) {
      it(`of ${name} keeps the certificate that is there, whatever is in the file, and says nothing else`, async () => {
        const line = ignoring(certificateLine("alice"), name);
        stack = await openMailboxes(world, { program: program(line), files: { "alice.p12": key.bytes } });
        steps(await stack.up());
        world.emulator.clearRequests();
        stack.writeFiles({ "alice.p12": other.bytes });
        const previewed = await stack.preview({ expectNoChanges: true });
        unchanged(previewed);
        assert.doesNotMatch(previewed.output, /this replaces|new certificate/);
        unchanged(await stack.up({ expectNoChanges: true }));
        assert.deepEqual(world.verbs(), []);
        unchanged(await stack.refresh({ expectNoChanges: true }));
        assert.deepEqual(world.writes(), []);
        assert.deepEqual(world.fingerprints(), [key.fingerprint]);
      });
    }

    it("of a PKCS#12 given as text keeps the one before", async () => {
      const written = ({ pkcs12 }: Minted): string =>
        program(
          `new SmimeCertificate("alice", { userId: "${ALICE}", pkcs12: "${pkcs12}", password }, { ignoreChanges: ["pkcs12"] });`,
        );
      stack = await openMailboxes(world, { program: written(key) });
      steps(await stack.up());
      world.emulator.clearRequests();
      stack.setProgram(throughAdapter(adapter, written(other)));
      unchanged(await stack.up({ expectNoChanges: true }));
      assert.deepEqual(world.verbs(), []);
    });
  });
