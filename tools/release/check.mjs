// `node tools/release/check.mjs v1.2.3`: whether everything that names this package's version names the tag's, and the
// release is written down. With --rehearsal there is no tag, and the change log and the pages may say "unreleased". Each
// problem is one sentence on stderr, and the exit code 1.
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (file) => fs.readFileSync(path.join(root, file), "utf8");
const json = (file) => JSON.parse(read(file));

/** Where the version stands beside package.json. The SDKs' are what their programs ask the engine for. */
const COPIES = {
  "package-lock.json": () => json("package-lock.json").version,
  "provider/version.ts": () => /VERSION = "(.+)"/.exec(read("provider/version.ts"))?.[1],
  "sdk/schema.json": () => json("sdk/schema.json").version,
  "sdk/nodejs/utilities.ts": () => /version = "(.+)";/.exec(read("sdk/nodejs/utilities.ts"))?.[1],
  "sdk/python/pyproject.toml": () => /^ *version = "(.+)"$/m.exec(read("sdk/python/pyproject.toml"))?.[1],
  "sdk/go/googleworkspacemail/pulumi-plugin.json": () => json("sdk/go/googleworkspacemail/pulumi-plugin.json").version,
};
/** What the pages say before the first release. Their lines are wrapped, so each space may be a line's end. */
const BEFORE_RELEASE = /\bnot\s+released\s+yet\b|\bnot\s+public\s+yet\b|\bno\s+registry\b/gi;

const [wanted] = process.argv.slice(2);
const rehearsal = wanted === "--rehearsal";
const { version } = json("package.json");
const problems = [...tagProblems(), ...copyProblems(), ...changeLogProblems(), ...pageProblems(), ...stateProblems()];
process.stdout.write(problems.length === 0 ? `${version}\n` : "");
process.stderr.write(problems.map((problem) => `${problem}\n`).join(""));
process.exitCode = problems.length === 0 ? 0 : 1;

function* tagProblems() {
  // Python and npm spell versions before a release in different ways, so there are none.
  if (!/^\d+\.\d+\.\d+$/.test(version)) yield `package.json has version ${version}: a release is three numbers.`;
  if (wanted === undefined) yield "Name the tag of the release, such as v1.2.3, or say --rehearsal.";
  else if (!rehearsal && wanted !== `v${version}`) yield `The tag is ${wanted} and package.json has ${version}.`;
}

function* copyProblems() {
  for (const [file, find] of Object.entries(COPIES)) {
    const found = find();
    if (found !== version)
      yield `${file} has ${found ?? "no version"} and package.json has ${version}: change provider/version.ts, then run npm run sdk.`;
  }
}

/** The newest heading is this version's, with the day of its release: the release's notes are what is below it. */
function* changeLogProblems() {
  const [, heading] = /^## (.*)$/m.exec(read("CHANGELOG.md")) ?? [];
  const [, named, when] = /^(\S+) \((.+)\)$/.exec(heading ?? "") ?? [];
  if (named === undefined) yield `CHANGELOG.md begins with "## ${heading ?? ""}": write "## ${version} (day)" there.`;
  else if (named !== version) yield `CHANGELOG.md begins with ${named} and package.json has ${version}.`;
  else if (!rehearsal && !/^\d{4}-\d\d-\d\d$/.test(when))
    yield `CHANGELOG.md says "${when}" of ${version}: put the day of the release there, such as 2026-12-31.`;
}

/** Each place that would tell the users of a release that there is none. */
function* pageProblems() {
  const pages = fs.readdirSync(path.join(root, "docs"), { recursive: true }).filter((file) => file.endsWith(".md"));
  for (const page of rehearsal ? [] : ["README.md", "SECURITY.md", ...pages.sort().map((file) => `docs/${file}`)]) {
    const text = read(page);
    for (const { 0: words, index } of text.matchAll(BEFORE_RELEASE))
      yield `${page}:${text.slice(0, index).split("\n").length} says "${words.replace(/\s+/g, " ")}": that ends with the release.`;
  }
}

/** What this version writes into a stack's state is kept, for every later one to read. */
function* stateProblems() {
  const there = fs.readdirSync(path.join(root, "tests", "fixtures"));
  for (const adapter of ["dynamic", "plugin"])
    if (!there.includes(`state-${version}-${adapter}.json`))
      yield `tests/fixtures has no state-${version}-${adapter}.json: record it, as the state-README.md there says.`;
}
