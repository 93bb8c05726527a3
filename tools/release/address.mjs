// `node tools/release/address.mjs`: writes the repository's address into what is released, where the registries and Go
// look for it. It is known by the run that releases, not by this checkout, which changes: use one that may be thrown away.
// GITHUB_SERVER_URL and GITHUB_REPOSITORY say it, as every GitHub run has them.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { writeSdks } from "../engine/sdk.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { GITHUB_SERVER_URL: server = "", GITHUB_REPOSITORY: repository = "" } = process.env;
const [, host] = /^https:\/\/([\w.-]+)$/.exec(server) ?? [];

if (host === undefined || !/^[\w.-]+\/[\w.-]+$/.test(repository)) {
  process.stderr.write("GITHUB_SERVER_URL must be like https://github.com, and GITHUB_REPOSITORY like owner/name.\n");
  process.exitCode = 1;
} else {
  const schema = JSON.parse(fs.readFileSync(path.join(root, "sdk", "schema.json"), "utf8"));
  const major = Number(schema.version.split(".")[0]);
  const module = [host, repository, "sdk/go", ...(major > 1 ? [`v${major}`] : [])].join("/");
  nameInPackage();
  nameInPages(module);
  await nameInSdks(schema, module);
  process.stdout.write(`${module}\n`);
}

/** npm refuses a provenance that is of another repository than package.json names. */
function nameInPackage() {
  const file = path.join(root, "package.json");
  const content = JSON.parse(fs.readFileSync(file, "utf8"));
  content.repository = { type: "git", url: `git+${server}/${repository}.git` };
  fs.writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`);
}

/** The examples of the npm package's pages import what `go get` finds. Not where the address stands already. */
function withModule(text, module) {
  return text.replace(/(?<![\w./-])pulumi-google-workspace-mail\/sdk\/go\b/g, module);
}

function nameInPages(module) {
  const inDocs = fs.readdirSync(path.join(root, "docs"), { recursive: true }).map((name) => path.join("docs", name));
  for (const page of ["README.md", ...inDocs.filter((name) => name.endsWith(".md"))]) {
    const file = path.join(root, page);
    fs.writeFileSync(file, withModule(fs.readFileSync(file, "utf8"), module));
  }
}

/**
 * Go finds a module by its path alone. The Python and Go SDKs tell the engine where the plugin's archives are: the release
 * of the tag vVERSION. The TypeScript SDK is part of the npm package, which holds the plugin itself.
 */
async function nameInSdks(schema, module) {
  schema.repository = `${server}/${repository}`;
  schema.pluginDownloadURL = `github://api.${host}/${repository}`;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "google-workspace-mail-sdks-"));
  try {
    const file = path.join(folder, "schema.json");
    // The path that the SDK is written under, and that its documentation's examples import.
    fs.writeFileSync(file, withModule(JSON.stringify(schema), module));
    fs.mkdirSync(path.join(folder, "go"));
    await writeSdks(file, folder);
    for (const language of ["python", "go"]) {
      fs.rmSync(path.join(root, "sdk", language), { recursive: true });
      fs.cpSync(path.join(folder, language), path.join(root, "sdk", language), { recursive: true });
    }
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}
