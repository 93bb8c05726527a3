// The folder where what was downloaded or built is kept for the next run; each thing comes there whole or not at all.
import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/** Of one kind of thing, such as engines. */
export function cacheFolder(environment, kind) {
  const cache = environment.XDG_CACHE_HOME || path.join(environment.HOME || os.homedir(), ".cache");
  return path.join(cache, "pulumi-google-workspace-mail", kind);
}

/**
 * Lets `make` fill a temporary folder beside the one of this name and renames it when that worked: two runs at once, a
 * kill or a full disk leave a whole one or none. `works` is asked about a folder's content. Answers with the folder, or
 * undefined where `make` said false.
 */
export async function intoCache(cache, { name, works }, make) {
  fs.mkdirSync(cache, { recursive: true });
  removeAbandoned(cache);
  const partial = path.join(cache, `.partial-${process.pid}-${randomUUID().slice(0, 8)}`);
  const remove = () => fs.rmSync(partial, { recursive: true, force: true });
  process.once("exit", remove);
  try {
    fs.mkdirSync(partial);
    if (!(await make(partial)) || !(await works(partial))) return undefined;
    return await keep(partial, path.join(cache, name), works);
  } finally {
    remove();
    process.off("exit", remove);
  }
}

async function keep(partial, target, works) {
  // A damaged one in the way is replaced; a good one that another run finished first is as good as ours.
  if (!(await works(target))) fs.rmSync(target, { recursive: true, force: true });
  try {
    fs.renameSync(partial, target);
  } catch (error) {
    if (!(await works(target))) throw error;
  }
  return target;
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
