// The lifecycle of a mailbox on the real engine: what a user sees of it, and what Google holds afterwards.
import assert from "node:assert/strict";
import type { Stack } from "./engine";
import { ADAPTERS } from "./sessions";
import { certificateLine, defaultLine, openMailboxes, program, STACK_TIMEOUT, steps, unchanged } from "./stackMailbox";
import { ALICE, PASSWORD, seed, World, type Minted } from "./world";

for (const adapter of ADAPTERS)
  describe(`a stack with one mailbox, through the ${adapter} adapter`, function () {
    this.timeout(STACK_TIMEOUT);
    let world: World;
    let stack: Stack;
    let key: Minted;
    let other: Minted;

    before(async () => {
      world = await World.start(adapter);
      world.emulator.seed(seed());
      key = await world.mint();
      other = await world.mint();
      stack = await openMailboxes(world, {
        program: program(
          certificateLine("alice"),
          defaultLine("signs", "alice"),
          "export const { fingerprint } = alice;",
        ),
        files: { "alice.p12": key.bytes },
      });
    });
    after(async () => {
      stack.dispose();
      await world.emulator.stop();
    });
    beforeEach(() => {
      world.emulator.clearRequests();
    });

    function holdsOurs(): void {
      assert.deepEqual(world.fingerprints(), [key.fingerprint]);
      assert.equal(world.default(), key.fingerprint);
    }

    it("previews without a request, and is created with four", async () => {
      assert.deepEqual(steps(await stack.preview()), ["create alice", "create signs"]);
      assert.deepEqual(world.verbs(), []);
      assert.deepEqual(steps(await stack.up()), ["create alice", "create signs"]);
      assert.deepEqual(world.verbs(), ["token", "list", "insert", "setDefault"]);
      holdsOurs();
      assert.deepEqual(await stack.outputs(), { fingerprint: key.fingerprint });
    });

    it("previews no change after it was created", async () => {
      unchanged(await stack.preview({ expectNoChanges: true }));
    });

    it("sends nothing, not even for a token, in a second up", async () => {
      unchanged(await stack.up({ expectNoChanges: true }));
      assert.deepEqual(world.verbs(), []);
    });

    it("previews no change after a refresh, which only reads", async () => {
      unchanged(await stack.refresh({ expectNoChanges: true }));
      assert.deepEqual(world.verbs(), ["token", "list"]);
      unchanged(await stack.preview({ expectNoChanges: true }));
    });

    it("shows a default that somebody moved as drift on that resource only, and moves it back", async () => {
      const byHand = { user: ALICE, sendAs: ALICE, pkcs12: other.bytes, password: PASSWORD };
      const { id } = await world.emulator.addCertificate(byHand);
      world.emulator.setDefault(ALICE, ALICE, id);
      const drift = await stack.preview({ refresh: true, expectNoChanges: true });
      assert.equal(drift.exitCode, 7, drift.output);
      const shown = drift.steps
        .filter(({ op }) => !["same", "refresh"].includes(op))
        .map(({ op, name }) => `${op} ${name}`);
      assert.deepEqual(shown, ["update signs"]);
      assert.deepEqual(world.writes(), [], "looking changes nothing");
      assert.deepEqual(steps(await stack.up({ refresh: true })), ["update signs"]);
      assert.deepEqual(world.writes(), ["setDefault"]);
      assert.equal(world.default(), key.fingerprint);
      world.emulator.deleteCertificate(ALICE, ALICE, id);
      holdsOurs();
    });

    it("is dropped by refresh when somebody deleted it, previews exactly one create, and is restored by up", async () => {
      world.emulator.deleteCertificate(ALICE, ALICE, world.idOf(key));
      const refreshed = await stack.refresh();
      assert.ok(refreshed.ok, refreshed.output);
      // Without a default, the default's resource is there still, and says so.
      assert.deepEqual(refreshed.changes, { delete: 1, update: 1, same: 1 });
      assert.deepEqual(steps(await stack.preview()), ["create alice", "update signs"]);
      assert.deepEqual(world.writes(), []);
      assert.deepEqual(steps(await stack.up()), ["create alice", "update signs"]);
      assert.deepEqual(world.writes(), ["insert", "setDefault"]);
      holdsOurs();
      unchanged(await stack.preview({ expectNoChanges: true }));
    });

    it("leaves nothing of ours at Google after destroy", async () => {
      assert.deepEqual(steps(await stack.destroy()), ["delete signs", "delete alice"]);
      assert.deepEqual(world.writes(), ["delete"]);
      assert.deepEqual(world.certificates(), []);
    });

    it("is destroyed without complaint when it is already gone", async () => {
      steps(await stack.up());
      world.emulator.deleteCertificate(ALICE, ALICE, world.idOf(key));
      assert.deepEqual(steps(await stack.destroy()), ["delete signs", "delete alice"]);
      assert.deepEqual(world.certificates(), []);
    });
  });
