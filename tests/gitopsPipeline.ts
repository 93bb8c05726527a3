// The jobs of examples/gitops/.gitlab-ci.yml as a GitLab runner plays them: their `rules` evaluated, their variables and
// tokens given only where GitLab gives them, their scripts in bash.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { writeFederation } from "./gitopsGoogle";
import type { Repository } from "./gitopsRepository";
import type { JobRun } from "./gitopsWorkflow";

type Texts = Readonly<Record<string, string>>;

interface Job {
  readonly extends?: string | readonly string[];
  readonly parallel?: { readonly matrix: readonly Texts[] };
  readonly rules?: readonly { readonly if: string; readonly when?: string; readonly variables?: Texts }[];
  readonly environment?: string | { readonly name: string };
  readonly id_tokens?: Readonly<Record<string, { readonly aud: string }>>;
  readonly variables?: Texts;
  readonly before_script?: readonly string[];
  readonly script?: readonly string[];
  readonly after_script?: readonly string[];
  readonly artifacts?: { readonly when: string; readonly paths: readonly string[] };
}

/** What a pipeline is started by, and what the project has. */
export interface Pipeline {
  /** GitLab's own variables. */
  readonly predefined: Texts;
  /** The branch to check out, or an older commit of it. */
  readonly ref: string;
  readonly variables: Texts;
  /** Given to jobs of protected branches only. */
  readonly protectedVariables: Texts;
  readonly machine: Texts;
}

export class PipelineRun {
  readonly #jobs: Readonly<Record<string, Job>>;
  readonly #artifacts = new Map<string, string>();
  #hasFailed = false;

  constructor(
    private readonly repository: Repository,
    private readonly pipeline: Pipeline,
  ) {
    const text = repository.git("show", `${pipeline.ref}:.gitlab-ci.yml`);
    this.#jobs = parse(text) as Readonly<Record<string, Job>>;
  }

  async job(name: string, stack: string): Promise<JobRun> {
    const job = this.#whole(name);
    const matrix = job.parallel?.matrix.find(({ STACK }) => STACK === stack) ?? assert.fail(`no stack ${stack}`);
    const isProtected = this.pipeline.predefined["CI_COMMIT_BRANCH"] === "main";
    const project = { ...this.pipeline.variables, ...(isProtected && this.pipeline.protectedVariables) };
    const known = { ...project, ...this.pipeline.predefined };
    const rule = job.rules?.find(({ if: condition }) => holds(condition, known));
    if (!rule || (this.#hasFailed && rule.when !== "always"))
      return { result: "skipped", output: "", summary: "", env: {} };
    const sha = this.repository.git("rev-parse", this.pipeline.ref).trim();
    const workspace = this.repository.clone(sha);
    const given = {
      CI_COMMIT_SHA: sha,
      ...known,
      ...job.variables,
      ...rule.variables,
      ...matrix,
      CI_PROJECT_DIR: workspace,
    };
    const env = this.#environment(job, given, workspace);
    this.#bring(stack, workspace);
    const script = [...(job.before_script ?? []), ...(job.script ?? [])].join("\n");
    const { exitCode, output } = await this.repository.bash(script, workspace, env);
    await this.repository.bash((job.after_script ?? []).join("\n"), workspace, env);
    for (const folder of job.artifacts?.paths ?? []) this.#keep(stack, workspace, folder);
    if (exitCode !== 0) this.#hasFailed = true;
    return { result: exitCode === 0 ? "success" : "failure", output, summary: "", env: { [name]: env } };
  }

  /** With what it extends, the first first. */
  #whole(name: string): Job {
    const job = this.#jobs[name] ?? assert.fail(`no job ${name}`);
    const bases = [job.extends ?? []].flat().map((base) => this.#whole(base));
    const variables = Object.assign({}, ...[...bases, job].map((each) => each.variables ?? {})) as Texts;
    return { ...bases.reduce<Job>((all, base) => ({ ...all, ...base }), {}), ...job, variables };
  }

  /** The image holds Pulumi and Node.js. A token of the job's is there where the job asks for one, of main. */
  #environment(job: Job, given: Texts, workspace: string): Record<string, string> {
    const PATH = [this.repository.setUpPulumi(workspace), this.repository.machine["PATH"]].join(path.delimiter);
    const expanded = Object.entries(given).map(([name, value]) => [name, expand(value, given)] as const);
    const { machine } = this.pipeline;
    const env: Record<string, string> = {
      ...this.repository.machine,
      PATH,
      ...machine,
      ...Object.fromEntries(expanded),
    };
    const environment = typeof job.environment === "object" ? job.environment.name : job.environment;
    for (const [name, { aud }] of Object.entries(job.id_tokens ?? {})) {
      assert.match(expand(aud, given), /^https:\/\/iam\.googleapis\.com\/projects\/\d+\/.+\/providers\/\w+$/);
      assert.equal(this.pipeline.predefined["CI_COMMIT_BRANCH"], "main", "the pool's condition");
      writeFederation(workspace, "", env["GOOGLE_WORKSPACE_MAIL_ENDPOINT"] ?? "", ".google-token");
      Object.assign(env, { [name]: `repo:acme/mail-keys:environment:${String(environment)}` });
    }
    return env;
  }

  #keep(stack: string, workspace: string, folder: string): void {
    if (!fs.existsSync(path.join(workspace, folder))) return;
    const kept = path.join(this.repository.root, `artifact-gitlab-${stack}`);
    fs.rmSync(kept, { recursive: true, force: true });
    fs.cpSync(path.join(workspace, folder), path.join(kept, folder), { recursive: true });
    this.#artifacts.set(stack, kept);
  }

  #bring(stack: string, workspace: string): void {
    const kept = this.#artifacts.get(stack);
    if (kept !== undefined) fs.cpSync(kept, workspace, { recursive: true });
  }
}

/** GitLab's expressions, as far as ours go: `$A == "b" && $C == $D && $E`. */
function holds(condition: string, variables: Texts): boolean {
  return condition.split(" && ").every((part) => {
    const [, name = "", , text, other] = /^\$(\w+)( == (?:"([^"]*)"|\$(\w+)))?$/.exec(part) ?? assert.fail(part);
    if (text === undefined && other === undefined) return Boolean(variables[name]);
    return variables[name] === (text ?? variables[other ?? ""]);
  });
}

const expand = (text: string, variables: Texts): string =>
  text.replaceAll(/\$(\w+)/g, (_, name: string) => variables[name] ?? "");
