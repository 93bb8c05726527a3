// Set-up as a newcomer meets it: the commands' own output, and the order in which an engine is looked for.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

const checkout = path.dirname(__dirname);
const node = path.dirname(process.execPath);

describe("set-up", () => {
  it("says nothing and is done at once when there is nothing to do", () => {
    runSetup();
    const started = Date.now();
    const { status, stdout, stderr } = runSetup();
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "", stderr: "" });
    // 70 ms on the machine it was written on; the rest is for a busy one.
    assert.ok(Date.now() - started < 1500);
  });

  it("makes the package loadable under its own name from inside the checkout", () => {
    runSetup();
    const { stdout, stderr } = spawnSync(process.execPath, ["-p", "typeof require('pulumi-google-workspace-mail')"], {
      cwd: checkout,
      encoding: "utf8",
    });
    assert.equal(stdout.trim(), "object", stderr);
  });

  function runSetup() {
    return spawnSync(process.execPath, [path.join(checkout, "tools/setup.mjs")], { encoding: "utf8" });
  }
});

describe("finding an engine", () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "google-workspace-mail-engine-"));
  });
  afterEach(() => {
    fs.rmSync(folder, { recursive: true });
  });

  it("takes `pulumi` from PATH if it is recent enough", async () => {
    const onPath = writeEngine("bin/pulumi", "v3.233.0");
    writeEngine(cachedPath(), "v3.259.0");
    assert.equal(await find(), onPath);
  });

  for (const version of ["v3.232.9", "v2.300.0", "v4.0.0", "nonsense"]) {
    it(`passes over ${version} on PATH and takes the one cached by an earlier run`, async () => {
      writeEngine("bin/pulumi", version);
      const cached = writeEngine(cachedPath(), "v3.259.0");
      assert.equal(await find(), cached);
    });
  }

  it("takes a development build of a recent version", async () => {
    const onPath = writeEngine("bin/pulumi", "v3.260.0-alpha.1+abc");
    assert.equal(await find(), onPath);
  });

  it("builds one with Go where none is there, and finds it in the cache the next time", async () => {
    writeGo(`printf '#!/bin/sh\\necho v3.259.0\\n' >"$out"; chmod +x "$out"`);
    const built = await find();
    assert.equal(built, path.join(folder, cachedPath()));
    fs.rmSync(path.join(folder, "bin/go"));
    assert.equal(await find(), built);
    assert.deepEqual(cacheEntries(), ["3.259.0"]);
  });

  it("leaves one whole engine when two runs build at once", async () => {
    writeGo(`sleep 0.3; printf '#!/bin/sh\\necho v3.259.0\\n' >"$out"; chmod +x "$out"`);
    const engines = await Promise.all([find(), find()]);
    assert.deepEqual(new Set(engines), new Set([path.join(folder, cachedPath())]));
    assert.deepEqual(cacheEntries(), ["3.259.0"]);
  });

  it("leaves nothing of a build that failed, and says what to install", async () => {
    writeGo(`echo half >"$out"; exit 1`);
    await assert.rejects(find(), /install the Pulumi CLI \(3\.233\.0 or newer\).* or install Go/);
    assert.deepEqual(cacheEntries(), []);
  });

  it("clears away what a killed run left", async () => {
    const abandoned = path.join(path.dirname(path.dirname(path.dirname(cachedPath()))), ".partial-999999999-x");
    fs.mkdirSync(path.join(folder, abandoned), { recursive: true });
    writeGo("exit 1");
    await assert.rejects(find());
    assert.deepEqual(cacheEntries(), []);
  });

  it("prints only the engine's path on stdout", () => {
    const onPath = writeEngine("bin/pulumi", "v3.300.0");
    const { stdout } = spawnSync("npm", ["run", "--silent", "engine"], {
      cwd: checkout,
      env: { ...process.env, ...environment(), PATH: `${path.join(folder, "bin")}:${process.env["PATH"] ?? ""}` },
      encoding: "utf8",
    });
    assert.equal(stdout, `${onPath}\n`);
  });

  /** All places but the download: with internet that would really install one. */
  async function find(): Promise<string> {
    const { findEngine, onPath, cached, build } = await import("../tools/engine/find.mjs");
    return findEngine(environment(), [onPath, cached, build]);
  }

  function environment(): NodeJS.ProcessEnv {
    return { PATH: [path.join(folder, "bin"), node, "/bin"].join(":"), XDG_CACHE_HOME: path.join(folder, "cache") };
  }

  function cachedPath(): string {
    return "cache/pulumi-google-workspace-mail/engine/3.259.0/bin/pulumi";
  }

  function cacheEntries(): string[] {
    return fs.readdirSync(path.join(folder, "cache/pulumi-google-workspace-mail/engine"));
  }

  function writeEngine(name: string, version: string): string {
    return writeScript(name, `echo ${version}`);
  }

  /** A `go` that answers to `go version` and, asked to build, runs the script with the wanted file in $out. */
  function writeGo(script: string): void {
    writeScript("bin/go", `[ "$1" = build ] || exit 0\nwhile [ "$1" != -o ]; do shift; done\nout=$2\n${script}`);
  }

  function writeScript(name: string, body: string): string {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    return file;
  }
});
