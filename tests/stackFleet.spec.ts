// A whole list of mailboxes as one resource, on the real engine: what a review sees of a CSV, what a kill, a refusal and drift
// leave behind, and what the state holds. The dynamic adapter has the quiet life and the kill, the plugin refusals and drift.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import type { Stack } from "./engine";
import {
  allSignWith,
  csvOf,
  diffLines,
  type FleetKey,
  fleetProgram,
  keyFile,
  mailboxesOf,
  mintForAll,
  openFleet,
} from "./fleetStack";
import { missing } from "./missing";
import { STACK_TIMEOUT, steps, unchanged, until } from "./stackMailbox";
import { propertiesOf } from "./stackState";
import { leaks, tracesOf, tracesOfFile, tracesOfPem } from "./traces";
import { PASSWORD, World } from "./world";
import { declare, TYPES } from "./yamlStack";

const NEVER = 3_600_000;
const ENV = "env:MAIL_PASSWORD";

const STAFF_IN_YAML = `  staff:
    type: ${TYPES}:SmimeFleet
    properties: { csv: "\${fleet.csv}", rows: "\${fleet.rows}", passwords: "\${fleet.passwords}" }
variables:
  fleet:
    fn::invoke: { function: "${TYPES}:readFleet", arguments: { csv: mailboxes.csv } }
`;

describe("a fleet of a hundred mailboxes, through the dynamic adapter", function () {
  this.timeout(STACK_TIMEOUT);
  const users = mailboxesOf(101);
  const [first, , , renewed, , byHand] = users as [string, string, string, string, string, string];
  const newcomer = users[100] ?? "";
  /** One password stands in the CSV itself. */
  const rows = users.map((user) => [user, user === first ? PASSWORD : ENV] as const);
  let world: World;
  let stack: Stack;
  let key: FleetKey;
  let next: FleetKey;
  let foreign: string;

  before(async () => {
    world = await World.start("dynamic");
    [key, next] = [
      await mintForAll(world, users, "2027-11-01T00:00:00Z"),
      await mintForAll(world, users, "2028-05-01T00:00:00Z"),
    ];
    const csv = csvOf(rows.slice(0, 100));
    stack = await openFleet(world, { users, key, csv, settings: 'onDelete: "delete"' });
    const pkcs12 = next.bytes.toString("base64");
    foreign = (await world.emulator.addCertificate({ user: byHand, sendAs: byHand, pkcs12, password: PASSWORD })).id;
    world.emulator.clearRequests();
  });
  after(async () => {
    stack.dispose();
    await world.emulator.stop();
  });

  it("is one line of a preview, which asks nothing and prints no password", async () => {
    const outcome = await stack.preview({ args: ["--diff"] });
    assert.deepEqual(steps(outcome), ["create staff"]);
    assert.deepEqual(world.verbs(), []);
    assert.deepEqual(leaks({ password: tracesOf(PASSWORD) }, [outcome.output, JSON.stringify(outcome.events)]), []);
  });

  it("comes to one certificate each when its process is killed in the middle", async () => {
    const middle = users[50] ?? "";
    world.emulator.fault({ match: { method: "POST", path: `${middle}/smimeInfo$` }, delayMs: NEVER });
    const up = await stack.start("up");
    await until(() => world.fingerprints(middle).length === 1, "the insert of a certificate in the middle");
    assert.ok(up.killProvider());
    assert.equal((await up.finished).ok, false);
    const there = users.filter((user) => user !== byHand && world.fingerprints(user).length > 0);
    world.emulator.clearFaults();
    world.emulator.clearRequests();
    assert.deepEqual(steps(await stack.up()), ["create staff"]);
    const inserts = world.writes().filter((verb) => verb === "insert");
    assert.ok(there.length > 0 && inserts.length <= 100 - there.length, "what is there is not uploaded again");
    allSignWith(
      world,
      users.slice(0, 100).filter((user) => user !== byHand),
      key,
    );
    assert.deepEqual(world.fingerprints(byHand).sort(), [key.fingerprint, next.fingerprint].sort());
    assert.equal(world.default(byHand), key.fingerprint);
  });

  it("asks nothing in an up without change, and keeps no password or key in at most 400 bytes a row", async () => {
    world.emulator.clearRequests();
    unchanged(await stack.up({ expectNoChanges: true }));
    assert.deepEqual(world.verbs(), []);
    const { staff } = await propertiesOf(stack);
    const bytes = JSON.stringify([staff?.inputs, staff?.outputs]).length / 100;
    process.stdout.write(`        ${bytes.toFixed()} bytes of state a row\n`);
    assert.ok(bytes <= 400, String(bytes));
    assert.match(
      String(staff?.outputs?.["unmanaged"]),
      new RegExp(`^${byHand}\\t\\t${foreign}\\t${next.fingerprint}\\t`),
    );
    const files = stack.engineFiles().map((file) => fs.readFileSync(file, "latin1"));
    const secrets = {
      password: tracesOf(PASSWORD),
      file: tracesOfFile(key.bytes),
      key: tracesOfPem(key.privateKeyPem),
    };
    assert.deepEqual(leaks(secrets, [JSON.stringify(await stack.exportState()), ...files]), []);
  });

  it("shows a changed CSV as the lines that come and go, not as the whole text", async () => {
    stack.writeFiles({ "mailboxes.csv": csvOf(rows), [keyFile(renewed)]: next.bytes });
    const outcome = await stack.preview({ args: ["--diff"] });
    assert.deepEqual(steps(outcome), ["update staff"]);
    const { changed, around } = diffLines(outcome);
    assert.deepEqual(changed, ["- user003", "+ user003", "+ user100"]);
    assert.ok(around < 20, outcome.output);
    const added = `${renewed}: certificate ${next.fingerprint.slice(0, 16)}`;
    assert.ok(outcome.output.includes(`${newcomer}: `) && outcome.output.includes(added), outcome.output);
    assert.deepEqual(leaks({ password: tracesOf(PASSWORD) }, [outcome.output, JSON.stringify(outcome.events)]), []);
    assert.deepEqual(world.verbs(), []);
  });

  it("leaves at its end what was there before, and nothing of ours", async () => {
    assert.ok((await stack.destroy()).ok);
    const left = users.flatMap((user) => world.certificates(user).map(({ id }) => `${user} ${id}`));
    assert.deepEqual(left, [`${byHand} ${foreign}`]);
  });
});

