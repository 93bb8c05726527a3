// The check before a release: one version everywhere, and each that differs is named in a sentence.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { VERSION } from "../provider/version";
import { checkout, temporaryFolder } from "./npmPackage";

const STATES = ["dynamic", "plugin"].map((adapter) => `state-${VERSION}-${adapter}.json`);
const FILES = [
  ...["tools/release/check.mjs", "package.json", "package-lock.json", "provider/version.ts", "CHANGELOG.md"],
  ...["sdk/schema.json", "sdk/nodejs/utilities.ts", "sdk/python/pyproject.toml"],
  ...["sdk/go/googleworkspacemail/pulumi-plugin.json", ...STATES.map((file) => `tests/fixtures/${file}`)],
];
const COPIES = FILES.filter((file) => /^(package-lock|provider|sdk)/.test(file));
const PAGES = ["README.md", "SECURITY.md", "docs/limits.md", "docs/resources/SmimeCertificate.md"];
const TAG = `v${VERSION}`;

describe("the check before a release", () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder("release-check");
    for (const file of FILES) fs.cpSync(path.join(checkout, file), path.join(folder, file));
    edit("CHANGELOG.md", (text) => text.replace("(unreleased)", "(2026-12-31)"));
    fs.mkdirSync(path.join(folder, "docs/resources"), { recursive: true });
    for (const page of PAGES) fs.writeFileSync(path.join(folder, page), "# Keys\n\nReleased.\n");
  });
  afterEach(() => {
    fs.rmSync(folder, { recursive: true });
  });

  it("answers with the version where all agree", () => {
    assert.deepEqual(check(TAG), [0, `${VERSION}\n`, ""]);
  });

  it("takes this checkout, as a rehearsal", () => {
    const { status, stderr } = spawnSync(process.execPath, [
      path.join(checkout, "tools/release/check.mjs"),
      "--rehearsal",
    ]);
    assert.equal(status, 0, String(stderr));
  });

  it("names the tag that is another version's, and wants one", () => {
    assert.deepEqual(check("v9.9.9"), [1, "", `The tag is v9.9.9 and package.json has ${VERSION}.\n`]);
    assert.deepEqual(check(VERSION), [1, "", `The tag is ${VERSION} and package.json has ${VERSION}.\n`]);
    assert.match(check()[2], /^Name the tag of the release/);
  });

  it("names every file that has another version", () => {
    const { version: _, ...rest } = JSON.parse(read("package.json")) as { version: string };
    edit("package.json", () => JSON.stringify({ ...rest, version: "9.9.9" }));
    const [status, stdout, stderr] = check("v9.9.9");
    const problems = stderr.trim().split("\n");
    assert.deepEqual([status, stdout], [1, ""]);
    for (const file of COPIES)
      assert.ok(
        problems.some((problem) => problem.startsWith(`${file} has ${VERSION} and package.json has 9.9.9: `)),
        file,
      );
    assert.ok(problems.includes(`CHANGELOG.md begins with ${VERSION} and package.json has 9.9.9.`));
    for (const state of STATES) {
      const file = state.replace(VERSION, "9.9.9");
      assert.ok(
        problems.some((problem) => problem.startsWith(`tests/fixtures has no ${file}: `)),
        file,
      );
    }
    assert.equal(problems.length, COPIES.length + 3);
  });

  for (const file of COPIES)
    it(`names ${file} alone where it is the one that differs`, () => {
      const lock = JSON.parse(read("package-lock.json")) as { version: string };
      if (file === "package-lock.json") edit(file, () => JSON.stringify({ ...lock, version: "9.9.9" }));
      else edit(file, (text) => text.replace(`"${VERSION}"`, '"9.9.9"'));
      const [status, , stderr] = check(TAG);
      assert.equal(status, 1);
      assert.match(stderr, new RegExp(`^${file.replaceAll(".", "\\.")} has 9\\.9\\.9 and package\\.json has .*\\n$`));
    });

  it("refuses a release whose day is not written down, which a rehearsal lets pass", () => {
    edit("CHANGELOG.md", (text) => text.replace("(2026-12-31)", "(unreleased)"));
    assert.match(check(TAG)[2], /^CHANGELOG\.md says "unreleased" of .*\n$/);
    assert.deepEqual(check("--rehearsal"), [0, `${VERSION}\n`, ""]);
  });

  it("refuses a heading of any form above this version's, which would be what the release says of itself", () => {
    for (const heading of ["Next", "[Unreleased]", `${VERSION}`]) {
      edit("CHANGELOG.md", (text) => text.replace(/^(?=## )/m, `## ${heading}\n\n- Not in it.\n\n`));
      const problem = `CHANGELOG.md begins with "## ${heading}": write "## ${VERSION} (day)" there.\n`;
      assert.deepEqual(check(TAG), [1, "", problem]);
    }
  });

  for (const page of PAGES)
    it(`names the lines of ${page} that say there is no release, which a rehearsal lets pass`, () => {
      fs.writeFileSync(
        path.join(folder, page),
        "# Keys\n\nIt is not\nreleased yet, and in no registry.\n\nNot public yet.\n",
      );
      const said = ['3 says "not released yet"', '4 says "no registry"', '6 says "Not public yet"'];
      const problems = said.map((each) => `${page}:${each}: that ends with the release.\n`);
      assert.deepEqual(check(TAG), [1, "", problems.join("")]);
      assert.deepEqual(check("--rehearsal"), [0, `${VERSION}\n`, ""]);
    });

  it("refuses a version of more than three numbers", () => {
    edit("package.json", (text) => text.replace(`"${VERSION}"`, '"1.0.0-rc.1"'));
    assert.match(check("v1.0.0-rc.1")[2], /^package\.json has version 1\.0\.0-rc\.1: a release is three numbers\.\n/);
  });

  const read = (file: string): string => fs.readFileSync(path.join(folder, file), "utf8");
  const edit = (file: string, change: (text: string) => string): void =>
    fs.writeFileSync(path.join(folder, file), change(read(file)));

  function check(...args: string[]): [status: number | null, stdout: string, stderr: string] {
    const command = [path.join(folder, "tools/release/check.mjs"), ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: "utf8" });
    return [status, stdout, stderr];
  }
});
