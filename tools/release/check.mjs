// `node tools/release/check.mjs v1.2.3`: whether everything that names this package's version names the tag's, and the
// release is written down. With --rehearsal there is no tag, and the change log may say "unreleased". Each problem is one
// sentence on stderr, and the exit code 1.
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

const [wanted] = process.argv.slice(2);
const rehearsal = wanted === "--rehearsal";
const { version } = json("package.json");
const problems = [...tagProblems(), ...copyProblems(), ...changeLogProblems(), ...stateProblems()];
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

/** The newest heading is this version's, with the day of its release. */
function* changeLogProblems() {
  const [, named, when] = /^## (\S+) \((.+)\)$/m.exec(read("CHANGELOG.md")) ?? [];
  if (named !== version) yield `CHANGELOG.md begins with ${named ?? "no version"} and package.json has ${version}.`;
  else if (!rehearsal && !/^\d{4}-\d\d-\d\d$/.test(when))
    yield `CHANGELOG.md says "${when}" of ${version}: put the day of the release there, such as 2026-12-31.`;
}

/** What this version writes into a stack's state is kept, for every later one to read. */
function* stateProblems() {
  const there = fs.readdirSync(path.join(root, "tests", "fixtures"));
  for (const adapter of ["dynamic", "plugin"])
    if (!there.includes(`state-${version}-${adapter}.json`))
      yield `tests/fixtures has no state-${version}-${adapter}.json: record it, as the state-README.md there says.`;
}
