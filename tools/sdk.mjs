// `npm run sdk`: writes sdk/schema.json from the compiled rows, and from it the pages of docs/ and the SDKs for TypeScript,
// Python and Go.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { writePages } from "./docs.mjs";
import { writeSdks } from "./engine/sdk.mjs";

const require = createRequire(import.meta.url);
const folder = fileURLToPath(new URL("../sdk/", import.meta.url));
const schemaFile = path.join(folder, "schema.json");

const { packageSchema } = require("../dist/provider/adapters/schema.js");
const { version } = require("../package.json");
const schema = packageSchema(version);
writeFileSync(schemaFile, `${JSON.stringify(schema, undefined, 2)}\n`);
writePages(schema, fileURLToPath(new URL("../docs/", import.meta.url)));
try {
  await writeSdks(schemaFile, folder);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
