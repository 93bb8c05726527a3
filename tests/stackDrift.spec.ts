// `drift` and `review` as their users run them: the published command beside the real engine, which runs the program and the
// provider. Gmail is changed behind their backs, and the emulator tells what was asked of it.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Verdict } from "../commands/drift/verdict";
import type { Review } from "../commands/review";
import type { Stack } from "./engine";
import type { Outcome } from "./engineProcess";
import { ADAPTERS } from "./sessions";
import { certificateLine, defaultLine, openMailboxes, program, STACK_TIMEOUT, steps } from "./stackMailbox";
import { leaks, tracesOf, tracesOfFile, tracesOfPem } from "./traces";
import { ALICE, BOB, PASSWORD, SALES, seed, World, type Minted } from "./world";

const COMMAND = path.join(__dirname, "..", "dist", "commands", "index.js");
const [CAROL, DORA, ERIN, FRANK] = ["carol", "dora", "erin", "frank"].map((name) => `${name}@example.com`) as [
  string,
  string,
  string,
  string,
];
const USERS = [BOB, CAROL, DORA, ERIN, FRANK];

/** Dora's has expired by then, and Carol's is due. */
const LATER = { GOOGLE_WORKSPACE_MAIL_NOW: "2026-12-05T00:00:00Z" };

/** readFleet of the root is a plain function, for both. */
const FLEET = [
  'const { readFleet } = require("pulumi-google-workspace-mail");',
  'import { SmimeFleet } from "pulumi-google-workspace-mail";',
];
const FLEET_LINE = 'new SmimeFleet("staff", { ...readFleet("mailboxes.csv") });';

/** Runs `drift`, and stops it once Google has been asked for a list, which is never answered. */
const SIGNALLED = `
  const [command, emulator] = process.argv.slice(1);
  const child = require("node:child_process").spawn(process.execPath, [command, "drift"], { stdio: "inherit" });
  child.on("close", (code) => process.exit(code ?? 99));
  const looking = setInterval(async () => {
    const asked = await (await fetch(emulator + "/_emulator/requests")).text();
    if (!asked.includes("/token") || looking.done) return;
    looking.done = true; // one signal: a second one would be to be killed
    clearInterval(looking);
    child.kill("SIGTERM");
  }, 100);`;

