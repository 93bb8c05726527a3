// The file that the engine starts, as a process: one port on stdout, an end with its engine, and a sentence where it cannot
// run. And the folder for `pulumi package add`, run as Pulumi's language host for Node.js would run it.
import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { connect } from "node:net";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { checkout, temporaryFolder } from "./npmPackage";

const NAME = "pulumi-resource-google-workspace-mail";
const executable = path.join(checkout, NAME);

describe("the plugin's executable", function () {
  this.timeout(60_000);
  let child: ChildProcess | undefined;
  afterEach(() => child?.kill("SIGKILL"));

  it("says its port, serves there, and ends when the engine's end of its stdin closes", async () => {
    child = spawn(executable, ["127.0.0.1:1"], { stdio: ["pipe", "pipe", "inherit"] });
    await answersAt(await portOf(child));
    child.stdin?.end();
    assert.deepEqual(await once(child, "exit"), [0, null]);
  });

  it("is run without stdin from the folder that `pulumi package add` takes, by Pulumi's own runner", async () => {
    // As in RunPlugin of pulumi's sdk/nodejs/cmd/pulumi-language-nodejs/main.go.
    const runner = require.resolve("@pulumi/pulumi/cmd/run-plugin");
    const stdio: StdioOptions = ["ignore", "pipe", "inherit"];
    child = spawn(process.execPath, [runner, path.join(checkout, "plugin"), "127.0.0.1:1"], { stdio });
    const port = await portOf(child);
    await answersAt(port);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await answersAt(port);
  });

  it("says in one sentence that it is not built", () => {
    const folder = temporaryFolder("executable");
    try {
      const copy = path.join(folder, NAME);
      fs.copyFileSync(executable, copy);
      const { status, stdout, stderr } = spawnSync(copy, { encoding: "utf8" });
      const plugin = path.join(folder, "dist", "provider", "plugin.js");
      const sentence = `${NAME} is not built: ${plugin} is missing. In a checkout, run npm run build.\n`;
      assert.deepEqual({ status, stdout, stderr }, { status: 1, stdout: "", stderr: sentence });
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  for (const version of ["18.20.8", "20.18.3"]) {
    it(`says in one sentence that Node.js ${version} is too old`, () => {
      const older = `data:text/javascript,Object.defineProperty(process.versions,"node",{value:"${version}"})`;
      const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", older, executable], {
        encoding: "utf8",
      });
      const why = `needs Node.js 20.19 or newer, and the node on the PATH is ${version}: install a newer one.`;
      assert.deepEqual({ status, stdout, stderr }, { status: 1, stdout: "", stderr: `${NAME} ${why}\n` });
    });
  }
});

/** The first line of stdout, which must be a number and nothing else. */
async function portOf(plugin: ChildProcess): Promise<number> {
  assert.ok(plugin.stdout);
  const ended = once(plugin, "exit").then(([code]) => assert.fail(`it ended at once, with exit code ${String(code)}`));
  const [line] = (await Promise.race([once(createInterface(plugin.stdout), "line"), ended])) as [string];
  assert.match(line, /^\d+$/);
  return Number(line);
}

async function answersAt(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.destroy();
}
