// examples/shards on the real engine: its driver runs three stacks of one CSV, goes on after a refusal and a lock, and
// another number of shards moves mailboxes between stacks without touching one.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { openStack, type Stack } from "./engine";
import type { Outcome } from "./engineProcess";
import { NOW, PASSWORD, seed, World } from "./world";

const USERS = Array.from({ length: 12 }, (_, index) => `user${String(index + 1).padStart(2, "0")}@example.com`);

describe("examples/shards on the real engine", function () {
  this.timeout(180_000);
  let world: World;
  let stack: Stack;
  before(async () => {
    world = await World.start();
    world.emulator.seed(seed({}, { users: USERS.map((email) => ({ email })) }));
    stack = await openShards(world);
    // a default to come back to, had its mailbox really left the fleet
    const [moving = ""] = usersOf(1, 3).filter((user) => !usersOf(1, 2).includes(user));
    world.emulator.setDefault(moving, moving, await world.byHand(await world.mint(moving), moving));
  });
  after(async () => {
    stack.dispose();
    await world.emulator.stop();
  });
  beforeEach(() => world.emulator.clearRequests());

  it("does every row but one that Google refuses, and names it", async () => {
    const [refused = ""] = usersOf(2, 3);
    const match = { method: "POST", path: `${refused}.*smimeInfo$` };
    world.emulator.fault({ match, status: 403, reason: "forbidden", message: "Not this one." });
    const run = await drive("--shards", "3");
    said(run, 1, "3 shards: 2 done, 0 unchanged, 1 failed; 12 rows");
    assert.match(run.stdout, new RegExp(`^shard-2\\n(  .*\\n)*  ${refused}: .*Not this one`, "m"));
    assert.ok(!run.output.includes("\u001b"), "plain lines where there is no terminal");
    assert.deepEqual(withoutDefault(), [refused]);
  });

  it("goes on with that row alone, and says how to go on with a shard that a killed run left locked", async () => {
    lock("shard-3");
    const run = await drive("--shards", "3");
    said(run, 1, "3 shards: 1 done, 1 unchanged, 1 failed; 10 rows");
    assert.match(run.stdout, /^shard-3\n {2}it is locked.*: pulumi cancel --yes --stack shard-3 /m);
    assert.deepEqual(world.writes(), ["insert", "setDefault"]);
    assert.deepEqual(withoutDefault(), []);
  });

  it("fails with another number of shards, naming the mailboxes that would leave their stack", async () => {
    const run = await drive("--shards", "2", "--preview");
    const [first, second] = [1, 2].map((shard) =>
      usersOf(shard, 3).filter((user) => !usersOf(shard, 2).includes(user)),
    );
    said(run, 1, "2 shards: 0 done, 0 unchanged, 2 failed; ");
    for (const user of [...(first ?? []), ...(second ?? [])]) assert.ok(run.stdout.includes(user), user);
    assert.match(run.stdout, /maxDeletes is 0/);
    assert.match(run.stdout, /^Not among these shards: shard-3\./m);
    assert.deepEqual(world.verbs(), []);
  });

  it("moves them with --moving: adopted in the one stack, left by the other, and each signs as before", async () => {
    const before = held();
    const run = await drive("--shards", "2", "--moving", "--unlock");
    said(run, 1, "2 shards: 2 done, 0 unchanged, 0 failed; 12 rows");
    assert.match(run.stdout, /^Not among these shards: shard-3\./m);
    assert.deepEqual(world.writes(), []);
    assert.deepEqual(held(), before);
    assert.deepEqual(await rowsIn("shard-1"), usersOf(1, 2));
  });

  /** A project as a user would have it: the example's files, the CSV and the key files. */
  async function openShards({ emulator }: World): Promise<Stack> {
    const minted = await Promise.all(USERS.map(async (user) => [user, await world.mint(user)] as const));
    const keys = minted.map(([user, { bytes }]) => [`keys/${user}.p12`, bytes] as const);
    const rows = USERS.map((user) => `${user},keys/${user}.p12,env:KEYS_PASSWORD\n`);
    return openStack({
      example: "shards",
      stackName: "shard-1",
      files: {
        ...Object.fromEntries(keys),
        "mailboxes.csv": rows.join(""),
        "key.json": JSON.stringify(emulator.keyFile),
      },
      languageHost: true,
      env: {
        GOOGLE_WORKSPACE_MAIL_NOW: NOW,
        GOOGLE_WORKSPACE_MAIL_ENDPOINT: emulator.url,
        GOOGLE_APPLICATION_CREDENTIALS: "key.json",
        KEYS_PASSWORD: PASSWORD,
      },
    });
  }

  const drive = (...args: string[]): Promise<Outcome> =>
    stack.drive(["-r", "ts-node/register/transpile-only", "shards.ts", "--parallel", "2", ...args]);

  function said({ output, exitCode, stdout }: Outcome, code: number, summary: string): void {
    assert.equal(exitCode, code, output);
    assert.ok(stdout.includes(`\n${summary}`), output);
  }

  const withoutDefault = (): string[] => USERS.filter((user) => world.default(user) === undefined);
  const held = (): unknown => USERS.map((user) => [world.fingerprints(user), world.default(user)]);

  async function rowsIn(name: string): Promise<string[]> {
    const { stdout } = await stack.run(["stack", "export", "--stack", name]);
    const { deployment } = JSON.parse(stdout) as { deployment: { resources: { inputs?: { rows?: string } }[] } };
    const rows = deployment.resources.map(({ inputs }) => inputs?.rows ?? "").join("");
    return rows
      .trimEnd()
      .split("\n")
      .map((row) => row.split("\t")[0] ?? "");
  }

  /** As the file backend does it for an update under way: a file in the stack's folder of locks. */
  function lock(name: string): void {
    const folder = path.join(stack.home, "../backend/.pulumi/locks/organization/google-workspace-mail-shards", name);
    fs.mkdirSync(folder, { recursive: true });
    const lock = { pid: 1, username: "somebody", hostname: "elsewhere", timestamp: NOW };
    fs.writeFileSync(path.join(folder, "0e4d7bd0-6e3b-4a7e-9d5b-0f6a2b1c3d4e.json"), JSON.stringify(lock));
  }
});

/** By the rule that the README names, written a second time. */
function usersOf(shard: number, of: number): string[] {
  const digest = (user: string): bigint => BigInt(`0x${createHash("sha256").update(user).digest("hex").slice(0, 12)}`);
  return USERS.filter((user) => Number(digest(user) % BigInt(of)) + 1 === shard);
}
