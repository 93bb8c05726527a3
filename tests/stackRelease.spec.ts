// The plugin as its users get it: the archives of `npm run pack:plugin`, installed by the real CLI from a file and from a
// server, and the npm package, found through the project's Pulumi.yaml. Each manages mailboxes through the real engine.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { extract, list } from "tar";
import { VERSION } from "../provider/version";
import { PLAIN_PROJECT, type Stack } from "./engine";
import { Page } from "./markdown";
import { mintPgpKey } from "./mint";
import { checkout, installedPackage, temporaryFolder } from "./npmPackage";
import { openMailboxes, STACK_TIMEOUT, steps, unchanged } from "./stackMailbox";
import { ALICE, BOB, seed, World, type Minted } from "./world";

const PLUGIN = ["resource", "google-workspace-mail", VERSION];
const EXECUTABLE = "pulumi-resource-google-workspace-mail";
const SYSTEMS = ["darwin-amd64", "darwin-arm64", "linux-amd64", "linux-arm64", "windows-amd64", "windows-arm64"];
const archiveFor = (system: string): string => `${EXECUTABLE}-v${VERSION}-${system}.tar.gz`;
const here = archiveFor(`${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`);
const BUNDLE = ["dist/provider/pkcs12Worker.js", "dist/provider/plugin.js"];
const LIBRARIES = [
  "@googleapis/gmail",
  "asn1js",
  "csv-parse",
  "fast-xml-parser",
  "google-auth-library",
  "openpgp",
  "pkijs",
];

/** Every library of the plugin is needed: PKCS#12 read and written, OpenPGP, XML, Gmail's client. */
const PROGRAM = `
import * as pulumi from "@pulumi/pulumi";
class Ours extends pulumi.CustomResource {
  constructor(token: string, name: string, args: pulumi.Inputs) {
    super("google-workspace-mail:index:" + token, name, args, { version: "${VERSION}" });
  }
}
const file = (name: string) => new pulumi.asset.FileAsset(name);
const password = new pulumi.Config().requireSecret("password");
const alice = new Ours("SmimeCertificate", "alice", { userId: "${ALICE}", pkcs12: file("alice.p12"), password });
new Ours("DefaultSmimeCertificate", "signs", { userId: "${ALICE}", certificateId: alice.id });
const pem = { privateKey: file("bob.key"), certificate: file("bob.crt"), chain: file("chain.crt") };
new Ours("SmimeCertificate", "bob", { userId: "${BOB}", ...pem });
new Ours("AuditPublicKey", "audit", { domain: "example.com", publicKey: file("audit.asc") });`;

