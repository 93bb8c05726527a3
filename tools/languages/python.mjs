// A Python with Pulumi's SDK, for the tests that run Python programs: a virtual environment in the cache, made anew only
// for another list of requirements or another Python. And our own SDK, installed beside it as pip would for a user.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder, intoCache } from "../engine/cache.mjs";
import { startProgress } from "../engine/progress.mjs";
import { runQuietly } from "../engine/runQuietly.mjs";

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const requirements = path.join(root, "tests", "drivers", "requirements.txt");
const sdk = path.join(root, "sdk", "python");
/** What a pip that installed from this folder has left in it. */
const LEFT = /(^|\/)(build|__pycache__|[^/]*\.egg-info)(\/|$)/;
const installed = path.join(root, "node_modules", ".python-sdk");
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

/**
 * The folder for PYTHONPATH that has sdk/python, installed with the pip of this python, without network. The package must
 * be installed: it asks Python's own records for its version.
 */
export async function installSdk(python, environment = process.env) {
  const works = async (folder) => existsSync(path.join(folder, "pulumi_google_workspace_mail", "__init__.py"));
  const target = { name: digest(sdk), works };
  if (await works(path.join(installed, target.name))) return path.join(installed, target.name);
  const folder = await intoCache(installed, target, async (folder) => {
    // A copy, because setuptools leaves its work in the folder that it builds from.
    const source = path.join(folder, ".source");
    cpSync(sdk, source, { recursive: true, filter: (file) => !LEFT.test(path.relative(sdk, file)) });
    const options = ["--quiet", "--disable-pip-version-check", "--no-index", "--no-deps", "--no-build-isolation"];
    const pip = ["-m", "pip", "install", ...options, "--target", folder, source];
    const { ok, text } = await runQuietly(python, pip, { env: environment });
    rmSync(source, { recursive: true });
    if (!ok) process.stderr.write(`${text.trim()}\n`);
    return ok;
  });
  if (folder === undefined) throw new Error("sdk/python cannot be installed: the lines above say why.");
  return folder;
}

/** Of the files of a folder. */
function digest(folder) {
  const hash = createHash("sha256");
  const names = readdirSync(folder, { recursive: true }).map(String);
  for (const name of names.filter((name) => !LEFT.test(name)).sort()) {
    const file = path.join(folder, name);
    if (statSync(file).isFile()) hash.update(name).update(readFileSync(file));
  }
  return hash.digest("hex").slice(0, 16);
}

function output(command, args, env) {
  return new Promise((resolve) => {
    execFile(command, args, { env, timeout: 20_000 }, (error, stdout) => resolve(error === null ? stdout : undefined));
  });
}
