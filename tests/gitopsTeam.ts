// A team that works by examples/gitops: its repository and stacks, its two forges, and Google with its keys. Each method is
// what somebody does, or what a forge then runs.
import assert from "node:assert/strict";
import * as path from "node:path";
import { Forge, PROJECT_ID, REPOSITORY } from "./gitopsForge";
import { CALLERS, GoogleFront, KEYS_PROJECT } from "./gitopsGoogle";
import { PipelineRun } from "./gitopsPipeline";
import { credentialsIn, Repository } from "./gitopsRepository";
import { WorkflowRun, type Event, type JobRun } from "./gitopsWorkflow";
import { DELEGATED, delegatedTo } from "./keylessWorld";
import type { LeafOptions } from "./mint";
import { NOW, seed, World, type Minted } from "./world";

export const [COM, ORG] = ["example-com", "example-org"] as const;
export const PASSPHRASE = "passphrase-canary";
const WORKLOAD_IDENTITY_PROVIDER = "projects/1/locations/global/workloadIdentityPools/mail-keys/providers/jobs";

type Runs = Record<string, JobRun>;

export class Team {
  private constructor(
    readonly world: World,
    readonly google: GoogleFront,
    readonly forge: Forge,
    readonly repository: Repository,
  ) {}

  static async start(mailboxes: readonly string[]): Promise<Team> {
    const world = await World.start();
    const users = mailboxes.map((email) => ({ email }));
    const domains = ["example.com", "example.org"].map((name) => ({ name }));
    const serviceAccounts = [delegatedTo(Object.values(CALLERS))];
    world.emulator.seed(seed({}, { users, domains, serviceAccounts }));
    const parts = await Promise.all([GoogleFront.start(world.emulator), Forge.start(), Repository.make()]);
    const team = new Team(world, ...parts);
    team.forge.head = () => team.repository.git("rev-parse", "main").trim();
    team.#giveTokens();
    await team.#setUpStacks();
    return team;
  }

  async stop(): Promise<void> {
    this.repository.dispose();
    await Promise.all([this.google.stop(), this.forge.stop(), this.world.emulator.stop()]);
  }

  forgetRequests(): void {
    this.google.asked = [];
    this.world.emulator.clearRequests();
  }

  /** A certificate whose key goes to Secret Manager, as the README says. */
  async mint(user: string, options: Partial<LeafOptions> = {}): Promise<Minted> {
    const key = await this.world.mint(user, options);
    this.google.secrets.set(`smime-${key.fingerprint.toLowerCase()}`, key.privateKeyPem);
    return key;
  }

