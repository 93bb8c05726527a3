// State that a released version wrote, under the current code: what a user meets after `npm update`.
import assert from "node:assert/strict";
import { startEmulator, type Emulator } from "./emulator";
import type { Stack } from "./engine";
import { openRecorded, recordedVersions, replay } from "./recordedState";
import { ADAPTERS } from "./sessions";
import { STACK_TIMEOUT, steps, unchanged } from "./stackMailbox";
import { ALICE, verb } from "./world";

describe("the state of a released version", function () {
  this.timeout(STACK_TIMEOUT);
  let emulator: Emulator;
  let stack: Stack | undefined;
  before(async () => {
    emulator = await startEmulator();
  });
  afterEach(() => {
    stack?.dispose();
  });
  after(() => emulator.stop());

  for (const version of recordedVersions()) {
    for (const adapter of ADAPTERS) {
      it(`${version}: no change with the current ${adapter} classes, with a refresh or without; destroy removes what it made`, async () => {
        stack = await openRecorded(emulator, adapter);
        await replay(version, emulator, stack);
        unchanged(await stack.preview({ expectNoChanges: true }));
        assert.deepEqual(emulator.requests(), []);
        unchanged(await stack.preview({ refresh: true, expectNoChanges: true }));
        assert.deepEqual(emulator.requests().map(verb), ["list"]);
        await destroyed(stack);
      });
    }

    it(`${version}: an up with the plugin's classes takes it over without a request, and destroys it then`, async () => {
      stack = await openRecorded(emulator, "plugin");
      await replay(version, emulator, stack);
      unchanged(await stack.up({ expectNoChanges: true }));
      assert.deepEqual(emulator.requests(), []);
      assert.doesNotMatch(JSON.stringify(await stack.exportState()), /pulumi-nodejs:dynamic/);
      unchanged(await stack.preview({ refresh: true, expectNoChanges: true }));
      assert.deepEqual(emulator.requests().map(verb), ["list"]);
      await destroyed(stack);
    });
  }

  async function destroyed(current: Stack): Promise<void> {
    assert.equal(steps(await current.destroy()).length, 4);
    assert.deepEqual(emulator.state().users[ALICE]?.sendAs[ALICE]?.smimeInfo, []);
  }

  it("is recorded for at least the first one", () => {
    assert.ok(recordedVersions().includes("0.1.0"));
  });
});
