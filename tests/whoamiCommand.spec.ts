/** The published command's `whoami`: a report for people or for programs, and an exit code to go by. */
import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { runCommand, spawnBuiltCommand, type RunOptions } from "./commandRun";
import { Page } from "./markdown";
import { ADMIN, ALICE, BOB, SALES, seed, World } from "./world";

const BASIC = "https://www.googleapis.com/auth/gmail.settings.basic";
const SHARING = "https://www.googleapis.com/auth/gmail.settings.sharing";
const IMPERSONATED = { GOOGLEWORKSPACE_IMPERSONATED_USER_EMAIL: ADMIN };
const GHOST = "ghost@example.com";

/** Bob has no licence, and the service account's delegation lacks the audit scope. */
function readmesWorld({ emulator }: World): { env: Record<string, string>; args: string[] } {
  const email = "mail-keys@example-project.iam.gserviceaccount.com";
  const [clientId, { private_key: key }] = ["104857600000000000001", emulator.keyFile];
  const publicKeyPem = createPublicKey(key).export({ type: "spki", format: "pem" }).toString();
  const account = { email, clientId, publicKeyPem, scopes: [BASIC] };
  const users = [{ email: ADMIN }, { email: ALICE }, { email: BOB, licensed: false }];
  emulator.seed(seed({}, { users, serviceAccounts: [account] }));
  const credentials = { ...emulator.keyFile, client_email: email, client_id: clientId };
  const env = { GOOGLEWORKSPACE_CREDENTIALS: JSON.stringify(credentials), ...IMPERSONATED };
  const commands = new Page("README.md").blocks("sh").flatMap(({ text }) => text.split("\n"));
  const [args = ""] = commands.flatMap((line) => / whoami (.*)$/.exec(line)?.[1] ?? []);
  return { env, args: args.split(" ") };
}

