// The tests' driver of the Go example, compiled: Go itself knows what has changed, so that this is a second when nothing has.
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { goBuild, hasGo } from "../engine/goBuild.mjs";

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));

/** The path of the executable; undefined where there is no Go, or it does not compile. */
export async function findGoDriver(environment = process.env) {
  if (!(await hasGo(environment))) return undefined;
  const output = path.join(root, "node_modules", ".go-driver", "driver");
  const built = await goBuild(environment, {
    title: "Compiling the Go example with Pulumi's Go SDK (about two minutes, once)",
    cwd: path.join(root, "tests", "drivers", "go"),
    command: ".",
    output,
    quietFor: 3000,
  });
  return built ? output : undefined;
}
