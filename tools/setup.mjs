// Makes a checkout ready to run: Node's version, the locked dependencies, the compiled package, the package's own name.
// Quick and silent when nothing is to do; speaks on stderr only, so that a command's own stdout stays clean.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE = "pulumi-google-workspace-mail";
const MINIMUM_NODE = [20, 19];
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const modules = path.join(root, "node_modules");
const dist = path.join(root, "dist");

checkNode();
installDependencies();
build();
linkOwnName();
if (process.argv.includes("--engine")) await findEngine();
if (process.argv.includes("--languages")) await prepareLanguages();

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1])) return;
  fail(
    `Node.js ${MINIMUM_NODE.join(".")} or newer is needed and this is ${process.versions.node}: install a newer one.`,
  );
}

function installDependencies() {
  if (dependenciesAreCurrent()) return;
  say("Installing the locked dependencies (npm ci)");
  // prefer-offline: the lock says what is wanted, so a cached answer is as good as a fresh one, and works offline.
  const options = ["--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];
  run("npm", ["ci", ...options], "npm ci failed: the lines above say why; run the command again once that is settled.");
}

/** npm writes node_modules/.package-lock.json as its last step, so that file names what is really there. */
function dependenciesAreCurrent() {
  const wanted = lockedPackages(path.join(root, "package-lock.json"));
  const present = lockedPackages(path.join(modules, ".package-lock.json"));
  if (wanted === undefined) fail("package-lock.json cannot be read: take it from the repository again.");
  if (present === undefined) return false;
  return Object.entries(wanted).every(([where, { integrity, optional, devOptional }]) => {
    if (where === "") return true;
    const found = present[where];
    return found === undefined ? Boolean(optional || devOptional) : found.integrity === integrity;
  });
}

function lockedPackages(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8")).packages;
  } catch {
    return undefined;
  }
}

/** Compiles into a folder of its own and swaps it in: a provider host that runs meanwhile never loads half a build. */
function build() {
  const sources = sourceKey();
  if (readIfThere(path.join(dist, ".built-from")) === sources) return;
  say("Compiling the package (tsc)");
  const fresh = path.join(modules, `.dist-new-${process.pid}`);
  try {
    const tsc = path.join(modules, "typescript", "bin", "tsc");
    run(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", fresh], "The package does not compile.");
    fs.writeFileSync(path.join(fresh, ".built-from"), sources);
    swapIn(fresh);
  } finally {
    fs.rmSync(fresh, { recursive: true, force: true });
  }
}

function swapIn(fresh) {
  const old = path.join(modules, `.dist-old-${process.pid}`);
  for (let attempt = 1; ; attempt++) {
    try {
      if (fs.existsSync(dist)) fs.renameSync(dist, old);
      fs.renameSync(fresh, dist);
      return;
    } catch (error) {
      // Another set-up swapped at the same moment; its build is as good as ours, so a few tries settle it.
      if (attempt === 5) throw error;
    } finally {
      fs.rmSync(old, { recursive: true, force: true });
    }
  }
}

/** A hash over names, sizes and times of what the build reads: cheaper than the contents, and a false alarm costs a build. */
function sourceKey() {
  const hash = createHash("sha256");
  for (const name of ["package.json", "tsconfig.json", "tsconfig.build.json"]) addFile(hash, path.join(root, name));
  for (const folder of ["provider", "sdk", "commands"]) {
    const names = fs.readdirSync(path.join(root, folder), { recursive: true }).map(String);
    for (const name of names.filter((name) => name.endsWith(".ts")).sort())
      addFile(hash, path.join(root, folder, name));
  }
  return hash.digest("hex");
}

function addFile(hash, file) {
  const { size, mtimeMs } = fs.statSync(file);
  hash.update(`${path.relative(root, file)} ${size} ${mtimeMs}\n`);
}

/** The dynamic provider host asks for our package by name, and Node resolves no package's own name from outside it. */
function linkOwnName() {
  const link = path.join(modules, PACKAGE);
  if (linkTarget(link) === "..") return;
  fs.rmSync(link, { recursive: true, force: true });
  try {
    fs.symlinkSync("..", link);
  } catch (error) {
    if (linkTarget(link) !== "..") throw error;
  }
}

/** For the commands that run stacks: minutes of building belong here, not in a test's time. */
async function findEngine() {
  const { findEngine } = await import("./engine/find.mjs");
  await findEngine().catch((error) => fail(error.message));
}

/** For the tests of programs in other languages. One that this machine lacks is no failure here: its tests say so. */
async function prepareLanguages() {
  const { prepareLanguages } = await import("./languages/find.mjs");
  await prepareLanguages();
}

function linkTarget(link) {
  try {
    return fs.readlinkSync(link);
  } catch {
    return undefined;
  }
}

function readIfThere(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function run(command, args, failure) {
  // The child's stdout goes to our stderr as well.
  const { status } = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (status !== 0) fail(failure);
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}
