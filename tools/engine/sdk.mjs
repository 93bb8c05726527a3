// The SDKs of other languages, by Pulumi's own code generators, which are Go packages of the engine's module.
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { goEnvironment, hasGo } from "./goBuild.mjs";
import { runQuietly } from "./runQuietly.mjs";

const folderOfGoMod = path.dirname(fileURLToPath(import.meta.url));

/** Fills `folder` with nodejs/, python/ and go/; what was in them is removed. Rejects with what Go said. */
export async function writeSdks(schemaFile, folder, environment = process.env) {
  if (!(await hasGo(environment))) throw new Error("The SDKs are written by Go programs: install Go 1.25 or newer.");
  const generator = ["run", "-trimpath", "-buildvcs=false", "./sdk", path.resolve(schemaFile), path.resolve(folder)];
  await go(generator, folderOfGoMod, environment);
  await go(["mod", "tidy"], path.join(folder, "go"), environment);
}

async function go(args, cwd, environment) {
  const { ok, text } = await runQuietly("go", args, { cwd, env: goEnvironment(environment) });
  if (!ok) throw new Error(`go ${args.slice(0, 2).join(" ")} failed:\n${text.trim()}`);
}
