// A plugin that somebody started by hand, as for a debugger: the engine attaches to it, operation after operation.
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";
import { createInterface } from "node:readline";
import type { Stack } from "./engine";
import { certificateLine, defaultLine, openMailboxes, program, STACK_TIMEOUT, steps, unchanged } from "./stackMailbox";
import { NOW, seed, World } from "./world";

describe("a plugin attached to with PULUMI_DEBUG_PROVIDERS", function () {
  this.timeout(STACK_TIMEOUT);
  let world: World;
  let stack: Stack | undefined;
  let plugin: ChildProcess | undefined;
  before(async () => {
    world = await World.start("plugin");
    world.emulator.seed(seed());
  });
  after(async () => {
    stack?.dispose();
    plugin?.kill("SIGKILL");
    await world.emulator.stop();
  });

  it("serves one operation after another, though each cancels it in the end", async () => {
    const executable = path.join(path.dirname(__dirname), "pulumi-resource-google-workspace-mail");
    const child = spawn(executable, {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, GOOGLE_WORKSPACE_MAIL_NOW: NOW },
    });
    plugin = child;
    const [port] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    const key = await world.mint();
    stack = await openMailboxes(world, {
      env: { PULUMI_DEBUG_PROVIDERS: `google-workspace-mail:${port}` },
      files: { "alice.p12": key.bytes },
    });
    // the plugin's folder is not the project's here
    const file = path.join(stack.workDir, "alice.p12");
    stack.setProgram(program(certificateLine("alice", { file }), defaultLine("signs", "alice")));
    steps(await stack.up());
    assert.equal(world.default(), key.fingerprint);
    unchanged(await stack.up({ refresh: true, expectNoChanges: true }));
    assert.deepEqual(steps(await stack.destroy()), ["delete signs", "delete alice"]);
    assert.deepEqual(world.certificates(), []);
    assert.equal(child.exitCode, null);
  });
});
