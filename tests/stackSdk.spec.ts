// The generated SDKs: on disk they are what Pulumi's generators write for the schema, and each compiles with the programs
// that the schema shows. TypeScript is compiled by schemaExamples.spec.ts.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { examples } from "../provider/adapters/schemaExamples";
import { functionExamples } from "../provider/adapters/schemaFunctionExamples";
import type { Language } from "../provider/adapters/schemaProgram";
import { resources } from "../provider/resources";
import { Page, ROOT } from "./markdown";
import { missing } from "./missing";

/** Go compiles Pulumi's SDK and generators once, in two minutes; then its cache has them. */
const COMPILE_TIMEOUT = 600_000;
const sdk = path.join(ROOT, "sdk");

describe("the generated SDKs", function () {
  this.timeout(COMPILE_TIMEOUT);
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "google-workspace-mail-sdk-"));
  });
  afterEach(() => {
    fs.rmSync(folder, { recursive: true });
  });

  it("are byte for byte what Pulumi's generators write for the schema: run `npm run sdk`", async function () {
    if (!hasGo()) missing(this, "Go 1.25.11 or newer");
    const { writeSdks } = await import("../tools/engine/sdk.mjs");
    await writeSdks(path.join(sdk, "schema.json"), folder);
    for (const language of ["nodejs", "python", "go"]) {
      const written = contents(path.join(folder, language));
      assert.ok(written.size > 10, language);
      assert.deepEqual(contents(path.join(sdk, language)), written);
    }
  });

  it("are compiled in Go without a complaint, and so are the schema's Go programs", function () {
    if (!hasGo()) missing(this, "Go 1.25.11 or newer");
    fs.cpSync(path.join(sdk, "go"), folder, { recursive: true });
    const [first = assert.fail("docs/_index.md has a Go program")] = new Page("docs/_index.md").blocks("go");
    for (const [name, text] of [...programs("go"), ["docs", first.text] as const]) {
      fs.mkdirSync(path.join(folder, name));
      fs.writeFileSync(path.join(folder, name, "main.go"), text);
    }
    const env = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly", GOWORK: "off" };
    const { status, stderr } = spawnSync("go", ["vet", "-trimpath", "./..."], { cwd: folder, env, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    assert.equal(execFileSync("gofmt", ["-l", folder], { encoding: "utf8" }), "");
  });

  it("are imported in Python, and register what the schema's Python programs say", async function () {
    const { findPython, installSdk } = await import("../tools/languages/find.mjs");
    const python = (await findPython()) ?? missing(this, "python3 with venv and pip");
    const files = programs("python").map(([name, text]) => {
      const file = path.join(folder, `${name}.py`);
      fs.writeFileSync(file, text);
      return file;
    });
    const env = { ...process.env, PYTHONPATH: await installSdk(python), PYTHONDONTWRITEBYTECODE: "1" };
    const driver = path.join(__dirname, "drivers", "python_examples.py");
    const printed = execFileSync(python, [driver, ...files], { env, encoding: "utf8" })
      .trim()
      .split("\n");
    const [certificate, signs, fleet, audit, ...asked] = printed.map((line) => JSON.parse(line) as unknown);
    const registered = (token: string, name: string, ...inputs: string[]) => ({ type: typeOf(token), name, inputs });
    const called = (token: string, ...inputs: string[]) => ({ type: typeOf(token), inputs });
    assert.deepEqual(certificate, [registered("SmimeCertificate", "alice", "password", "pkcs12", "userId")]);
    assert.deepEqual(signs, [
      registered("SmimeCertificate", "alice", "certificate", "userId"),
      registered("DefaultSmimeCertificate", "alice", "certificateId", "userId"),
    ]);
    assert.deepEqual(fleet, [
      called("readFleet", "csv"),
      registered("SmimeFleet", "domain", "csv", "passwords", "rows"),
    ]);
    assert.deepEqual(audit, [registered("AuditPublicKey", "audit", "domain", "publicKey")]);
    assert.deepEqual(asked, [
      [called("getSmimeCertificates", "userId")],
      [called("getSendAsAddresses", "userId")],
      [called("inspectPkcs12", "password", "pkcs12", "sendAsEmail")],
      [called("inspectPublicKey", "publicKey")],
      [called("readFleet", "csv", "of", "shard"), registered("SmimeFleet", "shard", "csv", "passwords", "rows")],
      [called("getCallerIdentity", "userId")],
    ]);
  });

  it("carry the alias of each dynamic class in every language", () => {
    for (const language of ["nodejs", "python", "go"]) {
      const text = [...contents(path.join(sdk, language)).values()].join("\n");
      for (const name of Object.keys(resources))
        assert.ok(text.includes(`"pulumi-nodejs:dynamic/google-workspace-mail:${name}"`), `${language}: ${name}`);
    }
  });
});

const typeOf = (token: string): string => `google-workspace-mail:index:${token}`;
const hasGo = (): boolean => spawnSync("go", ["version"]).status === 0;

const programs = (language: Language): [name: string, text: string][] =>
  Object.entries({ ...examples, ...functionExamples }).map(([name, texts]) => [name, texts[language]]);

/** What Python and setuptools leave beside the files: sdk/python/.gitignore. */
const LEFT = /(^|\/)(__pycache__|build|[^/]+\.egg-info)\//;

/** The text of each file, by its path. */
function contents(folder: string): Map<string, string> {
  const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const names = entries.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
  const ours = names.filter((name) => !LEFT.test(name)).sort();
  return new Map(ours.map((name) => [name, fs.readFileSync(path.join(folder, name), "utf8")]));
}
