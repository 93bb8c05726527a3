// The repository of a team, made from examples/gitops, with its branches; and a machine on which its jobs run.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { ModuleKind, ScriptTarget, transpileModule } from "typescript";
import { ROOT } from "./markdown";

const GIT = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
const AUTHOR = ["-c", "user.name=erin", "-c", "user.email=erin@example.com", "-c", "init.defaultBranch=main"];

export interface Ran {
  readonly exitCode: number | null;
  readonly output: string;
}

export class Repository {
  readonly root = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "gitops-"));
  readonly folder = path.join(this.root, "origin");
  #workspaces = 0;

  private constructor(private readonly engine: string) {}

  static async make(): Promise<Repository> {
    const { findEngine } = await import("../tools/engine/find.mjs");
    const repository = new Repository(await findEngine());
    for (const name of ["backend", "home", "pulumi", "bin", "engine"]) fs.mkdirSync(path.join(repository.root, name));
    fs.cpSync(path.join(ROOT, "examples/gitops"), repository.folder, { recursive: true });
    repository.#writeTools();
    repository.git("init", "--quiet");
    return repository;
  }

  dispose(): void {
    fs.rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }

  git(...args: string[]): string {
    return gitIn(this.folder, args);
  }

  /** A commit on a branch, which begins at main where it is new; an undefined text removes the file. */
  commit(branch: string, files: Readonly<Record<string, string | undefined>>): string {
    const exists = this.git("branch", "--list", branch) !== "";
    this.git("checkout", "--quiet", ...(exists ? [] : ["-b"]), branch);
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(this.folder, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      if (text === undefined) fs.rmSync(file);
      else fs.writeFileSync(file, text);
    }
    this.git("add", "--all");
    this.git("commit", "--quiet", "--allow-empty", "-m", `Change ${branch}`);
    const commit = this.git("rev-parse", "HEAD").trim();
    if (branch !== "main") this.git("checkout", "--quiet", "main");
    return commit;
  }

  merge(branch: string): void {
    this.git("merge", "--quiet", "--no-ff", "--no-edit", branch);
  }

  /** A fresh clone of one branch, with `merged` merged into it. */
  clone(ref: string, { merged, only }: { merged?: string; only?: string } = {}): string {
    const folder = path.join(this.root, `workspace-${String((this.#workspaces += 1))}`);
    gitIn(this.root, ["clone", "--quiet", "--no-checkout", this.folder, folder]);
    if (only !== undefined) gitIn(folder, ["checkout", "--quiet", ref, "--", only]);
    else gitIn(folder, ["checkout", "--quiet", "--detach", ref]);
    if (merged !== undefined) gitIn(folder, ["merge", "--quiet", "--no-edit", merged]);
    return folder;
  }

  get backend(): string {
    return `file://${path.join(this.root, "backend")}?metadata=skip`;
  }

  /** What a job's machine has by itself: nothing that speaks to Google. */
  get machine(): Record<string, string> {
    const { PATH = "" } = process.env;
    return {
      ...GIT,
      PATH: [path.join(this.root, "bin"), path.dirname(process.execPath), PATH].join(path.delimiter),
      HOME: path.join(this.root, "home"),
      PULUMI_HOME: path.join(this.root, "pulumi"),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    };
  }

  /** What setting Pulumi up adds to PATH; its language host is ours, which runs a compiled program. */
  setUpPulumi(workspace: string): string {
    const program = fs.readFileSync(path.join(workspace, "index.ts"), "utf8");
    const compilerOptions = { module: ModuleKind.CommonJS, target: ScriptTarget.ES2023, esModuleInterop: true };
    fs.writeFileSync(path.join(workspace, "index.js"), transpileModule(program, { compilerOptions }).outputText);
    const sdk = path.join(ROOT, "node_modules/@pulumi/pulumi");
    return [path.join(this.root, "engine"), path.dirname(this.engine), sdk].join(path.delimiter);
  }

  /** All that its branches, jobs, artifacts and stacks left behind. */
  files(): string[] {
    const entries = fs.readdirSync(this.root, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => path.join(parentPath, name));
  }

  /** Bash as a job's machine starts it. */
  bash(script: string, workspace: string, env: Record<string, string>): Promise<Ran> {
    const child = spawn("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], { cwd: workspace, env });
    child.stdin.end();
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (exitCode) => {
        resolve({ exitCode, output });
      });
    });
  }

  #writeTools(): void {
    const script = (name: string, ...lines: string[]): void =>
      fs.writeFileSync(path.join(this.root, name), ["#!/bin/sh", "set -e", ...lines, ""].join("\n"), { mode: 0o755 });
    const modules = path.join(ROOT, "node_modules");
    const command = path.join(ROOT, "dist/commands/index.js");
    // in npm's place: the package is not published, and what an install would bring is in the checkout
    script(
      "bin/npm",
      '[ "$*" = "ci --ignore-scripts" ] || { echo "npm $* is not stood in for" >&2; exit 64; }',
      "mkdir -p node_modules/.bin",
      `ln -s "${modules}"/* node_modules/`,
      `printf '#!/bin/sh\\nexec "${process.execPath}" "${command}" "$@"\\n' > node_modules/.bin/pulumi-google-workspace-mail`,
      "chmod +x node_modules/.bin/pulumi-google-workspace-mail",
    );
    script(
      "engine/pulumi-language-nodejs",
      `exec "${process.execPath}" "${path.join(__dirname, "languageHost.cjs")}" "$@"`,
    );
  }
}

function gitIn(folder: string, args: readonly string[]): string {
  const env = { ...process.env, ...GIT };
  return execFileSync("git", [...AUTHOR, ...args], { cwd: folder, env, encoding: "utf8", stdio: "pipe" });
}

/** Names of variables that could let somebody into Google, or name where a key is. */
export const credentialsIn = (env: Readonly<Record<string, string>>): string[] =>
  Object.keys(env).filter(
    (name) => /^(GOOGLE|GCLOUD|GCE_|CLOUDSDK|GCP|ACTIONS_ID_TOKEN)/.test(name) && !HARMLESS.includes(name),
  );
const HARMLESS = ["GOOGLE_WORKSPACE_MAIL_NOW", "GOOGLE_WORKSPACE_MAIL_ENDPOINT"];

export function assertPinned(uses: string): void {
  assert.match(uses, /^[\w-]+\/[\w-]+@[0-9a-f]{40}$/, `${uses} is not pinned by its commit`);
}
