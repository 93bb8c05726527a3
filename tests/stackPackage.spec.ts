// The text by which every resource's state names the provider: pinned, and at work from the checkout and from the package
// as npm would publish it, installed into an empty project.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { providerText } from "../sdk/dynamicResource";
import { PLAIN_PROJECT, type Stack } from "./engine";
import { everyPage } from "./markdown";
import { mintPgpKey } from "./mint";
import { checkout, installedPackage, npm } from "./npmPackage";
import { certificateLine, defaultLine, openMailboxes, program, STACK_TIMEOUT, steps } from "./stackMailbox";
import { seed, World, type Minted } from "./world";

/** Copies of these lie in users' state for ever. A change here is a change that nobody's stack survives. */
const TEXTS = {
  SmimeCertificate:
    'exports.handler=()=>require("pulumi-google-workspace-mail/provider").dynamicProvider("SmimeCertificate")',
  DefaultSmimeCertificate:
    'exports.handler=()=>require("pulumi-google-workspace-mail/provider").dynamicProvider("DefaultSmimeCertificate")',
  AuditPublicKey:
    'exports.handler=()=>require("pulumi-google-workspace-mail/provider").dynamicProvider("AuditPublicKey")',
} as const;
const TOKENS = Object.keys(TEXTS) as (keyof typeof TEXTS)[];

interface Deployment {
  deployment: {
    resources: { type: string; inputs?: Record<string, unknown>; outputs?: Record<string, unknown> }[];
  };
}

describe("the text that state keeps of the provider", function () {
  this.timeout(STACK_TIMEOUT);
  let world: World;
  let key: Minted;
  let auditKey: string;
  let stack: Stack | undefined;

  before(async () => {
    world = await World.start();
    key = await world.mint();
    auditKey = (await mintPgpKey()).publicKey;
  });
  beforeEach(() => {
    world.emulator.seed(seed());
  });
  afterEach(() => {
    stack?.dispose();
  });
  after(() => world.emulator.stop());

  for (const token of TOKENS) {
    it(`is this one for ${token}, under 300 bytes`, () => {
      assert.equal(providerText(token), TEXTS[token]);
      assert.ok(Buffer.byteLength(TEXTS[token]) < 300);
    });
  }

  it("is all the code in the state, and runs from the checkout", async () => {
    stack = await open(checkout);
    await livesOnceAndIsGone(stack, checkout);
  });

  it("runs from the packed package in an empty project, and from nowhere else", async () => {
    const project = installedPackage();
    const installed = path.join(project, "node_modules", "pulumi-google-workspace-mail");
    stack = await open(project);
    typeCheck(stack.workDir);
    await livesOnceAndIsGone(stack, project);
    steps(await stack.up());
    fs.renameSync(installed, `${installed}-away`);
    try {
      const without = await stack.destroy();
      assert.match(without.output, /Cannot find module 'pulumi-google-workspace-mail\/provider'/);
      assert.equal(world.fingerprints().length, 1);
    } finally {
      fs.renameSync(`${installed}-away`, installed);
    }
  });

  function open(modulesOf: string): Promise<Stack> {
    return openMailboxes(world, {
      modulesOf,
      program: program(
        certificateLine("alice"),
        defaultLine("signs", "alice"),
        'new AuditPublicKey("audit", { domain: "example.com", publicKey: new pulumi.asset.FileAsset("audit.asc") });',
        'export const from = require.resolve("pulumi-google-workspace-mail/provider");',
      ),
      files: { ...PLAIN_PROJECT, "alice.p12": key.bytes, "audit.asc": auditKey },
    });
  }

  async function livesOnceAndIsGone(opened: Stack, modulesOf: string): Promise<void> {
    steps(await opened.up());
    assert.deepEqual(world.fingerprints(), [key.fingerprint]);
    assert.equal(world.default(), key.fingerprint);
    const { from } = await opened.outputs();
    assert.ok(String(from).startsWith(`${modulesOf}${path.sep}`), String(from));
    const { deployment } = (await opened.exportState()) as Deployment;
    for (const token of TOKENS) {
      const ours = deployment.resources.filter(({ type }) => type.endsWith(`/google-workspace-mail:${token}`));
      assert.equal(ours.length, 1);
      for (const kept of ours.flatMap(({ inputs, outputs }) => [inputs, outputs])) {
        const { __provider: text, ...others } = kept ?? {};
        assert.equal(text, TEXTS[token]);
        assert.doesNotMatch(JSON.stringify(others), /require\(|=>|function|__esModule/);
      }
    }
    steps(await opened.destroy());
    assert.deepEqual(world.certificates(), []);
  }
});

describe("the packed package", function () {
  this.timeout(STACK_TIMEOUT);

  it("holds the compiled code, its start files and its documents, and nothing else", () => {
    const [packed] = JSON.parse(npm(checkout, ["pack", "--dry-run", "--json"])) as [{ files: { path: string }[] }];
    const files = packed.files.map((file) => file.path);
    const documents = ["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "package.json"];
    const executables = ["pulumi-resource-google-workspace-mail", "pulumi-resource-google-workspace-mail.cmd"];
    const others = files.filter((file) => !/^dist\/(provider|sdk|commands)\/[\w/]+(\.d)?\.[jt]s$/.test(file));
    const pages = everyPage("docs").map(({ path }) => path);
    assert.deepEqual(others.sort(), [...documents, ...pages, "docs/benchmark.svg", ...executables].sort());
    for (const file of [
      "dist/commands/index.js",
      "dist/sdk/index.js",
      "dist/sdk/index.d.ts",
      "dist/provider/index.js",
      "dist/provider/plugin.js",
    ])
      assert.ok(files.includes(file), file);
  });
});

/** As strict as a program can be, against the package's own declarations. */
function typeCheck(folder: string): void {
  const options = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--module", "node16", "--target", "es2022"];
  const node = ["--types", "node", "--typeRoots", path.join(checkout, "node_modules", "@types"), "--skipLibCheck"];
  const tsc = path.join(checkout, "node_modules", "typescript", "bin", "tsc");
  const { status, stdout } = spawnSync(process.execPath, [tsc, ...options, ...node, "index.ts"], { cwd: folder });
  assert.equal(status, 0, String(stdout));
}
