// The examples as whole Pulumi projects on the real engine, against the emulator.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { readFileSync } from "node:fs";
import { startEmulator, type Emulator } from "./emulator";
import { openStack, type Config, type Stack } from "./engine";
import type { Outcome } from "./engineProcess";
import { Page, ROOT } from "./markdown";
import { mintAuthority, mintLeaf, type Authority, type KeyKind, type Leaf } from "./mint";
import { openMailboxes, steps } from "./stackMailbox";
import { seed, World } from "./world";

const NOW = "2026-11-22T00:00:00Z";
const ALICE = "alice@example.com";

describe("examples on the real engine", function () {
  this.timeout(180_000);

  it("npm start holds every claim, and says so without colours in a pipe", () => {
    const checkout = path.dirname(__dirname);
    const tour = ["-r", "ts-node/register/transpile-only", "tools/tour.ts"];
    const { status, stdout, stderr } = spawnSync(process.execPath, tour, { cwd: checkout, encoding: "utf8" });
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /^\d+ claims held, 0 did not \(\d+ s\)\n$/m);
    assert.ok(!stdout.includes("\u001b"));
  });

  describe("pem", () => {
    let emulator: Emulator;
    let authority: Authority;
    let stack: Stack | undefined;
    before(async () => {
      [emulator, authority] = await Promise.all([startEmulator(), mintAuthority()]);
    });
    beforeEach(() => emulator.seed({ now: NOW, domains: [{ name: "example.com" }], users: [{ email: ALICE }] }));
    afterEach(() => stack?.dispose());
    after(() => emulator.stop());

    it("feeds a mailbox from PEM parts, RSA and then EC, keeps each private key out of the state, and takes all away", async () => {
      const [rsa, ec] = await Promise.all([mint("RSA-2048"), mint("P-256")]);
      stack = await open(rsa);
      await ups(stack, rsa);
      await stack.setConfig(partsOf(ec));
      await ups(stack, ec);
      const preview = await stack.preview({ expectNoChanges: true, refresh: true });
      assert.equal(preview.exitCode, 0, preview.output);
      const destroy = await stack.destroy();
      assert.ok(destroy.ok, destroy.output);
      assert.deepEqual(certificates(), []);
    });

    const mint = (keyKind: KeyKind): Promise<Leaf> => mintLeaf(authority, { emails: [ALICE], keyKind });

    async function ups(opened: Stack, leaf: Leaf): Promise<void> {
      const up = await opened.up();
      assert.ok(up.ok, up.output);
      assert.deepEqual(certificates(), [{ fingerprint: leaf.fingerprint, isDefault: true }]);
      assert.equal((await opened.outputs())["fingerprint"], leaf.fingerprint);
      const secret = leaf.privateKeyPem.split("\n")[1] ?? assert.fail("a PEM has lines");
      assert.ok(!JSON.stringify(await opened.exportState()).includes(secret));
    }

    const partsOf = (leaf: Leaf): Config => ({
      privateKey: { value: leaf.privateKeyPem, secret: true },
      certificate: leaf.certificatePem,
      chain: leaf.chainPem,
    });

    function open(leaf: Leaf): Promise<Stack> {
      return openStack({
        example: "pem",
        env: { GOOGLE_WORKSPACE_MAIL_NOW: NOW },
        config: {
          userId: ALICE,
          ...partsOf(leaf),
          "google-workspace-mail:credentials": { value: JSON.stringify(emulator.keyFile), secret: true },
          "google-workspace-mail:endpoint": emulator.url,
        },
      });
    }

    function certificates(): { fingerprint: string; isDefault: boolean }[] {
      const found = emulator.state().users[ALICE]?.sendAs[ALICE]?.smimeInfo ?? [];
      return found.map(({ fingerprint, isDefault }) => ({ fingerprint, isDefault }));
    }
  });

  describe("rotation", () => {
    const DUE = "2027-10-15T00:00:00Z";
    let world: World;
    let stack: Stack | undefined;
    before(async () => {
      world = await World.start();
      world.emulator.seed(seed());
    });
    after(async () => {
      stack?.dispose();
      await world.emulator.stop();
    });

    it("goes on to next year's certificate and keeps this year's; its previews say what the README quotes", async () => {
      const [current, next] = [
        await world.mint(),
        await world.mint(ALICE, { notAfter: new Date("2028-05-01T00:00:00Z") }),
      ];
      const files = { "keys/2026.p12": current.bytes, "keys/2027.p12": next.bytes };
      stack = await openMailboxes(world, { example: "rotation", config: { userId: ALICE }, files });
      const whole = readFileSync(path.join(ROOT, "examples/rotation/index.ts"), "utf8");
      stack.setProgram(whole.replace(/^ +"2027": .*\n/m, ""));
      steps(await stack.up());
      assert.deepEqual(world.fingerprints(), [current.fingerprint]);

      const later = { env: { GOOGLE_WORKSPACE_MAIL_NOW: DUE } };
      world.emulator.setClock(DUE);
      const [due = "", added = ""] = quoted();
      says(await stack.preview({ ...later, expectNoChanges: true }), due);
      stack.setProgram(whole);
      says(await stack.preview(later), added);
      steps(await stack.up(later));
      assert.deepEqual(world.writes(), ["insert", "setDefault", "insert", "setDefault"]);
      assert.deepEqual(world.fingerprints(), [current.fingerprint, next.fingerprint]);
      assert.equal(world.default(), next.fingerprint);
      assert.deepEqual(await stack.outputs(), { signsWith: "2027", expiration: "2028-05-01T00:00:00Z" });
    });

    /** The README's two previews. */
    function quoted(): string[] {
      const blocks = new Page("README.md").blocks("text").map(({ text }) => text);
      const block = blocks.find((text) => text.includes("mailbox-2027")) ?? assert.fail("the README shows a preview");
      return block.trimEnd().split("\n\n");
    }

    /** Each quoted line was printed whole, but for what a `…` stands for. */
    function says({ output }: Outcome, lines: string): void {
      const printed = output.split("\n").map((line) => line.trim());
      for (const line of lines.split("\n").map((each) => each.trim())) {
        const [start = "", rest] = line.split("…");
        assert.ok(
          printed.some((each) => (rest === undefined ? each === line : each.startsWith(start))),
          `${line}\n${output}`,
        );
      }
    }
  });
});
