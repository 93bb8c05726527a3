// What the release's workflow makes and publishes: its own shell steps are run here, and what they leave is looked at. No
// stack runs in it, but like those it is long, and CI runs it once only.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { extract } from "tar";
import { VERSION } from "../provider/version";
import { ROOT } from "./markdown";
import { billOf } from "./releaseBill";
import { copyOf, git, releaseCheckout, TAG } from "./releaseCheckout";
import { buildsProgram, fetched } from "./releaseGo";
import { ReleaseRun, REPOSITORY } from "./releaseRun";

const PLUGIN = "pulumi-resource-google-workspace-mail";
const SYSTEMS = ["darwin-amd64", "darwin-arm64", "linux-amd64", "linux-arm64", "windows-amd64", "windows-arm64"];
const ARCHIVES = SYSTEMS.map((system) => `${PLUGIN}-v${VERSION}-${system}.tar.gz`);
const NPM_PACKAGE = `pulumi-google-workspace-mail-${VERSION}.tgz`;
const WHEEL = `pulumi_google_workspace_mail-${VERSION}-py3-none-any.whl`;
const SOURCES = `pulumi_google_workspace_mail-${VERSION}.tar.gz`;
const BILLS = { npm: "pulumi-google-workspace-mail.cdx.json", plugin: `${PLUGIN}.cdx.json` };
const ALL = ["SHA256SUMS", ...ARCHIVES, NPM_PACKAGE, WHEEL, SOURCES, BILLS.npm, BILLS.plugin].sort();

