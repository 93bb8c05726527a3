// `node tools/release/sbom.mjs FOLDER`: what a release holds of others, as two lists in CycloneDX: the libraries that npm
// installs with the package, as the lock file has them, and those that the plugin's archives carry. The Python and Go SDKs
// carry none. The same commit gives the same bytes.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "../plugin/bundle.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const output = path.resolve(process.argv[2] ?? "release");
const { name } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));

const all = listOfNpm();
const installed = all.components.filter((component) => !isForDevelopment(component));
const bundled = await bundledPackages();
const carried = all.components.filter((component) => bundled.delete(component["bom-ref"]));
if (bundled.size > 0) throw new Error(`The lock file lacks ${[...bundled].join(", ")}: run npm ci.`);
fs.mkdirSync(output, { recursive: true });
write(`${name}.cdx.json`, { type: "library", name, components: installed });
const plugin = "pulumi-resource-google-workspace-mail";
write(`${plugin}.cdx.json`, { type: "application", name: plugin, components: carried });

/**
 * All that is locked, development's too. `--omit=dev` would leave out what both we and a library of development need: it
 * asks for packages that no such edge leads to (npm 11).
 */
function listOfNpm() {
  const options = ["--package-lock-only", "--sbom-format=cyclonedx", "--loglevel=error"];
  return JSON.parse(execFileSync("npm", ["sbom", ...options], { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 }));
}

function isForDevelopment({ properties = [] }) {
  return properties.some((property) => property.name === "cdx:npm:package:development");
}

/** Such as `openpgp@6.3.2`. */
async function bundledPackages() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "google-workspace-mail-sbom-"));
  try {
    const packages = await bundle(root, folder);
    const read = (package_) => JSON.parse(fs.readFileSync(path.join(root, package_, "package.json"), "utf8"));
    return new Set(packages.map(read).map((found) => `${found.name}@${found.version}`));
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

function write(file, { type, name, components }) {
  const main = all.metadata.component;
  const here = new Set([main, ...components].map((component) => component["bom-ref"]));
  const dependencies = all.dependencies
    .filter(({ ref }) => here.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => here.has(other)) }));
  const { purl, ...described } = main; // npm calls it by its folder's name
  const content = {
    metadata: {
      tools: all.metadata.tools,
      component: { ...described, type, name, ...(type === "library" && { purl }) },
    },
    components: components.map((component) => ({ ...component, properties: [], licenses: licencesOf(component) })),
    dependencies,
  };
  const { $schema, bomFormat, specVersion } = all;
  const serialNumber = `urn:uuid:${uuidOf(JSON.stringify(content))}`;
  const list = { $schema, bomFormat, specVersion, serialNumber, version: 1, ...content };
  fs.writeFileSync(path.join(output, file), `${JSON.stringify(list, undefined, 2)}\n`);
  process.stdout.write(`${path.join(output, file)} ${components.length}\n`);
}

/** npm leaves out a licence that SPDX does not know by its makers' name, such as "BSD". */
function licencesOf({ name, version, licenses }) {
  if (licenses !== undefined) return licenses;
  const { packages } = JSON.parse(fs.readFileSync(path.join(root, "package-lock.json"), "utf8"));
  const found = Object.entries(packages).find(
    ([where, locked]) => where.endsWith(`node_modules/${name}`) && locked.version === version,
  );
  const { license } = found?.[1] ?? {};
  if (license === undefined) throw new Error(`${name} names no licence: see whether it may go into a release.`);
  return [{ license: { name: license } }];
}

/** Of the content instead of chance: version 8 of RFC 9562, which leaves the bits to whoever makes it. */
function uuidOf(text) {
  const hex = createHash("sha256").update(text).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    "-",
  );
}
