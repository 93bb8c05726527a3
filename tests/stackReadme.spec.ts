/** The README's programs on the real engine, from the first lines to destroy; docsBlocks.spec.ts compiles them. */
import assert from "node:assert/strict";
import { openStack, type Stack } from "./engine";
import type { Outcome } from "./engineProcess";
import { Page } from "./markdown";
import { mintPgpKey } from "./mint";
import { ADMIN, ALICE, BOB, NOW, PASSWORD, SALES, seed, World, type Minted } from "./world";

const CAROL = "carol@example.com";
const DORA = "dora@example.com";
const ERIK = "erik@example.com";
const OFFICE = "office@example.com";
const page = new Page("README.md");
const programs = page.blocks("ts").map(({ text }) => text);
/** The blocks of the README build on each other, so together they are one program. */
const whole = programs.join("\n");

describe("the README's programs", function () {
  this.timeout(180_000);

  it("do what the README says, from the first ten lines to destroy", async () => {
    const world = await World.start();
    let stack: Stack | undefined;
    try {
      world.emulator.seed(
        seed(
          {},
          {
            users: [
              ...[ADMIN, BOB, CAROL, ERIK].map((email) => ({ email })),
              { email: ALICE, sendAs: [ALICE, SALES] },
              { email: DORA, sendAs: [DORA, OFFICE] },
            ],
          },
        ),
      );
      const keys = await mintKeys(world);
      stack = await openReadme(world, keys);
      succeeded(await stack.up());
      assert.deepEqual([world.fingerprints(), world.default()], [[keys.alice.fingerprint], keys.alice.fingerprint]);

      await byHand(world, keys.byHand);
      stack.setProgram(whole);
      succeeded(await stack.up());
      checkMailboxes(world, keys);
      await checkOutputs(stack, world, keys);
      await checkState(stack, keys);

      succeeded(await stack.destroy());
      assert.deepEqual(world.fingerprints(), [keys.byHand.fingerprint], "what was only adopted stays");
      assert.deepEqual(
        [SALES, BOB, CAROL, DORA, OFFICE, ERIK].flatMap((address) => world.fingerprints(userOf(address), address)),
        [],
      );
    } finally {
      stack?.dispose();
      await world.emulator.stop();
    }
  });
});

const userOf = (address: string): string => ({ [SALES]: ALICE, [OFFICE]: DORA })[address] ?? address;

interface Keys {
  readonly alice: Minted;
  readonly byHand: Minted;
  readonly sales: Minted;
  readonly carol: Minted;
  readonly bob2026: Minted;
  readonly bob2027: Minted;
  readonly dora: Minted;
  readonly office: Minted;
  readonly erik: Minted;
  readonly audit: string;
}

async function mintKeys(world: World): Promise<Keys> {
  const [alice, byHand, sales, carol, bob2026, bob2027, dora, office, erik] = await Promise.all([
    world.mint(ALICE),
    world.mint(ALICE),
    world.mint(SALES),
    world.mint(CAROL, { keyKind: "P-384" }),
    world.mint(BOB),
    world.mint(BOB, { notAfter: new Date("2028-05-01T00:00:00Z") }),
    world.mint(DORA),
    world.mint(OFFICE),
    world.mint(ERIK),
  ]);
  const { publicKey: audit } = await mintPgpKey();
  return { alice, byHand, sales, carol, bob2026, bob2027, dora, office, erik, audit };
}