describe("a release", function () {
  this.timeout(180_000);
  let run: ReleaseRun;
  let again: ReleaseRun;
  before(async function () {
    const elsewhere = { umask: "077", env: { TZ: "Pacific/Chatham", LC_ALL: "C" } };
    const one = releaseCheckout();
    const other = copyOf(one);
    [run, again] = await Promise.all([ReleaseRun.start(this, one), ReleaseRun.start(this, other, elsewhere)]);
  });
  after(() => ReleaseRun.disposeAll());

  const read = (name: string): string => fs.readFileSync(path.join(run.files, name), "utf8");
  async function opened(name: string): Promise<string> {
    const folder = run.folder("opened");
    await extract({ file: path.join(run.files, name), cwd: folder });
    return folder;
  }

  it("is these files and their checksums, and the same bytes from another folder, umask and time zone", () => {
    assert.deepEqual(fs.readdirSync(run.files).sort(), ALL);
    const sum = (name: string) =>
      createHash("sha256")
        .update(fs.readFileSync(path.join(run.files, name)))
        .digest("hex");
    const sums = ALL.filter((name) => name !== "SHA256SUMS").map((name) => `${sum(name)}  ${name}`);
    assert.deepEqual(read("SHA256SUMS").trim().split("\n").sort(), sums.sort());
    const sumsAgain = fs.readFileSync(path.join(again.files, "SHA256SUMS"), "utf8");
    assert.equal(sumsAgain, read("SHA256SUMS"));
  });

  it("has an npm package that names the repository its provenance is of, with the plugin in it", async () => {
    const folder = path.join(await opened(NPM_PACKAGE), "package");
    const { version, repository } = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8")) as Manifest;
    assert.deepEqual(
      [version, repository],
      [VERSION, { type: "git", url: `git+https://github.com/${REPOSITORY}.git` }],
    );
    const documents = ["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "package.json"];
    assert.deepEqual(fs.readdirSync(folder).sort(), [...documents, "dist", "docs", PLUGIN, `${PLUGIN}.cmd`].sort());
    for (const file of ["provider/plugin.js", "sdk/index.d.ts", "commands/index.js"])
      assert.ok(fs.existsSync(path.join(folder, "dist", file)), file);
  });

  it("has pages in the npm package whose Go programs import what Go finds", async () => {
    const folder = path.join(await opened(NPM_PACKAGE), "package");
    const imports = ["README.md", ...filesIn(path.join(folder, "docs")).map((name) => path.join("docs", name))].flatMap(
      (name) => fs.readFileSync(path.join(folder, name), "utf8").match(/[^\s"`]*\/sdk\/go\/\w+/g) ?? [],
    );
    assert.ok(imports.length > 10, String(imports.length));
    assert.deepEqual([...new Set(imports)], [`github.com/${REPOSITORY}/sdk/go/googleworkspacemail`]);
  });

  it("has a wheel that pip installs and Python imports, which tells the engine where the plugin is", () => {
    const target = run.folder("python");
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps"];
    execFileSync(run.python, [...pip, "--target", target, path.join(run.files, WHEEL)]);
    const program = [
      "import importlib.metadata, pulumi_google_workspace_mail as mail",
      "from pulumi_google_workspace_mail import _utilities as told",
      "print(mail.__file__, mail.SmimeCertificate.__name__, told.get_version(), told.get_plugin_download_url())",
      "print(importlib.metadata.metadata('pulumi_google_workspace_mail')['Project-URL'])",
    ];
    const options = { env: { PYTHONPATH: target }, encoding: "utf8" } as const;
    const file = path.join(target, "pulumi_google_workspace_mail", "__init__.py");
    assert.deepEqual(execFileSync(run.python, ["-c", program.join("\n")], options).split("\n"), [
      `${file} SmimeCertificate ${VERSION} github://api.github.com/${REPOSITORY}`,
      `Repository, https://github.com/${REPOSITORY}`,
      "",
    ]);
  });

  it("has Python sources with all modules and the licence", async () => {
    const inside = filesIn(path.join(await opened(SOURCES), `pulumi_google_workspace_mail-${VERSION}`));
    for (const name of ["LICENSE", "PKG-INFO", "pyproject.toml", "README.md"]) assert.ok(inside.includes(name), name);
    const modules = filesIn(path.join(ROOT, "sdk", "python")).filter((name) => name.endsWith(".py"));
    assert.ok(modules.length > 10);
    assert.deepEqual(
      inside.filter((name) => name.endsWith(".py")),
      modules.filter((name) => name.startsWith("pulumi_")),
    );
  });

  it("lists what comes with the npm package: all that package.json asks for, and what these need", () => {
    const libraries = billOf(read(BILLS.npm)).map((library) => library.replace(/(?<=.)@.*/, ""));
    const { dependencies } = JSON.parse(fs.readFileSync(path.join(ROOT, "package.json"), "utf8")) as Manifest;
    for (const name of [...Object.keys(dependencies), "protobufjs", "gaxios"])
      assert.ok(libraries.includes(name), name);
    for (const name of ["mocha", "typescript", "@pulumi/pulumi"]) assert.ok(!libraries.includes(name), name);
  });

  it("lists what is in the plugin's archives: each library whose licence is there, no other", async () => {
    const notices = fs.readFileSync(path.join(await opened(ARCHIVES[0] ?? ""), "THIRD-PARTY-NOTICES"), "utf8");
    // twice, where node_modules is a link and so has two paths
    const licensed = new Set([...notices.matchAll(/^-{80}\n\n(\S+) (\S+), /gm)].map(([, ...named]) => named.join("@")));
    assert.ok(licensed.size > 50);
    assert.deepEqual(billOf(read(BILLS.plugin)).sort(), [...licensed].sort());
  });

  it("is rehearsed with npm on the package that was built, without a write to the registry", async () => {
    const asked: string[] = [];
    const registry = createServer((request, response) => {
      asked.push(request.method ?? "");
      response.writeHead(404, { "content-type": "application/json" }).end("{}");
    }).listen(0, "127.0.0.1");
    try {
      await once(registry, "listening");
      const env = { npm_config_registry: `http://127.0.0.1:${(registry.address() as AddressInfo).port}` };
      const { ok, output } = await run.job("npm", "workflow_dispatch", { env });
      assert.ok(ok, output);
      assert.ok(output.includes(`+ pulumi-google-workspace-mail@${VERSION}\n`), output);
      assert.ok(output.includes(NPM_PACKAGE), output);
      assert.ok(!asked.includes("PUT"), asked.join());
    } finally {
      registry.close();
    }
  });

  it("goes to PyPI as the wheel and the sources", async () => {
    const cwd = run.folder("pypi");
    const { ok, output } = await run.job("pypi", "push", { cwd });
    assert.ok(ok, output);
    assert.deepEqual(fs.readdirSync(path.join(cwd, "dist")).sort(), [WHEEL, SOURCES].sort());
  });

  it("is attested only as it was built", async () => {
    const { ok, output } = await run.job("attest", "push");
    assert.ok(ok, output);
    const sums = path.join(run.files, "SHA256SUMS");
    const right = fs.readFileSync(sums, "utf8");
    fs.writeFileSync(
      sums,
      right.replace(/^./, (digit) => (digit === "0" ? "1" : "0")),
    );
    assert.match((await run.job("attest", "push")).output, /FAILED/);
    fs.writeFileSync(sums, right);
  });

  it("is a GitHub release of the tag, with all files and the newest part of the change log; a rehearsal makes none", async () => {
    const gh = ghTool();
    const rehearsal = await run.job("archives", "workflow_dispatch", gh);
    assert.ok(rehearsal.ok, rehearsal.output);
    assert.deepEqual(gh.calls(), []);
    const cwd = run.folder("archives");
    const { ok, output } = await run.job("archives", "push", { ...gh, cwd });
    assert.ok(ok, output);
    const notes = path.join(cwd, ".runner", "notes.md");
    const options = ["--verify-tag", "--title", TAG, "--notes-file", notes];
    assert.deepEqual(gh.calls(), ["release", "create", TAG, ...options, ...ALL.map((name) => `release/${name}`)]);
    const parts = fs.readFileSync(path.join(cwd, "CHANGELOG.md"), "utf8").split(/^## .*$/m);
    assert.equal(fs.readFileSync(notes, "utf8").trim(), parts[1]?.trim());
  });

  it("is a Go module that Go finds by its tag and a program builds with; a rehearsal pushes no tag", async () => {
    const gh = ghTool();
    const tag = `sdk/go/${TAG}`;
    for (const event of ["workflow_dispatch", "push"] as const) {
      const { ok, output } = await run.job("go", event, gh);
      assert.ok(ok, output);
      assert.equal(git(run.repository, "tag", "--list", tag), event === "push" ? tag : "");
    }
    assert.deepEqual(gh.calls(), ["auth", "setup-git"]);
    assert.equal(git(run.repository, "rev-parse", `${tag}^`), git(run.repository, "rev-parse", TAG));
    assert.equal(git(run.repository, "diff", "--name-only", TAG, tag, "--", ".", ":!sdk/go"), "");
    assert.equal(git(run.repository, "diff", "--name-only", "--diff-filter=ADR", TAG, tag), "", "no file more or less");
    const module = fetched(run, `github.com/${REPOSITORY}/sdk/go`, TAG);
    buildsProgram(run.folder("program"), module);
  });

  /** Stands for GitHub's tool: writes down what it is asked. */
  function ghTool() {
    const folder = run.folder("gh");
    const log = path.join(folder, "calls");
    fs.writeFileSync(path.join(folder, "gh"), `#!/bin/sh\nprintf '%s\\n' "$@" >>"$GH_CALLS"\n`, { mode: 0o755 });
    const calls = (): string[] => (fs.existsSync(log) ? fs.readFileSync(log, "utf8").trim().split("\n") : []);
    return { path: folder, env: { GH_CALLS: log }, calls };
  }
});

interface Manifest {
  readonly version: string;
  readonly repository: unknown;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Relative to it, sorted. */
function filesIn(folder: string): string[] {
  const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name))).sort();
}
