// What an engine is: its versions, where it is kept, and how one comes into the cache in one step or not at all.
import { execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/** The version that is installed or built: most later ones cannot be had from the Go module proxy. */
export const sourceVersion = "3.259.0";
const MINIMUM = [3, 233, 0];

export function cacheFolder(environment) {
  const cache = environment.XDG_CACHE_HOME || path.join(environment.HOME || os.homedir(), ".cache");
  return path.join(cache, "pulumi-google-workspace-mail", "engine");
}

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

/**
 * Lets `make` fill a temporary folder beside the cached one and renames it when that worked: two runs at once, a kill or
 * a full disk leave a whole engine or none. Answers with the engine's path, or undefined where `make` said false.
 */
export async function intoCache(environment, make) {
  const cache = cacheFolder(environment);
  fs.mkdirSync(cache, { recursive: true });
  removeAbandoned(cache);
  const partial = path.join(cache, `.partial-${process.pid}-${randomUUID().slice(0, 8)}`);
  const target = path.join(cache, sourceVersion);
  const remove = () => fs.rmSync(partial, { recursive: true, force: true });
  process.once("exit", remove);
  try {
    fs.mkdirSync(partial);
    if (!(await make(partial)) || !(await isRecent(enginePath(partial)))) return undefined;
    return await keep(partial, target);
  } finally {
    remove();
    process.off("exit", remove);
  }
}

async function keep(partial, target) {
  // A damaged engine in the way is replaced; a good one that another run finished first is as good as ours.
  if (!(await isRecent(enginePath(target)))) fs.rmSync(target, { recursive: true, force: true });
  try {
    fs.renameSync(partial, target);
  } catch (error) {
    if (!(await isRecent(enginePath(target)))) throw error;
  }
  return enginePath(target);
}

/** What a killed run left behind; the process number in the name tells whether it still works on it. */
function removeAbandoned(cache) {
  for (const name of fs.readdirSync(cache)) {
    const owner = /^\.partial-(\d+)-/.exec(name)?.[1];
    if (owner !== undefined && !isRunning(Number(owner)))
      fs.rmSync(path.join(cache, name), { recursive: true, force: true });
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/**
 * Runs a command in a process group of its own, so that all of it ends with us or with `signal`. Its last lines come
 * back for the one who has to explain a failure.
 */
export function runQuietly(command, args, { cwd, env, signal }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    const end = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // Already gone.
      }
    };
    const interrupted = (name) => {
      end();
      process.exit(128 + os.constants.signals[name]);
    };
    const finish = (ok) => {
      process.off("exit", end);
      for (const name of ["SIGINT", "SIGTERM"]) process.off(name, interrupted);
      signal?.removeEventListener("abort", end);
      resolve({ ok, text });
    };
    process.once("exit", end);
    for (const name of ["SIGINT", "SIGTERM"]) process.once(name, interrupted);
    signal?.addEventListener("abort", end);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk) => (text = (text + chunk).slice(-2000)));
    }
    child.once("error", () => finish(false));
    child.once("close", (code) => finish(code === 0));
  });
}
