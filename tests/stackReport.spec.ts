// `report` as its users run it: the published command beside the real engine. From the state it asks Google nothing; with
// --live every address once, and whatever it shows of others is text.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Report } from "../commands/report/report";
import type { Stack } from "./engine";
import type { Outcome } from "./engineProcess";
import { ADAPTERS } from "./sessions";
import { certificateLine, defaultLine, openMailboxes, program, STACK_TIMEOUT, steps } from "./stackMailbox";
import { leaks, tracesOf, tracesOfFile, tracesOfPem } from "./traces";
import { ALICE, BOB, PASSWORD, SALES, seed, World, type Minted } from "./world";

const COMMAND = path.join(__dirname, "..", "dist", "commands", "index.js");
const [CAROL, DORA] = ["carol@example.com", "dora@example.com"];

/** Dora's has expired by then, and Carol's is due. */
const LATER = { GOOGLE_WORKSPACE_MAIL_NOW: "2026-12-05T00:00:00Z" };

for (const adapter of ADAPTERS)
  describe(`report, through the ${adapter} adapter`, function () {
    this.timeout(STACK_TIMEOUT);
    let world: World;
    let stack: Stack;
    let keys: Record<"alice" | "bob" | "carol" | "dora" | "other", Minted>;

    before(async () => {
      world = await World.start(adapter);
      const until = (day: string) => ({ notAfter: new Date(`${day}T00:00:00Z`) });
      const [alice, bob, carol, dora, other] = await Promise.all([
        world.mint(),
        world.mint(BOB),
        world.mint(CAROL, until("2026-12-20")),
        world.mint(DORA, until("2026-12-01")),
        world.mint(ALICE, { ...until("2028-01-01"), commonName: "<script>alert(1)</script> | @octocat" }),
      ]);
      keys = { alice, bob, carol, dora, other };
      const users = [{ email: ALICE, sendAs: [ALICE, SALES] }, ...[BOB, CAROL, DORA].map((email) => ({ email }))];
      world.emulator.seed(seed({}, { users }));
      const line = (name: string): string =>
        certificateLine(name, { user: `${name}@example.com`, file: `${name}.p12` });
      stack = await openMailboxes(world, {
        program: program(line("alice"), defaultLine("signs", "alice"), line("bob"), line("carol"), line("dora")),
        files: Object.fromEntries(Object.entries(keys).map(([name, { bytes }]) => [`${name}.p12`, bytes])),
      });
      steps(await stack.up());
      world.emulator.setDefault(ALICE, ALICE, await world.byHand(keys.other));
    });
    after(async () => {
      stack.dispose();
      await world.emulator.stop();
    });
    beforeEach(() => world.emulator.clearRequests());

    async function report(args: string[], env: Record<string, string> = {}): Promise<Outcome & { written: string }> {
      const outcome = await stack.drive([COMMAND, "report", "--stack", stack.name, ...args], env);
      const file = args[args.indexOf("--out") + 1];
      const written = args.includes("--out") ? fs.readFileSync(path.join(stack.workDir, file ?? ""), "utf8") : "";
      const canaries = {
        password: tracesOf(PASSWORD),
        account: tracesOfPem(world.emulator.keyFile.private_key),
        ...Object.fromEntries(Object.entries(keys).map(([name, { bytes }]) => [name, tracesOfFile(bytes)])),
      };
      assert.deepEqual(leaks(canaries, [outcome.output, written]), []);
      return { ...outcome, written };
    }

    it("shows the state, with no request to Google", async () => {
      const { exitCode, stdout, stderr } = await report(["--format", "json"]);
      assert.equal(exitCode, 0, stderr);
      const { live, version, addresses, counts } = JSON.parse(stdout) as Report;
      assert.deepEqual([live, version, counts.mailboxes, counts.certificates, counts.unmanaged], [false, 1, 4, 4, 0]);
      assert.deepEqual(
        addresses.map(({ userId, certificates }) => [userId, certificates.map((each) => each.fingerprint)]),
        [
          [ALICE, [keys.alice.fingerprint]],
          [BOB, [keys.bob.fingerprint]],
          [CAROL, [keys.carol.fingerprint]],
          [DORA, [keys.dora.fingerprint]],
        ],
      );
      assert.equal(addresses[0]?.certificates[0]?.isDefault, true, "as the state says");
      const page = await report(["--out", "state.html"]);
      assert.equal(page.exitCode, 0, page.output);
      assert.match(page.written, /From the stack’s state alone, .*: Gmail was not asked\./);
      const { stdout: text } = await report([]);
      assert.match(text, /^## Mail certificates of `test\/test`\n\nFrom the stack's state alone/);
      assert.deepEqual(world.emulator.requests(), []);
    });

    it("shows what Gmail holds with --live: each address asked once, and nothing changed", async () => {
      const before = world.emulator.state();
      const { exitCode, written, output } = await report(["--live", "--out", "live.json"], LATER);
      assert.equal(exitCode, 0, output);
      const { live, now, counts, findings, failures } = JSON.parse(written) as Report;
      assert.deepEqual([live, now, failures], [true, LATER.GOOGLE_WORKSPACE_MAIL_NOW, []]);
      assert.deepEqual(
        findings.map(({ kind, userId }) => `${kind} ${userId ?? ""}`),
        [`defaultMoved ${ALICE}`, `expired ${DORA}`, `renewalDue ${CAROL}`, `unmanaged ${ALICE}`],
      );
      assert.deepEqual([counts.addresses, counts.expired, counts.due, counts.unmanaged], [5, 1, 1, 1]);
      const lists = world.emulator.requests().filter((request) => request.path.endsWith("/smimeInfo"));
      const asked = lists.map((request) => request.path.split("/").at(-2)).sort();
      assert.deepEqual(asked, [ALICE, SALES, BOB, CAROL, DORA].sort());
      assert.deepEqual(world.writes(), []);
      assert.deepEqual(world.emulator.state(), before);
    });

    if (adapter === "plugin") return; // from here on no adapter makes a difference

    it("has what a certificate says of its owner as text, on the page and in Markdown", async () => {
      const { written } = await report(["--live", "--out", "live.html"], LATER);
      assert.match(written, /CN=\\&lt;script\\&gt;alert\(1\)\\&lt;\/script\\&gt; \| @octocat/);
      assert.equal(written.match(/<script/g)?.length, 1, "its own");
      for (const part of ["another default than declared", "certificate expired", "renewal due", "◇ unmanaged"])
        assert.ok(written.includes(part), part);
      const markdown = await report(["--live"], LATER);
      assert.match(markdown.stdout, /^\| ❌ \| another default than declared \| `alice@example\.com` \| /m);
      assert.match(markdown.stdout, /^\| `dora@example\.com` \| ✘ expired \| {2}\| 2026-12-01 \|$/m);
    });

    it("is written from what is known where a mailbox cannot be read, and says so", async () => {
      const body = JSON.stringify({ error: { code: 403, message: "Delegation denied", status: "PERMISSION_DENIED" } });
      world.emulator.fault({ match: { method: "GET", path: `${BOB}/smimeInfo$` }, status: 403, body });
      const { exitCode, written, output } = await report(["--live", "--out", "broken.html"], LATER);
      world.emulator.clearFaults();
      assert.equal(exitCode, 1, output);
      assert.match(written, /<h2>Not everything could be read<\/h2>/);
      assert.match(written, /Delegation denied/);
      assert.match(written, /<bdi>bob@example\.com<\/bdi>.*\? not looked at/);
      assert.ok(written.includes(keys.bob.fingerprint), "as the state has it");
    });
  });
