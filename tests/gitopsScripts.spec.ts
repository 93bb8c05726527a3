/** The scripts of examples/gitops that write comments and issues, against the endpoints of GitHub and GitLab that they use. */
import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runToEnd, type Outcome } from "./engineProcess";
import { Forge, LONGEST, PROJECT_ID, REPOSITORY, type Text } from "./gitopsForge";
import { GoogleFront, KEYS_PROJECT, writeFederation } from "./gitopsGoogle";
import { ROOT } from "./markdown";
import { ALICE, World, type Minted } from "./world";

const US = "github-actions[bot]";
const ISSUE = "<!-- mail-keys drift example-com -->";
const COMMENT = "<!-- mail-keys review example-com -->";

for (const script of ["github.mjs", "gitlab.mjs"])
  describe(`examples/gitops/ci/${script}`, function () {
    this.timeout(30_000);
    let forge: Forge;
    let folder: string;
    before(async () => {
      forge = await Forge.start();
      forge.holders.set("token-canary", { login: US, rights: ["comments", "issues"] });
      forge.holders.set("reader-canary", { login: US, rights: [] });
      folder = mkdtempSync(join(tmpdir(), "gitops-scripts-"));
    });
    after(async () => {
      rmSync(folder, { recursive: true });
      await forge.stop();
    });
    beforeEach(() => {
      [forge.comments, forge.issues, forge.written] = [[], [], []];
    });

    function run(args: string[], text?: string, env: Record<string, string> = {}): Promise<Outcome> {
      const file = join(folder, text === undefined ? "absent.md" : "text.md");
      if (text !== undefined) writeFileSync(file, text);
      return runToEnd(process.execPath, [join(ROOT, "examples/gitops/ci", script), ...args, file], {
        cwd: folder,
        env: { STACK: "example-com", ...host("token-canary"), ...env },
      });
    }

    const host = (token: string): Record<string, string> =>
      script === "github.mjs"
        ? {
            GITHUB_API_URL: `${forge.url}/api/v3`,
            GITHUB_REPOSITORY: REPOSITORY,
            GITHUB_TOKEN: token,
            PULL_REQUEST: "5",
          }
        : {
            CI_API_V4_URL: `${forge.url}/api/v4`,
            CI_PROJECT_ID: PROJECT_ID,
            GITLAB_TOKEN: token,
            CI_MERGE_REQUEST_IID: "5",
          };

    async function done(...args: Parameters<typeof run>): Promise<string> {
      const { exitCode, output, stdout } = await run(...args);
      assert.equal(exitCode, 0, output);
      return stdout;
    }
    const bodies = (texts: readonly Text[]): string[] => texts.map(({ body }) => body);

    it("writes one comment and keeps it, behind a hundred of others, one of whom took our mark; it commands nothing", async () => {
      for (let number = 0; number < 100; number += 1) forge.add(forge.comments, { of: 5, by: "erin", body: "Nice." });
      const mallory = forge.add(forge.comments, { of: 5, by: "mallory", body: `${COMMENT}\nAll is well.` });
      forge.add(forge.comments, { of: 6, by: US, body: `${COMMENT}\nOf another one.` });
      await done(["comment"], "First.");
      await done(["comment"], "Second.\n/approve\nand/or\n  /merge\r\n");
      const [ours, ...others] = forge.comments.filter(({ of, by }) => of === 5 && by === US);
      assert.deepEqual([ours?.body, others], [`${COMMENT}\nSecond.\n\\/approve\nand/or\n  \\/merge\r\n`, []]);
      assert.equal(mallory.body, `${COMMENT}\nAll is well.`);
      assert.equal(forge.written.length, 2);
    });

    it("cuts what is longer than may be, and says so", async () => {
      await done(["comment"], "x".repeat(2 * LONGEST));
      const [body = ""] = bodies(forge.comments);
      assert.equal(body.length, LONGEST);
      assert.match(body, /^<!-- mail-keys review example-com -->\nx+\n\n…\n\n\*\*The rest is cut: .*\*\*\n$/);
    });

    it("says that nothing was previewed where there is no text, or an empty one", async () => {
      for (const text of [undefined, "\n"]) {
        forge.comments = [];
        await done(["comment"], text);
        assert.match(bodies(forge.comments)[0] ?? "", /Nothing was previewed/);
      }
    });

    it("makes no comment of what a link leads to", async () => {
      const file = join(folder, "absent.md");
      symlinkSync(join(ROOT, "package.json"), file);
      try {
        const { exitCode, output } = await run(["comment"]);
        assert.equal(exitCode, 1);
        assert.match(output, /is no plain file\.$/m);
        assert.deepEqual(forge.comments, []);
      } finally {
        rmSync(file);
      }
    });

    it("opens one issue, tells of each change, closes it with the last word, and opens another one next time", async () => {
      forge.add(forge.issues, { by: "erin", body: `${ISSUE}\nMine.`, title: "Mine", isOpen: true });
      assert.match(await done(["issue", "closed"], "Fine."), /^In sync/);
      assert.deepEqual(forge.written, []);
      const on = (day: number, text: string): string => `Gmail was looked at on 2026-11-0${String(day)}.\n\n${text}`;
      await done(["issue", "open"], on(1, "Bob's is gone."));
      await done(["issue", "open"], on(2, "Bob's is gone."));
      assert.deepEqual(bodies(forge.comments), []);
      await done(["issue", "open"], on(3, "Bob's and Alice's are gone."));
      assert.deepEqual(bodies(forge.comments), ["The text above has changed."]);
      const ours = (): Text[] => forge.issues.filter(({ by }) => by === US);
      assert.deepEqual(bodies(ours()), [`${ISSUE}\n${on(3, "Bob's and Alice's are gone.")}`]);
      await done(["issue", "closed"], "Fine.");
      assert.deepEqual([ours()[0]?.isOpen, ours()[0]?.body], [false, `${ISSUE}\nFine.`]);
      await done(["issue", "open"], "Again.");
      assert.deepEqual(
        ours().map(({ isOpen }) => isOpen),
        [false, true],
      );
      assert.equal(forge.issues[0]?.body, `${ISSUE}\nMine.`);
    });

    it("fails in one line where it may not, or is not told where, and never says the token", async () => {
      for (const env of [host("reader-canary"), host("wrong-canary"), { STACK: "" }]) {
        const { exitCode, output } = await run(["issue", "open"], "Text.", env);
        assert.notEqual(exitCode, 0);
        assert.match(output, /^(\w+ \S+: 40[13] .*|STACK is not set\.)\n$/);
        assert.ok(!output.includes("canary"), output);
      }
      assert.deepEqual(forge.issues, []);
    });
  });

