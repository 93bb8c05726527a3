// The engine from its Go module, for a machine where no release can be downloaded: minutes once, then it is cached.
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { enginePath, intoEngineCache, sourceVersion } from "./engine.mjs";
import { goBuild, hasGo } from "./goBuild.mjs";

const MODULE = "github.com/pulumi/pulumi";

export async function build(environment) {
  if (!(await hasGo(environment))) return undefined;
  return intoEngineCache(environment, (folder) =>
    goBuild(environment, {
      title: `Building the Pulumi engine ${sourceVersion} with Go (about five minutes, once)`,
      cwd: path.dirname(fileURLToPath(import.meta.url)),
      command: `${MODULE}/pkg/v3/cmd/pulumi`,
      output: enginePath(folder),
      variables: { [`${MODULE}/sdk/v3/go/common/version.Version`]: `v${sourceVersion}` },
    }),
  );
}
