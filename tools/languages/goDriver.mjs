// The tests' driver of the Go example, compiled: Go itself knows what has changed, so that this is a second when nothing has.
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { goBuild, goEnvironment, hasGo } from "../engine/goBuild.mjs";
import { runQuietly } from "../engine/runQuietly.mjs";

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const source = path.join(root, "tests", "drivers", "go");

/** The path of the executable; undefined where Go or its modules cannot be had. Rejects where the program is wrong. */
export async function findGoDriver(environment = process.env) {
  if (!(await hasGo(environment)) || !(await hasModules(environment))) return undefined;
  const output = path.join(root, "node_modules", ".go-driver", "driver");
  const built = await goBuild(environment, {
    title: "Compiling the Go example with Pulumi's Go SDK (about two minutes, once)",
    cwd: source,
    command: ".",
    output,
    quietFor: 3000,
  });
  if (!built) throw new Error("The Go example or its driver does not compile: the lines above say why.");
  return output;
}

/** Downloads them where they are missing. */
async function hasModules(environment) {
  const { ok, text } = await runQuietly("go", ["list", "-deps", "."], { cwd: source, env: goEnvironment(environment) });
  if (!ok) process.stderr.write(`${text.trim()}\n`);
  return ok;
}
