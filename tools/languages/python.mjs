// A Python with Pulumi's SDK, for the tests that run Python programs: a virtual environment in the cache, made anew only
// for another list of requirements or another Python.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder, intoCache } from "../engine/cache.mjs";
import { startProgress } from "../engine/progress.mjs";
import { runQuietly } from "../engine/runQuietly.mjs";

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const requirements = path.join(root, "tests", "drivers", "requirements.txt");
const pythonIn = (folder) => path.join(folder, "bin", "python");

/** The path of its `python`; undefined where there is no python3, or its packages cannot be installed. */
export async function findPython(environment = process.env) {
  const version = await output("python3", ["-c", "import sys; print(sys.version, sys.base_prefix)"], environment);
  if (version === undefined) return undefined;
  const name = createHash("sha256").update(version).update(readFileSync(requirements)).digest("hex").slice(0, 16);
  const cache = cacheFolder(environment, "python");
  const cached = pythonIn(path.join(cache, name));
  if ((await output(cached, ["--version"], environment)) !== undefined) return cached;
  const works = async (folder) =>
    (await output(pythonIn(folder), ["-c", "import pulumi.automation"], environment)) !== undefined;
  const folder = await intoCache(cache, { name, works }, (folder) => install(folder, environment));
  return folder && pythonIn(folder);
}

async function install(folder, environment) {
  const done = startProgress("Installing Pulumi's Python SDK for the tests (85 MB, once)");
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", requirements];
  const made = await runQuietly("python3", ["-m", "venv", folder], { env: environment });
  const { ok, text } = made.ok ? await runQuietly(pythonIn(folder), pip, { env: environment }) : made;
  done(ok ? "done" : "it failed");
  if (!ok) process.stderr.write(`${text.trim()}\n`);
  return ok;
}

function output(command, args, env) {
  return new Promise((resolve) => {
    execFile(command, args, { env, timeout: 20_000 }, (error, stdout) => resolve(error === null ? stdout : undefined));
  });
}
