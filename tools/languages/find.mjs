// What the tests of programs in other languages than TypeScript run with. Each answers with a path, or with undefined where
// this machine lacks the language; what takes long comes once.
import { findEngine } from "../engine/find.mjs";
import { findGoDriver } from "./goDriver.mjs";
import { findPython, installSdk } from "./python.mjs";
import { findYamlHost } from "./yamlHost.mjs";

export { findGoDriver, findPython, findYamlHost, installSdk };

/** Minutes of building belong before the tests: afterwards each of the above answers at once. */
export async function prepareLanguages() {
  await findYamlHost(await findEngine());
  await findPython();
  // What does not compile is for the tests to tell.
  await findGoDriver().catch(() => undefined);
}
