// `npm run pack:plugin` packs the plugin as `pulumi plugin install` takes it: for each system one archive, under the name
// that the engine asks a server for, and a list of checksums. The same commit gives the same bytes, on the same Node.js.
// It takes the folder to write into, which is made if need be.
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { create } from "tar";
import { bundle } from "./bundle.mjs";
import { notices } from "./notices.mjs";

const NAME = "pulumi-resource-google-workspace-mail";
const SYSTEMS = ["linux", "darwin", "windows"];
const PROCESSORS = ["amd64", "arm64"];
/** Any fixed time does; npm's archives have this one. */
const TIME = new Date("1985-10-26T08:15:00Z");
const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));

const [output = path.join(root, "release")] = process.argv.slice(2);
const { version } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
const stage = fs.mkdtempSync(path.join(os.tmpdir(), "google-workspace-mail-plugin-"));
try {
  await fillStage();
  await packAll(path.resolve(output));
} finally {
  fs.rmSync(stage, { recursive: true });
}

async function fillStage() {
  const packages = await bundle(root, stage);
  fs.writeFileSync(path.join(stage, "THIRD-PARTY-NOTICES"), notices(root, packages));
  for (const file of [NAME, `${NAME}.cmd`, "LICENSE", "README.md"])
    fs.copyFileSync(path.join(root, file), path.join(stage, file));
}

/** What is in them is the same but for Windows' start file, and text: Node.js is what differs between the systems. */
async function packAll(folder) {
  fs.mkdirSync(folder, { recursive: true });
  const sums = [];
  for (const system of SYSTEMS) {
    const archive = await pack(filesFor(system));
    for (const processor of PROCESSORS) {
      const name = `${NAME}-v${version}-${system}-${processor}.tar.gz`;
      fs.writeFileSync(path.join(folder, name), archive);
      sums.push(`${createHash("sha256").update(archive).digest("hex")}  ${name}`);
      process.stdout.write(`${path.join(folder, name)} ${archive.length}\n`);
    }
  }
  fs.writeFileSync(path.join(folder, "SHA256SUMS"), `${sums.sort().join("\n")}\n`);
}

function filesFor(system) {
  const entries = fs.readdirSync(stage, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const names = entries.map((entry) => path.relative(stage, path.join(entry.parentPath, entry.name)));
  return names.filter((name) => system === "windows" || name !== `${NAME}.cmd`).sort();
}

/** `portable` leaves out owners and what this system adds; modes are set, for they depend on who checked the files out. */
async function pack(files) {
  const options = { cwd: stage, portable: true, mtime: TIME, gzip: { level: 9, portable: true } };
  const onWriteEntry = (entry) => (entry.stat.mode = entry.path === NAME ? 0o100755 : 0o100644);
  const chunks = [];
  for await (const chunk of create({ ...options, onWriteEntry }, files)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
