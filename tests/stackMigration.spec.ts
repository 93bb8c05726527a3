// From the dynamic classes to the plugin's and back, without a request to Google: a certificate that is deleted and
// uploaded again is another object there, and a key that is deleted does not come back.
import assert from "node:assert/strict";
import type { Stack } from "./engine";
import { mintPgpKey } from "./mint";
import type { Adapter } from "./sessions";
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
import { propertiesOf } from "./stackState";
import { seed, World, type Minted } from "./world";

/** What Pulumi keeps with a dynamic resource: the text that its host runs. */
const HOSTS_TEXT = "__provider";
const NAMES = ["alice", "audit", "signs"];

const TEXT = program(
  certificateLine("alice"),
  defaultLine("signs", "alice"),
  'new AuditPublicKey("audit", { domain: "example.com", publicKey: new pulumi.asset.FileAsset("audit.asc") });',
  "export const { fingerprint } = alice;",
);

describe("a stack that goes from one adapter to the other", function () {
  this.timeout(STACK_TIMEOUT);
  let world: World;
  let stack: Stack;
  let key: Minted;
  let auditKey: { publicKey: string; fingerprint: string };

  before(async () => {
    world = await World.start();
    world.emulator.seed(seed());
    [key, auditKey] = await Promise.all([world.mint(), mintPgpKey()]);
    stack = await openMailboxes(world, { files: { "alice.p12": key.bytes, "audit.asc": auditKey.publicKey } });
    goTo("dynamic");
    steps(await stack.up());
    holdsOurs();
  });
  after(async () => {
    stack.dispose();
    await world.emulator.stop();
  });
  beforeEach(() => {
    world.emulator.clearRequests();
  });

  const goTo = (adapter: Adapter): void => stack.setProgram(throughAdapter(adapter, TEXT));

  function holdsOurs(): void {
    assert.deepEqual(world.fingerprints(), [key.fingerprint]);
    assert.equal(world.default(), key.fingerprint);
    assert.equal(world.emulator.state().audit["example.com"]?.fingerprint, auditKey.fingerprint);
  }

  /** The resources that have the host's text among what `part` names. */
  async function textIn(part: "inputs" | "outputs"): Promise<string[]> {
    const kept = await propertiesOf(stack);
    return NAMES.filter((name) => HOSTS_TEXT in (kept[name]?.[part] ?? {}));
  }

  /** The resources whose type is the adapter's. */
  async function typesOf(adapter: Adapter): Promise<string[]> {
    const prefix =
      adapter === "plugin" ? "google-workspace-mail:index:" : "pulumi-nodejs:dynamic/google-workspace-mail:";
    const kept = await propertiesOf(stack);
    return NAMES.filter((name) => kept[name]?.type.startsWith(prefix));
  }

  it("is unchanged in the preview and the up with the plugin's classes, and no request is made, not even for a token", async () => {
    goTo("plugin");
    unchanged(await stack.preview({ expectNoChanges: true }));
    unchanged(await stack.up({ expectNoChanges: true }));
    assert.deepEqual(world.verbs(), []);
    assert.deepEqual(await typesOf("plugin"), NAMES);
    assert.deepEqual(await stack.outputs(), { fingerprint: key.fingerprint });
  });

  it("keeps the host's text among the outputs until a refresh, which is clean, as is all that comes after it", async () => {
    assert.deepEqual([await textIn("inputs"), await textIn("outputs")], [[], NAMES]);
    unchanged(await stack.refresh({ expectNoChanges: true }));
    assert.deepEqual(world.verbs(), ["token", "list"]);
    assert.deepEqual([await textIn("inputs"), await textIn("outputs")], [[], []]);
    world.emulator.clearRequests();
    unchanged(await stack.preview({ expectNoChanges: true }));
    unchanged(await stack.up({ expectNoChanges: true }));
    assert.deepEqual(world.verbs(), []);
    holdsOurs();
  });

  it("goes back by an update that no request belongs to, and lives on there", async () => {
    goTo("dynamic");
    const updates = NAMES.map((name) => `update ${name}`);
    assert.deepEqual(steps(await stack.up()).sort(), updates);
    assert.deepEqual(world.verbs(), []);
    assert.deepEqual(await typesOf("dynamic"), NAMES);
    assert.deepEqual([await textIn("inputs"), await textIn("outputs")], [NAMES, NAMES]);
    unchanged(await stack.refresh({ expectNoChanges: true }));
    unchanged(await stack.preview({ expectNoChanges: true }));
    assert.deepEqual(world.verbs(), ["token", "list"]);
    holdsOurs();
  });

  it("loses the host's text in an update by the plugin as well, and is destroyed by it", async () => {
    goTo("plugin");
    stack.setProgram(throughAdapter("plugin", TEXT).replace("password }", 'password, onDelete: "delete" }'));
    assert.deepEqual(steps(await stack.up()), ["update alice"]);
    assert.deepEqual(world.verbs(), []);
    assert.deepEqual(await textIn("outputs"), ["audit", "signs"]);
    assert.deepEqual(steps(await stack.destroy()).sort(), ["delete alice", "delete audit", "delete signs"]);
    assert.deepEqual(world.writes(), ["delete"]);
    assert.deepEqual(world.certificates(), []);
  });
});
