// The examples as whole Pulumi projects on the real engine, against the emulator.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { startEmulator, type Emulator } from "./emulator";
import { openStack, type Stack } from "./engine";
import { mintAuthority, mintLeaf, type Authority, type Leaf } from "./mint";

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

    for (const keyKind of ["RSA-2048", "P-256"] as const) {
      it(`feeds a mailbox from ${keyKind} PEM parts, keeps the private key out of the state, and takes all away`, async () => {
        const leaf = await mintLeaf(authority, { emails: [ALICE], keyKind });
        stack = await open(leaf);
        const up = await stack.up();
        assert.ok(up.ok, up.output);
        assert.deepEqual(certificates(), [{ fingerprint: leaf.fingerprint, isDefault: true }]);
        assert.equal((await stack.outputs())["fingerprint"], leaf.fingerprint);
        const secret = leaf.privateKeyPem.split("\n")[1] ?? assert.fail("a PEM has lines");
        assert.ok(!JSON.stringify(await stack.exportState()).includes(secret));
        const preview = await stack.preview({ expectNoChanges: true, refresh: true });
        assert.equal(preview.exitCode, 0, preview.output);
        const destroy = await stack.destroy();
        assert.ok(destroy.ok, destroy.output);
        assert.deepEqual(certificates(), []);
      });
    }

    function open(leaf: Leaf): Promise<Stack> {
      return openStack({
        example: "pem",
        env: { GOOGLE_WORKSPACE_MAIL_NOW: NOW },
        config: {
          userId: ALICE,
          privateKey: { value: leaf.privateKeyPem, secret: true },
          certificate: leaf.certificatePem,
          chain: leaf.chainPem,
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
});
