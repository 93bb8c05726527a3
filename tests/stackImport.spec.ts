// pulumi import and the option `import`, on the real engine: what the engine prints and keeps, and that Google is only read.
import assert from "node:assert/strict";
import type { Stack } from "./engine";
import type { Outcome } from "./engineProcess";
import { openMailboxes, program, STACK_TIMEOUT, steps, unchanged } from "./stackMailbox";
import { ALICE, BOB, PASSWORD, SALES, seed, World, type Minted } from "./world";
import { declare, openYaml, propertiesIn, resourcesIn, TYPES } from "./yamlStack";

const CERTIFICATE = "SmimeCertificate";
const DEFAULT = "DefaultSmimeCertificate";
const addressId = (address: string, user = ALICE): string => `users/${user}/settings/sendAs/${address}`;
const idOn = (address: string, id: string): string => `${addressId(address, address)}/smimeInfo/${id}`;

interface Kept {
  readonly id: string;
  readonly protect?: boolean;
  readonly inputs: Record<string, unknown>;
  readonly outputs: Record<string, unknown>;
}

describe("a mailbox that was set up by hand, imported", function () {
  this.timeout(STACK_TIMEOUT);
  let world: World;
  let key: Minted;
  let past: Minted;
  let other: Minted;
  let id: string;
  let stack: Stack | undefined;

  before(async () => {
    world = await World.start("plugin");
    [key, past, other] = await Promise.all([
      world.mint(),
      world.mint(ALICE, { notAfter: new Date("2026-08-15T00:00:00Z") }),
      world.mint(),
    ]);
  });
  beforeEach(async () => {
    world.emulator.seed(seed());
    id = await world.byHand(key);
    world.emulator.setDefault(ALICE, ALICE, id);
  });
  afterEach(() => {
    stack?.dispose();
  });
  after(() => world.emulator.stop());

  const importInto = (into: Stack, token: string, name: string, what: string, ...flags: string[]): Promise<Outcome> =>
    into.run(["import", `${TYPES}:${token}`, name, what, "--yes", "--skip-preview", ...flags]);

  async function imported(into: Stack, token: string, name: string, what: string, ...flags: string[]): Promise<string> {
    const { exitCode, output } = await importInto(into, token, name, what, ...flags);
    assert.equal(exitCode, 0, output);
    assert.doesNotMatch(output, /bug in the/, "what the engine says where Check refuses what Read returned");
    return resourcesIn(output);
  }

  async function kept(of: Stack): Promise<Kept[]> {
    const { deployment } = (await of.exportState()) as { deployment: { resources: (Kept & { type: string })[] } };
    return deployment.resources.filter(({ type }) => type.startsWith(TYPES));
  }

  /** As an administrator left it. */
  const untouched = (writes: string[] = []): void => {
    assert.deepEqual([world.fingerprints(), world.default()], [[key.fingerprint], key.fingerprint]);
    assert.deepEqual(world.writes(), writes);
  };

  it("is protected, previews clean with the code that Pulumi prints, and outlives the stack", async function () {
    stack = await openYaml(this, world);
    // as in a copied URL, and in another case: the state has it as create would spell it
    const copied = idOn("Alice%40example.com", id);
    const alice = await imported(stack, CERTIFICATE, "alice", copied);
    const signs = await imported(stack, DEFAULT, "signs", `${addressId(ALICE)}/defaultSmimeInfo`);
    assert.deepEqual(propertiesIn(alice), ["certificate", "sendAsEmail", "userId", "protect"]);
    assert.deepEqual(propertiesIn(signs), ["certificateId", "sendAsEmail", "userId", "protect"]);
    const states = await kept(stack);
    assert.deepEqual(
      states.map((each) => [each.id, each.protect, each.outputs["adopted"]]),
      [
        [idOn(ALICE, id), true, true],
        [`${addressId(ALICE)}/defaultSmimeInfo`, true, undefined],
      ],
    );
    assert.deepEqual(states[0]?.inputs["fingerprint"], key.fingerprint);

    declare(stack, alice + signs);
    world.emulator.clearRequests();
    unchanged(await stack.preview({ expectNoChanges: true }));
    assert.deepEqual(world.verbs(), []);
    unchanged(await stack.refresh({ expectNoChanges: true }));
    const refused = await stack.destroy();
    assert.match(refused.output, /cannot be deleted\s+because it is protected/);

    declare(stack, (alice + signs).replaceAll(/^ {4}options:\n {6}protect: true\n/gm, ""));
    unchanged(await stack.up());
    // The printed code names the certificate by its id, not by its output: the engine may delete either first.
    assert.deepEqual(steps(await stack.destroy()).sort(), ["delete alice", "delete signs"]);
    untouched();
  });

  it("previews clean with its key file in the certificate's place, even expired, and goes where onDelete says so", async function () {
    stack = await openYaml(this, world, { files: { "past.p12": past.bytes, "other.p12": other.bytes } });
    await imported(stack, CERTIFICATE, "alice", idOn(ALICE, await world.byHand(past)), "--protect=false");
    const withKey = (file: string, more = ""): string => `  alice:
    type: google-workspace-mail:SmimeCertificate
    properties:
      userId: ${ALICE}
      pkcs12:
        fn::fileAsset: ${file}
      password: \${password}
${more}`;
    declare(stack, withKey("past.p12"));
    world.emulator.clearRequests();
    unchanged(await stack.preview({ expectNoChanges: true }));
    unchanged(await stack.up({ expectNoChanges: true }));
    assert.deepEqual(world.verbs(), [], "the key is not uploaded a second time");

    declare(stack, withKey("other.p12"));
    const { steps: shown } = await stack.preview();
    const replaced = shown.find(({ op }) => op === "replace");
    assert.deepEqual(
      [replaced?.name, replaced?.diffs],
      ["alice", ["fingerprint"]],
      "another key is another certificate",
    );

    declare(stack, withKey("past.p12", "      onDelete: delete\n"));
    assert.deepEqual(steps(await stack.up()), ["update alice"]);
    assert.deepEqual(world.writes(), []);
    assert.deepEqual(steps(await stack.destroy()), ["delete alice"]);
    untouched(["delete"]);
  });

  it("is taken over by the option import, with a certificate or with the key, and with no other", async () => {
    const both = (source: string): string =>
      program(
        `const alice = new SmimeCertificate("alice", { userId: "${ALICE}", ${source} }, { import: "${idOn(ALICE, id)}" });`,
        `new DefaultSmimeCertificate("signs", { userId: "${ALICE}", certificateId: alice.id }, { import: "${addressId(ALICE)}/defaultSmimeInfo" });`,
      );
    const fromKey = (file: string): string => `pkcs12: new pulumi.asset.FileAsset("${file}"), password`;
    const files = { "alice.crt": key.certificatePem, "alice.p12": key.bytes, "other.p12": other.bytes };
    const ways = ['certificate: new pulumi.asset.FileAsset("alice.crt")', fromKey("alice.p12")];
    stack = await openMailboxes(world, { program: "", files });
    for (const source of ways) {
      stack.setProgram(both(source));
      assert.deepEqual(steps(await stack.up()), ["import alice", "import signs"]);
      untouched();
      world.emulator.clearRequests();
      stack.setProgram(both(source).replaceAll(/, \{ import: "[^"]*" \}/g, ""));
      unchanged(await stack.preview({ expectNoChanges: true }));
      assert.deepEqual(world.verbs(), []);
      assert.deepEqual(steps(await stack.destroy()), ["delete signs", "delete alice"]);
      untouched();
    }
    stack.setProgram(both(fromKey("other.p12")));
    const wrong = await stack.up();
    assert.ok(!wrong.ok);
    const differs = `fingerprint: {${key.fingerprint}} => {${other.fingerprint}}`;
    assert.match(wrong.output, new RegExp(`resources that still specify an ID may not be replaced.*\n.*${differs}`));
    untouched();
  });

  it("is refused by a sentence where there is nothing to import", async function () {
    stack = await openYaml(this, world);
    const missing = (what: string): RegExp => new RegExp(`error: resource '${what}' does not exist`);
    const elsewhere = idOn(BOB, id);
    const noDefault = `${addressId(SALES)}/defaultSmimeInfo`;
    const refusals: [token: string, what: string, why: RegExp][] = [
      [CERTIFICATE, idOn(ALICE, "gone"), missing(idOn(ALICE, "gone"))],
      [CERTIFICATE, elsewhere, missing(elsewhere)],
      [CERTIFICATE, ALICE, /error: alice@example\.com is not the id of a certificate\. It looks like users\//],
      [DEFAULT, noDefault, missing(noDefault)],
      [DEFAULT, idOn(ALICE, id), /is not the id of a default\. It looks like users\//],
      [
        DEFAULT,
        `${addressId("x@example.com", "x@example.com")}/defaultSmimeInfo`,
        /x@example\.com is not a user of the domain/,
      ],
      [
        "AuditPublicKey",
        "domains/example.com/auditPublicKey",
        /error: .* cannot be imported: .* Declare it; the upload replaces/,
      ],
    ];
    for (const [token, what, why] of refusals) {
      const { exitCode, output } = await importInto(stack, token, "it", what);
      assert.notEqual(exitCode, 0, what);
      assert.match(output, why);
      assert.doesNotMatch(output, new RegExp(PASSWORD));
    }
    assert.deepEqual(await kept(stack), []);
    untouched();
  });
});
