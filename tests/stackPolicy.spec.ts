// The policy pack on the real engine, as `--policy-pack policy` starts it: a program that keeps to the rules goes through with
// each adapter, and one that breaks them is refused before anything is asked of Google, and nothing shows a key. An engine run
// with a pack costs seconds, as Pulumi checks its types each time: what the engine has no part in is in policy.spec.ts.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as path from "node:path";
import type { Stack, StackOptions } from "./engine";
import type { Outcome } from "./engineProcess";
import { Page } from "./markdown";
import { mintPgpKey } from "./mint";
import { PACK, POLICY_HOST } from "./policyPack";
import { ADAPTERS, type Adapter } from "./sessions";
import { certificateLine, openMailboxes, program, STACK_TIMEOUT, steps } from "./stackMailbox";
import { leaks, tracesOf, tracesOfArmor, tracesOfFile, tracesOfPem } from "./traces";
import { ALICE, BOB, PASSWORD, seed, World } from "./world";

/** As the pack's README shows it. */
const RULES = new Page("policy/README.md").blocks("json")[0]?.text ?? "";
const COMMAND = path.join(__dirname, "..", "dist", "commands", "index.js");
const POLICY = ["--policy-pack", PACK, "--policy-pack-config", "rules.json"];

describe("the policy pack on the real engine", function () {
  this.timeout(STACK_TIMEOUT);
  let world: World;
  let stack: Stack;
  afterEach(async () => {
    stack.dispose();
    await world.emulator.stop();
  });

  async function open(adapter: Adapter, options: Partial<StackOptions> = { path: [POLICY_HOST] }): Promise<void> {
    world = await World.start(adapter);
    world.emulator.seed(seed());
    stack = await openMailboxes(world, { ...options, files: { "rules.json": RULES } });
  }

  for (const adapter of ADAPTERS)
    it(`lets a program through that keeps to the rules, and gives advice, through the ${adapter} adapter`, async () => {
      await open(adapter);
      const key = await world.mint();
      stack.writeFiles({ "alice.p12": key.bytes });
      const source = 'pkcs12: new pulumi.asset.FileAsset("alice.p12"), password, onDelete: "delete"';
      stack.setProgram(
        program(
          `const alice = new SmimeCertificate("alice", { userId: "${ALICE}", ${source} });`,
          `const args = { userId: "${ALICE}", certificateId: alice.id };`,
          'new DefaultSmimeCertificate("signs", args, { protect: true });',
          "export const end = alice.expiration;",
        ),
      );
      const outcome = await stack.up({ args: POLICY });
      assert.deepEqual(steps(outcome), ["create alice", "create signs"]);
      assert.deepEqual(violations(outcome), ["advisory keep-old-keys alice: onDelete"]);
      assert.equal(world.default(), key.fingerprint);
    });

  it("refuses in the preview one that breaks them, says where and what to do, and shows no key", async () => {
    await open("plugin");
    const soon = { notAfter: new Date("2026-12-02T00:00:00Z") };
    const [alice, bob] = await Promise.all([world.mint(ALICE, soon), world.mint(BOB, { keyKind: "RSA-2048" })]);
    const { privateKey: openPgp } = await mintPgpKey();
    const canary = `canary-${randomBytes(12).toString("hex")}`;
    const misspelt = { ...(JSON.parse(RULES) as object), "key-size": { minimumBits: 3072 } };
    stack.writeFiles({ "alice.p12": alice.bytes, "rules.json": JSON.stringify(misspelt) });
    stack.setProgram(
      program(
        certificateLine("soon"),
        `new SmimeCertificate("gone", { userId: "${BOB}", pkcs12: "${bob.pkcs12}", password, onDelete: "delete" });`,
        `new DefaultSmimeCertificate("signs", { userId: "x@example.org", certificateId: "ANe1Bm" });`,
        `const [pem, openPgp] = ${JSON.stringify([bob.privateKeyPem, openPgp])};`,
        `const keys = { pem, marked: pulumi.secret(pem), list: [{ openPgp }, "${canary}"], file: "${bob.pkcs12}" };`,
        'new pulumi.ComponentResource("team:index:Careless", "careless", keys);',
        "export const shared = pulumi.secret(pem);",
      ),
    );
    const outcome = await stack.preview({ args: POLICY });
    assert.notEqual(outcome.exitCode, 0);
    assert.deepEqual(violations(outcome), [
      "advisory keep-old-keys gone: onDelete",
      "mandatory allowed-domain signs: userId",
      "mandatory days-left soon: certificate",
      "mandatory key-size test-test: minimumBits",
      "mandatory no-keys-in-outputs test-test: shared",
      "mandatory no-plain-keys careless: file",
      "mandatory no-plain-keys careless: list.0.openPgp",
      "mandatory no-plain-keys careless: pem",
      "mandatory protect-default signs: protect",
    ]);
    assert.match(outcome.output, /it ends on 2026-12-02, in 10 days; minimumDays is 30\. Declare the next certificate/);
    assert.deepEqual(world.verbs(), []);
    const traces = {
      "keys in PEM": [alice, bob].flatMap(({ privateKeyPem }) => tracesOfPem(privateKeyPem)),
      "PKCS#12": [alice, bob].flatMap(({ bytes }) => tracesOfFile(bytes)),
      OpenPGP: tracesOfArmor(openPgp),
      "a neighbour": tracesOf(canary),
      password: tracesOf(PASSWORD),
    };
    const told = outcome.events.filter((event) => JSON.stringify(event).includes('"policyEvent"'));
    assert.ok(told.length > 5);
    assert.deepEqual(leaks(traces, [outcome.stdout, outcome.stderr, JSON.stringify(told)]), []);
  });

  it("has its say in a review: the comment is red, and names the rule, the resource and what to do", async () => {
    await open("dynamic", { languageHost: true });
    const alice = await world.mint(ALICE, { notAfter: new Date("2026-12-02T00:00:00Z") });
    stack.writeFiles({ "alice.p12": alice.bytes });
    const source = `certificate: ${JSON.stringify(alice.certificatePem)}`;
    stack.setProgram(program(`new SmimeCertificate("soon", { userId: "${ALICE}", ${source} });`));
    const { exitCode, stdout, output } = await stack.drive([COMMAND, "review", ...POLICY]);
    assert.equal(exitCode, 1, output);
    assert.match(
      stdout,
      /^### ❌ .*: the preview is refused, for 1 reason\n\n\*\*Refused\*\*\n\n- `days-left` `soon`: /,
    );
    assert.match(stdout, /it ends on 2026-12-02, in 10 days; minimumDays is 30\. Declare the next certificate/);
    assert.deepEqual(world.verbs(), []);
  });
});

/** `mandatory days-left soon: certificate`, sorted: level, rule, resource, field. */
function violations({ events }: Outcome): string[] {
  const found = events.flatMap((event) => (event as { policyEvent?: PolicyEvent }).policyEvent ?? []);
  return found
    .map(({ policyName, enforcementLevel, message }) => {
      const [, name = "", field = ""] = /^(\S+) \(\S+\): ([\w.]+)/m.exec(message.split("\n").slice(1).join("\n")) ?? [];
      return `${enforcementLevel} ${policyName} ${name}: ${field}`;
    })
    .sort();
}

interface PolicyEvent {
  readonly policyName: string;
  readonly enforcementLevel: string;
  readonly message: string;
}
