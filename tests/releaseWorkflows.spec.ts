// Every GitHub Actions workflow of this repository, the examples' included, keeps the rules that a release rests on.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { everyPage, ROOT } from "./markdown";
import { readWorkflow, type Job, type Step } from "./workflow";

const SKIPPED = ["node_modules", ".git", "dist"];
/** A tag can be moved by whoever takes over an action, a commit cannot. */
const PINNED = /^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/;

function* workflowsIn(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const inside = join(folder, entry.name);
    if (entry.isDirectory() && !SKIPPED.includes(entry.name)) yield* workflowsIn(inside);
    else if (/\.github\/workflows\/[^/]+\.ya?ml$/.test(inside)) yield inside;
  }
}

const files = [...workflowsIn(ROOT)];

describe("GitHub workflows", () => {
  it("are there: the tests' and the release's", () => {
    const names = files.map((file) => file.slice(ROOT.length + 1));
    for (const name of ["test", "release"]) assert.ok(names.includes(`.github/workflows/${name}.yml`), name);
  });

  for (const file of files)
    describe(file.slice(ROOT.length + 1), () => {
      const workflow = readWorkflow(file);
      const jobs = Object.entries(workflow.jobs);
      const steps = jobs.flatMap(([, job]) => job.steps ?? []);

      it("uses actions by the hash of a commit, with the version beside it", () => {
        const used = [...jobs.map(([, { uses }]) => uses), ...steps.map(({ uses }) => uses)];
        for (const name of used.filter((each) => each !== undefined && !each.startsWith("./")))
          assert.match(name ?? "", PINNED);
        for (const line of readFileSync(file, "utf8").matchAll(/^.*uses: (?!\.\/).*$/gm))
          assert.match(line[0], /@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      });

      it("gives each job its own permissions, and by itself none that write", () => {
        const whole = Object.values(workflow.permissions ?? { all: "not said" });
        assert.deepEqual(
          whole.filter((right) => right !== "read" && right !== "none"),
          [],
        );
        for (const [name, { permissions }] of jobs)
          assert.ok(permissions !== undefined && typeof permissions === "object", name);
      });

      it("puts no expression and so no secret or text of others into a shell's text", () => {
        for (const { run = "" } of steps) assert.ok(!run.includes("${{"), run);
      });

      it("leaves no token in a checkout", () => {
        for (const step of steps.filter(({ uses = "" }) => uses.startsWith("actions/checkout@")))
          assert.equal(step.with?.["persist-credentials"], false);
      });

      it("runs nobody's pull request with this repository's rights", () => {
        assert.doesNotMatch(readFileSync(file, "utf8"), /pull_request_target/);
      });
    });
});

describe("the pages' workflows", () => {
  it("use actions by the hash of a commit too, for they are copied", () => {
    const used = everyPage().flatMap(({ text }) => text.match(/^.*\buses: .*$/gm) ?? []);
    assert.ok(used.length > 0);
    for (const line of used) assert.match(line, /@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });
});

describe("the release's workflow", () => {
  const { jobs, concurrency } = readWorkflow(join(ROOT, ".github", "workflows", "release.yml"));
  const writes = ({ permissions = {} }: Job): string[] =>
    Object.entries(permissions).flatMap(([name, right]) => (right === "write" ? [name] : []));

  it("writes only behind the environment's gate, each job no more than it must", () => {
    const rights = Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, writes(job)]));
    assert.deepEqual(rights, {
      ...{ test: [], build: [], attest: ["attestations", "id-token"], archives: ["contents"] },
      ...{ npm: ["id-token"], pypi: ["id-token"], go: ["contents"] },
    });
    for (const [name, job] of Object.entries(jobs))
      assert.equal(job.environment, writes(job).length > 0 ? "release" : undefined, name);
    assert.deepEqual(concurrency, { group: "release", "cancel-in-progress": false });
  });

  it("runs code of this repository and its libraries only where nothing can be written", () => {
    const code = /\b(node|npm (run|ci|install|pack)|npx|pip|go (run|build))\b/;
    for (const [name, { steps = [], ...job }] of Object.entries(jobs))
      if (writes(job).length > 0) for (const { run = "" } of steps) assert.doesNotMatch(run, code, name);
  });

  it("publishes what was tested, built and attested, and in a rehearsal leaves out each action that publishes", () => {
    const needs = Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, job.needs]));
    const { test, build, ...others } = needs;
    assert.deepEqual([test, build], [undefined, undefined]);
    assert.deepEqual(others, {
      ...{ attest: ["test", "build"], archives: "attest" },
      ...{ npm: "archives", pypi: "archives", go: "archives" },
    });
    const publishing = ({ uses = "" }: Step): boolean => /attest|publish/.test(uses);
    const conditions = Object.values(jobs).flatMap(({ steps = [] }) => steps.filter(publishing).map((step) => step.if));
    assert.deepEqual(conditions, Array<string>(4).fill("env.REHEARSAL != 'true'"));
  });
});
