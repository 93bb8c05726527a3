// A GitHub Actions workflow, read from its YAML, whose jobs' shell steps can be run here as GitHub's runner runs them.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { parse } from "yaml";

export interface Step {
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Job {
  readonly uses?: string;
  readonly needs?: string | readonly string[];
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps?: readonly Step[];
}

export interface Workflow {
  readonly env?: Readonly<Record<string, string>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

export const readWorkflow = (file: string): Workflow => parse(readFileSync(file, "utf8")) as Workflow;

export interface Runner {
  readonly cwd: string;
  /** What the runner puts into the environment, and what stands for the machine. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Which rights files are made without; 022 if none is given. */
  readonly umask?: string;
  /** The value of each expression in an `env`, such as `github.token`. */
  readonly expressions: Readonly<Record<string, string>>;
  /** What stands for the actions of others, by their names, such as `actions/checkout`. */
  readonly actions?: Readonly<Record<string, (inputs: NonNullable<Step["with"]>) => void>>;
}

export interface JobRun {
  readonly ok: boolean;
  readonly output: string;
}

/** Runs a job's steps one after the other, up to the first that fails. An action that nothing stands for is left out. */
export async function runJob(workflow: Workflow, job: string, runner: Runner): Promise<JobRun> {
  let output = "";
  for (const { uses = "", with: inputs = {}, run, env = {} } of workflow.jobs[job]?.steps ?? []) {
    if (run === undefined) runner.actions?.[uses.replace(/@.*/, "")]?.(inputs);
    if (run === undefined) continue;
    const values = Object.entries({ ...workflow.env, ...env }).map(([key, text]) => [key, evaluated(text, runner)]);
    const done = await shell(run, { ...runner, env: { ...runner.env, ...(Object.fromEntries(values) as typeof env) } });
    output += done.output;
    if (!done.ok) return { ok: false, output };
  }
  return { ok: true, output };
}

/** Only expressions that the test knows: another one in a workflow is to be looked at first. */
function evaluated(text: string, { expressions }: Runner): string {
  return text.replace(/\$\{\{ (.+?) \}\}/g, (_, expression: string) => {
    const value = expressions[expression];
    if (value === undefined) throw new Error(`no value for the expression ${expression}`);
    return value;
  });
}

/** As `shell: bash` is documented: it stops at the first command that fails, in a pipe as well. */
function shell(text: string, { cwd, env, umask = "022" }: Runner): Promise<JobRun> {
  return new Promise((resolve, reject) => {
    const bash = 'umask "$0" && exec bash --noprofile --norc -eo pipefail -c "$1"';
    const child = spawn("sh", ["-c", bash, umask, text], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
    child.once("error", reject);
    child.once("close", (code) => resolve({ ok: code === 0, output }));
  });
}
