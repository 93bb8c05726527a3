// Builds a Go command from a pinned module, showing that it goes on.
import { mkdirSync } from "node:fs";
import * as path from "node:path";
import { runQuietly } from "./runQuietly.mjs";
import { startProgress } from "./progress.mjs";

/** CGO off, as Pulumi's releases are built, so that no C compiler is needed; the user's own Go settings stay out. */
export const goEnvironment = (environment) => ({ ...environment, CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off" });

export async function hasGo(environment) {
  return (await runQuietly("go", ["version"], { env: goEnvironment(environment) })).ok;
}

/** `command` is a package that the go.mod in `cwd` leads to; false where it could not be built, with Go's words on stderr. */
export async function goBuild(environment, { title, cwd, command, output, variables = {}, quietFor = 0 }) {
  const link = ["-s", "-w", ...Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`)].join(" ");
  mkdirSync(path.dirname(output), { recursive: true });
  const done = startProgress(title, { quietFor });
  const args = ["build", "-trimpath", "-buildvcs=false", "-ldflags", link, "-o", output, command];
  const { ok, text } = await runQuietly("go", args, { cwd, env: goEnvironment(environment) });
  done(ok ? "done" : "it failed");
  if (!ok) process.stderr.write(`${text.trim()}\n`);
  return ok;
}