  /** Both jobs of a pull request's workflow on GitHub, for the stacks named or for all. */
  async pullRequest(
    number: number,
    branch: string,
    stacks?: readonly string[],
    { from = REPOSITORY, actor = "erin" } = {},
  ) {
    const [base, head] = ["main", branch].map((ref) => this.repository.git("rev-parse", ref).trim());
    const pull_request = { number, base: { sha: base }, head: { sha: head, repo: { full_name: from } } };
    const ref = `refs/pull/${String(number)}/merge`;
    const github = { event_name: "pull_request", ref, actor, event: { pull_request } };
    const run = new WorkflowRun(this.repository, "preview", this.#event(github));
    const previews = await run.job("preview", stacks);
    const comments = await run.job("comment", stacks);
    this.askedNothing(previews);
    return { previews, comments };
  }

  async apply(eventName: string, stacks?: readonly string[]): Promise<Runs> {
    return succeeded(await this.applyOf("main", eventName, stacks));
  }

  /** Of a commit that main is at, or was. */
  async applyOf(commit: string, eventName: string, stacks?: readonly string[]): Promise<Runs> {
    const sha = this.repository.git("rev-parse", commit).trim();
    const event = this.#event({ event_name: eventName, ref: "refs/heads/main", sha });
    return new WorkflowRun(this.repository, "apply", event).job("apply", stacks);
  }

  drift(): Promise<Runs> {
    const event = this.#event({ event_name: "schedule", ref: "refs/heads/main" });
    return new WorkflowRun(this.repository, "drift", event).job("drift", [COM]);
  }

  /** A pipeline on GitLab. */
  pipeline(ref: string, predefined: Record<string, string>): PipelineRun {
    return new PipelineRun(this.repository, {
      ref,
      predefined: {
        CI_PROJECT_ID: PROJECT_ID,
        CI_API_V4_URL: `${this.forge.url}/api/v4`,
        CI_DEFAULT_BRANCH: "main",
        ...predefined,
      },
      variables: {
        ...{ WORKLOAD_IDENTITY_PROVIDER, KEYS_PROJECT },
        PULUMI_PREVIEW_PASSPHRASE: PASSPHRASE,
        PULUMI_BACKEND_URL: this.repository.backend,
        REVIEW_TOKEN: "review-token",
      },
      protectedVariables: { PULUMI_CONFIG_PASSPHRASE: PASSPHRASE, DRIFT_TOKEN: "drift-token" },
      machine: this.#machine,
    });
  }

  pipelineOfMain(source: string, commit = "main"): PipelineRun {
    return this.pipeline(commit, { CI_PIPELINE_SOURCE: source, CI_COMMIT_BRANCH: "main" });
  }

  /** What somebody at a desk has, who set the stacks up. */
  desk(workspace: string): Record<string, string> {
    const { machine, backend } = this.repository;
    return {
      ...machine,
      ...this.#machine,
      PATH: [this.repository.setUpPulumi(workspace), machine["PATH"]].join(path.delimiter),
      PULUMI_BACKEND_URL: backend,
      PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
    };
  }

  /** The one comment that a stack has on a pull request. */
  commentOn(number: number, stack: string = COM): string {
    const mark = `<!-- mail-keys review ${stack} -->\n`;
    const [one, ...others] = this.forge.comments.filter(({ of, body }) => of === number && body.startsWith(mark));
    assert.deepEqual(others, []);
    return one?.body ?? assert.fail(`no comment on ${String(number)}`);
  }

  /** Neither could it ask Google, nor did it. */
  askedNothing(previews: Readonly<Runs>): void {
    for (const { env } of Object.values(previews)) {
      assert.ok(Object.keys(env).length > 0);
      for (const each of Object.values(env)) {
        assert.deepEqual(credentialsIn(each), []);
        assert.ok(!Object.values(each).some((value) => value.includes("token of")), "no token of the repository's");
      }
    }
    assert.deepEqual([this.google.asked, this.world.verbs()], [[], []]);
  }

  get #machine(): Record<string, string> {
    const { url } = this.google;
    return {
      GOOGLE_WORKSPACE_MAIL_NOW: NOW,
      GOOGLE_WORKSPACE_MAIL_ENDPOINT: url,
      SECRET_MANAGER_URL: url,
    };
  }

  #event(github: Event["github"]): Event {
    const secrets = { PULUMI_CONFIG_PASSPHRASE: PASSPHRASE };
    return {
      github: { repository: REPOSITORY, api_url: `${this.forge.url}/api/v3`, ...github },
      vars: { WORKLOAD_IDENTITY_PROVIDER, KEYS_PROJECT, PULUMI_BACKEND_URL: this.repository.backend },
      secrets: { PULUMI_PREVIEW_PASSPHRASE: PASSPHRASE },
      environments: { production: { secrets }, drift: { secrets } },
      machine: this.#machine,
    };
  }

  /** On GitHub by the rights that a job names, on GitLab by the project's variables. */
  #giveTokens(): void {
    const bot = "github-actions[bot]";
    const { holders } = this.forge;
    holders.set("token of pull-requests", { login: bot, rights: ["comments"] });
    holders.set("token of id-token", { login: bot, rights: ["code"] });
    holders.set("token of id-token issues", { login: bot, rights: ["comments", "issues"] });
    holders.set("review-token", { login: "reviewer", rights: ["comments", "issues"] });
    holders.set("drift-token", { login: "watcher", rights: ["issues"] });
  }

  /** What the README has a team do once. */
  async #setUpStacks(): Promise<void> {
    const { repository } = this;
    const commands = [COM, ORG].flatMap((stack) => [
      `pulumi stack init ${stack}`,
      `pulumi config set google-workspace-mail:serviceAccount ${DELEGATED} --stack ${stack}`,
    ]);
    const env = this.desk(repository.folder);
    const { exitCode, output } = await repository.bash(commands.join("\n"), repository.folder, env);
    assert.equal(exitCode, 0, output);
    repository.git("clean", "--quiet", "--force", "index.js");
    repository.commit("main", {});
  }
}

export function succeeded(runs: Runs): Runs {
  for (const { result, output } of Object.values(runs)) assert.equal(result, "success", output);
  return runs;
}
