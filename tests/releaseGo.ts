// The released Go module as its users get it: fetched by its tag from the repository, and built into a program.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { OWN_GIT } from "./releaseCheckout";
import type { ReleaseRun } from "./releaseRun";

/** Not a main package: linking one takes seconds, and finds nothing more. */
const PROGRAM = `package program

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	mail "MODULE/googleworkspacemail"
)

func Declare(ctx *pulumi.Context) error {
	_, err := mail.NewSmimeFleet(ctx, "staff", &mail.SmimeFleetArgs{Rows: pulumi.String("")})
	return err
}
`;

interface Module {
  readonly Path: string;
  readonly Version: string;
  /** Where it is unpacked. */
  readonly Dir: string;
}

/** As `go get` does it, into a cache of its own; the run's repository stands for the one on GitHub. */
export function fetched(run: ReleaseRun, name: string, version: string): Module {
  const cwd = run.folder("go");
  const replaced = { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: `url.file://${run.repository}.insteadOf` };
  const git = { ...OWN_GIT, ...replaced, GIT_CONFIG_VALUE_0: `https://${name.replace("/sdk/go", "")}` };
  const go = { GOMODCACHE: cwd, GOPROXY: "direct", GONOSUMDB: "*", GOFLAGS: "-modcacherw", GOWORK: "off" };
  const options = { cwd, env: { ...process.env, ...git, ...go }, encoding: "utf8" } as const;
  const found = JSON.parse(execFileSync("go", ["mod", "download", "-json", `${name}@${version}`], options)) as Module;
  assert.deepEqual([found.Path, found.Version], [name, version]);
  assert.ok(fs.existsSync(path.join(found.Dir, "LICENSE")));
  const source = fs.readFileSync(path.join(found.Dir, "googleworkspacemail", "smimeCertificate.go"), "utf8");
  const imported = source.match(/[^\s"]*\/sdk\/go\/googleworkspacemail(?=")/g);
  assert.deepEqual(imported, [`${name}/googleworkspacemail`], "its documentation's example");
  return found;
}

/** With what the module itself requires, from the cache that the other Go tests filled. */
export function buildsProgram(folder: string, { Path, Version, Dir }: Module): void {
  const requires = fs.readFileSync(path.join(Dir, "go.mod"), "utf8").replace(/^module .*$/m, "module program");
  const goMod = `${requires}\nrequire ${Path} ${Version}\n\nreplace ${Path} => ${Dir}\n`;
  fs.writeFileSync(path.join(folder, "go.mod"), goMod);
  fs.copyFileSync(path.join(Dir, "go.sum"), path.join(folder, "go.sum"));
  fs.writeFileSync(path.join(folder, "program.go"), PROGRAM.replace("MODULE", Path));
  const env = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false", GOPROXY: "off", GOWORK: "off" };
  execFileSync("go", ["build", "-trimpath", "."], { cwd: folder, env });
}
