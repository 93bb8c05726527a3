// examples/gitops as a team has it: the shell steps of its own workflows, taken from the YAML, on the real engine against the
// emulator. A pull request is previewed with nothing of Google's, a merge is applied, and drift becomes an issue.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Forge, PROJECT_ID, REPOSITORY } from "./gitopsForge";
import { CALLERS, KEYS_PROJECT, GoogleFront } from "./gitopsGoogle";
import { PipelineRun } from "./gitopsPipeline";
import { credentialsIn, Repository } from "./gitopsRepository";
import { WorkflowRun, type Event, type JobRun } from "./gitopsWorkflow";
import { DELEGATED, delegatedTo } from "./keylessWorld";
import type { LeafOptions } from "./mint";
import { ALICE, BOB, NOW, seed, World, type Minted } from "./world";

const CAROL = "carol@example.org";
const [COM, ORG] = ["example-com", "example-org"] as const;
const PASSPHRASE = "passphrase-canary";
const PROVIDER = "projects/1/locations/global/workloadIdentityPools/mail-keys/providers/jobs";
const REVIEW = `<!-- mail-keys review ${COM} -->\n`;

describe("examples/gitops", function () {
  this.timeout(240_000);
  let world: World;
  let google: GoogleFront;
  let forge: Forge;
  let repository: Repository;
  let keys: Record<"alice" | "next" | "bob" | "carol", Minted>;

  before(async () => {
    world = await World.start();
    const users = [ALICE, BOB, CAROL].map((email) => ({ email }));
    const serviceAccounts = [delegatedTo(Object.values(CALLERS))];
    const domains = ["example.com", "example.org"].map((name) => ({ name }));
    world.emulator.seed(seed({}, { users, domains, serviceAccounts }));
    [google, forge, repository] = await Promise.all([
      GoogleFront.start(world.emulator),
      Forge.start(),
      Repository.make(),
    ]);
    keys = {
      alice: await mint(ALICE),
      next: await mint(ALICE, { notAfter: new Date("2028-05-01T00:00:00Z") }),
      bob: await mint(BOB),
      carol: await mint(CAROL),
    };
    for (const rights of [["comments"], ["issues"]] as const) {
      const token = rights[0] === "comments" ? "pull-requests" : "id-token issues";
      forge.holders.set(`token of ${token}`, { login: "github-actions[bot]", rights });
    }
    forge.holders.set("review-token", { login: "reviewer", rights: ["comments", "issues"] });
    forge.holders.set("drift-token", { login: "watcher", rights: ["issues"] });
    await setUp();
  });
  after(async () => {
    repository.dispose();
    await Promise.all([google.stop(), forge.stop(), world.emulator.stop()]);
  });
  beforeEach(() => {
    google.asked = [];
    world.emulator.clearRequests();
  });

  /** The certificate's key goes to Secret Manager, as the README says. */
  async function mint(user: string, options: Partial<LeafOptions> = {}): Promise<Minted> {
    const key = await world.mint(user, options);
    google.secrets.set(`smime-${key.fingerprint.toLowerCase()}`, key.privateKeyPem);
    return key;
  }

  /** What the README has a team do once. */
  async function setUp(): Promise<void> {
    const env = setUpEnvironment(repository.folder);
    for (const stack of [COM, ORG]) {
      const account = `pulumi config set google-workspace-mail:serviceAccount ${DELEGATED} --stack ${stack}`;
      const { exitCode, output } = await repository.bash(
        `pulumi stack init ${stack}\n${account}`,
        repository.folder,
        env,
      );
      assert.equal(exitCode, 0, output);
    }
    repository.git("clean", "--quiet", "--force", "index.js");
    repository.commit("main", {});
  }

  const setUpEnvironment = (workspace: string): Record<string, string> => ({
    ...repository.machine,
    PATH: `${repository.setUpPulumi(workspace)}:${String(repository.machine["PATH"])}`,
    PULUMI_BACKEND_URL: repository.backend,
    PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
  });

  const file = (user: string, name: string): string => `certificates/${user.replace(/.*@/, "")}/${user}/${name}.pem`;
  const whole = ({ certificatePem, chainPem }: Minted): string => certificatePem + chainPem;
  const settings = {
    vars: {
      PULUMI_BACKEND_URL: "",
      WORKLOAD_IDENTITY_PROVIDER: PROVIDER,
      KEYS_PROJECT,
    },
    secrets: { PULUMI_PREVIEW_TOKEN: "", PULUMI_PREVIEW_PASSPHRASE: PASSPHRASE },
    environments: Object.fromEntries(
      ["production", "drift"].map((name) => [name, { secrets: { PULUMI_CONFIG_PASSPHRASE: PASSPHRASE } }]),
    ),
  };
  const machine = () => ({ GOOGLE_WORKSPACE_MAIL_NOW: NOW, GOOGLE_WORKSPACE_MAIL_ENDPOINT: google.url });

  function event(github: Event["github"], more: Record<string, string> = {}): Event {
    const shared = { repository: REPOSITORY, api_url: `${forge.url}/api/v3`, ...github };
    const vars = { ...settings.vars, PULUMI_BACKEND_URL: repository.backend };
    return { ...settings, vars, github: shared, machine: { ...machine(), ...more } };
  }

  /** Both jobs of a pull request's workflow, and what the comment says. */
  async function pullRequest(number: number, branch: string, stacks?: readonly string[], from = REPOSITORY) {
    const [base, head] = ["main", branch].map((ref) => repository.git("rev-parse", ref).trim());
    const pull_request = { number, base: { sha: base }, head: { sha: head, repo: { full_name: from } } };
    const github = { event_name: "pull_request", ref: `refs/pull/${String(number)}/merge`, event: { pull_request } };
    const run = new WorkflowRun(repository, "preview", event(github));
    const previews = await run.job("preview", stacks);
    const comments = await run.job("comment", stacks);
    askedNothing(previews);
    return { previews, comments };
  }

  /** Neither could it, nor did it. */
  function askedNothing(previews: Readonly<Record<string, JobRun>>): void {
    for (const { env } of Object.values(previews)) {
      assert.ok(Object.keys(env).length > 0);
      for (const each of Object.values(env)) {
        assert.deepEqual(credentialsIn(each), []);
        assert.ok(!Object.values(each).some((value) => value.includes("token of")), "no token of the repository's");
      }
    }
    assert.deepEqual([google.asked, world.verbs()], [[], []]);
  }

  async function apply(eventName: string, stacks?: readonly string[]): Promise<Record<string, JobRun>> {
    const github = { event_name: eventName, ref: "refs/heads/main", sha: repository.git("rev-parse", "main").trim() };
    const run = new WorkflowRun(repository, "apply", event(github, { SECRET_MANAGER_URL: google.url }));
    return succeeded(await run.job("apply", stacks));
  }

  async function drift(): Promise<void> {
    const run = new WorkflowRun(repository, "drift", event({ event_name: "schedule", ref: "refs/heads/main" }));
    succeeded(await run.job("drift", [COM]));
  }

  function succeeded(runs: Record<string, JobRun>): Record<string, JobRun> {
    for (const { result, output } of Object.values(runs)) assert.equal(result, "success", output);
    return runs;
  }

  const commentOn = (number: number, mark = REVIEW): string => {
    const [one, ...others] = forge.comments.filter(({ of, body }) => of === number && body.startsWith(mark));
    assert.deepEqual(others, []);
    return one?.body ?? assert.fail(`no comment on ${String(number)}`);
  };
  const held = (user: string): string[] => world.fingerprints(user).sort();

  it("a pull request shows which mailbox gets which certificate of both domains, and asks Google nothing", async () => {
    repository.commit("first", {
      [file(ALICE, "2026")]: whole(keys.alice),
      [file(BOB, "2026")]: whole(keys.bob),
      [file(CAROL, "2026")]: whole(keys.carol),
    });
    const { previews, comments } = await pullRequest(1, "first");
    succeeded({ ...previews, ...comments });
    const [com, org] = [commentOn(1), commentOn(1, `<!-- mail-keys review ${ORG} -->`)];
    for (const { fingerprint } of [keys.alice, keys.bob]) assert.ok(com.includes(fingerprint.slice(0, 16)), com);
    assert.match(com, /`alice@example\.com` \| gets \|.*\| 2026-06-01 to 2027-11-01 \|/);
    assert.ok(org.includes(CAROL) && !org.includes(ALICE), org);
  });

  it("merged, it is not applied without the private keys, and the error names their files", async () => {
    repository.merge("first");
    const workspace = repository.clone("main");
    const env = { ...setUpEnvironment(workspace), ...machine() };
    const up = `npm ci --ignore-scripts\npulumi up --yes --skip-preview --non-interactive --stack ${COM}`;
    const { exitCode, output } = await repository.bash(up, workspace, env);
    assert.notEqual(exitCode, 0);
    const [alice, bob] = [ALICE, BOB].map((user) => `keys/example.com/${user}/2026.key`);
    assert.ok(output.includes(`No private key is in ${String(alice)}, ${String(bob)}. Fetch`), output);
    assert.deepEqual(google.asked, []);
  });

  it("applied, each mailbox has its certificate, by keys that production alone could fetch", async () => {
    const { [COM]: com } = await apply("push");
    const all = [keys.alice, keys.bob, keys.carol].map(({ fingerprint }) => fingerprint);
    assert.deepEqual([ALICE, BOB, CAROL].flatMap(held), all);
    assert.deepEqual(
      [ALICE, BOB, CAROL].map((user) => world.default(user)),
      all,
    );
    assert.equal(google.asked.filter((line) => line.includes("/secrets/")).length, 3);
    assert.ok(com?.summary.includes(ALICE), com?.summary);
  });

  it("a pull request without an intermediate is red, and the comment says why", async () => {
    repository.commit("next", { [file(ALICE, "2027")]: keys.next.certificatePem });
    const { previews, comments } = await pullRequest(2, "next", [COM]);
    assert.equal(previews[COM]?.result, "failure");
    succeeded(comments);
    assert.match(commentOn(2), /alice@example\.com-2027.*does not hold the intermediate that issued the certificate/);
  });

  it("put right it is a rotation, in the same comment: one certificate more, and another default", async () => {
    repository.commit("next", { [file(ALICE, "2027")]: whole(keys.next) });
    const { previews, comments } = await pullRequest(2, "next", [COM]);
    succeeded({ ...previews, ...comments });
    const text = commentOn(2);
    assert.ok(!text.includes("intermediate") && !text.includes(BOB), text);
    assert.match(text, /2 changes for 1 address; 5 stay/);
    assert.match(text, /`alice@example\.com` \| gets \|.*\| 2026-06-01 to 2028-05-01 \|/);
  });

  it("a fork's pull request is red and says why, with nothing run", async () => {
    const { previews, comments } = await pullRequest(3, "next", [COM], "mallory/mail-keys");
    assert.equal(previews[COM]?.result, "failure");
    assert.match(previews[COM].summary, /A fork's pull request gets no secrets/);
    assert.deepEqual(Object.keys(previews[COM].env), ["Tell a fork's author"]);
    assert.equal(comments[COM]?.result, "skipped");
  });

  it("on GitLab a merge request with another's certificate is red, the note says why, and Google is not asked", async () => {
    repository.commit("wrong", { [file(BOB, "2027")]: whole(keys.next) });
    const run = pipeline("wrong", {
      CI_PIPELINE_SOURCE: "merge_request_event",
      CI_MERGE_REQUEST_IID: "9",
      CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "main",
    });
    askedNothing({ preview: await ran(run, "preview", "failure") });
    await ran(run, "comment");
    assert.match(commentOn(9), /bob@example\.com is not in the certificate, which names alice@example\.com/);
    for (const name of ["apply", "drift"]) await ran(run, name, "skipped");
  });

  it("on GitLab the merged rotation is applied: the mailbox signs with the new one and keeps the old", async () => {
    repository.merge("next");
    const run = ofMain("push");
    await ran(run, "preview", "skipped");
    await ran(run, "apply");
    assert.deepEqual(held(ALICE), [keys.alice.fingerprint, keys.next.fingerprint].sort());
    assert.equal(world.default(ALICE), keys.next.fingerprint);
    assert.deepEqual(world.writes(), ["insert", "setDefault"]);
  });

  it("a morning in sync opens no issue; a deletion by hand opens one, on both; a repair by hand closes it", async () => {
    await ran(ofMain("schedule"), "drift");
    assert.equal(forge.issues.length, 0);
    world.emulator.deleteCertificate(BOB, BOB, world.idOf(keys.bob, BOB));
    await Promise.all([drift(), ran(ofMain("schedule"), "drift")]);
    assert.deepEqual(forge.issues.map(({ by }) => by).sort(), ["github-actions[bot]", "watcher"]);
    for (const { body, isOpen } of forge.issues) assert.ok(isOpen && body.includes(BOB) && !body.includes(ALICE), body);
    assert.deepEqual(world.writes(), []);
    await apply("workflow_dispatch", [COM]);
    assert.deepEqual([held(BOB), world.default(BOB)], [[keys.bob.fingerprint], keys.bob.fingerprint]);
    await drift();
    assert.deepEqual(forge.issues.find(({ by }) => by !== "watcher")?.isOpen, false);
    assert.deepEqual(world.writes(), ["insert", "setDefault"]);
  });

  it("left no private key anywhere but where apply ran, and no passphrase or token in a text", () => {
    const texts = forge.comments.concat(forge.issues).map(({ body }) => body);
    for (const canary of [PASSPHRASE, "token of", ...Object.values(CALLERS)])
      assert.ok(!texts.some((text) => text.includes(canary)), canary);
    const secrets = Object.values(keys).map(({ privateKeyPem }) => privateKeyPem.split("\n")[1] ?? assert.fail());
    const holding = repository.files().filter((name) => {
      const text = readFileSync(name, "latin1");
      return secrets.some((secret) => text.includes(secret));
    });
    assert.ok(holding.length > 0 && holding.every((name) => /\/workspace-\d+\/keys\//.test(name)), holding.join("\n"));
  });

  function pipeline(ref: string, predefined: Record<string, string>): PipelineRun {
    const { PULUMI_PREVIEW_PASSPHRASE } = settings.secrets;
    const { WORKLOAD_IDENTITY_PROVIDER } = settings.vars;
    return new PipelineRun(repository, {
      ref,
      predefined: {
        CI_PROJECT_ID: PROJECT_ID,
        CI_API_V4_URL: `${forge.url}/api/v4`,
        CI_DEFAULT_BRANCH: "main",
        ...predefined,
      },
      variables: {
        ...{ PULUMI_PREVIEW_PASSPHRASE, WORKLOAD_IDENTITY_PROVIDER, KEYS_PROJECT },
        PULUMI_BACKEND_URL: repository.backend,
        REVIEW_TOKEN: "review-token",
      },
      protectedVariables: { PULUMI_CONFIG_PASSPHRASE: PASSPHRASE, DRIFT_TOKEN: "drift-token" },
      machine: { ...machine(), SECRET_MANAGER_URL: google.url },
    });
  }

  const ofMain = (source: string): PipelineRun =>
    pipeline("main", { CI_PIPELINE_SOURCE: source, CI_COMMIT_BRANCH: "main" });

  async function ran(run: PipelineRun, name: string, result: JobRun["result"] = "success"): Promise<JobRun> {
    const done = await run.job(name, COM);
    assert.equal(done.result, result, done.output);
    return done;
  }
});
