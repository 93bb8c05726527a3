// State that a released version wrote, under the current code: what a user meets after `npm update`.
import assert from "node:assert/strict";
import { startEmulator, type Emulator } from "./emulator";
import type { Stack } from "./engine";
import { PROGRAMS, type Placed } from "./recordedPrograms";
import { fixtures, openRecorded, recordAll, replay, whyNot, type Fixture } from "./recordedState";
import { ADAPTERS } from "./sessions";
import { STACK_TIMEOUT, steps, throughAdapter, unchanged } from "./stackMailbox";
import { verb } from "./world";

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

  const asked = (): string[] => emulator.requests().map(verb);

  for (const fixture of fixtures().filter(({ recorded }) => recorded === PROGRAMS.first)) {
    for (const adapter of ADAPTERS)
      it(`${fixture.file}: no change with the current ${adapter} classes, with a refresh or without; destroy removes what it made`, async () => {
        stack = await openRecorded(fixture.recorded, emulator, adapter);
        const ids = await replay(fixture, emulator, stack);
        unchanged(await stack.preview({ expectNoChanges: true }));
        assert.deepEqual(asked(), []);
        unchanged(await stack.preview({ refresh: true, expectNoChanges: true }));
        assert.deepEqual(asked(), ["list"]);
        await destroys(stack, fixture, ids);
      });

    it(`${fixture.file}: an up with the plugin's classes takes it over without a request, and destroys it then`, async () => {
      stack = await openRecorded(fixture.recorded, emulator, "plugin");
      const ids = await replay(fixture, emulator, stack);
      await isTakenOver(stack);
      unchanged(await stack.preview({ refresh: true, expectNoChanges: true }));
      assert.deepEqual(asked(), ["list"]);
      await destroys(stack, fixture, ids);
    });
  }

  for (const fixture of fixtures().filter(({ recorded }) => recorded === PROGRAMS.whole))
    it(`${fixture.file}: no change, none after a refresh, none where the plugin goes on; destroy leaves what was there before`, async () => {
      const { recorded, adapter } = fixture;
      stack = await openRecorded(recorded, emulator, adapter);
      const ids = await replay(fixture, emulator, stack);
      unchanged(await stack.preview({ expectNoChanges: true }));
      assert.deepEqual(asked(), []);
      unchanged(await stack.up({ refresh: true, expectNoChanges: true }));
      const reads = asked();
      assert.ok(reads.includes("list"));
      assert.deepEqual(
        reads.filter((name) => !["token", "list", "get"].includes(name)),
        [],
      );
      if (adapter === "dynamic") {
        emulator.clearRequests();
        stack.setProgram(throughAdapter("plugin", recorded.text));
        await isTakenOver(stack);
      }
      await destroys(stack, fixture, ids);
    });

  async function isTakenOver(current: Stack): Promise<void> {
    unchanged(await current.up({ expectNoChanges: true }));
    assert.deepEqual(asked(), []);
    assert.doesNotMatch(JSON.stringify(await current.exportState()), /pulumi-nodejs:dynamic/);
  }

  /** What was there before the first up is there again, as it was, and nothing else. */
  async function destroys(current: Stack, { recorded }: Fixture, ids: ReadonlyMap<string, string>): Promise<void> {
    assert.equal(steps(await current.destroy()).length, recorded.resources);
    const left = Object.values(emulator.state().users).flatMap(({ sendAs }) =>
      Object.values(sendAs).flatMap(({ smimeInfo }) => smimeInfo.map(({ id, isDefault }) => ({ id, isDefault }))),
    );
    const before = recorded.placed.filter((placed): placed is Placed => placed.before !== undefined);
    const expected = before.map(({ name, before: was }) => ({ id: ids.get(name), isDefault: was === "default" }));
    const sorted = (all: readonly object[]): string[] => all.map((each) => JSON.stringify(each)).sort();
    assert.deepEqual(sorted(left), sorted(expected));
  }

  it("is recorded for the first one, through both adapters too", () => {
    const files = fixtures().map(({ file }) => file);
    for (const file of ["state-0.1.0.json", "state-0.1.0-dynamic.json", "state-0.1.0-plugin.json"])
      assert.ok(files.includes(file), file);
  });

  it("is never written anew", async () => {
    const [released, open] = ["\n## 0.2.0 (2027-01-31)\n", "\n## 0.2.0 (unreleased)\n"];
    assert.equal(whyNot("0.2.0", open, ["state-0.1.0-plugin.json"]), undefined);
    assert.match(whyNot("0.2.0", open, ["state-0.2.0-plugin.json"]) ?? "", /^state-0\.2\.0-plugin\.json is there\./);
    for (const text of [released, "\n## 0.3.0 (unreleased)\n"])
      assert.match(whyNot("0.2.0", text, []) ?? "", /^0\.2\.0 is released, or not in CHANGELOG\.md/);
    assert.match((await recordAll()) ?? "", /its states stay as they are|is there\. While/);
  });
});
