// The engine from its Go module, for a machine where no release can be downloaded: minutes once, then it is cached.
import { mkdirSync } from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { enginePath, intoCache, runQuietly, sourceVersion } from "./engine.mjs";
import { startProgress } from "./progress.mjs";

const MODULE = "github.com/pulumi/pulumi";
const folderOfGoMod = path.dirname(fileURLToPath(import.meta.url));

export async function build(environment) {
  // CGO off, as Pulumi's releases are built, so that no C compiler is needed; the user's own Go settings stay out.
  const env = { ...environment, CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off" };
  if (!(await runQuietly("go", ["version"], { env })).ok) return undefined;
  return intoCache(environment, async (folder) => {
    mkdirSync(path.dirname(enginePath(folder)));
    const done = startProgress(`Building the Pulumi engine ${sourceVersion} with Go (about five minutes, once)`);
    const { ok, text } = await runQuietly("go", goArguments(enginePath(folder)), { cwd: folderOfGoMod, env });
    done(ok ? "done" : "it failed");
    if (!ok) process.stderr.write(`${text.trim()}\n`);
    return ok;
  });
}

function goArguments(output) {
  const version = `-X ${MODULE}/sdk/v3/go/common/version.Version=v${sourceVersion}`;
  return ["build", "-trimpath", "-ldflags", `-s -w ${version}`, "-o", output, `${MODULE}/pkg/v3/cmd/pulumi`];
}