describe("examples/gitops/ci/fetch-keys.mjs", function () {
  this.timeout(30_000);
  let world: World;
  let google: GoogleFront;
  let folder: string;
  let key: Minted;
  const file = join("keys/example.com", ALICE, "2026.key");
  before(async () => {
    world = await World.start();
    google = await GoogleFront.start(world.emulator);
    key = await world.mint();
  });
  after(() => Promise.all([google.stop(), world.emulator.stop()]));
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "gitops-keys-"));
    const certificates = join(folder, "certificates/example.com", ALICE);
    mkdirSync(certificates, { recursive: true });
    writeFileSync(join(certificates, "2026.pem"), key.certificatePem + key.chainPem);
    google.asked = [];
    google.secrets.clear();
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function fetchKeys(environment: string, ...domains: string[]): Promise<Outcome> {
    const credentials = writeFederation(folder, `repo:acme/mail-keys:environment:${environment}`, google.url);
    const env = { GOOGLE_APPLICATION_CREDENTIALS: credentials, SECRET_MANAGER_URL: google.url, KEYS_PROJECT };
    const script = join(ROOT, "examples/gitops/ci/fetch-keys.mjs");
    return runToEnd(process.execPath, [script, ...domains], { cwd: folder, env });
  }
  const store = (name: string): unknown => google.secrets.set(`smime-${name}`, key.privateKeyPem);

  it("puts each key where the program looks, for this user alone, and asks for none that is there", async () => {
    store(key.fingerprint.toLowerCase());
    const { exitCode, output } = await fetchKeys("production", "example.com");
    assert.equal(exitCode, 0, output);
    const there = join(folder, file);
    assert.equal(readFileSync(there, "utf8"), key.privateKeyPem);
    assert.deepEqual(
      [there, join(there, "..")].map((name) => statSync(name).mode & 0o777),
      [0o600, 0o700],
    );
    google.asked = [];
    assert.match((await fetchKeys("production", "example.com")).output, /^0 private keys/);
    assert.deepEqual(google.asked, []);
  });

  for (const [environment, stored, why] of [
    ["drift", true, "403"],
    ["production", false, "404"],
  ] as const)
    it(`names the certificate and ${why} for ${environment} ${stored ? "that may not read" : "without such a key"}`, async () => {
      if (stored) store(key.fingerprint.toLowerCase());
      else store("0".repeat(64));
      const { exitCode, output } = await fetchKeys(environment, "example.com");
      assert.equal(exitCode, 1);
      const secret = `projects/${KEYS_PROJECT}/secrets/smime-${key.fingerprint.toLowerCase()}`;
      const certificate = join("certificates/example.com", ALICE, "2026.pem");
      assert.equal(output, `The private key of ${certificate} cannot be read: ${secret} (${why}).\n`);
      assert.ok(!existsSync(join(folder, file)));
    });

  it("reads no key where it is not told of which domain", async () => {
    const { exitCode, output } = await fetchKeys("production");
    assert.deepEqual([exitCode, output], [1, "Say whose keys: node ci/fetch-keys.mjs DOMAIN\n"]);
    assert.deepEqual(google.asked, []);
  });
});
