/** The published command itself: how it is called, what it says where, and when in colour. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { runCommand } from "./commandRun";
import { ALICE, BOB, seed, World } from "./world";

describe("the command", () => {
  let world: World;
  before(async () => {
    world = await World.start();
  });
  beforeEach(() => {
    world.emulator.seed(seed());
  });
  after(() => world.emulator.stop());

  it("says how it is called, on stdout", async () => {
    for (const [args, said] of [
      [["--help"], /^Usage: pulumi-google-workspace-mail COMMAND[^]*\n {2}import +writes /],
      [["import", "--help"], /^Usage: pulumi-google-workspace-mail import [^]*--mailboxes FILE[^]*--out FILE[^]*--def/],
      [["import", ALICE, "-h"], /^Usage: pulumi-google-workspace-mail import /],
    ] as [string[], RegExp][]) {
      const { code, stdout, stderr } = await runCommand(world, args);
      assert.deepEqual([code, stderr], [0, ""]);
      assert.match(stdout, said);
    }
  });

  it("says what is wrong with a call, on stderr, with exit code 2, before it asks anything", async () => {
    const absent = join(__dirname, "absent", "file");
    for (const [args, said] of [
      [[], /^Usage: /],
      [["export"], /^There is no command export\./],
      [["toString"], /^There is no command toString\./],
      [["import"], /^No mailbox is named\./],
      [["import", "--mailbox", "a"], /^Unknown option '--mailbox'/],
      [["import", "--mailboxes", absent], /^--mailboxes: the file .*absent.file cannot be read\./],
      [["drift", "--renew-before", "soon"], /^--renew-before soon: give whole days from 0 \(never\) to 999\./],
      [["review", "prod"], /^Unexpected argument 'prod'[^]*Usage: pulumi-google-workspace-mail review /],
      [["import", ALICE, "--out", absent], /^--out: the file .*absent.file cannot be written\./],
    ] as [string[], RegExp][]) {
      const { code, stdout, stderr } = await runCommand(world, args);
      assert.deepEqual([code, stdout], [2, ""], stderr);
      assert.match(stderr, said);
    }
    assert.deepEqual(world.verbs(), []);
  });

  it("says what is wrong with its settings, with exit code 1", async () => {
    const env = { GOOGLE_WORKSPACE_MAIL_ENDPOINT: "https://mail.example.org" };
    const { code, stdout, stderr } = await runCommand(world, ["import", ALICE], { env });
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^GOOGLE_WORKSPACE_MAIL_ENDPOINT must be a loopback origin/);
  });

  it("says what to do where there is no Pulumi, or no project", async () => {
    for (const command of ["drift", "review", "report"]) {
      const { code, stdout, stderr } = await runCommand(world, [command, "--cwd", __dirname], {
        env: { PATH: __dirname },
      });
      assert.deepEqual([code, stdout], [1, ""], command);
      assert.match(
        stderr,
        /^The command pulumi cannot be run in .*tests \(ENOENT\)\. Install the Pulumi CLI, put it on PATH/,
      );
    }
  });

  it("prints no secret", async () => {
    const { private_key: key } = world.emulator.keyFile;
    const { stdout, stderr } = await runCommand(world, ["import", ALICE, "ghost@example.com"]);
    const body = key.split("\n").filter((line) => line.length > 40);
    assert.ok(body.length > 10);
    for (const secret of [...body, "ya29."]) assert.ok(!`${stdout}${stderr}`.includes(secret));
    assert.match(stderr, /ghost@example\.com/);
  });

  it("writes whole lines and no colour where there is no terminal", async () => {
    const { stderr } = await runCommand(world, ["import", ALICE, BOB, "ghost@example.com"]);
    assert.match(
      stderr,
      /^Google APIs are taken .*\n1 of 3 mailboxes, 0 resources\n2 of 3 .*\n✘ 2 of 3 .*\n✘ ghost.*\n$/,
    );
  });

  it("rewrites one line on a terminal, in colour unless NO_COLOR is set", async () => {
    const args = ["import", ALICE, BOB, "ghost@example.com"];
    const coloured = await runCommand(world, args, { isTTY: true });
    assert.match(coloured.stderr, /1 of 3 mailboxes, 0 resources\r\u001b\[K2 of 3 mailboxes, 0 resources\r\u001b\[K/);
    assert.match(coloured.stderr, /\u001b\[31m✘\u001b\[39m ghost@example\.com: /);
    const plain = await runCommand(world, args, { isTTY: true, env: { NO_COLOR: "1" } });
    assert.match(plain.stderr, /\n✘ ghost@example\.com: /);
    assert.doesNotMatch(plain.stderr, /\u001b\[\d+m/);
    const whole = await runCommand(world, ["import", ALICE], { isTTY: true });
    assert.match(whole.stderr, /\u001b\[32m✔\u001b\[39m 1 of 1 mailbox, 0 resources\n$/);
  });
});
