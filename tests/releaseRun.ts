// A run of the release's workflow on this machine: its jobs' own shell steps, with folders in place of GitHub's checkouts
// and artifacts. Of other people's actions nothing else is played.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { ROOT } from "./markdown";
import { missing } from "./missing";
import { temporaryFolder } from "./npmPackage";
import { git, OWN_GIT, TAG } from "./releaseCheckout";
import { readWorkflow, runJob, type JobRun } from "./workflow";

export const REPOSITORY = "acme/mail-keys";
const workflow = readWorkflow(path.join(ROOT, ".github", "workflows", "release.yml"));

/** A tag that was pushed, or a rehearsal by hand. */
export type Event = "push" | "workflow_dispatch";

export interface JobOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A folder to put first on PATH. */
  readonly path?: string;
  readonly umask?: string;
}

export class ReleaseRun {
  static readonly #folders: string[] = [];
  /** The repository, tagged; the job that builds has left its work in it. */
  readonly repository: string;
  readonly #artifacts = this.folder("artifacts");

  private constructor(
    readonly python: string,
    repository: string,
  ) {
    this.repository = this.#keep(repository);
  }

  /** Builds what is released, in this repository, which goes in the end. A machine without Go or Python skips the test. */
  static async start(test: Mocha.Context, repository: string, options: JobOptions = {}): Promise<ReleaseRun> {
    const { findGoDriver, findPython } = await import("../tools/languages/find.mjs");
    if ((await findGoDriver()) === undefined) missing(test, "Go 1.25.11 or newer, and its modules");
    const python =
      (await findPython()) ?? missing(test, "python3 with venv, and pip for tests/drivers/requirements.txt");
    // so that pip finds what the release asks for, and leaves the tests' Python as it is
    const [tool = ""] = /^setuptools==\S+/m.exec(fs.readFileSync("tools/release/requirements.txt", "utf8")) ?? [];
    assert.ok(fs.readFileSync("tests/drivers/requirements.txt", "utf8").includes(`\n${tool}\n`), tool);
    const run = new ReleaseRun(python, repository);
    const { ok, output } = await run.job("build", "push", { ...options, cwd: run.repository });
    assert.ok(ok, output);
    return run;
  }

  /** The folder of files that are published. */
  get files(): string {
    return path.join(this.#artifacts, "release");
  }

  folder(purpose: string): string {
    return this.#keep(temporaryFolder(`release-${purpose}`));
  }

  /** In a new folder, if none is given. The output ends with the step that failed, if one did. */
  job(name: string, event: Event, options: JobOptions = {}): Promise<JobRun> {
    const { cwd = this.folder("job"), env = {}, path: first = "", ...more } = options;
    const temporary = path.join(cwd, ".runner");
    fs.mkdirSync(temporary, { recursive: true });
    const folders = [first, path.dirname(this.python), path.dirname(process.execPath), process.env["PATH"] ?? ""];
    return runJob(workflow, name, {
      ...more,
      cwd,
      env: {
        ...process.env,
        ...OWN_GIT,
        ...{ GITHUB_SERVER_URL: "https://github.com", GITHUB_REPOSITORY: REPOSITORY },
        ...{ GITHUB_REF_NAME: event === "push" ? TAG : "main", RUNNER_TEMP: temporary },
        PATH: folders.filter((folder) => folder !== "").join(path.delimiter),
        ...env,
      },
      expressions: { "github.event_name != 'push'": String(event !== "push"), "github.token": "the job's token" },
      actions: {
        "actions/checkout": () => this.#checkOut(cwd),
        "actions/upload-artifact": ({ name, path: from, ...inputs }) =>
          upload(path.join(cwd, String(from)), this.#artifact(name), inputs["include-hidden-files"] === true),
        "actions/download-artifact": ({ name, path: to }) => copy(this.#artifact(name), path.join(cwd, String(to))),
      },
    });
  }

  /** Also what a run that failed has left. */
  static disposeAll(): void {
    for (const folder of this.#folders.splice(0)) fs.rmSync(folder, { recursive: true, force: true });
  }

  #checkOut(cwd: string): void {
    if (cwd === this.repository) return;
    git(cwd, "init", "--quiet");
    git(cwd, "remote", "add", "origin", `file://${this.repository}`);
    git(cwd, "fetch", "--quiet", "--depth", "1", "origin", `refs/tags/${TAG}:refs/tags/${TAG}`);
    git(cwd, "checkout", "--quiet", TAG);
  }

  #artifact(name: unknown): string {
    return path.join(this.#artifacts, String(name));
  }

  #keep(folder: string): string {
    ReleaseRun.#folders.push(folder);
    return folder;
  }
}

/** As GitHub's action does it: without files whose names begin with a dot, unless it is told. */
function upload(from: string, to: string, hidden: boolean): void {
  const filter = (file: string): boolean => hidden || file === from || !path.basename(file).startsWith(".");
  fs.cpSync(from, to, { recursive: true, filter });
}

const copy = (from: string, to: string): void => fs.cpSync(from, to, { recursive: true });
