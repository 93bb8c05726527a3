// examples/gitops as a team has it: the shell steps of its own workflows, taken from the YAML, on the real engine against the
// emulator. A pull request is previewed with nothing of Google's, a merge is applied, and drift becomes an issue.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { CALLERS } from "./gitopsGoogle";
import type { PipelineRun } from "./gitopsPipeline";
import { COM, ORG, PASSPHRASE, succeeded, Team } from "./gitopsTeam";
import type { JobRun } from "./gitopsWorkflow";
import { ALICE, BOB, type Minted, type World } from "./world";

const CAROL = "carol@example.org";

describe("examples/gitops", function () {
  this.timeout(240_000);
  let team: Team;
  let world: World;
  let keys: Record<"alice" | "next" | "bob" | "carol", Minted>;

  before(async () => {
    team = await Team.start([ALICE, BOB, CAROL]);
    world = team.world;
    keys = {
      alice: await team.mint(ALICE),
      next: await team.mint(ALICE, { notAfter: new Date("2028-05-01T00:00:00Z") }),
      bob: await team.mint(BOB),
      carol: await team.mint(CAROL),
    };
  });
  after(() => team.stop());
  beforeEach(() => {
    team.forgetRequests();
  });

  const file = (user: string, name: string): string => `certificates/${user.replace(/.*@/, "")}/${user}/${name}.pem`;
  const whole = ({ certificatePem, chainPem }: Minted): string => certificatePem + chainPem;
  const held = (user: string): string[] => world.fingerprints(user).sort();

  async function ran(run: PipelineRun, name: string, result: JobRun["result"] = "success"): Promise<JobRun> {
    const done = await run.job(name, COM);
    assert.equal(done.result, result, done.output);
    return done;
  }

  it("a pull request shows which mailbox gets which certificate of both domains, and asks Google nothing", async () => {
    team.repository.commit("first", {
      [file(ALICE, "2026")]: whole(keys.alice),
      [file(BOB, "2026")]: whole(keys.bob),
      [file(CAROL, "2026")]: whole(keys.carol),
    });
    const { previews, comments } = await team.pullRequest(1, "first");
    succeeded({ ...previews, ...comments });
    const [com, org] = [team.commentOn(1), team.commentOn(1, ORG)];
    for (const { fingerprint } of [keys.alice, keys.bob]) assert.ok(com.includes(fingerprint.slice(0, 16)), com);
    assert.match(com, /`alice@example\.com` \| gets \|.*\| 2026-06-01 to 2027-11-01 \|/);
    assert.ok(org.includes(CAROL) && !org.includes(ALICE), org);
  });

  it("merged, it is not applied without the private keys, and the error names their files", async () => {
    team.repository.merge("first");
    const workspace = team.repository.clone("main");
    const env = team.desk(workspace);
    const up = `npm ci --ignore-scripts\npulumi up --yes --skip-preview --non-interactive --stack ${COM}`;
    const { exitCode, output } = await team.repository.bash(up, workspace, env);
    assert.notEqual(exitCode, 0);
    const [alice, bob] = [ALICE, BOB].map((user) => `keys/example.com/${user}/2026.key`);
    assert.ok(output.includes(`No private key is in ${String(alice)}, ${String(bob)}. Fetch`), output);
    assert.deepEqual(team.google.asked, []);
  });

  it("applied, each mailbox has its certificate, by keys that production alone could fetch", async () => {
    const { [COM]: com } = await team.apply("push");
    const all = [keys.alice, keys.bob, keys.carol].map(({ fingerprint }) => fingerprint);
    assert.deepEqual([ALICE, BOB, CAROL].flatMap(held), all);
    assert.deepEqual(
      [ALICE, BOB, CAROL].map((user) => world.default(user)),
      all,
    );
    assert.equal(team.google.asked.filter((line) => line.includes("/secrets/")).length, 3);
    assert.ok(com?.summary.includes(ALICE), com?.summary);
    const steps = Object.entries(com?.env ?? {}).filter(([, env]) => Object.values(env).includes(PASSPHRASE));
    assert.deepEqual(
      steps.map(([name]) => name),
      ["Apply", "Report"],
    );
  });

  it("a pull request without an intermediate is red, and the comment says why", async () => {
    team.repository.commit("next", { [file(ALICE, "2027")]: keys.next.certificatePem });
    const { previews, comments } = await team.pullRequest(2, "next", [COM]);
    assert.equal(previews[COM]?.result, "failure");
    succeeded(comments);
    assert.match(
      team.commentOn(2),
      /alice@example\.com-2027.*does not hold the intermediate that issued the certificate/,
    );
  });

  it("put right it is a rotation, in the same comment: one certificate more, and another default", async () => {
    team.repository.commit("next", { [file(ALICE, "2027")]: whole(keys.next) });
    const { previews, comments } = await team.pullRequest(2, "next", [COM]);
    succeeded({ ...previews, ...comments });
    const text = team.commentOn(2);
    assert.ok(!text.includes("intermediate") && !text.includes(BOB), text);
    assert.match(text, /2 changes for 1 address; 5 stay/);
    assert.match(text, /`alice@example\.com` \| gets \|.*\| 2026-06-01 to 2028-05-01 \|/);
  });

  it("a fork's pull request is red and says why, with nothing run", async () => {
    const { previews, comments } = await team.pullRequest(3, "next", [COM], { from: "mallory/mail-keys" });
    const preview = previews[COM] ?? assert.fail();
    assert.equal(preview.result, "failure");
    assert.match(preview.summary, /A fork's pull request gets no secrets/);
    assert.deepEqual(Object.keys(preview.env), ["Tell a fork's author"]);
    assert.equal(comments[COM]?.result, "skipped");
  });

  it("Dependabot's is red and says why, with nothing run but the comment", async () => {
    const { previews } = await team.pullRequest(4, "next", [COM], { actor: "dependabot[bot]" });
    const preview = previews[COM] ?? assert.fail();
    assert.equal(preview.result, "failure");
    assert.match(preview.summary, /Dependabot's pull request gets no secrets/);
    assert.deepEqual(Object.keys(preview.env), ["Tell who looks at Dependabot's"]);
  });

  it("on GitLab a merge request with another's certificate is red, the note says why, and Google is not asked", async () => {
    team.repository.commit("wrong", { [file(BOB, "2027")]: whole(keys.next) });
    const run = team.pipeline("wrong", {
      CI_PIPELINE_SOURCE: "merge_request_event",
      CI_MERGE_REQUEST_IID: "9",
      CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "main",
    });
    team.askedNothing({ preview: await ran(run, "preview", "failure") });
    await ran(run, "comment");
    assert.match(team.commentOn(9), /bob@example\.com is not in the certificate, which names alice@example\.com/);
    for (const name of ["apply", "drift"]) await ran(run, name, "skipped");
  });

  it("on GitLab the merged rotation is applied: the mailbox signs with the new one and keeps the old", async () => {
    team.repository.merge("next");
    const run = team.pipelineOfMain("push");
    await ran(run, "preview", "skipped");
    await ran(run, "apply");
    assert.deepEqual(held(ALICE), [keys.alice.fingerprint, keys.next.fingerprint].sort());
    assert.equal(world.default(ALICE), keys.next.fingerprint);
    assert.deepEqual(world.writes(), ["insert", "setDefault"]);
  });

  it("an apply of before that is run again is refused on both, so the new certificate stays", async () => {
    const before = await team.applyOf("main^", "push", [COM]);
    const after = { ...before, gitlab: await ran(team.pipelineOfMain("push", "main^"), "apply", "failure") };
    for (const { result, output } of Object.values(after)) {
      assert.equal(result, "failure", output);
      assert.match(output, /main has moved on, from [0-9a-f]{40} to [0-9a-f]{40}: .* by hand/);
    }
    assert.deepEqual([team.google.asked, world.verbs()], [[], []]);
  });

  it("a morning in sync opens no issue; a deletion by hand opens one, on both; a repair by hand closes it", async () => {
    await ran(team.pipelineOfMain("schedule"), "drift");
    assert.equal(team.forge.issues.length, 0);
    world.emulator.deleteCertificate(BOB, BOB, world.idOf(keys.bob, BOB));
    const [drift] = await Promise.all([team.drift(), ran(team.pipelineOfMain("schedule"), "drift")]);
    succeeded(drift);
    assert.deepEqual(team.forge.issues.map(({ by }) => by).sort(), ["github-actions[bot]", "watcher"]);
    for (const { body, isOpen } of team.forge.issues) {
      assert.ok(isOpen && body.includes(BOB) && !body.includes(ALICE), body);
      // the scripts leave this line out where they look whether a text is another
      assert.match(body, /^Gmail was looked at on .*$/m);
    }
    assert.deepEqual(world.writes(), []);
    await team.apply("workflow_dispatch", [COM]);
    assert.deepEqual([held(BOB), world.default(BOB)], [[keys.bob.fingerprint], keys.bob.fingerprint]);
    succeeded(await team.drift());
    assert.deepEqual(team.forge.issues.find(({ by }) => by !== "watcher")?.isOpen, false);
    assert.deepEqual(world.writes(), ["insert", "setDefault"]);
  });

  it("a mailbox that cannot be looked at makes the morning red, and what could be told is an issue all the same", async () => {
    const match = { path: `${ALICE}/smimeInfo$` };
    world.emulator.fault({ match, times: 99, status: 403, reason: "forbidden", message: "Delegation denied" });
    const { [COM]: com } = await team.drift();
    world.emulator.clearFaults();
    assert.equal(com?.result, "failure", com?.output);
    const [issue] = team.forge.issues.filter(({ by, isOpen }) => isOpen && by !== "watcher");
    assert.match(
      issue?.body ?? "",
      /^### ❌ .* could not be told in full[^]*alice@example\.com.*could not be looked at/m,
    );
  });

  it("left no private key anywhere but where apply ran, and no passphrase or token in a text", () => {
    const texts = team.forge.comments.concat(team.forge.issues).map(({ body }) => body);
    for (const canary of [PASSPHRASE, "token of", ...Object.values(CALLERS)])
      assert.ok(!texts.some((text) => text.includes(canary)), canary);
    const secrets = Object.values(keys).map(({ privateKeyPem }) => privateKeyPem.split("\n")[1] ?? assert.fail());
    const holding = team.repository.files().filter((name) => {
      const text = readFileSync(name, "latin1");
      return secrets.some((secret) => text.includes(secret));
    });
    // twice on GitHub, whose machines are thrown away: three keys and three; GitLab's jobs take theirs away themselves
    assert.equal(holding.length, 6, holding.join("\n"));
    assert.ok(
      holding.every((name) => /\/workspace-\d+\/keys\//.test(name)),
      holding.join("\n"),
    );
    assert.ok(!team.repository.files().some((name) => name.endsWith("/.google-token")));
  });
});
