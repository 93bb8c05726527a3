// The package as npm would publish it: packed from the checkout, and installed into an empty project.
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { version } from "@pulumi/pulumi/version";

export const checkout = path.dirname(__dirname);

let installed: string | undefined;

/** A project that has the package beside `@pulumi/pulumi`: one for all tests of a run, so each leaves it as it was. */
export function installedPackage(): string {
  installed ??= install();
  return installed;
}

function install(): string {
  const project = temporaryFolder("package");
  process.once("exit", () => fs.rmSync(project, { recursive: true, force: true }));
  const [packed] = JSON.parse(npm(checkout, ["pack", "--json", "--pack-destination", project])) as [
    { filename: string },
  ];
  fs.writeFileSync(path.join(project, "package.json"), JSON.stringify({ private: true }));
  const wanted = [path.join(project, packed.filename), `@pulumi/pulumi@${version}`];
  npm(project, ["install", "--prefer-offline", "--no-audit", "--no-fund", ...wanted]);
  return project;
}

export const temporaryFolder = (purpose: string): string =>
  fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), `google-workspace-mail-${purpose}-`));

export function npm(cwd: string, args: string[]): string {
  return execFileSync("npm", [...args, "--loglevel=error"], { cwd, encoding: "utf8" });
}
