// The engine from Pulumi's own installer, through the Automation API. It downloads: without internet it fails, quickly.
import { readdirSync, statSync } from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { intoEngineCache, sourceVersion } from "./engine.mjs";
import { startProgress } from "./progress.mjs";
import { runQuietly } from "./runQuietly.mjs";

const STALLED_MS = 60_000;

export async function install(environment) {
  return intoEngineCache(environment, async (folder) => {
    const stalled = new AbortController();
    const watch = stopWhenStalled(folder, stalled);
    const describe = () => ` (${megabytes(folder)} MB)`;
    const done = startProgress(`Asking Pulumi's installer for the engine ${sourceVersion}`, { describe });
    try {
      // A process of its own, because the installer has no way to be stopped; its temporary files go into our folder.
      const { ok } = await runQuietly(process.execPath, [fileURLToPath(import.meta.url), folder], {
        env: { ...environment, TMPDIR: folder },
        signal: stalled.signal,
      });
      done(ok ? "done" : "it could not be downloaded");
      return ok;
    } finally {
      clearInterval(watch);
    }
  });
}

/** Gives up after a minute in which not a byte arrived: a slow download is let go on, a dead one is not. */
function stopWhenStalled(folder, controller) {
  let seen = 0;
  let since = Date.now();
  return setInterval(() => {
    const size = megabytes(folder);
    if (size !== seen) since = Date.now();
    seen = size;
    if (Date.now() - since > STALLED_MS) controller.abort();
  }, 1000);
}

function megabytes(folder) {
  let bytes = 0;
  for (const name of readdirSync(folder, { recursive: true })) {
    // Files come and go while the installer unpacks.
    bytes += statSync(path.join(folder, String(name)), { throwIfNoEntry: false })?.size ?? 0;
  }
  return Math.round(bytes / 100_000) / 10;
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2] !== undefined) {
  const { PulumiCommand } = (await import("@pulumi/pulumi/automation/cmd.js")).default;
  const { SemVer } = (await import("semver")).default;
  await PulumiCommand.install({ root: process.argv[2], version: new SemVer(sourceVersion) });
}
