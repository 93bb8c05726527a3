// The real CLI on the package's schema: the file passes its check without a warning, the plugin answers with the same, and
// the schema's YAML programs are previewed by the plugin's process.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { examples } from "../provider/adapters/schemaExamples";
import { functionExamples } from "../provider/adapters/schemaFunctionExamples";
import { openStack, type Stack } from "./engine";
import { ROOT } from "./markdown";
import { missing } from "./missing";
import { mintPgpKey } from "./mint";
import { openMailboxes, STACK_TIMEOUT, steps } from "./stackMailbox";
import { ALICE, PASSWORD, seed, World } from "./world";

const file = join(ROOT, "sdk", "schema.json");
const plugin = join(ROOT, "pulumi-resource-google-workspace-mail");

describe("the package schema under the real CLI", function () {
  this.timeout(STACK_TIMEOUT);
  let stack: Stack;
  before(async () => {
    stack = await openStack({ env: {} });
  });
  after(() => {
    stack.dispose();
  });

  it("passes `pulumi schema check` without a word", async () => {
    const { exitCode, output } = await stack.run(["schema", "check", file]);
    assert.deepEqual([exitCode, output], [0, ""]);
  });

  it("is what the plugin's process answers GetSchema with", async () => {
    const { exitCode, stdout, stderr } = await stack.run(["package", "get-schema", plugin]);
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), JSON.parse(readFileSync(file, "utf8")));
  });
});

const PROJECT = `name: test
runtime: yaml
plugins:
  providers:
    - name: google-workspace-mail
      path: ${ROOT}
`;
const CREATES = {
  SmimeCertificate: ["create alice"],
  DefaultSmimeCertificate: ["create alice", "create aliceSignsWith"],
  SmimeFleet: ["create domain"],
  AuditPublicKey: ["create audit"],
};

describe("the schema's YAML programs", function () {
  this.timeout(STACK_TIMEOUT);
  let world: World;
  before(async () => {
    world = await World.start();
    world.emulator.seed(seed());
  });
  after(() => world.emulator.stop());

  it("are previewed without an error, and those of resources without a request", async function () {
    const { findEngine } = await import("../tools/engine/find.mjs");
    const { findYamlHost } = await import("../tools/languages/find.mjs");
    const host = (await findYamlHost(await findEngine())) ?? missing(this, "the full Pulumi CLI, or Go");
    const key = await world.mint();
    const stack = await openMailboxes(world, {
      path: [dirname(host)],
      config: { alicePassword: { value: PASSWORD, secret: true } },
      files: {
        "Pulumi.yaml": PROJECT,
        "keys/alice.p12": key.bytes,
        "keys/alice.crt": key.certificatePem,
        "mailboxes.csv": `${ALICE},keys/alice.p12,${PASSWORD}\n`,
        "keys/audit.asc": (await mintPgpKey()).publicKey,
      },
    });
    try {
      for (const [name, { yaml }] of Object.entries(examples)) {
        stack.writeFiles({ "Pulumi.yaml": PROJECT + yaml });
        assert.deepEqual(steps(await stack.preview()).sort(), CREATES[name as keyof typeof CREATES]);
      }
      assert.deepEqual(world.verbs(), []);
      stack.writeFiles({ "Pulumi.yaml": PROJECT + together(Object.values(functionExamples).map(({ yaml }) => yaml)) });
      assert.deepEqual(steps(await stack.preview()), ["create shard"]);
      assert.deepEqual([...new Set(world.verbs())].sort(), ["addresses", "list", "token"]);
    } finally {
      stack.dispose();
    }
  });
});

/** Programs that share no name, as one: a preview each would cost seconds. */
function together(programs: readonly string[]): string {
  const sections: Record<string, Record<string, unknown>> = {};
  for (const [section, named] of programs.flatMap((text) => Object.entries(parse(text) as typeof sections)))
    sections[section] = { ...sections[section], ...named };
  return stringify(sections);
}