for (const adapter of ADAPTERS)
  describe(`drift and review, through the ${adapter} adapter`, function () {
    this.timeout(STACK_TIMEOUT);
    let world: World;
    let stack: Stack;
    let keys: Record<"alice" | "bob" | "carol" | "dora" | "erin" | "frank" | "other", Minted>;

    before(async () => {
      world = await World.start(adapter);
      const until = (day: string) => ({ notAfter: new Date(`${day}T00:00:00Z`) });
      const [alice, bob, carol, dora, erin, frank, other] = await Promise.all([
        world.mint(),
        world.mint(BOB),
        world.mint(CAROL, until("2026-12-20")),
        world.mint(DORA, until("2026-12-01")),
        world.mint(ERIN),
        world.mint(FRANK),
        world.mint(ALICE, { ...until("2028-01-01"), commonName: "<b>*Alice*</b> | @octocat `x`" }),
      ]);
      keys = { alice, bob, carol, dora, erin, frank, other };
      const users = [{ email: ALICE, sendAs: [ALICE, SALES] }, ...USERS.map((email) => ({ email }))];
      world.emulator.seed(seed({}, { users }));
      stack = await openMailboxes(world, {
        languageHost: true,
        program: whole(),
        files: {
          ...Object.fromEntries(Object.entries(keys).map(([name, { bytes }]) => [`${name}.p12`, bytes])),
          "mailboxes.csv": csv(["erin", "frank"]),
        },
        env: { FLEET_PASSWORD: PASSWORD },
      });
      steps(await stack.up());
    });
    after(async () => {
      stack.dispose();
      await world.emulator.stop();
    });
    beforeEach(() => world.emulator.clearRequests());

    const csv = (names: string[]): string =>
      ["user,path,password", ...names.map((name) => `${name}@example.com,${name}.p12,env:FLEET_PASSWORD`)].join("\n");
    const line = (name: string, file = name): string =>
      certificateLine(name, { user: `${name}@example.com`, file: `${file}.p12` });
    const whole = (...more: string[]): string =>
      program(
        ...FLEET,
        line("alice"),
        defaultLine("aliceSigns", "alice"),
        line("bob"),
        line("carol"),
        line("dora"),
        FLEET_LINE,
        ...more,
      );
    async function run(command: string, args: string[], env: Record<string, string> = {}): Promise<Outcome> {
      const outcome = await stack.drive([COMMAND, command, "--stack", stack.name, ...args], env);
      const canaries = {
        password: tracesOf(PASSWORD),
        account: tracesOfPem(world.emulator.keyFile.private_key),
        ...Object.fromEntries(Object.entries(keys).map(([name, { bytes }]) => [name, tracesOfFile(bytes)])),
      };
      assert.deepEqual(leaks(canaries, [outcome.output]), []);
      return outcome;
    }

    it("is in sync: every address is listed once, and nothing is changed", async () => {
      const { exitCode, stdout, stderr } = await run("drift", ["--renew-before", "0"]);
      assert.equal(exitCode, 0, stdout + stderr);
      assert.equal(stdout, "✔ test/test is in sync: 6 mailboxes, 6 certificates (Gmail as of 2026-11-22T00:00:00Z)\n");
      assert.deepEqual(world.writes(), []);
      const lists = world.emulator.requests().filter((request) => request.path.endsWith("/smimeInfo"));
      const asked = lists.map((request) => request.path.split("/").at(-2)).sort();
      assert.deepEqual(asked, [ALICE, SALES, ...USERS].sort()); // Sales is the program's to declare, and it does not
    });

    it("tells what was deleted, added, moved, what expired and what is due, all in one run", async () => {
      for (const [user, key] of [
        [BOB, keys.bob],
        [ERIN, keys.erin],
      ] as const)
        world.emulator.deleteCertificate(user, user, world.idOf(key, user));
      world.emulator.setDefault(ALICE, ALICE, await world.byHand(keys.other));
      world.emulator.clearRequests();
      const before = world.emulator.state();
      const { exitCode, stdout, stderr } = await run("drift", ["--json"], LATER);
      assert.equal(exitCode, 7, stdout + stderr);
      const verdict = JSON.parse(stdout) as Verdict;
      assert.deepEqual(
        verdict.findings.map(({ kind, userId }) => `${kind} ${userId ?? ""}`),
        [
          `missing ${BOB}`,
          `missing ${ERIN}`,
          `defaultMoved ${ALICE}`,
          `defaultMoved ${ERIN}`,
          `expired ${DORA}`,
          `renewalDue ${CAROL}`,
          `unmanaged ${ALICE}`,
        ],
      );
      assert.deepEqual(
        verdict.findings.map(({ up }) => up.replace(/;.*/, "")),
        [
          "uploads it again (creates bob)",
          "uploads it again (updates staff)",
          "makes the expected one the default again (updates aliceSigns)",
          "makes the expected one the default again (updates staff)",
          "changes nothing here: add the renewed certificate to the program",
          "changes nothing here: add the renewed certificate to the program",
          "leaves it alone",
        ],
      );
      const [missing, , moved] = verdict.findings;
      assert.match(
        `${missing?.expected ?? ""} / ${missing?.found ?? ""}`,
        /^certificate \w{8}… .* \/ no certificate on/,
      );
      assert.match(missing?.since ?? "", /^after \d{4}-\d\d-\d\dT[\d:]+Z$/);
      assert.match(moved?.found ?? "", /valid to 2028-01-01, which nobody declared$/);
      assert.deepEqual([verdict.now, verdict.changes], ["2026-12-05T00:00:00Z", []]);
      assert.deepEqual(world.writes(), []);
      assert.deepEqual(world.emulator.state(), before);
    });

    it("says the same to people, and mends it by an up with a refresh", async () => {
      const { exitCode, stdout } = await run("drift", []);
      assert.equal(exitCode, 7);
      assert.match(
        stdout,
        /^bob@example\.com\n {2}✘ certificate deleted outside Pulumi \(after .*\)\n {6}expected {3}/m,
      );
      assert.match(stdout, /✘ test\/test has drifted or is due: 7 differences.*Next: pulumi up --refresh\n$/);
      assert.ok((await stack.up({ refresh: true })).ok);
      assert.deepEqual(
        [world.fingerprints(BOB), world.fingerprints(ERIN)],
        [[keys.bob.fingerprint], [keys.erin.fingerprint]],
      );
      assert.equal(world.default(), keys.alice.fingerprint);
      const after = await run("drift", ["--renew-before", "0", "--allow-unmanaged", "--markdown"]);
      assert.equal(after.exitCode, 0, after.output);
      assert.match(after.stdout, /^### ✅ test\/test is in sync: 6 mailboxes, 6 certificates\n/);
      assert.match(after.stdout, /\| `alice@example\.com` \| ℹ️ certificate that nobody declared/);
    });

    it("reviews which mailbox gets, loses and signs with what, without a request to Google", async () => {
      world.emulator.clearRequests();
      stack.setProgram(whole("").replace('"alice.p12"', '"other.p12"').replace(line("dora"), ""));
      stack.writeFiles({ "mailboxes.csv": csv(["erin"]) });
      const lost = await run("review", []);
      assert.equal(lost.exitCode, 1);
      assert.match(lost.stdout, /^- `staff`: 1 row is gone, and maxDeletes is 0: frank@example\.com\. /m);
      stack.writeFiles({ "mailboxes.csv": csv(["erin", "frank"]) });
      const { exitCode, stdout } = await run("review", ["--json"]);
      assert.equal(exitCode, 0, stdout);
      const { changes, same } = JSON.parse(stdout) as Review;
      assert.deepEqual(
        changes.map(({ whom, kind, certificate = {}, op }) => [whom, kind, certificate.fingerprint, op]),
        [
          [ALICE, "gets", keys.other.fingerprint, "replace"],
          [ALICE, "loses", keys.alice.fingerprint, "replace"],
          [ALICE, "signs", undefined, "update"],
          [DORA, "loses", keys.dora.fingerprint, "delete"],
        ],
      );
      assert.equal(same, 3);
      const { stdout: comment } = await run("review", []);
      // what a certificate says of its owner is text in the comment, whatever it is
      assert.match(
        comment,
        /\| `CN=\\<b\\>\*Alice\*\\<\/b\\> \\\| @octocat 'x'`<br>by `Example S\/MIME Issuing CA`<br>/,
      );
      assert.match(comment, /\| 2026-06-01 to 2028-01-01 \| `alice` \(replace\) \|/);
      assert.deepEqual(world.emulator.requests(), []);
    });

    if (adapter === "plugin")
      it("ends within seconds of a signal, and leaves no file behind", async () => {
        world.emulator.fault({ match: { path: "smimeInfo$" }, times: 99, delayMs: 600_000 });
        const temporary = path.join(stack.home, "temporary");
        fs.mkdirSync(temporary);
        const { exitCode, output } = await stack.drive(["-e", SIGNALLED, COMMAND, world.emulator.url], {
          TMPDIR: temporary,
        });
        world.emulator.clearFaults();
        assert.equal(exitCode, 1, output);
        assert.match(output, /^Stopped before the end\. Nothing was changed\.$/m);
        assert.deepEqual(
          fs.readdirSync(temporary).filter((name) => name.startsWith("google-workspace-mail-")),
          [],
        );
      });

    it("is red where a certificate is refused, and the comment has the reason and no engine's words", async () => {
      stack.setProgram(whole(certificateLine("sales", { user: SALES, file: "bob.p12" })));
      const { exitCode, stdout } = await run("review", []);
      assert.equal(exitCode, 1);
      assert.match(
        stdout,
        /^### ❌ Mail keys of `test\/test`: the preview is refused, for 1 reason\n\n\*\*Refused\*\*/,
      );
      assert.match(stdout, /^- `sales`: sendAsEmail: sales@example\.com is not in the certificate, which names bob/m);
      assert.deepEqual(world.emulator.requests(), []);
    });
  });
