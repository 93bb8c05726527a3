// Copies of this checkout at a release's tag, for the specs of tools/release.
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { VERSION } from "../provider/version";
import { checkout, temporaryFolder } from "./npmPackage";

export const TAG = `v${VERSION}`;

/** Nothing of the user's own settings. */
export const OWN_GIT = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
const AUTHOR = {
  ...{ GIT_AUTHOR_NAME: "Test", GIT_AUTHOR_EMAIL: "test@example.com", GIT_AUTHOR_DATE: "2026-12-31T00:00:00Z" },
  ...{
    GIT_COMMITTER_NAME: "Test",
    GIT_COMMITTER_EMAIL: "test@example.com",
    GIT_COMMITTER_DATE: "2026-12-31T00:00:00Z",
  },
};

export function git(cwd: string, ...args: string[]): string {
  return execFileSync("git", args, { cwd, encoding: "utf8", env: { ...process.env, ...OWN_GIT, ...AUTHOR } }).trim();
}

export function edit(folder: string, name: string, change: (text: string) => string): void {
  const file = path.join(folder, name);
  fs.writeFileSync(file, change(fs.readFileSync(file, "utf8")));
}

/**
 * A repository with the files of this checkout, as on the day of the release and tagged; compiled, with its libraries.
 * Whoever asks for it removes the folder.
 */
export function releaseCheckout(): string {
  const folder = temporaryFolder("release");
  const known = git(checkout, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0");
  const files = known.filter((name) => name !== "" && fs.existsSync(path.join(checkout, name)));
  // With their times: a set-up must see that dist is what these sources compile to.
  execFileSync("cp", ["--archive", "--parents", ...files, "dist", folder], { cwd: checkout });
  fs.symlinkSync(path.join(checkout, "node_modules"), path.join(folder, "node_modules"));
  edit(folder, "CHANGELOG.md", (text) => text.replace("(unreleased)", "(2026-12-31)"));
  for (const page of files.filter((name) => /^(README|SECURITY|docs\/.*)\.md$/.test(name)))
    edit(folder, page, asReleased);
  git(folder, "init", "--quiet");
  fs.appendFileSync(path.join(folder, ".git", "info", "exclude"), "node_modules\n");
  git(folder, "add", "--all");
  git(folder, "commit", "--quiet", "--message", "Release");
  git(folder, "tag", TAG);
  return folder;
}

/** What is said until the first release; the release's own check refuses it. */
function asReleased(text: string): string {
  return text.replace(/not (released|public) yet/gi, "$1").replace(/\bno registry\b/gi, "a registry");
}

/** Another folder with the same, whatever meanwhile becomes of this checkout. */
export function copyOf(folder: string): string {
  const copy = temporaryFolder("release");
  execFileSync("cp", ["--archive", `${folder}/.`, copy]);
  return copy;
}