/** The README's first program, with the files and settings that its blocks name. */
function openReadme(world: World, keys: Keys): Promise<Stack> {
  return openStack({
    program: programs[0] ?? "",
    env: { GOOGLE_WORKSPACE_MAIL_NOW: NOW, DORA_PASSWORD: PASSWORD, ERIK_PASSWORD: PASSWORD },
    config: {
      "google-workspace-mail:endpoint": world.emulator.url,
      "google-workspace-mail:credentials": { value: JSON.stringify(world.emulator.keyFile), secret: true },
      "google-workspace-mail:adminEmail": ADMIN,
      alicePassword: { value: PASSWORD, secret: true },
      salesPassword: { value: PASSWORD, secret: true },
      bobPassword: { value: PASSWORD, secret: true },
    },
    files: {
      "keys/alice.p12": keys.alice.bytes,
      "keys/alice-by-hand.crt": keys.byHand.certificatePem,
      "keys/sales.p12": keys.sales.bytes,
      "keys/carol.key": keys.carol.privateKeyPem,
      "keys/carol.crt": keys.carol.certificatePem,
      "keys/intermediate.crt": keys.carol.chainPem,
      "keys/bob-2026.p12": keys.bob2026.bytes,
      "keys/bob-2027.p12": keys.bob2027.bytes,
      "keys/audit.asc": keys.audit,
      "mailboxes.csv": page.blocks("csv")[0]?.text ?? "",
      "keys/dora.p12": keys.dora.bytes,
      "keys/office.p12": keys.office.bytes,
      "keys/erik.p12": keys.erik.bytes,
    },
  });
}

function succeeded({ ok, output }: Outcome): void {
  assert.ok(ok, output);
}

async function byHand(world: World, { pkcs12 }: Minted): Promise<void> {
  await world.emulator.addCertificate({ user: ALICE, sendAs: ALICE, pkcs12, password: PASSWORD });
}

function checkMailboxes(world: World, keys: Keys): void {
  assert.deepEqual(world.fingerprints(), [keys.alice.fingerprint, keys.byHand.fingerprint]);
  assert.equal(world.default(), keys.alice.fingerprint);
  assert.deepEqual(world.fingerprints(ALICE, SALES), [keys.sales.fingerprint]);
  assert.equal(world.default(ALICE, SALES), keys.sales.fingerprint);
  assert.deepEqual(world.fingerprints(CAROL), [keys.carol.fingerprint]);
  assert.deepEqual(world.fingerprints(BOB).sort(), [keys.bob2026.fingerprint, keys.bob2027.fingerprint].sort());
  assert.equal(world.default(BOB), keys.bob2027.fingerprint);
  assert.deepEqual([world.default(DORA), world.default(ERIK)], [keys.dora.fingerprint, keys.erik.fingerprint]);
  assert.equal(world.default(DORA, OFFICE), keys.office.fingerprint);
  assert.ok(world.emulator.state().audit["example.com"]);
}

/** The functions ask before the resources are made: of Alice they find what was there. */
async function checkOutputs(stack: Stack, world: World, { alice, byHand }: Keys): Promise<void> {
  const { onAlice, problems } = await stack.outputs();
  const expected = [alice, byHand].map((key) => `users/${ALICE}/settings/sendAs/${ALICE}/smimeInfo/${world.idOf(key)}`);
  const found = onAlice as { id: string; expiration: string }[];
  assert.deepEqual(found.map(({ id }) => id).sort(), expected.sort());
  assert.deepEqual([...new Set(found.map(({ expiration }) => expiration))], ["2027-11-01T00:00:00Z"]);
  assert.deepEqual(problems, []);
}

/** "What is stored where": the paths of Assets, in clear or not, and never their bytes; settings encrypted; no code. */
async function checkState(stack: Stack, { alice, carol, audit }: Keys): Promise<void> {
  const clear = JSON.stringify(await stack.exportState());
  assert.ok(clear.includes("keys/audit.asc") && clear.includes("keys/carol.crt"), "public Assets: paths in clear");
  assert.ok(
    !clear.includes("keys/alice.p12") && !clear.includes("keys/carol.key"),
    "secret Assets: even paths are not",
  );
  const { stdout: shown } = await stack.run(["stack", "export", "--show-secrets"]);
  assert.ok(shown.includes("keys/alice.p12") && shown.includes(PASSWORD), "they are there, encrypted");
  for (const text of [alice.pkcs12, carol.privateKeyPem, audit].map((value) => value.slice(60, 120).trim())) {
    assert.ok(!shown.includes(text) && !shown.includes(JSON.stringify(text).slice(1, -1)), "no bytes of a file");
  }
  assert.ok(shown.includes("private_key") && !clear.includes("private_key"), "settings: encrypted");
  assert.ok(shown.includes("pulumi-google-workspace-mail/provider") && shown.length < 100_000, "one line, no code");
}
