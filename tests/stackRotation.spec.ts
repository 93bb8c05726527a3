// A new certificate, a new name, a forced replacement: Pulumi creates before it deletes, and on the real engine that must
// never cost a mailbox its certificate or its default.
import assert from "node:assert/strict";
import type { Stack } from "./engine";
import { ADAPTERS } from "./sessions";
import {
  certificateLine,
  defaultLine,
  openMailboxes,
  program,
  STACK_TIMEOUT,
  steps,
  stepsOf,
  unchanged,
} from "./stackMailbox";
import { ALICE, BOB, seed, World, type Minted } from "./world";

for (const adapter of ADAPTERS)
  describe(`a stack whose mailbox goes on to another certificate, through the ${adapter} adapter`, function () {
    this.timeout(STACK_TIMEOUT);
    let world: World;
    let stack: Stack;
    let old: Minted;
    let key: Minted;
    let bob: Minted;

    before(async () => {
      world = await World.start(adapter);
      world.emulator.seed(seed());
      old = await world.mint();
      key = await world.mint(ALICE, { notAfter: new Date("2028-05-01T00:00:00Z") });
      bob = await world.mint(BOB);
      stack = await openMailboxes(world, {
        program: program(certificateLine("alice"), defaultLine("signs", "alice")),
        files: { "alice.p12": old.bytes, "bob.p12": bob.bytes },
      });
      steps(await stack.up());
    });
    after(async () => {
      stack.dispose();
      await world.emulator.stop();
    });
    beforeEach(() => {
      world.emulator.clearRequests();
    });

    function holds(wanted: Minted): void {
      assert.deepEqual(world.fingerprints(), [wanted.fingerprint]);
      assert.equal(world.default(), wanted.fingerprint);
    }

    it("uploads the new one, makes it the default, then deletes the old one, with no instant without a default", async () => {
      stack.writeFiles({ "alice.p12": key.bytes });
      let without = 0;
      const watch = setInterval(() => (without += world.default() === undefined ? 1 : 0), 1);
      const outcome = await stack.up();
      clearInterval(watch);
      assert.deepEqual(steps(outcome), [
        "create-replacement alice",
        "replace alice",
        "update signs",
        "delete-replaced alice",
      ]);
      assert.deepEqual(world.verbs(), ["token", "list", "insert", "setDefault", "delete"]);
      assert.equal(without, 0);
      assert.ok(
        outcome.messages.some(({ text }) =>
          /alice@example\.com: this replaces the certificate\..* can no longer be read/.test(text),
        ),
      );
      holds(key);
      unchanged(await stack.preview({ expectNoChanges: true }));
    });

    it("keeps certificate and default under up --replace", async () => {
      const { steps: before } = await stack.preview();
      const urns = before.filter(({ name }) => ["alice", "signs"].includes(name)).map(({ urn }) => urn);
      const outcome = await stack.up({ args: urns.flatMap((urn) => ["--replace", urn]) });
      assert.deepEqual(
        new Set(steps(outcome)),
        new Set([
          "create-replacement alice",
          "replace alice",
          "create-replacement signs",
          "replace signs",
          "delete-replaced signs",
          "delete-replaced alice",
        ]),
      );
      assert.deepEqual(world.writes(), []);
      holds(key);
    });

    it("keeps certificate and default when both resources are renamed in the program", async () => {
      stack.setProgram(program(certificateLine("asha"), defaultLine("hers", "asha")));
      assert.deepEqual(steps(await stack.up()), ["create asha", "create hers", "delete signs", "delete alice"]);
      assert.deepEqual(world.writes(), []);
      holds(key);
      unchanged(await stack.preview({ expectNoChanges: true }));
    });

    it("takes a resource renamed with an alias for the same one", async () => {
      const renamed = (line: string, from: string): string =>
        line.replace("dependsOn: []", `aliases: [{ name: "${from}" }]`);
      const [alma, his] = [certificateLine("alma"), defaultLine("his", "alma")];
      const before = await stack.exportState();
      stack.setProgram(program(renamed(alma, "asha"), renamed(his, "hers")));
      unchanged(await stack.up());
      assert.deepEqual(world.verbs(), []);
      await stack.importState(before);
    });

    it("finishes a rename in the next up when the deletes did not come about, and keeps certificate and default", async () => {
      // Bob's is deleted before those it comes after: while that fails, Pulumi does not get to the old names.
      const after = ["asha", "hers"];
      const bobs = certificateLine("bob", { user: BOB, file: "bob.p12", after });
      stack.setProgram(program(certificateLine("asha"), defaultLine("hers", "asha"), bobs));
      steps(await stack.up());
      stack.setProgram(program(certificateLine("alice"), defaultLine("signs", "alice")));
      world.emulator.fault({ match: { method: "DELETE", path: BOB }, status: 403, reason: "forbidden" });
      const failed = await stack.up();
      assert.equal(failed.ok, false);
      assert.deepEqual(stepsOf(failed), ["create alice", "create signs", "delete bob"]);
      holds(key);
      world.emulator.clearRequests();
      assert.deepEqual(steps(await stack.up()), ["delete bob", "delete hers", "delete asha"]);
      assert.deepEqual(world.writes(), ["delete"], "Bob's, and no insert");
      holds(key);
      assert.deepEqual(world.certificates(BOB), []);
      unchanged(await stack.preview({ expectNoChanges: true }));
    });
  });

for (const adapter of ADAPTERS)
  describe(`a stack in which deleting a renamed certificate fails, through the ${adapter} adapter`, function () {
    this.timeout(STACK_TIMEOUT);
    let world: World;
    let stack: Stack;
    before(async () => {
      world = await World.start(adapter);
    });
    after(async () => {
      stack.dispose();
      await world.emulator.stop();
    });

    it("is finished by the next up, with no second insert, and the new certificate stays the default", async () => {
      world.emulator.seed(seed());
      const [old, key] = [await world.mint(), await world.mint()];
      stack = await openMailboxes(world, {
        program: program(certificateLine("alice"), defaultLine("signs", "alice")),
        files: { "alice.p12": old.bytes },
      });
      steps(await stack.up());
      // Another name and another certificate: now the delete is a real one.
      stack.writeFiles({ "alice.p12": key.bytes });
      stack.setProgram(program(certificateLine("asha"), defaultLine("hers", "asha")));
      world.emulator.fault({ match: { method: "DELETE", path: "smimeInfo" }, status: 403, reason: "forbidden" });
      const failed = await stack.up();
      assert.equal(failed.ok, false);
      assert.ok(
        failed.messages.some(({ text }) => /deleting .*alice@example\.com/i.test(text)),
        failed.output,
      );
      assert.deepEqual(world.fingerprints(), [old.fingerprint, key.fingerprint]);
      world.emulator.clearRequests();
      assert.deepEqual(steps(await stack.up()), ["delete alice"]);
      assert.deepEqual(world.writes(), ["delete"]);
      assert.deepEqual(world.fingerprints(), [key.fingerprint]);
      assert.equal(world.default(), key.fingerprint);
    });
  });