describe("the whoami command", () => {
  let world: World;
  before(async () => {
    world = await World.start();
  });
  beforeEach(() => {
    world.emulator.seed(seed({}, { accessTokens: [{ token: "t0k3n-own", user: ALICE, scopes: [BASIC] }] }));
  });
  after(() => world.emulator.stop());

  const run = (args: readonly string[], options?: RunOptions) => runCommand(world, ["whoami", ...args], options);

  it("says on stdout who asks, for whom, with which scopes, and that it is usable", async () => {
    const args = ["--user", ALICE, "--send-as", SALES, "--domain", "example.com"];
    const { code, stdout } = await run(args, { env: IMPERSONATED });
    const { client_email: email, client_id: id } = world.emulator.keyFile;
    const lines = stdout.split("\n");
    assert.deepEqual(lines.slice(0, 11), [
      "credential     a service account's key, with domain-wide delegation",
      "from           GOOGLEWORKSPACE_CREDENTIALS",
      `account        ${email}`,
      `client ID      ${id}`,
      `administrator  ${ADMIN}`,
      `Gmail API      ${world.emulator.url}`,
      "",
      `${SALES} of ${ALICE}`,
      `  ✔ ${SHARING}: certificates on another send-as address`,
      "",
      "example.com",
    ]);
    assert.match(
      lines.slice(11).join("\n"),
      /^ {2}✔ \S+\/audit\/: .*\n {2}! The Email Audit API has no read.*\n\n✔ usable\n$/,
    );
    assert.equal(code, 0);
    assert.deepEqual(world.writes(), []);
  });

  it("prints what the README shows", async () => {
    const [shown = ""] = new Page("README.md")
      .blocks("text")
      .flatMap(({ text }) => (/^credential /.test(text) ? [text] : []));
    const { env, args } = readmesWorld(world);
    const { code, stdout } = await run(args, { env });
    assert.equal(stdout.replace(world.emulator.url, "https://gmail.googleapis.com"), shown);
    assert.equal(code, 1);
  });

  it("says with no mailbox what it can say without a request, and that nothing was tried", async () => {
    const { code, stdout } = await run([]);
    const untried = /^\? nothing was tried: name a --user or a --domain$/m;
    assert.match(stdout, /^credential .*\nfrom .*\naccount .*\nclient ID .*\nGmail API .*\n\n\? .*\n$/);
    assert.match(stdout, untried);
    const env = { GOOGLEWORKSPACE_CREDENTIALS: "", GOOGLEWORKSPACE_ACCESS_TOKEN: "garbage" };
    const garbage = await run([], { env });
    assert.match(garbage.stdout, untried);
    const json = await run(["--json"], { env });
    assert.deepEqual(Object.keys(JSON.parse(json.stdout) as object), ["answers"]);
    assert.deepEqual([code, garbage.code, json.code], [1, 1, 1]);
    assert.deepEqual(world.verbs(), []);
  });

  it("calls a ready access token usable only where a mailbox was asked", async () => {
    const ready = (GOOGLEWORKSPACE_ACCESS_TOKEN: string) => ({
      env: { GOOGLEWORKSPACE_CREDENTIALS: "", GOOGLEWORKSPACE_ACCESS_TOKEN },
    });
    const untried = await run(["--domain", "example.com"], ready("garbage"));
    assert.match(untried.stdout, /\n\n\? nothing was tried: a ready access token can be tried on a --user only\n$/);
    assert.equal(untried.code, 1);
    const both = ["--user", ALICE, "--domain", "example.com"];
    assert.match((await run(both, ready("garbage"))).stdout, /\n✘ not usable: one thing is missing\n$/);
    const held = await run(both, ready("t0k3n-own"));
    assert.match(held.stdout, /\n✔ usable\n$/);
    assert.equal(held.code, 0);
  });

  describe("of twenty mailboxes, where nobody answers", () => {
    const users = Array.from({ length: 20 }, (_, index) => ["--user", `user${String(index)}@example.com`]).flat();

    it("tells once who that is", async () => {
      const gone = await World.start();
      await gone.emulator.stop();
      const { host } = new URL(gone.emulator.url);
      const args = ["whoami", ...users, "--domain", "example.com"];
      const { code, stdout, stderr } = await runCommand(gone, args, { env: IMPERSONATED });
      assert.deepEqual(
        stderr.split("\n").filter((line) => line.includes("no answer")),
        [`${host}: no answer (ECONNREFUSED). Try 2 of 2 in 1 s`],
      );
      assert.equal(stdout.split(`${host} gave no answer (ECONNREFUSED)`).length, 2, stdout);
      assert.match(stdout, /\n✘ not usable: one thing is missing\n$/);
      assert.equal(code, 1);
    });

    it("asks for the first eight, twice each", async () => {
      world.emulator.fault({ match: { path: "^/token$" }, times: 1_000, drop: "before" });
      assert.equal((await run(users)).code, 1);
      assert.equal(world.verbs().length, 16);
    });
  });

  it("exits with 1 where anything is missing, and names it where it is missing", async () => {
    const { code, stdout } = await run(["--user", ALICE, "--user", GHOST, "--user", BOB, "--domain", "example.com"]);
    assert.equal(code, 1);
    const [, alice = "", ghost = "", bob = "", domain = "", verdict] = stdout.split("\n\n");
    for (const [part, whose] of [
      [alice, ALICE],
      [bob, BOB],
    ])
      assert.equal(part, `${whose}\n  ✔ ${BASIC}: certificates on a mailbox's own address`);
    assert.match(ghost, /^ghost@example\.com\n {2}\? \S+basic: .*\n {2}✘ Getting an access token for ghost@.* Next: /);
    assert.match(
      domain,
      /^example\.com\n {2}\? \S+audit\/: .*\n {2}✘ AuditPublicKey needs an administrator.*adminEmail/,
    );
    assert.equal(verdict, "✘ not usable: 2 things are missing\n");
  });

  it("tells once what is wrong with all of them, and nothing of any where there is no credential", async () => {
    const { code, stdout } = await run(["--user", ALICE, "--user", BOB], { env: { GOOGLEWORKSPACE_CREDENTIALS: "" } });
    assert.equal(code, 1);
    assert.match(
      stdout,
      /^credential {5}none\nGmail API .*\n\n✘ No Google credentials: .*\n\n✘ not usable: one thing is missing\n$/,
    );
    assert.deepEqual(world.verbs(), []);
  });

  it("says whose a user's own token is, and prints no secret", async () => {
    const env = { GOOGLEWORKSPACE_CREDENTIALS: "", GOOGLEWORKSPACE_ACCESS_TOKEN: "t0k3n-own" };
    for (const args of [
      ["--user", "me"],
      ["--user", "me", "--json"],
    ]) {
      const { code, stdout, stderr } = await run(args, { env });
      assert.equal(code, 0);
      assert.ok(stdout.includes(ALICE));
      assert.doesNotMatch(`${stdout}${stderr}`, /t0k3n/);
    }
    assert.match((await run(["--user", "me"], { env })).stdout, /^me \(alice@example\.com\)$/m);
  });

  it("answers as JSON what the function answers, and with the same exit codes", async () => {
    const { code, stdout } = await run(["--json", "--user", ALICE, "--user", GHOST]);
    assert.equal(code, 1);
    const { usable, answers } = JSON.parse(stdout) as {
      usable: boolean;
      answers: { asked: object; identity: { usable: boolean; kind: string } }[];
    };
    assert.equal(usable, false);
    assert.deepEqual(
      answers.map(({ asked, identity }) => [asked, identity.kind, identity.usable]),
      [
        [{ userId: ALICE }, "serviceAccountKey", true],
        [{ userId: GHOST }, "serviceAccountKey", false],
      ],
    );
  });

  it("is in colour on a terminal only, and never in a file beside one", async () => {
    const coloured = await run(["--user", ALICE], { isTTY: true });
    assert.match(coloured.stdout, /\u001b\[32m✔\u001b\[39m usable\n$/);
    for (const options of [{ isTTY: true, env: { NO_COLOR: "1" } }, { isTTY: false }])
      assert.doesNotMatch((await run(["--user", ALICE], options)).stdout, /\u001b/);
    const { code, stdout } = await spawnBuiltCommand(world, ["whoami", "--user", ALICE]);
    assert.deepEqual([code, stdout], [0, (await run(["--user", ALICE])).stdout]);
  });

  it("exits with 2 where the command line is wrong, and asks nothing", async () => {
    for (const [args, said] of [
      [["--mailbox", ALICE], /^Unknown option '--mailbox'/],
      [[ALICE], /^Unexpected argument 'alice@example\.com'/],
      [["--send-as", SALES], /^--send-as wants one --user/],
      [["--user", "alice", "--domain", "example.com"], /^userId is not an e-mail address\./],
      [["--user", ""], /^userId must not be empty|^userId is not/],
      [["--domain", "example"], /^domain is not a domain name\./],
    ] as [string[], RegExp][]) {
      const { code, stdout, stderr } = await run(args);
      assert.deepEqual([code, stdout], [2, ""], stderr);
      assert.match(stderr.replace(/^Google APIs are taken .*\n/, ""), said);
    }
    assert.deepEqual(world.verbs(), []);
  });
});
