// Set-up as a newcomer meets it: the commands' own output, and the order in which an engine is looked for.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { BareMachine } from "./bareMachine";

const checkout = path.dirname(__dirname);

describe("set-up", () => {
  it("says nothing and is done at once when there is nothing to do", () => {
    runSetup();
    const started = Date.now();
    const { status, stdout, stderr } = runSetup();
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "", stderr: "" });
    // 70 ms on the machine it was written on, where compiling takes 10 s; the rest is for a busy one.
    assert.ok(Date.now() - started < 5_000);
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
  const CACHED = "engine/3.259.0/bin/pulumi";
  let machine: BareMachine;
  beforeEach(() => {
    machine = new BareMachine();
  });
  afterEach(() => {
    machine.remove();
  });

  it("takes `pulumi` from PATH if it is recent enough", async () => {
    const onPath = machine.write("bin/pulumi", "echo v3.233.0");
    machine.write(machine.cached(CACHED), "echo v3.259.0");
    assert.equal(await find(), onPath);
  });

  for (const version of ["v3.232.9", "v2.300.0", "v4.0.0", "nonsense"]) {
    it(`passes over ${version} on PATH and takes the one cached by an earlier run`, async () => {
      machine.write("bin/pulumi", `echo ${version}`);
      const cached = machine.write(machine.cached(CACHED), "echo v3.259.0");
      assert.equal(await find(), cached);
    });
  }

  it("takes a development build of a recent version", async () => {
    const onPath = machine.write("bin/pulumi", "echo v3.260.0-alpha.1+abc");
    assert.equal(await find(), onPath);
  });

  it("builds one with Go where none is there, and finds it in the cache the next time", async () => {
    machine.writeGo(`printf '#!/bin/sh\\necho v3.259.0\\n' >"$out"; chmod +x "$out"`);
    const built = await find();
    assert.equal(built, path.join(machine.folder, machine.cached(CACHED)));
    machine.remove("bin/go");
    assert.equal(await find(), built);
    assert.deepEqual(machine.cacheEntries("engine"), ["3.259.0"]);
  });

  it("leaves one whole engine when two runs build at once", async () => {
    machine.writeGo(`sleep 0.3; printf '#!/bin/sh\\necho v3.259.0\\n' >"$out"; chmod +x "$out"`);
    const engines = await Promise.all([find(), find()]);
    assert.deepEqual(new Set(engines), new Set([path.join(machine.folder, machine.cached(CACHED))]));
    assert.deepEqual(machine.cacheEntries("engine"), ["3.259.0"]);
  });

  it("leaves nothing of a build that failed, and says what to install", async () => {
    machine.writeGo(`echo half >"$out"; exit 1`);
    await assert.rejects(find(), /install the Pulumi CLI \(3\.233\.0 or newer\).* or install Go/);
    assert.deepEqual(machine.cacheEntries("engine"), []);
  });

  it("clears away what a killed run left", async () => {
    machine.write(machine.cached("engine/.partial-999999999-x/half"), "");
    machine.writeGo("exit 1");
    await assert.rejects(find());
    assert.deepEqual(machine.cacheEntries("engine"), []);
  });

  it("prints only the engine's path on stdout", () => {
    const onPath = machine.write("bin/pulumi", "echo v3.300.0");
    const { stdout } = spawnSync("npm", ["run", "--silent", "engine"], {
      cwd: checkout,
      env: { ...process.env, ...machine.environment, PATH: `${machine.bin}:${process.env["PATH"] ?? ""}` },
      encoding: "utf8",
    });
    assert.equal(stdout, `${onPath}\n`);
  });

  /** All places but the download: with internet that would really install one. */
  async function find(): Promise<string> {
    const { findEngine, onPath, cached, build } = await import("../tools/engine/find.mjs");
    return findEngine(machine.environment, [onPath, cached, build]);
  }
});

describe("finding the language host of YAML programs", () => {
  const HOST = "pulumi-language-yaml";
  let machine: BareMachine;
  let engine: string;
  beforeEach(() => {
    machine = new BareMachine();
    engine = machine.write("release/pulumi", "echo v3.259.0");
  });
  afterEach(() => {
    machine.remove();
  });

  it("takes the one beside the engine, then one on PATH, then one cached by an earlier run", async () => {
    machine.writeGo("exit 1");
    const cached = machine.write(machine.cached(`yaml-host/1.38.1/${HOST}`), "");
    assert.equal(await find(), cached);
    const onPath = machine.write(`bin/${HOST}`, "");
    assert.equal(await find(), onPath);
    const beside = machine.write(`release/${HOST}`, "");
    assert.equal(await find(), beside);
  });

  it("passes over one that does not run", async () => {
    machine.write(`release/${HOST}`, "exit 1");
    const onPath = machine.write(`bin/${HOST}`, "");
    assert.equal(await find(), onPath);
  });

  it("builds one with Go where none is there, and finds it in the cache the next time", async () => {
    machine.writeGo(`printf '#!/bin/sh\\n' >"$out"; chmod +x "$out"`);
    const built = await find();
    assert.equal(built, path.join(machine.folder, machine.cached(`yaml-host/1.38.1/${HOST}`)));
    machine.remove("bin/go");
    assert.equal(await find(), built);
  });

  it("answers with nothing, and leaves nothing, where no Go runs or the build fails", async () => {
    machine.write("bin/go", "exit 1");
    assert.equal(await find(), undefined);
    machine.writeGo(`echo half >"$out"; exit 1`);
    assert.equal(await find(), undefined);
    assert.deepEqual(machine.cacheEntries("yaml-host"), []);
  });

  async function find(): Promise<string | undefined> {
    const { findYamlHost } = await import("../tools/languages/find.mjs");
    return findYamlHost(engine, machine.environment);
  }
});

describe("finding a Python", () => {
  it("answers with nothing, and leaves nothing, where no python3 runs or its packages cannot be installed", async () => {
    const { findPython } = await import("../tools/languages/find.mjs");
    const machine = new BareMachine();
    try {
      machine.write("bin/python3", "exit 1");
      assert.equal(await findPython(machine.environment), undefined);
      machine.write("bin/python3", `[ "$1" = -c ] && echo 3.99`);
      assert.equal(await findPython(machine.environment), undefined);
      assert.deepEqual(machine.cacheEntries("python"), []);
    } finally {
      machine.remove();
    }
  });
});
