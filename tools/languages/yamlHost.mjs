// Finds Pulumi's language host for YAML programs: beside the engine or on PATH as every release has it, cached by an
// earlier run, or built from its Go module.
import { execFile } from "node:child_process";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder, intoCache } from "../engine/cache.mjs";
import { goBuild, hasGo } from "../engine/goBuild.mjs";

const EXECUTABLE = "pulumi-language-yaml";
const MODULE = "github.com/pulumi/pulumi-yaml";
/** As in yaml/go.mod. */
const VERSION = "1.38.1";

/** The path of a host for this engine; undefined where none was found and none can be built. */
export async function findYamlHost(engine, environment = process.env) {
  const onPath = (environment.PATH ?? "").split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  const cache = cacheFolder(environment, "yaml-host");
  for (const folder of [path.dirname(engine), ...onPath, path.join(cache, VERSION)]) {
    const candidate = path.join(folder, EXECUTABLE);
    if (await runs(candidate)) return candidate;
  }
  return build(environment, cache);
}

async function build(environment, cache) {
  if (!(await hasGo(environment))) return undefined;
  const works = (folder) => runs(path.join(folder, EXECUTABLE));
  const folder = await intoCache(cache, { name: VERSION, works }, (folder) =>
    goBuild(environment, {
      title: `Building Pulumi's YAML host ${VERSION} with Go (about half a minute beside a built engine, once)`,
      cwd: path.join(path.dirname(fileURLToPath(import.meta.url)), "yaml"),
      command: `${MODULE}/cmd/${EXECUTABLE}`,
      output: path.join(folder, EXECUTABLE),
      variables: { [`${MODULE}/pkg/version.Version`]: `v${VERSION}` },
    }),
  );
  return folder && path.join(folder, EXECUTABLE);
}

/** It has no `version`, and started plainly it serves for ever. */
function runs(executable) {
  return new Promise((resolve) => {
    execFile(executable, ["--help"], { timeout: 20_000 }, (error) => resolve(error === null));
  });
}
