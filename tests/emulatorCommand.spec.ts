// The emulator's command line, as the quickstart and independent clients start it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Emulator, EmulatorState } from "./emulator";
import { accountOf, Client, makeAssertion } from "./emulatorClient";

const main = join(__dirname, "emulator", "main.ts");

describe("emulator: command line", () => {
  it("runs from the command line: one JSON line, a key file, the default seed, until SIGTERM", async () => {
    const folder = await mkdtemp(join(tmpdir(), "emulator-"));
    const keyPath = join(folder, "key.json");
    const child = spawnEmulator(["--write-key", keyPath, "--port", "0"]);
    try {
      const { url } = JSON.parse(await firstLine(child)) as { url: string };
      assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
      assert.equal((await stat(keyPath)).mode & 0o077, 0);
      const key = JSON.parse(await readFile(keyPath, "utf8")) as Emulator["keyFile"];
      assert.deepEqual([key.type, key.token_uri], ["service_account", `${url}/token`]);
      const client = new Client(url);
      const granted = await client.assert(makeAssertion(accountOf(key), url));
      assert.deepEqual((await client.as(granted.json.access_token ?? "").list()).json, {});
      const state = JSON.parse((await client.call("GET", "/_emulator/state")).text) as EmulatorState;
      assert.deepEqual(
        Object.keys(state.users),
        ["admin", "alice", "bob", "carol"].map((name) => `${name}@example.com`),
      );
      child.kill("SIGTERM");
      assert.deepEqual(await once(child, "exit"), [0, null]);
    } finally {
      child.kill("SIGKILL");
      await rm(folder, { recursive: true });
    }
  });

  it("ends with the shell that npm started it in, which keeps SIGTERM to itself", async () => {
    const command = `"${process.execPath}" -r ts-node/register/transpile-only "${main}" & wait`;
    const env = { ...process.env, npm_lifecycle_event: "emulator" };
    const shell = spawn("sh", ["-c", command], { stdio: ["ignore", "pipe", "inherit"], env });
    const { url } = JSON.parse(await firstLine(shell)) as { url: string };
    shell.kill("SIGTERM");
    await once(shell.stdout, "close"); // the emulator held its other end
    await assert.rejects(fetch(url));
  });

  it("says on stderr what is wrong with its command line, and exits with 2", async () => {
    const folder = await mkdtemp(join(tmpdir(), "emulator-"));
    const seedPath = join(folder, "seed.json");
    await writeFile(seedPath, JSON.stringify({ users: [{ email: 7 }] }));
    const child = spawnEmulator(["--seed", seedPath]);
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
    assert.equal(output, "");
    assert.match(errors, /users\[0\]\.email must be a text/);
    assert.equal(child.exitCode, 2);
    await rm(folder, { recursive: true });
  });
});

/** What the package script "emulator" runs. */
function spawnEmulator(args: string[]) {
  return spawn(process.execPath, ["-r", "ts-node/register/transpile-only", main, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function firstLine(child: { stdout: Readable }): Promise<string> {
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return line;
}

async function text(stream: AsyncIterable<unknown>): Promise<string> {
  let all = "";
  for await (const chunk of stream) all += String(chunk);
  return all;
}
