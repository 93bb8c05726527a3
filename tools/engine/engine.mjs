// What an engine is: its versions, where it is kept, and what makes one fit for use.
import { execFile } from "node:child_process";
import * as path from "node:path";
import { cacheFolder, intoCache } from "./cache.mjs";

/** The version that is installed or built: most later ones cannot be had from the Go module proxy. */
export const sourceVersion = "3.259.0";
const MINIMUM = [3, 233, 0];

export function enginePath(folder) {
  return path.join(folder, "bin", "pulumi");
}

/** Three numbers, or undefined where there is no engine that runs. */
export function engineVersion(executable) {
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  return new Promise((resolve) => {
    execFile(executable, ["version"], { env, timeout: 20_000 }, (error, stdout) => {
      const numbers = /^v?(\d+)\.(\d+)\.(\d+)/.exec(stdout.trim())?.slice(1).map(Number);
      resolve(error === null ? numbers : undefined);
    });
  });
}

export async function isRecent(executable) {
  const found = await engineVersion(executable);
  if (found === undefined) return false;
  const difference = found.map((number, index) => number - MINIMUM[index]).find((difference) => difference !== 0) ?? 0;
  return difference >= 0 && found[0] === MINIMUM[0];
}

export function cachedEngine(environment) {
  return enginePath(path.join(cacheFolder(environment, "engine"), sourceVersion));
}

/** Answers with the engine's path, or undefined where `make` put none into the folder that it is given. */
export async function intoEngineCache(environment, make) {
  const works = (folder) => isRecent(enginePath(folder));
  const folder = await intoCache(cacheFolder(environment, "engine"), { name: sourceVersion, works }, make);
  return folder && enginePath(folder);
}
