// Finds a Pulumi engine, in the order: on PATH, cached by an earlier run, Pulumi's own installer, built from its Go module.
// As a command (npm run --silent engine) it prints the path of the engine it would use.
import { access, constants } from "node:fs/promises";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import { cachedEngine, engineVersion, isRecent } from "./engine.mjs";
import { install } from "./install.mjs";
import { build } from "./build.mjs";

export { build };

/** The places to look in, best first: each answers with a path or undefined, and only the last two take long. */
export const sources = [onPath, cached, install, build];

export async function findEngine(environment = process.env, places = sources) {
  for (const place of places) {
    const engine = await place(environment);
    if (engine !== undefined) return engine;
  }
  throw new Error(
    "No Pulumi engine was found, downloaded or built: install the Pulumi CLI (3.233.0 or newer) so that `pulumi` is on " +
      "PATH, or install Go 1.24 or newer, with which this command builds one.",
  );
}

export async function onPath(environment) {
  for (const folder of (environment.PATH ?? "").split(path.delimiter).filter((folder) => path.isAbsolute(folder))) {
    const candidate = path.join(folder, "pulumi");
    if (await isExecutable(candidate)) return (await isRecent(candidate)) ? candidate : undefined;
  }
  return undefined;
}

export async function cached(environment) {
  const candidate = cachedEngine(environment);
  return (await engineVersion(candidate)) === undefined ? undefined : candidate;
}

async function isExecutable(file) {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    process.stdout.write(`${await findEngine()}\n`);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
