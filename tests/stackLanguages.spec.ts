// The examples in YAML, Python and Go on the real engine, with the real plugin process, against the emulator. YAML runs with
// the plain CLI; Python and Go through the Automation API of their language, for their language hosts cannot be had here.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Stack, StackOptions } from "./engine";
import { ROOT } from "./markdown";
import { mintPgpKey } from "./mint";
import { missing } from "./missing";
import { openMailboxes, STACK_TIMEOUT, steps, unchanged } from "./stackMailbox";
import { ALICE, BOB, PASSWORD, seed, World, type Minted } from "./world";

const DOMAIN = "example.com";
const GO = "Go 1.25.11 or newer, and its modules";

interface Language {
  /** The folder under examples/. */
  readonly example: string;
  /** In a message about what this machine lacks. */
  readonly needs: string;
  readonly find: () => Promise<string | undefined>;
  readonly options: (found: string) => Promise<Partial<StackOptions>>;
  /**
   * Imports the certificate with this id and declares it in the program, as a user would. Returns variables for a program
   * that cannot be written to.
   */
  readonly takeOver: (stack: Stack, id: string) => Promise<Record<string, string>>;
}

const languages: Language[] = [
  {
    example: "yaml",
    needs: "the full Pulumi CLI, or Go to build its YAML host",
    find: async () => {
      const { findEngine } = await import("../tools/engine/find.mjs");
      return (await import("../tools/languages/find.mjs")).findYamlHost(await findEngine());
    },
    options: async (host) => ({ path: [path.dirname(host)] }),
    takeOver: async (stack, id) => {
      const what = ["import", "google-workspace-mail:index:SmimeCertificate", "imported", id];
      const { output } = await stack.run([...what, "--yes", "--skip-preview", "--protect=false"]);
      const printed = /^resources:\n((?: +.*\n)+)/m.exec(output)?.[1] ?? assert.fail(output);
      edit(stack, "Pulumi.yaml", (text) => text.replace("\nresources:\n", `\nresources:\n${printed}`));
      return {};
    },
  },
  {
    example: "python",
    needs: "python3 with venv, and pip to install the packages of tests/drivers/requirements.txt",
    find: async () => (await import("../tools/languages/find.mjs")).findPython(),
    options: async (python) => {
      const { installSdk } = await import("../tools/languages/find.mjs");
      const driver = [python, path.join(__dirname, "drivers", "python_stack.py")];
      return { driver, env: { PYTHONPATH: await installSdk(python) } };
    },
    takeOver: async (stack, id) => {
      const args = `"imported", user_id="${BOB}", certificate=pulumi.FileAsset("keys/imported.crt")`;
      const options = `, opts=pulumi.ResourceOptions(import_="${id}")`;
      edit(stack, "__main__.py", (text) => `${text}\nmail.SmimeCertificate(${args}${options})\n`);
      assert.deepEqual(steps(await stack.up()), ["import imported"]);
      edit(stack, "__main__.py", (text) => text.replace(options, ""));
      return {};
    },
  },
  {
    example: "go",
    needs: GO,
    find: async () => (await import("../tools/languages/find.mjs")).findGoDriver(),
    options: async (driver) => ({ driver: [driver] }),
    takeOver: async (stack, id) => {
      assert.deepEqual(steps(await stack.up({ env: { IMPORTED: BOB, IMPORT_ID: id } })), ["import imported"]);
      return { IMPORTED: BOB };
    },
  },
];

describe("examples in other languages, through the plugin", function () {
  this.timeout(STACK_TIMEOUT);
  let world: World;
  let own: Minted;
  let foreign: Minted;
  let audit: Awaited<ReturnType<typeof mintPgpKey>>;
  let stack: Stack | undefined;

  before(async () => {
    world = await World.start();
    [own, foreign, audit] = await Promise.all([world.mint(), world.mint(BOB), mintPgpKey()]);
  });
  beforeEach(() => {
    world.emulator.seed(seed());
  });
  afterEach(() => {
    stack?.dispose();
  });
  after(() => world.emulator.stop());

  for (const language of languages) {
    const { example } = language;
    it(`${example}: up, no change, refresh, import, destroy`, async function () {
      const found = (await language.find()) ?? missing(this, language.needs);
      stack = await open(example, await language.options(found));
      await ups(stack);
      await refreshes(stack);
      await imports(stack, language.takeOver);
      await destroys(stack);
    });
  }

  it("go: main.go, which only a user runs, compiles, and gofmt has nothing to change", async function () {
    const { findGoDriver } = await import("../tools/languages/find.mjs");
    if ((await findGoDriver()) === undefined) missing(this, GO);
    const cwd = path.join(ROOT, "examples", "go");
    const env = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false", GOWORK: "off" };
    const { status, stderr } = spawnSync("go", ["build", "-trimpath", "-o", os.devNull, "."], { cwd, env });
    assert.equal(status, 0, String(stderr));
    const formatted = spawnSync("gofmt", ["-l", cwd, path.join(__dirname, "drivers", "go")], { encoding: "utf8" });
    assert.equal(formatted.stdout, "");
  });

  function open(example: string, options: Partial<StackOptions>): Promise<Stack> {
    return openMailboxes(world, {
      ...options,
      example,
      config: { user: ALICE, domain: DOMAIN, password: { value: PASSWORD, secret: true } },
      files: {
        "keys/mailbox.p12": own.bytes,
        "keys/audit.asc": audit.publicKey,
        "keys/imported.crt": foreign.certificatePem,
      },
    });
  }

  /** What the program declares is there, signed with, and named in the outputs; a second up asks for nothing. */
  async function ups(opened: Stack): Promise<void> {
    assert.deepEqual(steps(await opened.up()).sort(), ["create audit", "create mailbox", "create signs"]);
    assert.deepEqual([world.fingerprints(), world.default()], [[own.fingerprint], own.fingerprint]);
    assert.equal(world.emulator.state().audit[DOMAIN]?.fingerprint, audit.fingerprint);
    assert.deepEqual(world.writes().sort(), ["audit", "insert", "setDefault"]);
    assert.equal((await opened.outputs())["fingerprint"], own.fingerprint);
    world.emulator.clearRequests();
    unchanged(await opened.up({ expectNoChanges: true }));
    assert.deepEqual(world.verbs(), []);
  }

  async function refreshes(opened: Stack): Promise<void> {
    unchanged(await opened.refresh({ expectNoChanges: true }));
    assert.ok(world.verbs().includes("list"), "it has looked");
    assert.deepEqual(world.writes(), []);
  }

  /** An administrator's certificate on another mailbox, whose key nobody can read back. */
  async function imports(opened: Stack, takeOver: Language["takeOver"]): Promise<void> {
    const id = `users/${BOB}/settings/sendAs/${BOB}/smimeInfo/${await world.byHand(foreign, BOB)}`;
    const env = await takeOver(opened, id);
    unchanged(await opened.preview({ expectNoChanges: true, env }));
    assert.deepEqual(world.writes(), []);
  }

  /** What was imported may be somebody's: it stays. */
  async function destroys(opened: Stack): Promise<void> {
    assert.equal(steps(await opened.destroy()).length, 4);
    assert.deepEqual(world.fingerprints(), []);
    assert.deepEqual(world.fingerprints(BOB), [foreign.fingerprint]);
  }
});

function edit(stack: Stack, name: string, change: (text: string) => string): void {
  stack.writeFiles({ [name]: change(fs.readFileSync(path.join(stack.workDir, name), "utf8")) });
}
