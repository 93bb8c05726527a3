// A GitHub workflow's job as a runner plays it: the steps' own shell text in bash, their `if` and `env` evaluated. What a step
// `uses` is stood in for by name; one that has no stand-in fails.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { filled, holds, type Context } from "./gitopsExpression";
import { CALLERS, writeFederation } from "./gitopsGoogle";
import { assertPinned, type Repository } from "./gitopsRepository";

type Texts = Readonly<Record<string, string | number | boolean>>;

interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Texts;
  readonly env?: Texts;
  readonly run?: string;
}

export interface Job {
  readonly needs?: string;
  readonly if?: string;
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly strategy: { readonly matrix: { readonly stack?: readonly string[]; readonly include?: readonly Texts[] } };
  readonly env?: Texts;
  readonly steps: readonly Step[];
  readonly [more: string]: unknown;
}

export interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** What happened, and what a run of it is given: by the repository's settings, and by those of its environments. */
export interface Event {
  readonly github: Context & { readonly event_name: string; readonly ref: string };
  readonly vars: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly environments: Readonly<Record<string, { readonly secrets: Readonly<Record<string, string>> }>>;
  /** Of the machine, for the stand-ins that are not of the workflow's making. */
  readonly machine: Readonly<Record<string, string>>;
}

export interface JobRun {
  readonly result: "success" | "failure" | "skipped";
  readonly output: string;
  /** Markdown that the job's page shows. */
  readonly summary: string;
  /** Of each step that ran a shell, by its name or text. */
  readonly env: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export function readWorkflow(folder: string, name: string): Workflow {
  return parse(fs.readFileSync(path.join(folder, ".github/workflows", `${name}.yml`), "utf8")) as Workflow;
}

/** One run of a workflow: its jobs share artifacts. */
export class WorkflowRun {
  readonly #workflow: Workflow;
  readonly #artifacts = new Map<string, string>();
  readonly #results: Record<string, { result: string }> = {};

  constructor(
    private readonly repository: Repository,
    name: string,
    private readonly event: Event,
  ) {
    this.#workflow = readWorkflow(repository.folder, name);
  }

