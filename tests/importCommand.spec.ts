/** The published command's `import`: the certificates of a whole list of mailboxes, as pulumi import --file reads them. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand, spawnCommand, type RunOptions } from "./commandRun";
import { aliasOf, EMPTY, fill, fleetUsers, GHOST, NUMBERS, userOf } from "./fleet";
import { seed, World } from "./world";

const TYPE = "google-workspace-mail:index:SmimeCertificate";

interface Imported {
  readonly resources: readonly { type: string; name: string; logicalName: string; id: string }[];
}

const SCOPES = ["basic", "sharing"].map((scope) => `https://www.googleapis.com/auth/gmail.settings.${scope}`);

describe("the import command", () => {
  let world: World;
  let folder: string;
  /** Of all certificates, by mailbox and then by expiry. */
  let ids: string[];

  before(async () => {
    world = await World.start();
    world.emulator.seed(
      seed({}, { users: fleetUsers, accessTokens: [{ token: "own", user: userOf(6), scopes: SCOPES }] }),
    );
    folder = mkdtempSync(join(tmpdir(), "import-"));
    ids = await fill(world);
  });
  beforeEach(() => {
    world.emulator.clearRequests();
    world.emulator.clearFaults();
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await world.emulator.stop();
  });

  const run = (args: readonly string[], options?: RunOptions) => runCommand(world, ["import", ...args], options);
  const idOf = (number: number, address: string): string =>
    ids.find((id) => id.startsWith(`users/${userOf(number)}/settings/sendAs/${address}/`)) ?? "";
  const resourcesIn = (json: string) => (JSON.parse(json) as Imported).resources;

  it("writes down 50 mailboxes, names the one that failed, and keeps all others", async () => {
    const rows = NUMBERS.map((number) => `${userOf(number)},User`);
    const [list, out] = [join(folder, "users.csv"), join(folder, "import.json")];
    writeFileSync(list, ["primaryEmail,name", "", "# the rest", ...rows, EMPTY, GHOST].join("\r\n"));
    const { code, stdout, stderr } = await run(["--mailboxes", list, "--out", out]);
    assert.deepEqual([code, stdout], [1, ""]);
    const resources = resourcesIn(readFileSync(out, "utf8"));
    assert.deepEqual(
      resources.map(({ type, id }) => [type, id]),
      ids.map((id) => [TYPE, id]),
    );
    assert.equal(resources.length, 48 + 9 + 8);
    const lines = stderr.split("\n");
    assert.ok(lines.includes(`✘ 49 of 50 mailboxes, 65 resources in ${out}. Next: pulumi import --file ${out}`));
    const [, failed] = lines.filter((line) => line.startsWith("✘"));
    assert.match(failed ?? "", /^✘ ghost@example\.com: .* Google answered 400 invalid_grant .* Next: /);
    assert.equal(lines.filter((line) => line.startsWith("✘")).length, 2);
  });

  it("names each after its address, mailbox and day, for the code and for the stack", async () => {
    const { stdout } = await run([...NUMBERS.map(userOf)]);
    const resources = resourcesIn(stdout);
    assert.ok(resources.every(({ name }) => /^[a-z][a-z0-9_]*$/.test(name)));
    for (const of of ["name", "logicalName"] as const)
      assert.equal(new Set(resources.map((resource) => resource[of])).size, ids.length);
    const ofOne = resources.filter(({ id }) => id.startsWith(`users/${userOf(30)}/`));
    assert.deepEqual(
      ofOne.map(({ name, logicalName }) => [name, logicalName]),
      [
        ["user30_example_com_2026_08_15", "user30@example.com 2026-08-15"],
        ["user30_example_com_2027_11_01", "user30@example.com 2027-11-01"],
        [
          "sales_30_example_com_of_user30_example_com_2028_02_29",
          "sales-30@example.com of user30@example.com 2028-02-29",
        ],
      ],
    );
  });

  it("asks each mailbox for its addresses and their certificates, once, and changes nothing", async () => {
    const { code } = await run(["--defaults", ...NUMBERS.map(userOf)]);
    assert.equal(code, 0);
    const asked: Record<string, number> = {};
    for (const verb of world.verbs()) asked[verb] = (asked[verb] ?? 0) + 1;
    // a token for the mailbox, and one more where it has another address (facts google B2)
    assert.deepEqual(asked, { token: 48 + 8, addresses: 48, list: 48 + 8 });
  });

  it("looks at eight mailboxes at a time", async () => {
    world.emulator.fault({ match: { path: "/sendAs$" }, times: 16, delayMs: 300 });
    let most = 0;
    const watch = setInterval(() => {
      const open = world.emulator.requests().filter(({ path, status }) => path.endsWith("/sendAs") && status === 0);
      most = Math.max(most, open.length);
    }, 10);
    try {
      assert.equal((await run(NUMBERS.slice(0, 16).map(userOf))).code, 0);
    } finally {
      clearInterval(watch);
    }
    assert.equal(most, 8);
  });

  it("takes a list from stdin, in any spelling, and writes the defaults too; twice alike", async () => {
    world.emulator.setDefault(userOf(6), aliasOf(6), idOf(6, aliasOf(6)).split("/").at(-1) ?? "");
    const list = ["\uFEFFNom;Courriel", "", `Six;${userOf(6).toUpperCase()}`, "#", `  "${userOf(1)}"; x `, userOf(6)];
    const args = ["import", "--mailboxes", "-", "--defaults"];
    const first = await spawnCommand(world, args, list.join("\n"));
    assert.equal(first.code, 0, first.stderr);
    const names = resourcesIn(first.stdout).map(({ type, name, id }) => [type.split(":")[2], name, id]);
    assert.deepEqual(names, [
      ["SmimeCertificate", "user06_example_com_2027_11_01", idOf(6, userOf(6))],
      ["SmimeCertificate", "sales_6_example_com_of_user06_example_com_2028_02_29", idOf(6, aliasOf(6))],
      [
        "DefaultSmimeCertificate",
        "sales_6_example_com_of_user06_example_com_default",
        `users/${userOf(6)}/settings/sendAs/${aliasOf(6)}/defaultSmimeInfo`,
      ],
      ["SmimeCertificate", "user01_example_com_2027_11_01", idOf(1, userOf(1))],
    ]);
    const again = await spawnCommand(world, args, list.join("\n"));
    assert.equal(again.stdout, first.stdout);
  });

  it("finds one's own mailbox with one's own token", async () => {
    const env = { GOOGLEWORKSPACE_CREDENTIALS: "", GOOGLEWORKSPACE_ACCESS_TOKEN: "own" };
    const { code, stdout, stderr } = await run(["--mailboxes", "-"], { env, stdin: "me" });
    assert.equal(code, 0, stderr);
    const names = resourcesIn(stdout).map(({ logicalName }) => logicalName);
    assert.deepEqual(names, ["user06@example.com 2027-11-01", "sales-6@example.com 2028-02-29"]);
  });

  it("goes on past a line that is no address and a mailbox that is refused, and names each", async () => {
    world.emulator.fault({ match: { path: "user02.*/sendAs$" }, times: 1, status: 403, reason: "forbidden" });
    const stdin = [userOf(1), "not-an-address", userOf(2), userOf(3)].join("\n");
    const { code, stdout, stderr } = await run(["--mailboxes", "-"], { stdin });
    assert.equal(code, 1);
    assert.deepEqual(
      resourcesIn(stdout).map(({ id }) => id),
      [idOf(1, userOf(1)), idOf(3, userOf(3))],
    );
    assert.match(stderr, /^✘ 2 of 4 mailboxes, 2 resources$/m);
    assert.match(stderr, /^✘ not-an-address: userId is not an e-mail address\./m);
    assert.match(stderr, /^✘ user02@example\.com: Listing the send-as addresses of .*: Google answered 403/m);
  });

  it("tells once what is wrong with all of them", async () => {
    const { code, stderr } = await run([userOf(1), userOf(2)], { env: { GOOGLEWORKSPACE_CREDENTIALS: "" } });
    assert.equal(code, 1);
    assert.match(stderr, /^✘ user01@example\.com, user02@example\.com: No Google credentials: /m);
    assert.equal(stderr.match(/No Google credentials/g)?.length, 1);
    assert.deepEqual(world.verbs(), []);
  });
});
