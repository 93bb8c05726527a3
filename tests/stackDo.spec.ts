// pulumi do, which asks a provider without a program: what a mailbox holds, one certificate, and the functions.
import assert from "node:assert/strict";
import type { Stack } from "./engine";
import type { Outcome } from "./engineProcess";
import { missing } from "./missing";
import { openMailboxes, STACK_TIMEOUT } from "./stackMailbox";
import { ALICE, BOB, SALES, seed, World, type Minted } from "./world";

const PLUGIN = "./node_modules/pulumi-google-workspace-mail/pulumi-resource-google-workspace-mail";
const addressId = (address: string): string => `users/${ALICE}/settings/sendAs/${address}`;

describe("pulumi do", function () {
  this.timeout(STACK_TIMEOUT);
  let world: World;
  let stack: Stack;
  let key: Minted;
  let id: string;

  before(async function () {
    world = await World.start("plugin");
    world.emulator.seed(seed());
    key = await world.mint();
    id = await world.byHand(key);
    world.emulator.setDefault(ALICE, ALICE, id);
    // no stack's settings are asked: credentials come from the environment, as the README says
    const env = {
      GOOGLEWORKSPACE_CREDENTIALS: JSON.stringify(world.emulator.keyFile),
      GOOGLE_WORKSPACE_MAIL_ENDPOINT: world.emulator.url,
    };
    stack = await openMailboxes(world, { env });
    const { exitCode } = await stack.run(["do", "--help"]);
    if (exitCode !== 0) missing(this, "a Pulumi CLI that has pulumi do");
  });
  beforeEach(() => {
    world.emulator.clearRequests();
  });
  afterEach(() => {
    assert.deepEqual(world.writes(), []);
    assert.deepEqual([world.fingerprints(), world.default()], [[key.fingerprint], key.fingerprint]);
  });
  after(async () => {
    stack.dispose();
    await world.emulator.stop();
  });

  const run = (token: string, ...args: string[]): Promise<Outcome> =>
    stack.run(["do", "--package", PLUGIN, `google-workspace-mail:index:${token}`, ...args]);

  /** The JSON follows the line that tells of the stand-in. */
  async function answer(token: string, ...args: string[]): Promise<unknown> {
    const { exitCode, stdout, output } = await run(token, ...args);
    assert.equal(exitCode, 0, output);
    return JSON.parse(stdout.slice(stdout.search(/^[[{]/m))) as unknown;
  }

  async function refusal(token: string, ...args: string[]): Promise<string> {
    const { exitCode, output } = await run(token, ...args);
    assert.notEqual(exitCode, 0, output);
    return output;
  }

  it("lists the certificates and the defaults of a mailbox, of all addresses or of one", async () => {
    const certificate = { id: `${addressId(ALICE)}/smimeInfo/${id}`, name: "alice@example.com 2027-11-01" };
    const signs = { id: `${addressId(ALICE)}/defaultSmimeInfo`, name: "alice@example.com default" };
    assert.deepEqual(await answer("SmimeCertificate", "list", "--user-id", ALICE), [certificate]);
    assert.deepEqual(await answer("DefaultSmimeCertificate", "list", "--user-id", ALICE), [signs]);
    const ofSales = ["--user-id", ALICE, "--send-as-email", SALES];
    assert.deepEqual(await answer("SmimeCertificate", "list", ...ofSales), []);
    assert.deepEqual(
      world.verbs().filter((verb) => verb === "addresses").length,
      2,
      "of one address, no other is asked",
    );
  });

  it("ends a list at --count", async () => {
    const past = await world.mint(ALICE, { notAfter: new Date("2026-08-15T00:00:00Z") });
    const pastId = await world.byHand(past);
    const list = ["list", "--user-id", ALICE];
    const names = async (...more: string[]) =>
      ((await answer("SmimeCertificate", ...list, ...more)) as { name: string }[]).map(({ name }) => name.slice(-10));
    assert.deepEqual(await names("--all"), ["2026-08-15", "2027-11-01"]);
    assert.deepEqual(await names("--count", "1"), ["2026-08-15"]);
    world.emulator.deleteCertificate(ALICE, ALICE, pastId);
  });

  it("says which user there is not, and what is missing or wrong in a query", async () => {
    const unknown = await refusal("SmimeCertificate", "list", "--user-id", "ghost@example.com");
    assert.match(unknown, /^error: .*ghost@example\.com is not a user of the domain/m);
    assert.match(await refusal("SmimeCertificate", "list"), /Missing required input "userId"/);
    const wrong = await refusal("DefaultSmimeCertificate", "list", "--user-id", "bob");
    assert.match(wrong, /^error: userId is not an e-mail address\. Write it as in alice@example\.com\.$/m);
    const { stdout } = await run("AuditPublicKey", "--help");
    assert.match(stdout, /^ +read +Read a resource$/m);
    assert.doesNotMatch(stdout, /^ +list /m, "nobody can list the audit key");
  });

  it("reads one certificate, and deletes none that it did not upload", async () => {
    const { exitCode, output } = await run("SmimeCertificate", "read", `${addressId(ALICE)}/smimeInfo/${id}`);
    assert.equal(exitCode, 0, output);
    assert.match(output, new RegExp(`fingerprint *: "${key.fingerprint}"`));
    assert.match(await refusal("SmimeCertificate", "read", `${addressId(ALICE)}/smimeInfo/gone`), /was not found/);
    const gone = await run("SmimeCertificate", "delete", `${addressId(ALICE)}/smimeInfo/${id}`, "--stateless", "--yes");
    assert.match(gone.output, /expires 2027-11-01T00:00:00Z\) is left in Gmail\./);
  });

  it("calls the functions, and fails where they refuse", async () => {
    const { certificates } = (await answer("getSmimeCertificates", "--user-id", ALICE)) as {
      certificates: Record<string, unknown>[];
    };
    assert.deepEqual(
      certificates.map(({ certificateId, fingerprint, isDefault }) => [certificateId, fingerprint, isDefault]),
      [[id, key.fingerprint, true]],
    );
    assert.deepEqual(await answer("getSmimeCertificates", "--user-id", BOB), { certificates: [] });
    assert.match(await refusal("getSmimeCertificates", "--user-id", "bob"), /^error: userId is not an e-mail address/m);
  });
});
