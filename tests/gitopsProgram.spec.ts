/** What the program of examples/gitops refuses before it declares anything: slips in the names of files and folders. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runToEnd } from "./engineProcess";
import { ROOT } from "./markdown";
import { mintAuthority, mintLeaf } from "./mint";
import { ALICE } from "./world";

/** Runs the program in each folder named, and prints what it throws: it comes so far without an engine. */
const RUN = `for (const folder of process.argv.slice(1)) {
  process.chdir(folder);
  try { require(process.env.PROGRAM); console.log("nothing"); } catch (error) { console.log(error.message); }
}`;

describe("examples/gitops/index.ts", function () {
  this.timeout(30_000);

  it("refuses upper case, a folder without a certificate, and a file that begins with the authority's", async () => {
    const { certificatePem, chainPem } = await mintLeaf(await mintAuthority(), { emails: [ALICE] });
    const root = mkdtempSync(join(tmpdir(), "gitops-program-"));
    try {
      const folders = Object.entries({
        upper: ["Alice@example.com", "2026.pem", certificatePem + chainPem],
        none: [ALICE, ".gitkeep", ""],
        turned: [ALICE, "2026.pem", chainPem + certificatePem],
      }).map(([name, [mailbox = "", file = "", text = ""]]) => {
        const folder = join(root, name, "certificates/example.com", mailbox);
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, file), text);
        return join(root, name);
      });
      assert.deepEqual(await refusals(folders), [
        "certificates/example.com/Alice@example.com is not in lower case: the same mailbox could be declared twice.",
        `certificates/example.com/${ALICE} holds no NAME.pem: remove the folder, or add one.`,
        `certificates/example.com/${ALICE}: 2026.pem must begin with the mailbox's own certificate.`,
      ]);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});

async function refusals(folders: readonly string[]): Promise<string[]> {
  const hook = require.resolve("ts-node/register/transpile-only");
  const { stdout, output } = await runToEnd(process.execPath, ["-r", hook, "-e", RUN, ...folders], {
    cwd: ROOT,
    env: {
      PROGRAM: join(ROOT, "examples/gitops/index.ts"),
      PULUMI_NODEJS_PROJECT: "gitops",
      PULUMI_CONFIG: JSON.stringify({ "gitops:domain": "example.com" }),
    },
  });
  const lines = stdout.trim().split("\n");
  assert.equal(lines.length, folders.length, output);
  return lines;
}
