// A whole domain that was set up by hand, on the real engine: the published command writes it down, pulumi import takes it
// into one stack, and the code that Pulumi writes previews clean.
import assert from "node:assert/strict";
import * as path from "node:path";
import { spawnBuiltCommand } from "./commandRun";
import type { Stack } from "./engine";
import { aliasOf, EMPTY, fill, fleetUsers, GHOST, NUMBERS, userOf } from "./fleet";
import { STACK_TIMEOUT, steps, unchanged } from "./stackMailbox";
import { seed, World } from "./world";
import { declare, openYaml, readIn, resourcesIn } from "./yamlStack";

describe("fifty mailboxes that were set up by hand", function () {
  this.timeout(STACK_TIMEOUT);
  let world: World;
  let stack: Stack | undefined;

  before(async () => {
    world = await World.start("plugin");
    world.emulator.seed(seed({}, { users: fleetUsers }));
    const ids = await fill(world);
    for (const id of ids.filter((each) => each.includes(aliasOf(6)) || each.includes(userOf(1)))) setDefault(id);
  });
  after(async () => {
    stack?.dispose();
    await world.emulator.stop();
  });

  function setDefault(id: string): void {
    const [, user = "", , , address = "", , certificateId = ""] = id.split("/");
    world.emulator.setDefault(user, address, certificateId);
  }

  it("come into a stack by one file, clean, and Google is only read", async function () {
    stack = await openYaml(this, world);
    const file = path.join(stack.workDir, "import.json");
    const list = [...NUMBERS.map(userOf), EMPTY, GHOST].join("\n");
    const before = JSON.stringify(world.emulator.state());
    const looked = await spawnBuiltCommand(world, ["import", "--mailboxes", "-", "--defaults", "--out", file], list);
    assert.equal(looked.code, 1, looked.stderr);
    assert.match(looked.stderr, /^✘ 49 of 50 mailboxes, 67 resources in .*\n✘ ghost@example\.com: /m);
    const all = 67;
    const args = ["import", "--file", file, "--out", "imported.yaml", "--protect=false", "--yes"];
    world.emulator.clearRequests();
    const { exitCode, output } = await stack.run(args);
    assert.equal(exitCode, 0, output);
    assert.match(output, new RegExp(`^ += ${String(all)} imported$`, "m"));
    assert.doesNotMatch(output, /bug in the/);
    const lists = world.verbs().filter((verb) => verb === "list");
    assert.equal(lists.length, 2 * (48 + 8), "once an address in the preview, and once in the import");

    declare(stack, resourcesIn(readIn(stack, "imported.yaml")));
    world.emulator.clearRequests();
    unchanged(await stack.preview({ expectNoChanges: true }));
    assert.deepEqual(world.verbs(), []);
    unchanged(await stack.refresh({ expectNoChanges: true }));
    assert.equal(steps(await stack.destroy()).length, all);
    assert.deepEqual(world.writes(), []);
    assert.equal(JSON.stringify(world.emulator.state()), before, "what was imported stays as it was");
  });
});