describe("the plugin as it is released", function () {
  this.timeout(STACK_TIMEOUT);
  const release = temporaryFolder("release");
  let world: World;
  let alice: Minted;
  let bob: Minted;
  let auditKey: string;
  let stack: Stack | undefined;

  before(async () => {
    pack(release);
    world = await World.start();
    [alice, bob] = await Promise.all([world.mint(), world.mint(BOB, { keyKind: "P-256" })]);
    auditKey = (await mintPgpKey()).publicKey;
  });
  beforeEach(() => {
    world.emulator.seed(seed());
  });
  afterEach(() => stack?.dispose());
  after(async () => {
    fs.rmSync(release, { recursive: true });
    await world.emulator.stop();
  });

  it("is one archive for each system, with its checksum", () => {
    // that the bytes are the same wherever it is packed, stackReleaseFiles tests
    assert.deepEqual(fs.readdirSync(release).sort(), ["SHA256SUMS", ...SYSTEMS.map(archiveFor)].sort());
    const sums = SYSTEMS.map((system) => `${sha256(path.join(release, archiveFor(system)))}  ${archiveFor(system)}`);
    assert.deepEqual(fs.readFileSync(path.join(release, "SHA256SUMS"), "utf8").trim().split("\n").sort(), sums.sort());
  });

  it("holds the plugin, its libraries and their licences, and is started as each system starts files", async () => {
    for (const system of SYSTEMS) {
      const entries = await entriesOf(path.join(release, archiveFor(system)));
      const modules = entries.flatMap(({ name }) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? []);
      assert.deepEqual([...new Set(modules)], LIBRARIES);
      const others = entries.filter(({ name }) => !name.startsWith("node_modules/"));
      const start = system.startsWith("windows") ? [EXECUTABLE, `${EXECUTABLE}.cmd`] : [EXECUTABLE];
      const documents = ["LICENSE", "README.md", "THIRD-PARTY-NOTICES"];
      assert.deepEqual(others.map(({ name }) => name).sort(), [...documents, ...BUNDLE, ...start].sort());
      const runnable = entries.filter(({ mode }) => (mode & 0o111) !== 0);
      assert.deepEqual(runnable, [{ name: EXECUTABLE, mode: 0o755 }]);
    }
  });

  it("starts without the libraries that it loads when they are used", async () => {
    const folder = temporaryFolder("release-start");
    try {
      await extract({ file: path.join(release, here), cwd: folder });
      const notices = fs.readFileSync(path.join(folder, "THIRD-PARTY-NOTICES"), "utf8");
      for (const library of [...LIBRARIES, "@grpc/grpc-js", "node-forge", "@pulumi/pulumi"])
        assert.match(notices, new RegExp(`^${library} \\d+\\.\\d+\\.\\d+, `, "m"));
      fs.rmSync(path.join(folder, "node_modules"), { recursive: true });
      const child = spawn(path.join(folder, EXECUTABLE), { stdio: ["pipe", "pipe", "inherit"] });
      const [line] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
      assert.match(line, /^\d+\n$/);
      child.stdin.end();
      assert.deepEqual(await once(child, "exit"), [0, null]);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it("is installed from its file, manages mailboxes, and nothing else stood in for it", async () => {
    stack = await open({ files: PLAIN_PROJECT });
    steps(await stack.run(["plugin", "install", ...PLUGIN, "--file", path.join(release, here)]));
    await livesOnceAndIsGone(stack);
    steps(await stack.run(["plugin", "rm", ...PLUGIN, "--yes"]));
    const { ok, output } = await stack.preview();
    assert.ok(!ok);
    assert.match(output, /no resource plugin 'pulumi-resource-google-workspace-mail' found/);
  });

  it("is installed from a server under the name that the engine asks for", async () => {
    // Without --checksum: engine 3.259 leaves the last bytes of an answer out of the sum, unless it comes by HTTP/2.
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url);
      const archive = fs.readFileSync(path.join(release, path.basename(request.url ?? "")));
      response.setHeader("Content-Length", archive.length).end(archive);
    }).listen(0, "127.0.0.1");
    try {
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      stack = await open({ files: PLAIN_PROJECT });
      steps(await stack.run(["plugin", "install", ...PLUGIN, "--server", `http://127.0.0.1:${port}`]));
      assert.deepEqual(await plugins(stack), [`google-workspace-mail ${VERSION}`]);
      assert.deepEqual(asked, [`/${here}`]);
    } finally {
      server.close();
    }
  });

  it("is found in the installed npm package by the lines of Pulumi.yaml that the README shows", async () => {
    const lines = new Page("README.md").blocks("yaml").find(({ text }) => text.startsWith("plugins:"));
    assert.ok(lines);
    const file = `name: test\nruntime: nodejs\n${lines.text}`;
    stack = await open({ modulesOf: installedPackage(), files: { "Pulumi.yaml": file } });
    assert.deepEqual(await plugins(stack), []);
    await livesOnceAndIsGone(stack);
  });

  function open({ files, ...options }: { modulesOf?: string; files?: Record<string, string> }): Promise<Stack> {
    const keys = { "bob.key": bob.privateKeyPem, "bob.crt": bob.certificatePem, "chain.crt": bob.chainPem };
    const all = { "alice.p12": alice.bytes, ...keys, "audit.asc": auditKey, ...files };
    return openMailboxes(world, { ...options, program: PROGRAM, files: all });
  }

  async function livesOnceAndIsGone(opened: Stack): Promise<void> {
    assert.deepEqual(steps(await opened.up()).sort(), ["create alice", "create audit", "create bob", "create signs"]);
    assert.deepEqual([world.fingerprints(), world.fingerprints(BOB)], [[alice.fingerprint], [bob.fingerprint]]);
    assert.equal(world.default(), alice.fingerprint);
    assert.ok(world.emulator.state().audit["example.com"]);
    unchanged(await opened.preview({ expectNoChanges: true }));
    steps(await opened.destroy());
    assert.deepEqual([world.certificates(), world.certificates(BOB)], [[], []]);
  }
});

function pack(folder: string): void {
  const { status, stderr } = spawnSync(process.execPath, [path.join(checkout, "tools", "plugin", "pack.mjs"), folder]);
  assert.equal(status, 0, String(stderr));
}

const sha256 = (file: string): string => createHash("sha256").update(fs.readFileSync(file)).digest("hex");

async function entriesOf(file: string): Promise<{ name: string; mode: number }[]> {
  const entries: { name: string; mode: number }[] = [];
  await list({ file, onReadEntry: ({ path: name, mode = 0 }) => entries.push({ name, mode }) });
  return entries;
}

/** Those in the stack's own home. */
async function plugins(stack: Stack): Promise<string[]> {
  const { stdout } = await stack.run(["plugin", "ls", "--json"]);
  return (JSON.parse(stdout) as { name: string; version: string }[]).map(({ name, version }) => `${name} ${version}`);
}