  /** For every stack of the job's matrix, side by side, or for those named. */
  async job(name: string, stacks?: readonly string[]): Promise<Record<string, JobRun>> {
    const job = this.#workflow.jobs[name] ?? assert.fail(`no job ${name}`);
    const { stack = [], include = stack.map((each) => ({ stack: each })) } = job.strategy.matrix;
    const wanted = include.filter((matrix) => stacks?.includes(String(matrix["stack"])) ?? true);
    assert.equal(wanted.length, stacks?.length ?? include.length);
    const runs = wanted.map(async (matrix) => [String(matrix["stack"]), await this.#play(job, matrix)] as const);
    const done = Object.fromEntries(await Promise.all(runs));
    const hasFailed = Object.values(done).some(({ result }) => result === "failure");
    this.#results[name] = { result: hasFailed ? "failure" : "success" };
    return done;
  }

  async #play(job: Job, matrix: Texts): Promise<JobRun> {
    const { github, vars, environments } = this.event;
    const own = job.environment === undefined ? undefined : environments[job.environment];
    const secrets = { ...this.event.secrets, ...own?.secrets };
    const permissions = job.permissions ?? this.#workflow.permissions;
    const token = `token of ${Object.keys(permissions)
      .filter((name) => permissions[name] === "write")
      .sort()
      .join(" ")}`;
    const needs = this.#results;
    const context = { github: { ...github, token }, vars, secrets, matrix, needs };
    const ok = job.needs === undefined || needs[job.needs]?.result === "success";
    if (!holds(job.if, context, ok)) return { result: "skipped", output: "", summary: "", env: {} };
    return new Played(this.repository, job, context, this.#artifacts, this.event).play();
  }
}

class Played {
  #workspace = "";
  #output = "";
  readonly #files: string;
  /** What steps add for those after them. */
  readonly #added: Record<string, string> = {};
  readonly #outputs: Record<string, { outputs: Record<string, string> }> = {};
  readonly #env: Record<string, Record<string, string>> = {};
  #path = "";

  constructor(
    private readonly repository: Repository,
    private readonly job: Job,
    private readonly context: Context,
    private readonly artifacts: Map<string, string>,
    private readonly event: Event,
  ) {
    this.#files = fs.mkdtempSync(path.join(repository.root, "runner-"));
    this.#workspace = fs.mkdtempSync(path.join(repository.root, "empty-"));
  }

  async play(): Promise<JobRun> {
    let ok = true;
    for (const step of this.job.steps) {
      const context = { ...this.context, steps: this.#outputs, runner: { temp: this.#files } };
      if (!holds(step.if, context, ok)) continue;
      const env = texts({ ...this.job.env, ...step.env }, context);
      if (step.uses === undefined) ok = (await this.#shell(step, env)) && ok;
      else this.#use(step.uses, texts(step.with ?? {}, context));
    }
    const summary = this.#file("summary");
    return { result: ok ? "success" : "failure", output: this.#output, summary, env: this.#env };
  }

  async #shell({ run = "", name = run, id }: Step, own: Record<string, string>): Promise<boolean> {
    assert.ok(!run.includes("${{"), `an expression in a shell's text is somebody's code: ${run}`);
    const { machine, github } = this.event;
    const PATH = [this.#path, this.repository.machine["PATH"]].filter(Boolean).join(path.delimiter);
    const files = {
      RUNNER_TEMP: this.#files,
      GITHUB_STEP_SUMMARY: path.join(this.#files, "summary"),
      GITHUB_OUTPUT: path.join(this.#files, `output-${String(id)}`),
    };
    const given = {
      GITHUB_REPOSITORY: String(github["repository"]),
      GITHUB_API_URL: String(github["api_url"]),
      GITHUB_REF_NAME: github.ref.replace("refs/heads/", ""),
      GITHUB_SHA: String(github["sha"]),
      ...files,
    };
    const env = { ...this.repository.machine, PATH, ...machine, ...given, ...this.#added, ...own };
    this.#env[name] = env;
    const { exitCode, output } = await this.repository.bash(run, this.#workspace, env);
    this.#output += output;
    if (id !== undefined) this.#outputs[id] = { outputs: pairs(this.#file(`output-${id}`)) };
    return exitCode === 0;
  }

  #use(uses: string, given: Record<string, string>): void {
    assertPinned(uses);
    const [name = ""] = uses.split("@");
    const standIn = this.#standIns[name] ?? assert.fail(`nothing stands in for ${name}`);
    standIn(given);
  }

  readonly #standIns: Readonly<Record<string, (given: Record<string, string>) => void>> = {
    "actions/checkout": (given) => {
      assert.equal(given["persist-credentials"], "false", "the token would stay in the folder");
      this.#workspace = this.#checkout(given);
    },
    "actions/setup-node": (given) => assert.deepEqual(given, { "node-version": "22" }),
    "pulumi/actions": (given) => {
      assert.deepEqual(given, { "pulumi-version": "3.259.0" });
      this.#path = this.repository.setUpPulumi(this.#workspace);
    },
    "google-github-actions/auth": (given) => {
      this.#logIn(given);
    },
    "actions/upload-artifact": ({ name = "", path: folder = "" }) => {
      const from = path.join(this.#workspace, folder);
      const kept = path.join(this.repository.root, `artifact-${name}`);
      fs.rmSync(kept, { recursive: true, force: true });
      if (!fs.existsSync(from)) return;
      fs.cpSync(from, kept, { recursive: true });
      this.artifacts.set(name, kept);
    },
    "actions/download-artifact": ({ pattern = "", path: folder = "" }) => {
      const kept = this.artifacts.get(pattern);
      if (kept !== undefined) fs.cpSync(kept, path.resolve(this.#workspace, folder), { recursive: true });
    },
  };

  /** Of a pull request, what a merge of it would be. */
  #checkout({ ref, "sparse-checkout": only }: Record<string, string>): string {
    const { event, sha } = this.event.github as { event?: PullRequestEvent; sha?: string };
    const options = only === undefined ? {} : { only };
    if (ref !== undefined) return this.repository.clone(ref, options);
    const { base, head } = event?.pull_request ?? {};
    if (base && head) return this.repository.clone(base.sha, { ...options, merged: head.sha });
    return this.repository.clone(sha ?? "main", options);
  }

  /** As the action does it, and Google's pool after it: a token of the job, where it may have one, in a file. */
  #logIn({ workload_identity_provider: provider }: Record<string, string>): void {
    const { permissions, environment } = this.job;
    const { vars, github, machine } = this.event;
    assert.equal(permissions?.["id-token"], "write", "the job may ask for no token");
    assert.equal(provider, vars["WORKLOAD_IDENTITY_PROVIDER"]);
    assert.equal(github.ref, "refs/heads/main", "the pool's condition");
    const subject = `repo:${String(github["repository"])}:environment:${String(environment)}`;
    assert.ok(subject in CALLERS, `no role is bound to ${subject}`);
    const file = writeFederation(this.#files, subject, String(machine["GOOGLE_WORKSPACE_MAIL_ENDPOINT"]));
    this.#added["GOOGLE_APPLICATION_CREDENTIALS"] = file;
  }

  #file(name: string): string {
    const file = path.join(this.#files, name);
    return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
  }
}

interface PullRequestEvent {
  readonly pull_request?: { readonly base: { readonly sha: string }; readonly head: { readonly sha: string } };
}

const texts = (values: Texts, context: Context): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, filled(String(value), context)]));

const pairs = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value] as const));