describe("a fleet whose mailboxes do not all comply, through the plugin", function () {
  this.timeout(STACK_TIMEOUT);
  const users = mailboxesOf(12);
  const [, refused, drifted, , strayed] = users as [string, string, string, string, string];
  const rows = users.slice(0, 10).map((user) => [user, ENV] as const);
  let world: World;
  let stack: Stack;
  let key: FleetKey;
  let host: string | undefined;

  before(async () => {
    world = await World.start("plugin");
    key = await mintForAll(world, users, "2027-11-01T00:00:00Z");
    const { findEngine } = await import("../tools/engine/find.mjs");
    const { findYamlHost } = await import("../tools/languages/find.mjs");
    host = await findYamlHost(await findEngine());
    const path = host === undefined ? [] : [dirname(host)];
    stack = await openFleet(world, { users, key, csv: csvOf(rows), path });
  });
  after(async () => {
    stack.dispose();
    await world.emulator.stop();
  });
  beforeEach(() => {
    world.emulator.clearRequests();
  });

  const deleteByHand = (user: string): void => {
    for (const { id } of world.certificates(user)) world.emulator.deleteCertificate(user, user, id);
  };

  it("has all others done where Google refuses one, and says in text and state who and why", async () => {
    world.emulator.fault({ match: { method: "POST", path: `${refused}/smimeInfo$` }, status: 400 });
    const outcome = await stack.up();
    assert.equal(outcome.ok, false);
    const said = outcome.messages.map(({ text }) => text).find((text) => text.includes("1 row failed"));
    assert.match(
      said ?? outcome.output,
      new RegExp(`${refused}: Uploading the S/MIME certificate .* Google answered 400`),
    );
    const { staff } = await propertiesOf(stack);
    assert.match(staff?.initErrors?.join() ?? "", new RegExp(`${refused}: `));
    assert.match(String(staff?.outputs?.["failed"]), new RegExp(`^${refused}\\t\\t\\tUploading .* 400`));
    assert.deepEqual(world.fingerprints(refused), []);
    const others = rows.map(([user]) => user).filter((user) => user !== refused);
    allSignWith(world, others, key);
  });

  it("does only that one in the next up", async () => {
    world.emulator.clearFaults();
    world.emulator.clearRequests();
    assert.deepEqual(steps(await stack.up()), ["update staff"]);
    assert.deepEqual(world.verbs(), ["token", "list", "insert", "setDefault"]);
    allSignWith(
      world,
      rows.map(([user]) => user),
      key,
    );
    assert.equal((await propertiesOf(stack))["staff"]?.outputs?.["failed"], undefined);
  });

  it("is the same in YAML, whose readFleet is the plugin's function, and asks nothing", async function () {
    if (host === undefined) missing(this, "the full Pulumi CLI, or Go to build its YAML host");
    const settings = join(stack.workDir, "Pulumi.yaml");
    const before = fs.readFileSync(settings, "utf8");
    for (const file of ["index.js", "index.ts"]) fs.rmSync(join(stack.workDir, file));
    declare(stack, STAFF_IN_YAML);
    unchanged(await stack.up({ expectNoChanges: true }));
    assert.deepEqual(world.verbs(), []);
    stack.writeFiles({ "Pulumi.yaml": before });
    stack.setProgram(fleetProgram(world));
  });

  it("shows in a refresh the line that is gone, and no other", async () => {
    deleteByHand(drifted);
    const outcome = await stack.refresh({ args: ["--diff"] });
    assert.ok(outcome.ok, outcome.output);
    assert.deepEqual(diffLines(outcome).changed, ["- user002"]);
    assert.match(outcome.output, new RegExp(`${drifted}: certificate .* is added`), "by the next up");
    assert.deepEqual(world.writes(), []);
    const { staff } = await propertiesOf(stack);
    assert.ok(!String(staff?.outputs?.["certificates"]).includes(drifted));
  });

  it("shows in `preview --refresh` what is gone beside what comes", async () => {
    deleteByHand(strayed);
    stack.writeFiles({ "mailboxes.csv": csvOf([...rows, [users[11] ?? "", ENV]]) });
    const outcome = await stack.preview({ refresh: true, args: ["--diff"] });
    assert.deepEqual(steps(outcome), ["update staff"]);
    assert.deepEqual(diffLines(outcome).changed, ["- user004", "+ user011"], outcome.output);
    assert.deepEqual(world.writes(), []);
  });

  it("fails a preview whose CSV lost rows, by their names, and deletes nothing", async () => {
    stack.writeFiles({ "mailboxes.csv": csvOf(rows.slice(2)) });
    const { ok, output } = await stack.preview();
    assert.equal(ok, false);
    assert.match(output, /2 rows are gone, and maxDeletes is 0: user000@example\.com; user001@example\.com\./);
    assert.deepEqual(world.verbs(), []);
  });
});
